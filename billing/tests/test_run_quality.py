"""Poor quality of months that were charged without a reading and of the month whose reading settles them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_correction, start_issue
from billing.actions.issuing import issue
from billing.calculating.known import read
from billing.calculating.lines import HouseLines
from billing.calculating.plan import Plan
from billing.models import BillingRun, QualityCase, Recalculation, Service
from billing.tests.firm import AT, NOV, calculated, ignore, in_russian, issued, line, make_fact, make_service
from lib.errors import Refusal
from meters.models import ConsumptionNorm, Meter
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
OCT, DEC = date(2026, 10, 1), date(2026, 12, 1)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return PersonalAccount.objects.get(pk=cast.account.pk)


@pytest.fixture
def cold(cast: Cast) -> Service:
    return make_service(cast.house, "cold", "meter", "40.00", resource="cold")


@pytest.fixture
def meter(flat: PersonalAccount) -> Meter:
    """4 m³ a month up to September: the average of October."""
    meter = make_meter(flat)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    return meter


def poor(cast: Cast, service: Service, period: date, percent: str = "10") -> QualityCase:
    return QualityCase.objects.create(
        house=cast.house,
        service=service,
        period=period,
        kind="percent",
        percent=Decimal(percent),
        act=f"акт {period:%m}",
    )


def found(run: BillingRun) -> dict[str, Decimal]:
    return dict(Recalculation.objects.filter(run=run).values_list("source", "amount"))


@pytest.mark.parametrize(
    ("months", "value", "october", "november"),
    [
        # 10 m³ of both months are 400.00, 160.00 of them were charged; either month has an even part of 200.00.
        ((), "26", {}, {"reading": "240.00"}),
        ((NOV,), "26", {}, {"reading": "240.00", "quality": "-20.00"}),  # the line itself is 0.00
        ((OCT,), "26", {"quality": "-16.00"}, {"reading": "236.00"}),  # ten percent of 200.00 in all
        ((OCT, NOV), "26", {"quality": "-16.00"}, {"reading": "236.00", "quality": "-20.00"}),
        ((OCT,), "24", {"quality": "-16.00"}, {"reading": "160.00"}),  # the average was right: nothing changes
        ((OCT,), "16", {"quality": "-16.00"}, {"reading": "-144.00"}),  # nothing was used: nothing stays reduced
    ],
)
def test_a_reading_after_an_average_carries_the_poor_quality_of_both_months(
    cast: Cast, cold: Service, meter: Meter, months: tuple[date, ...], value: str, october: dict[str, str],
    november: dict[str, str],
) -> None:  # fmt: skip
    for month in months:
        poor(cast, cold, month)
    assert found(issued(cast.company, OCT, by=cast.anna)) == {key: Decimal(sum_) for key, sum_ in october.items()}
    make_reading(meter, NOV, value)
    run = calculated(cast.company, NOV, by=cast.anna)
    assert found(run) == {key: Decimal(sum_) for key, sum_ in november.items()}
    reasons = Recalculation.objects.filter(run=run, source="quality").values_list("reason", flat=True)
    assert [one for one in reasons if "акт 11" not in one or "акт 10" in one] == []


def test_a_month_that_did_not_change_gives_nothing(cast: Cast, cold: Service, meter: Meter) -> None:
    """Neither calculated anew nor corrected, nor does the month after it count a case again."""
    for month in (OCT, NOV):
        poor(cast, cold, month)
    october = issued(cast.company, OCT, by=cast.anna)
    make_reading(meter, NOV, "26")
    november = calculated(cast.company, NOV, by=cast.anna)
    before = found(november)
    recalculate(november, by=cast.anna, at=AT, later=ignore)
    assert calculate(november.pk, now=lambda: AT)
    assert found(november) == before
    november.refresh_from_db()
    start_issue(november, by=cast.anna, at=AT, later=ignore)
    assert issue(november.pk, now=lambda: AT)
    november.refresh_from_db()
    for run in (october, november):
        correction = start_correction(run, reason="x", by=cast.anna, at=AT, later=ignore)
        assert calculate(correction.pk, now=lambda: AT)
        correction.refresh_from_db()
        assert correction.totals["differing"] == 0
        start_issue(correction, by=cast.anna, at=AT, later=ignore)
        assert issue(correction.pk, now=lambda: AT)
    make_reading(meter, DEC, "30")
    assert found(calculated(cast.company, DEC, by=cast.anna, at=AT.replace(year=2027, month=1))) == {}


def test_a_reading_that_comes_after_its_month_was_issued(cast: Cast, cold: Service, meter: Meter) -> None:
    """5 m³ where 4 were charged: 40.00 less a tenth, and a correction of October finds nothing more."""
    poor(cast, cold, OCT)
    october = issued(cast.company, OCT, by=cast.anna, at=datetime(2026, 11, 1, tzinfo=UTC))
    make_reading(meter, OCT, "21", created_at=datetime(2026, 11, 5, tzinfo=UTC))
    make_reading(meter, NOV, "25")
    assert found(issued(cast.company, NOV, by=cast.anna)) == {"reading": Decimal("36.00")}
    correction = start_correction(october, reason="x", by=cast.anna, at=AT, later=ignore)
    assert calculate(correction.pk, now=lambda: AT)
    correction.refresh_from_db()
    assert correction.totals["differing"] == 0


def test_a_reading_after_the_norm_is_of_both_months(cast: Cast, cold: Service, flat: PersonalAccount) -> None:
    """October by the norm is 6 × 40.00, less a tenth, and stays; of the 400.00 of November's line an even part is of each."""
    PersonalAccount.objects.filter(pk=flat.pk).update(residents=1)
    ConsumptionNorm.objects.create(
        organization=cast.company, resource="cold", since=date(2020, 1, 1), per_person=Decimal(6)
    )
    meter = make_meter(flat)
    make_reading(meter, date(2026, 9, 1), "0")
    poor(cast, cold, OCT)
    poor(cast, cold, NOV, "50")
    assert found(issued(cast.company, OCT, by=cast.anna)) == {"quality": Decimal("-24.00")}
    make_reading(meter, NOV, "10")
    run = calculated(cast.company, NOV, by=cast.anna)
    assert line(run, flat, "cold").accrued == Decimal("400.00")
    assert found(run) == {"quality": Decimal("-120.00")}  # 200.00 × 50 % and 200.00 × 10 %


