"""Tags and filters that every template has without loading them."""

from datetime import date
from decimal import Decimal
from functools import cache as kept
from typing import Any

from django import template
from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.factors.gate import is_closed
from lib.money import format_money, format_number
from lib.months import month_name
from lib.phones import dial_string, display_phone, masked_email, masked_phone
from lib.text import in_fours
from portal import facade as drawing
from portal.icons import ICONS

register = template.Library()
SHORTEST_BANK_NUMBER = 16  # shorter ones are read in one piece


def _language() -> str:
    return get_language() or "en"


@register.filter
def money(amount: Decimal | None, currency: str = "RUB") -> str:
    """«3 680,39 ₽»; nothing for an absent amount."""
    return "" if amount is None else format_money(Decimal(amount), currency, _language())


@register.filter
def volume(number: Decimal | None, places: int | None = None) -> str:
    """A volume, a tariff or a share with its own decimals, or with exactly `places`."""
    return "" if number is None else format_number(Decimal(number), _language(), places)


@register.filter
def month(day: date | None) -> str:
    """«февраль 2026», «лютий 2026», «February 2026»: the month as a name, not inside a date."""
    return month_name(day) if day else ""


@register.filter
def phone(text: str | None) -> str:
    """A phone in the habit of its country."""
    return display_phone(text or "")


@register.filter
def tel(text: str | None) -> str:
    """The address of a link that dials the phone."""
    return f"tel:{dial_string(text or '')}"


@register.filter
def fours(text: str | None) -> str:
    """A long number of a bank in fours that a line may break between; what is copied of it has no spaces."""
    value = str(text or "")
    if len(value) < SHORTEST_BANK_NUMBER or not value.isalnum():
        return value
    groups = format_html_join(mark_safe("<wbr>"), "<span>{}</span>", ((part,) for part in in_fours(value)))
    return format_html('<span class="fours">{}</span>', groups)


@register.filter
def masked(address: str | None) -> str:
    """A phone or an e-mail of which only the ends are readable."""
    text = address or ""
    return masked_email(text) if "@" in text else masked_phone(text)


@register.simple_tag
@kept
def icon(name: str, size: int = 24) -> SafeString:
    """One of our icons; decoration only, the word stands beside it."""
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{1}</svg>',
        size,
        mark_safe(ICONS[name]),  # noqa: S308  (our own constant)
    )


@register.simple_tag
def facade(house: Any = None, unit: Any = None, flats: int | None = None) -> SafeString:
    """The house with this unit's window lit. Without `flats` a house is asked for `flat_count`, else counts its flats."""
    if not house:
        plan, lit = drawing.plan(2, 4, 24), (1, 4)
        return mark_safe(drawing.draw(plan, lit))  # noqa: S308
    if flats is None:
        flats = getattr(house, "flat_count", None)
    plan = drawing.plan(house.entrances, house.floors, _flats(house) if flats is None else flats)
    place = drawing.place(plan, unit.label, unit.entrance, unit.floor) if unit else None
    return mark_safe(drawing.draw(plan, place))  # noqa: S308  (numbers only)


def _flats(house: Any) -> int:
    """The flats of a house, counted once an hour: they do not come and go."""
    return int(cache.get_or_set(f"flats:{house.pk}", house.units.filter(kind="flat").count, 3600) or 0)


@register.filter
def field_kind(field: BoundField) -> str:
    """How components/field.html draws the field: checkbox, choices, select, textarea, file, password or input."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    if kind in {"checkbox", "radio"}:
        return "choices" if hasattr(widget, "optgroups") else "checkbox"
    if kind in {"file", "password", "select"}:
        return str(kind)
    return "textarea" if "textarea" in widget.template_name else "input"


@register.filter
def field_anchor(field: BoundField) -> str:
    """The id of the first control of the field: where the error summary leads."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The sections a signed-in person may open now: name, address, icon, whether it is open, whether only on wide screens.

    None for an employee before the second factor: each would lead back there.
    """
    request, account = context.get("request"), context.get("account")
    if request and is_closed(request):
        return []
    money = ""
    if account:
        link = context.get("link")  # pages without it are of those who see everything
        name, word = ("bills", _("Bills")) if not link or link.is_full else ("pay", _("Pay"))
        money = reverse(name, args=[account.public_id])
        items = [
            (_("Home"), reverse("account_home", args=[account.public_id]), "home", False),
            (_("Meters"), reverse("readings", args=[account.public_id]), "meter", False),
            (word, money, "bill", False),
        ]
    else:
        items = [(_("Home"), reverse("home"), "home", False)]
    items += [
        (_("Inbox"), reverse("inbox"), "letter", False),
        (_("My flats"), reverse("accounts"), "key", True),
        (_("More"), reverse("profile"), "more", False),
    ]
    path = _section_path(request.path, account, money) if request else ""
    here = [url for _name, url, *_rest in items if path.startswith(url)]
    current = max(here, key=len, default="")
    return [
        {"name": name, "url": url, "icon": picture, "current": url == current, "wide": wide}
        for name, url, picture, wide in items
    ]


OF_BILLS = ("payments", "statement", "services", "receipts", "pay")


def _section_path(path: str, account: Any, money: str) -> str:
    """The address as the menu counts it: payments, statements and the like belong to the tab of `money`."""
    if not account:
        return path
    own = reverse("bills", args=[account.public_id]).removesuffix("bills/")
    return money if path.startswith(tuple(f"{own}{word}/" for word in OF_BILLS)) else path


@register.simple_tag(takes_context=True)
def reader_path(context: dict[str, Any]) -> str:
    """Where a form of the header returns to: this page, or the front page after a form was posted."""
    request = context.get("request")
    return str(request.get_full_path()) if request and request.method in {"GET", "HEAD"} else "/"


@register.filter
def negated(amount: Decimal) -> Decimal:
    """The amount with the other sign: an overpayment is shown without a minus, beside its word."""
    return -amount


@register.filter
def numbers(last: int) -> range:
    """1 … last."""
    return range(1, int(last) + 1)


@register.filter
def page_numbers(paginator: "Paginator[Any]", number: int) -> list[int | str]:
    """The numbers a pager shows: the ends and the neighbours of this page."""
    return list(paginator.get_elided_page_range(number, on_each_side=1, on_ends=1))


@register.simple_tag
def bare_static(path: str) -> str:
    """The address of a static file for pages that must come out even when the files were never collected."""
    try:
        return static(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"
