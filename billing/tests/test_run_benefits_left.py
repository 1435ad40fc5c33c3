"""A benefit is of what there is to pay: of what absence, poor quality and other benefits leave of a service and month."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.calculate import calculate
from billing.actions.closing import start_correction
from billing.models import Absence, Benefit, BillingRun, QualityCase, Recalculation, Service
from billing.tests.firm import AT, NOV, calculated, ignore, issued, line, make_service
from meters.actions.estimating import estimate_missing
from meters.testing import make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT = date(2026, 10, 1)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12: three live there; the other flats of the house are closed."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    PersonalAccount.objects.filter(pk=cast.account.pk).update(residents=3)
    return PersonalAccount.objects.get(pk=cast.account.pk)


def entitle(flat: PersonalAccount, percent: int) -> None:
    Benefit.objects.create(account=flat, category="ветеран", percent=Decimal(percent), since=date(2026, 1, 1))


def poor(cast: Cast, service: Service, period: date, percent: str) -> None:
    QualityCase.objects.create(
        house=cast.house, service=service, period=period, kind="percent", percent=Decimal(percent)
    )


@pytest.mark.parametrize(
    ("rate", "percent", "quality", "benefit", "total"),
    [
        ("2357.27", 100, "-84.86", "2272.41", "0.00"),
        ("1652.20", 50, "-59.48", "796.36", "796.36"),  # half of 1592.72
    ],
)
def test_a_benefit_is_of_what_poor_quality_leaves(
    cast: Cast, flat: PersonalAccount, rate: str, percent: int, quality: str, benefit: str, total: str
) -> None:
    heating = make_service(cast.house, "heating", "account", rate)
    poor(cast, heating, NOV, "3.6")
    entitle(flat, percent)
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "heating")
    assert (found.recalculated, found.benefit, found.of_document) == (
        Decimal(quality),
        Decimal(benefit),
        Decimal(total),
    )


@pytest.mark.parametrize(
    ("percent", "benefit"),
    [(50, "174.94"), (100, "349.87")],  # of 3 × 131.20 less ten days of one person: 393.60 − 43.73
)
def test_a_benefit_is_of_what_an_absence_leaves(cast: Cast, flat: PersonalAccount, percent: int, benefit: str) -> None:
    make_service(cast.house, "waste", "person", "131.20")
    entitle(flat, percent)
    Absence.objects.create(account=flat, left_on=NOV, returned_on=date(2026, 11, 12), applied_on=date(2026, 11, 12))
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "waste")
    assert (found.recalculated, found.benefit) == (Decimal("-43.73"), Decimal(benefit))


def test_absence_and_poor_quality_take_no_more_than_the_charge(cast: Cast, flat: PersonalAccount) -> None:
    """All three away on 29 of 30 days, 3 × 126.83 of 393.60; a tenth of the charge is more than the 13.11 that are left."""
    waste = make_service(cast.house, "waste", "person", "131.20")
    Absence.objects.create(
        account=flat, persons=3, left_on=NOV, returned_on=date(2026, 12, 1), applied_on=NOV
    )  # fmt: skip
    poor(cast, waste, NOV, "10")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "waste").of_document == 0
    amounts = dict(Recalculation.objects.filter(run=run).values_list("source", "amount"))
    assert amounts == {"absence": Decimal("-380.49"), "quality": Decimal("-13.11")}


def averaged(cast: Cast, flat: PersonalAccount, percent: int) -> Decimal:
    """October issued by the average: 184.45 of cold water, a tenth off for its quality. Returns what the meter showed."""
    cold = make_service(cast.house, "cold", "meter", "43.57", resource="cold")
    poor(cast, cold, OCT, "10")
    entitle(flat, percent)
    meter = make_meter(flat)
    make_readings(meter, date(2026, 3, 1), "100", "104.1", "108", "112.4", "117.6", "121.6", "125.4")
    estimate_missing(cast.house, OCT, at=AT)
    run = issued(cast.company, OCT, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
    found = line(run, flat, "cold")
    left = Decimal("166.00") * (100 - percent) / 100
    assert (found.accrued, found.recalculated, found.of_document) == (Decimal("184.45"), Decimal("-18.45"), left)
    return Decimal("125.4")


@pytest.mark.parametrize(
    ("percent", "november", "total"),
    [
        (50, "", "121.27"),  # half of 430.04 − 21.50 is 204.27, 83.00 are paid
        (50, "10", "110.52"),  # less half of November's 21.50, too: 193.52 − 83.00
        (100, "10", "0.00"),
    ],
)
def test_a_reading_after_averages_gives_the_benefit_of_what_quality_leaves(
    cast: Cast, flat: PersonalAccount, percent: int, november: str, total: str
) -> None:
    """9.870 m³ of two months are 430.04, 215.02 each."""
    value = averaged(cast, flat, percent)
    if november:
        poor(cast, Service.objects.get(), NOV, november)
    make_reading(flat.meters.get(), NOV, str(value + Decimal("9.870")))
    found = line(calculated(cast.company, NOV, by=cast.anna), flat, "cold")
    assert (found.accrued, found.benefit, found.of_document) == (Decimal(0), Decimal(0), Decimal(total))


@pytest.mark.parametrize(("percent", "amount"), [(50, "110.52"), (100, "")])
def test_a_late_reading_gives_the_benefit_of_what_quality_leaves(
    cast: Cast, flat: PersonalAccount, percent: int, amount: str
) -> None:
    """430.04 less a tenth is 387.04, half of it 193.52; October's 166.00 were halved, too."""
    value = averaged(cast, flat, percent) + Decimal("9.870")
    make_reading(flat.meters.get(), OCT, str(value), created_at=datetime(2026, 11, 5, tzinfo=UTC))
    make_reading(flat.meters.get(), NOV, str(value + 1))
    run = calculated(cast.company, NOV, by=cast.anna)
    rows = [str(one) for one in Recalculation.objects.filter(run=run).values_list("amount", flat=True)]
    assert rows == ([amount] if amount else [])