def test_heat_by_room_meters(cast: Cast, flat: PersonalAccount) -> None:
    """January 2 by the average; 6 of both months: 6000 − 2000, either month 3000, of February's a tenth is off; nothing is
    shared: the flat is the house."""
    january, february, at = date(2027, 1, 1), date(2027, 2, 1), datetime(2027, 3, 1, tzinfo=UTC)
    make_fact(cast.house, area_rooms=Decimal(61))
    heat = make_service(cast.house, "heat", "heat_rooms", "1000")
    make_readings(make_house_meter(cast.house, "heat", unit="gcal"), DEC, "0", "2", "6")
    meter = make_meter(flat, "heat")
    make_readings(meter, date(2026, 9, 1), "0", "2", "4", "6")
    poor(cast, heat, february)
    issued(cast.company, january, by=cast.anna, at=at)
    make_reading(meter, february, "12")
    run = calculated(cast.company, february, by=cast.anna, at=at)
    assert found(run) == {"reading": Decimal("4000.00"), "quality": Decimal("-300.00")}


def test_a_case_of_an_earlier_month_that_comes_after_the_calculation_is_noticed(
    cast: Cast, cold: Service, meter: Meter
) -> None:
    issued(cast.company, OCT, by=cast.anna)
    make_reading(meter, NOV, "26")
    run = calculated(cast.company, NOV, by=cast.anna)
    poor(cast, cold, OCT)
    with pytest.raises(Refusal, match="Calculate it again"):
        start_issue(run, by=cast.anna, at=AT, later=ignore)


class Walked(list[QualityCase]):
    """Says how often somebody walked through it."""

    times = 0

    def __iter__(self) -> Iterator[QualityCase]:
        self.times += 1
        return super().__iter__()


def test_the_cases_of_a_house_are_walked_once_however_many_lines_it_has(cast: Cast, flat: PersonalAccount) -> None:
    """Walked for each line, 90 cases in 18 months made a line of another service ten times as long."""
    for place in range(5):
        make_service(cast.house, f"area{place}", "area", "40.00")
    plan = Plan.of(cast.company, NOV)
    known = read(plan, [cast.house.pk], is_correction=False)
    walked = Walked(poor(cast, plan.supplies[cast.house.pk][0].service, OCT) for _one in range(3))
    lines = HouseLines(plan, replace(known, quality={cast.house.pk: walked}), cast.house.pk, lambda *_words: None)
    lines.make(known.accounts)
    assert (len(lines.drafts), walked.times) == (5, 1)


def test_a_case_of_one_account_stands_beside_those_of_the_house(
    cast: Cast, cold: Service, flat: PersonalAccount
) -> None:
    """Of 60.00 a tenth for the house and a tenth for the flat; the neighbour's case is his own."""
    area = make_service(cast.house, "area", "account", "60.00")
    for account, act in ((flat, "1"), (None, "2"), (cast.nina_account, "3")):
        QualityCase.objects.create(
            house=cast.house, account=account, service=area, period=NOV, kind="percent", percent=10, act=act
        )
    run = calculated(cast.company, NOV, by=cast.anna)
    rows = Recalculation.objects.filter(run=run, account=flat).values_list("amount", "reason")
    assert list(rows) == [(Decimal("-12.00"), in_russian("Poor quality: %(act)s") % {"act": "1, 2"})]
