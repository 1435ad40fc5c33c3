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
from lib.paper import LANDSCAPE, PORTRAIT, Book, Column, Row, Sheet, Span, Style, Table
from lib.paper.sheet import height_of
from lib.paper.text import lines_of
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
    sign = SIGNS.get(account.organization.currency, account.organization.currency)

    def draw(sheet: Sheet) -> None:
        _head(sheet, title, account, found, holder=holder, sign=sign)
        under = _under(debt, sign, today)
        tail = sum(height_of(lines_of(spans, sheet.width)) + after * sheet.air for _tag, spans, after in under)
        _table(found, sheet).draw(sheet, after=10, tail=tail + 10 * sheet.air)
        for tag, spans, after in under:
            sheet.text(tag, *spans, after=after)

    with Book(out, title=title, language=(get_language() or "en")[:2]) as book:
        book.fitted(draw, size=size, label=title)
    return out.getvalue()


def _head(sheet: Sheet, title: str, account: PersonalAccount, found: Movement, *, holder: str, sign: str) -> None:
    sheet.text("H1", (title, TITLE), after=2)
    span = {"first": date_format(found.first, "DATE_FORMAT"), "last": date_format(found.last, "DATE_FORMAT")}
    sheet.text("P", (_("from %(first)s to %(last)s") % span, BOLD), after=6)
    for name, value in _facts(account, holder):
        sheet.text("P", (f"{name}: ", TEXT), (value, BOLD))
    sheet.gap(8)
    for words, amount in ((OPENING, found.opening), (CLOSING, found.closing)):
        sheet.text("P", (f"{words}: ", TEXT), (f"{_money(amount)}\u00a0{sign}", BOLD))
    sheet.text("P", (_("Above zero is debt, below zero is overpaid."), SMALL), after=8)


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


def _under(debt: Debt, sign: str, today: date) -> list[tuple[str, tuple[Span, ...], float]]:
    """What stands under the table and stays with its last rows (tag, words, gap): how old the debt of today is, and the day."""
    under: list[tuple[str, tuple[Span, ...], float]] = []
    if debt.total > 0:
        under.append(("H2", ((_("The debt of today by age"), HEADING),), 2))
        ages = age_lines(debt)
        for place, (words, amount) in enumerate(ages, start=1):
            spans = ((f"{words}: ", TEXT), (f"{_money(amount)}\u00a0{sign}", BOLD))
            under.append(("P", spans, 8 if place == len(ages) else 2))
    made = _("Made on %(day)s from the company's book in the resident portal.")
    return [*under, ("P", ((made % {"day": date_format(today, "DATE_FORMAT")}, SMALL),), 0)]


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
