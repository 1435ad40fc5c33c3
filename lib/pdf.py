"""PDF from a template: tagged (PDF/UA-1), in named fonts, with nothing fetched from anywhere.

A sheet extends templates/pdf/base.html. Its pictures come as bytes with the call (`images`) and are written
`asset:image/<name>`; style sheets are the files of lib/assets. Every other address (http, file, data, a relative one) is
refused, so text that a person typed can neither read a file nor call a server.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from lib.collector import collector_off

ASSETS = Path(__file__).parent / "assets"
TYPES = {".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml"}
VARIANT = "pdf/ua-1"
RENDERING = threading.Lock()  # Pango and the shared font configuration belong to one thread at a time


class Refused(ValueError):
    """A sheet asked for something that is not an asset of the project."""


class AssetFetcher(URLFetcher):
    """Gives out the named assets and refuses everything else."""

    def __init__(self, images: Mapping[str, bytes] | None = None) -> None:
        super().__init__(allowed_protocols=("asset",), allow_redirects=False)
        self.images = dict(images or {})
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return the asset; anything else raises Refused, which WeasyPrint takes for a missing picture."""
        scheme, _, name = url.partition(":")
        if scheme == "asset" and name.startswith("image/") and name[6:] in self.images:
            return URLFetcherResponse(url, self.images[name[6:]], {"Content-Type": "image/png"})
        if scheme == "asset" and name in asset_names():
            path = ASSETS / name
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})
        self.refused.append(url)
        raise Refused("not an asset of the portal")


def render_pdf(
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    language: str,
    styles: Sequence[str] = (),
    images: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return the sheet as PDF bytes, about 0.2 s for two pages; `title` and `language` go into the document.

    `styles` names more files of lib/assets, `images` gives the PNG pictures by name. Call it from a task: the web
    process waits for nothing that long.
    """
    with translation.override(language):
        html = render_to_string(template, {**context, "title": title, "language": language})
    return html_to_pdf(html, AssetFetcher(images), styles)


def html_to_pdf(html: str, fetcher: AssetFetcher, styles: Sequence[str] = ()) -> bytes:
    """Return the PDF of ready HTML; what the fetcher refused is left out."""
    with RENDERING, collector_off():  # a third of the time
        sheets = [style_sheet(name) for name in ("print.css", *styles)]
        document = HTML(string=html, base_url="asset:", url_fetcher=fetcher)
        pdf: bytes = document.write_pdf(stylesheets=sheets, font_config=fonts(), pdf_variant=VARIANT)
        return pdf


@cache
def asset_names() -> frozenset[str]:
    """Every file of lib/assets; listed once, so that a name can never become a path."""
    return frozenset(path.name for path in ASSETS.iterdir() if path.suffix in TYPES)


@cache
def fonts() -> FontConfiguration:
    return FontConfiguration()


@cache
def style_sheet(name: str) -> CSS:
    """Return a parsed style sheet; parsing it anew costs a quarter of a small document's time."""
    if name not in asset_names():
        raise Refused(f"{name} is not an asset of the portal")
    return CSS(string=(ASSETS / name).read_text("utf-8"), font_config=fonts(), url_fetcher=AssetFetcher())