@pytest.mark.parametrize(("percent", "difference"), [(50, "-42.43"), (100, "0.00")])
def test_poor_quality_that_is_entered_later_takes_off_what_was_to_pay(
    cast: Cast, flat: PersonalAccount, percent: int, difference: str
) -> None:
    """A correction of the issued month: −84.86 of 2357.27, less the part of the benefit in it."""
    heating = make_service(cast.house, "heating", "account", "2357.27")
    entitle(flat, percent)
    run = issued(cast.company, OCT, by=cast.anna)
    poor(cast, heating, OCT, "3.6")
    correction = start_correction(run, reason="акт", by=cast.anna, at=AT, later=ignore)
    assert calculate(correction.pk, now=lambda: AT)
    correction = BillingRun.objects.get(pk=correction.pk)
    assert Decimal(correction.totals["difference"]) == Decimal(difference)


@pytest.mark.parametrize(
    ("others", "benefit"),
    [
        ([("70", date(2026, 11, 16), None)], "1198.02"),  # half of 15 days, all of 15: three quarters of 1597.36
        ([("100", NOV, None)], "1597.36"),
        ([("100", NOV, None), ("100", NOV, None)], "1597.36"),
        ([("70", date(2026, 11, 16), 1)], "985.04"),  # one of three has it: 50 % and a half of 70 / 3
    ],
)
def test_benefits_together_are_no_more_than_all_of_a_day(
    cast: Cast, flat: PersonalAccount, others: list[tuple[str, date, int | None]], benefit: str
) -> None:
    make_service(cast.house, "main", "account", "1597.36")
    Benefit.objects.create(account=flat, category="ветеран", percent=Decimal(50), since=NOV)
    for place, (percent, since, persons) in enumerate(others):
        Benefit.objects.create(
            account=flat, category=f"{place}", percent=Decimal(percent), since=since, persons=persons
        )
    assert line(calculated(cast.company, NOV, by=cast.anna), flat, "main").benefit == Decimal(benefit)
