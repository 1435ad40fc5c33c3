"""Sums that an employee enters by hand: who wrote them, and a second person above what the company's terms let one enter alone."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.agreeing import NotYours
from billing.actions.recalculating import hold_recalculation
from billing.models import BillingTerms, ByHand, Recalculation
from billing.models.run import NotNow
from premises.models import Organization


def limit_of(organization: Organization) -> Decimal:
    """Up to this sum one employee enters an adjustment alone, in the company's currency."""
    terms = BillingTerms.objects.filter(organization=organization).first()
    return (terms or BillingTerms(organization=organization)).alone_upto


def note_author(row: ByHand, *, by: User) -> None:
    """Who wrote the sum of a row that is about to be saved, and whether it waits for a second person. Earlier consent is gone.

    Sums that already stand for the account and needed nobody count with it: many small ones are one large one.
    """
    row.by, row.confirmed_by = by, None
    beside = sum((abs(one) for one in row.others.values_list("amount", flat=True)), Decimal(0))
    row.needs_second = abs(row.amount) + beside > limit_of(row.account.organization)


def shown(row: ByHand) -> str:
    """What the page of the question shows of a row: an answer holds for exactly this."""
    return "/".join(str(row.serializable_value(name)) for name in (*row.MONEY, "by"))


@transaction.atomic
def confirm(rows: Iterable[ByHand], *, seen: Mapping[int, str], by: User) -> int:
    """The second person agrees to these sums as they were seen; return how many.

    Raises NotYours for a sum of one's own, NotNow for one that changed meanwhile, is confirmed, or is charged already.
    """
    count = 0
    for row in rows:
        held = _held(row)
        if held.by_id == by.pk:
            raise NotYours(_("Somebody else must confirm what you entered."))
        if not held.is_unconfirmed or shown(held) != seen.get(held.pk):
            raise NotNow(_("This sum was changed or confirmed meanwhile. Look at it again."))
        held.confirmed_by = by
        held.save(update_fields=["confirmed_by"])
        count += 1
    return count


def _held(row: ByHand) -> Any:
    if isinstance(row, Recalculation):
        hold_recalculation(row)
    held = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if held is None:
        raise NotNow(_("This sum was changed or confirmed meanwhile. Look at it again."))
    return held
