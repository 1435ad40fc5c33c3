"""Recalculations that wait, or that a run took which is not issued: they may be changed, and the issue looks again."""

from collections import defaultdict
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.calculating.seal import seal_of
from billing.charging.exact import NOTHING
from billing.models import BillingRun, Charge, Recalculation
from billing.models.run import NotNow

State = BillingRun.State


@transaction.atomic
def hold_recalculation(row: Recalculation) -> None:
    """Hold a recalculation for changing or deleting it in the same transaction. Raises NotNow once it is being issued.

    The run that took it is held first, so it cannot begin to be issued meanwhile.
    """
    for _turn in range(2):  # a run may take it between the two looks
        run = Recalculation.objects.filter(pk=row.pk).values_list("run", flat=True).first()
        if run and BillingRun.objects.select_for_update(no_key=True).get(pk=run).is_settled:
            raise NotNow(_("This recalculation is charged already: it stays as it is."))
        locked = Recalculation.objects.select_for_update().filter(pk=row.pk)
        if locked.values_list("run", flat=True).first() == run:
            return


def is_stale(run: BillingRun) -> bool:
    """Whether something that a calculated run read was changed since: a table, or a recalculation that it took.

    About fifteen queries. A run that was calculated by an older version of the portal has no seal.
    """
    if run.seal and run.seal != seal_of(run):
        return True
    if run.kind == BillingRun.Kind.CORRECTION:  # it takes none
        return False
    sums: dict[tuple[int, int], Decimal] = defaultdict(lambda: NOTHING)
    found = (1, "recalculated", Charge.objects.all()), (-1, "amount", Recalculation.objects.counting())
    for sign, name, every in found:
        rows = every.filter(run=run).exclude(**{name: 0}).order_by()
        for account, service, amount in rows.values_list("account", "service").annotate(Sum(name)):
            sums[account, service] += sign * amount
    return any(sums.values())
