"""The act of reconciliation on paper: the parties, every paper, the balance, and where both sign."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing import freezing
from billing.reconciling import Act, table_head
from lib.money import SIGNS, format_number
from lib.paper import Book, Box, Column, Row, Sheet, Style, Table
from lib.paper.sheet import height_of
from lib.paper.text import lines_of
from premises.models import PersonalAccount

TITLE, TEXT, BOLD = Style(size=16, bold=True, leading=1.2), Style(size=9.5), Style(size=9.5, bold=True)
FIGURES, FIGURES_HEAD = Style(size=8.8), Style(size=7.6, bold=True, leading=1.2)
BETWEEN = 40.0  # points between the two signatures
SHARES = (0.14, 0.41, 0.15, 0.15, 0.15)


def draw_act(account: PersonalAccount, found: Act, *, today: date) -> bytes:
    """Return the act as PDF bytes, in the language of the company."""
    company, out = account.organization, BytesIO()
    with translation.override(company.language):
        title = _("Act of reconciliation: account %(number)s") % {"number": account.number}
        with Book(out, title=title, language=company.language) as book:
            book.fitted(lambda sheet: _draw(sheet, title, account, found, today), label=title)
    return out.getvalue()


def _draw(sheet: Sheet, title: str, account: PersonalAccount, found: Act, today: date) -> None:
    company = account.organization
    sheet.text("H1", (title, TITLE), after=2)
    span = {"first": date_format(found.first, "d.m.Y"), "last": date_format(found.last, "d.m.Y")}
    sheet.text("P", (_("from %(first)s to %(last)s") % span, BOLD), after=6)
    for name, value in _parties(account):
        sheet.text("P", (f"{name}: ", TEXT), (value, BOLD))
    sheet.gap(6)
    owes = (_in_words(found, SIGNS.get(company.currency, company.currency)), BOLD)
    signatures = [_signature(_("For the company")), _signature(_("Account holder"))]
    made = (_("Made on %(day)s.") % {"day": date_format(today, "d.m.Y")}, TEXT)
    signing = max(box.height((sheet.width - BETWEEN) / 2) for box in signatures)
    lines = height_of(lines_of((owes,), sheet.width)) + height_of(lines_of((made,), sheet.width))
    # nobody signs a page without a row of the act: what is under the table stays with its last rows
    _table(sheet, found).draw(sheet, after=8, tail=lines + signing + 44 * sheet.air)
    sheet.text("P", owes, after=24)
    sheet.columns(signatures, gap=BETWEEN)
    sheet.gap(12)
    sheet.text("P", made, after=0)


def _parties(account: PersonalAccount) -> Iterator[tuple[str, str]]:
    company = account.organization
    yield _("Company"), ", ".join(filter(None, (company.name, company.tax_id)))
    yield _("Account holder"), account.holder or "—"
    yield _("Address"), freezing.address(account.unit)


def _table(sheet: Sheet, found: Act) -> Table:
    heads = [str(head) for head in table_head()]
    columns = [
        Column(head, sheet.width * share, right=place > 1)
        for place, (head, share) in enumerate(zip(heads, SHARES, strict=True))
    ]
    rows = [Row([date_format(found.first, "d.m.Y"), _("Balance at the start"), "", "", _money(found.opening)])]
    rows += [
        Row(
            [
                date_format(line.on, "d.m.Y"),
                line.words,
                _money(line.debit, blank=True),
                _money(line.credit, blank=True),
                _money(line.balance),
            ]
        )
        for line in found.lines
    ]
    total = [
        date_format(found.last, "d.m.Y"),
        _("Total"),
        _money(found.debit),
        _money(found.credit),
        _money(found.closing),
    ]
    return Table(columns, [*rows, Row(total, "total")], FIGURES, FIGURES_HEAD)


def _in_words(found: Act, sign: str) -> str:
    """Who owes whom at the end."""
    facts = {"day": date_format(found.last, "d.m.Y"), "sum": f"{_money(abs(found.closing))}\u00a0{sign}"}
    if found.closing > 0:
        return _("On %(day)s the account owes the company %(sum)s.") % facts
    if found.closing < 0:
        return _("On %(day)s the account is overpaid by %(sum)s.") % facts
    return _("On %(day)s nobody owes anything.") % facts


def _signature(whose: str) -> Box:
    box = Box()
    box.add((whose, BOLD), after=20)
    box.add((_("signature, name, date"), TEXT))
    return box


def _money(amount: Decimal, *, blank: bool = False) -> str:
    return "" if blank and not amount else format_number(amount, get_language() or "ru", 2)
