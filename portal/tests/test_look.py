"""The look's promises that can be computed: contrast of every pair of colours, weight of a page, the gallery, the errors."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from lib.errors import Refusal
from portal import errors
from portal.middleware import Refusals
from portal.testing import Cast

CSS = Path(settings.BASE_DIR, "static/css/portal.css")
TEXT, PART = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11

# (front, back, least contrast); each is checked in the light and in the dark theme.
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2") for ground in ("bg", "surface", "sunken")],
    *[("line-strong", ground, PART) for ground in ("surface", "bg", "sunken")],
    ("brand", "surface", TEXT), ("brand", "bg", TEXT), ("on-brand", "brand", TEXT), ("on-brand", "brand-hover", TEXT),
    *[(link, ground, TEXT) for link in ("link", "visited") for ground in ("surface", "bg")],
    ("on-amber", "amber", TEXT),
    *[(word, f"{word}-tint", TEXT) for word in ("ok", "warn", "bad", "info")],
    ("bad", "surface", TEXT), ("bad", "bg", TEXT),
    *[(resource, "surface", TEXT) for resource in ("cold", "hot", "power", "gas", "heat")],
    ("focus", "bg", PART), ("focus", "surface", PART),
]  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    """Return the colours of a theme as the style sheet declares them."""
    css = CSS.read_text()
    block = re.search(
        r':root\[data-theme="dark"\] \{(.*?)\}' if theme == "dark" else r":root \{(.*?)\}", css, re.DOTALL
    )
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6});", block[1]))


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
@pytest.mark.feature("G13")
def test_every_pair_of_colours_can_be_read(theme: str, front: str, back: str, least: float) -> None:
    colours = tokens(theme)
    assert contrast(colours[front], colours[back]) >= least


def test_the_dark_theme_is_one_whether_the_device_or_the_person_asks() -> None:
    css = CSS.read_text()
    by_device = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', css, re.DOTALL)
    assert by_device
    assert dict(re.findall(r"--([\w-]+): (#[0-9a-fA-F]{6});", by_device[1])) == tokens("dark")


def squeezed(body: bytes) -> int:
    return len(gzip.compress(body, 6))


def test_style_and_script_are_light() -> None:
    scripts = b"".join(path.read_bytes() for path in Path(settings.BASE_DIR, "static/js").glob("*.js"))
    assert squeezed(CSS.read_bytes()) <= 25_000
    assert squeezed(scripts) <= 20_000


def test_pages_are_light(cast: Cast, enter: Callable[[User], Client]) -> None:
    home = enter(cast.olga).get(f"/a/{cast.account.public_id}/")
    assert squeezed(home.content) <= 30_000
    assert squeezed(Client().get("/in/").content) <= 30_000


def test_the_gallery_shows_every_component(client: Client, db: None) -> None:
    page = client.get("/dev/ui/")
    assert page.status_code == 200
    used = Path(settings.BASE_DIR, "templates/dev/gallery.html").read_text()
    here = {path.stem for path in Path(settings.BASE_DIR, "templates/components").glob("*.html")}
    frame = {
        "header",
        "footer",
        "bar",
        "nav",
        "brand",
        "emergency",
        "look",
        "text_size",
        "messages",
        "context_line",
        "again",
    }
    pieces = {"_errors", "error_summary", "field", "fields", "balance"}  # drawn by other pieces
    missing = {name for name in here - frame - pieces if f"components/{name}.html" not in used}
    assert not missing


@pytest.mark.parametrize(
    ("view", "status"), [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404)]
)
def test_a_fault_of_the_address_says_the_next_step(
    view: Callable[..., object], status: int, rf: RequestFactory, cast: Cast
) -> None:
    request = rf.get("/x/")
    request.user = cast.olga
    page = view(request, Exception())
    body = page.content.decode()  # type: ignore[attr-defined]
    assert page.status_code == status  # type: ignore[attr-defined]
    assert body.count("<h1>") == 1
    assert 'class="sos"' in body


@pytest.mark.parametrize("status", [409, 429])
def test_a_refusal_is_one_polite_page(status: int, rf: RequestFactory, cast: Cast) -> None:
    request = rf.get("/x/")
    request.user = cast.olga
    refusal = Refusal("Come back after lunch.")
    refusal.status = status
    page = Refusals(lambda asked: HttpResponse()).process_exception(request, refusal)
    assert page is not None
    assert page.status_code == status
    assert "Come back after lunch." in page.content.decode()
    assert 'class="sos"' in page.content.decode()


@pytest.mark.parametrize("form", [{"address": "x" * 3_000_000}, {f"field{number}": "1" for number in range(2000)}])
def test_a_form_larger_than_any_of_ours_is_said_to_be_too_large(client: Client, form: dict[str, str], db: None) -> None:
    page = client.post("/in/", urlencode(form), content_type="application/x-www-form-urlencoded")
    assert page.status_code == 413
    assert "too large" in page.content.decode()
