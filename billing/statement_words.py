"""A statement in words and cells: the same columns on the page, in the PDF and in the tables that leave the portal."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import freezing
from billing.movement import Movement, Sums
from lib.tables import Row
from premises.models import PersonalAccount

WORDS: dict[str, str | Promise] = {
    "brought": _("Brought in by the company's records"),
    "charged": pgettext_lazy("column of a statement", "Charged"),
    "recalculated": pgettext_lazy("column of a statement", "Recalculated"),
    "penalty": pgettext_lazy("column of a statement", "Penalty"),
    "fees": _("Fees and court costs"),
    "subsidy": pgettext_lazy("column of a statement", "Subsidy"),
    "paid": pgettext_lazy("column of a statement", "Paid"),
    "returned": pgettext_lazy("column of a statement", "Returned to you"),
}
MONTH, OPENING, CLOSING = _("Month"), _("Balance at the start"), _("Balance at the end")
WHOSE = (_("Company"), _("Account"), _("Address"), _("Currency"))
TOTAL = pgettext_lazy("row of a statement", "Total")


def heads(found: Movement) -> list[str | Promise]:
    """The columns that this statement needs, beside the month and the balance."""
    return [WORDS[name] for name in found.used]


def figures(found: Movement, sums: Sums) -> list[Decimal]:
    """The sums of a row, in the order of `heads`."""
    return [getattr(sums, name) for name in found.used]


def table_head(found: Movement) -> Row:
    return [*WHOSE, MONTH, OPENING, *heads(found), CLOSING]


def table_rows(account: PersonalAccount, found: Movement) -> Iterator[Row]:
    """Month by month, the oldest first; the last row is the total. Every row adds up from its start to its end.

    A row says whose it is and in which money, so that it is understood without the portal and beside other tables.
    """
    company = account.organization
    whose: Row = [company.name, account.number, freezing.address(account.unit), company.currency]
    opening = found.opening
    for month in found.months:
        yield [*whose, f"{month.period:%m.%Y}", opening, *figures(found, month.sums), month.closing]
        opening = month.closing
    yield [*whose, TOTAL, found.opening, *figures(found, found.total), found.closing]
