"""Makes the estimates of a period once its window has closed."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from meters import windows
from meters.history import months_before
from meters.models import Estimate, Meter, Reading, SubmissionWindow
from meters.models.meter import MeterQuerySet
from meters.volumes import basis_of, estimate_for, is_due
from premises.models import House

CATCH_UP = 3  # months: what a clock that stood still makes up for


def closed_period(rules: SubmissionWindow, today: date) -> date:
    """The newest period whose window has closed before today."""
    period = windows.period_of(rules.window, today)
    return period if windows.last_day(rules.window, period) < today else months_before(period, 1)


def periods_to_estimate(house: House, rules: SubmissionWindow, today: date) -> list[date]:
    """The closed periods of a house that have no estimates yet, oldest first; of a new house only the newest."""
    newest = closed_period(rules, today)
    last = Estimate.objects.filter(meter__house=house).aggregate(last=Max("period"))["last"]
    if last is None:
        return [newest]
    months = [months_before(newest, back) for back in range(CATCH_UP - 1, -1, -1)]
    return [month for month in months if month > last]


@transaction.atomic
def estimate_missing(house: House, period: date, *, at: datetime) -> int:
    """Write an estimate for every meter of the house's flats that has no reading for charges in the period.

    Return how many were made. What was made before stays: a second run writes nothing.
    """
    open_then = Q(account__closed_on__isnull=True) | Q(account__closed_on__gte=period)
    rows = Meter.objects.of_flats().filter(open_then, house=house)
    return _estimate(rows, period, at)


@transaction.atomic
def estimate_accounts(
    accounts: Collection[int], period: date, *, at: datetime, charged_at: datetime, charged: Collection[tuple[int, str]]
) -> int:
    """The same for some accounts whose month is charged now: what was charged without a reading is kept for the next one.

    The charges were found at `charged_at`. A reading that came since takes no estimate's place: the month was charged
    without it, unless its meter (account, number) is among the `charged`. One query where nothing is missing.
    """
    meters = Meter.objects.of_flats().filter(account__in=accounts)
    here = {"meter": OuterRef("pk"), "period": period}
    read = Reading.objects.current().filter(**here, is_billable=True, created_at__lte=charged_at)
    lacking = meters.exclude(Exists(Estimate.objects.filter(**here)) | Exists(read)).order_by()
    found = {
        account for account, serial in lacking.values_list("account", "serial") if (account, serial) not in charged
    }
    return _estimate(meters.filter(account__in=found), period, at, charged_at, charged) if found else 0


def _estimate(
    rows: MeterQuerySet, period: date, at: datetime, charged_at: datetime | None = None,
    charged: Collection[tuple[int, str]] = (),
) -> int:  # fmt: skip
    meters = [one for one in rows.select_related("house__organization", "account__unit")
              if (one.account_id, one.serial) not in charged]  # fmt: skip
    basis = basis_of(meters, period, read_by=charged_at)
    found = [estimate_for(meter, basis) for meter in meters if is_due(meter, basis)]
    made = [one for one in found if one is not None]
    for one in made:
        one.created_at = at
    return len(Estimate.objects.bulk_create(made, batch_size=2000, ignore_conflicts=True))


def estimate_houses(*, at: datetime) -> int:
    """Make what is missing in every house; return how many estimates were made."""
    houses = list(House.objects.filter(meters__account__isnull=False).distinct().select_related("organization"))
    rules = SubmissionWindow.objects.of_houses(houses)
    made = 0
    for house in houses:
        for period in periods_to_estimate(house, rules[house.pk], house.organization.day(at)):
            made += estimate_missing(house, period, at=at)
    return made
