"""A statement as a tagged PDF, drawn while the reader waits: three years take a few hundredths of a second."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing import freezing
from billing.debts import Debt
from billing.movement import Movement
from billing.statement_words import CLOSING, MONTH, OPENING, TOTAL, figures, heads
from lib.money import SIGNS, format_number
from lib.paper import LANDSCAPE, PORTRAIT, Book, Column, Row, Sheet, Style, Table
from premises.models import PersonalAccount

TITLE, HEADING = Style(size=17, bold=True, leading=1.2), Style(size=11, bold=True, leading=1.25)
TEXT, BOLD, SMALL = Style(size=9.5), Style(size=9.5, bold=True), Style(size=8.2, colour="0.29 0.33 0.38")
FIGURES, FIGURES_HEAD = Style(size=8.6), Style(size=7.4, bold=True, leading=1.2)
WIDE = 8  # more columns than that lie across the sheet
FIRST = 1.35  # the month's column is so much wider than a figure's


def draw_statement(account: PersonalAccount, found: Movement, debt: Debt, *, holder: str, today: date) -> bytes:
    """Return the statement as PDF bytes in the reader's language."""
    out = BytesIO()
    title = _("Statement of account %(number)s") % {"number": account.number}
    size = LANDSCAPE if len(found.used) + 3 > WIDE else PORTRAIT
    with (
        Book(out, title=title, language=(get_language() or "en")[:2]) as book,
        book.sheet(size=size, label=title) as sheet,
    ):
        sheet.text("H1", (title, TITLE), after=2)
        span = {"first": date_format(found.first, "DATE_FORMAT"), "last": date_format(found.last, "DATE_FORMAT")}
        sheet.text("P", (_("from %(first)s to %(last)s") % span, BOLD), after=6)
        for name, value in _facts(account, holder):
            sheet.text("P", (f"{name}: ", TEXT), (value, BOLD))
        sheet.skip(8)
        sign = SIGNS.get(account.organization.currency, account.organization.currency)
        for words, amount in ((OPENING, found.opening), (CLOSING, found.closing)):
            sheet.text("P", (f"{words}: ", TEXT), (f"{_money(amount)}\u00a0{sign}", BOLD))
        sheet.text("P", (_("Above zero is debt, below zero is overpaid."), SMALL), after=8)
        _table(found, sheet).draw(sheet, after=10)
        _ages(debt, sheet, sign)
        made = _("Made on %(day)s from the company's book in the resident portal.")
        sheet.text("P", (made % {"day": date_format(today, "DATE_FORMAT")}, SMALL))
    return out.getvalue()


def _facts(account: PersonalAccount, holder: str) -> Iterator[tuple[str, str]]:
    company = account.organization
    yield _("Company"), ", ".join(filter(None, (company.name, company.tax_id, company.address)))
    if holder:
        yield _("Account holder"), holder
    yield _("Address"), freezing.address(account.unit)


def _table(found: Movement, sheet: Sheet) -> Table:
    names: list[str | Promise] = [MONTH, OPENING, *heads(found), CLOSING]
    unit = sheet.width / (len(names) - 1 + FIRST)
    columns = [Column(str(name), unit * (1 if place else FIRST), right=bool(place)) for place, name in enumerate(names)]
    rows, opening = [], found.opening
    for month in found.months:
        sums = [opening, *figures(found, month.sums), month.closing]
        rows.append(Row([date_format(month.period, "F Y"), *map(_money, sums)]))
        opening = month.closing
    total = [found.opening, *figures(found, found.total), found.closing]
    return Table(columns, [*rows, Row([str(TOTAL), *map(_money, total)], "total")], FIGURES, FIGURES_HEAD)


def _ages(debt: Debt, sheet: Sheet, sign: str) -> None:
    """How old the debt of today is, where there is one."""
    if debt.total <= 0:
        return
    sheet.text("H2", (_("The debt of today by age"), HEADING), after=2)
    for words, amount in age_lines(debt):
        sheet.text("P", (f"{words}: ", TEXT), (f"{_money(amount)}\u00a0{sign}", BOLD))
    sheet.skip(6)


def age_lines(debt: Debt) -> list[tuple[str, Decimal]]:
    """The parts of a debt that have a sum, in words, the youngest first."""
    lines = [(_("not due yet"), debt.not_due)]
    for age in debt.ages:
        days = {"first": age.first, "last": age.last}
        words = _("overdue %(first)s–%(last)s days") if age.last else _("overdue %(first)s days and more")
        lines.append((words % days, age.amount))
    lines += [(_("penalty"), debt.penalty), (_("paid in advance"), -debt.advance)]
    return [(words, amount) for words, amount in lines if amount]


def _money(amount: Decimal) -> str:
    return format_number(amount, get_language() or "en", 2)
