"""Heating by the meters of rooms and of the house, where a month was not read."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.actions.calculate import calculate
from billing.actions.closing import drop_run, start_correction
from billing.models import BillingRun, QualityCase, Recalculation, Service, Tariff
from billing.tests.firm import calculated, ignore, issued, line, make_fact, make_service
from meters.models import Meter, Reading
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from portal.testing import Cast, make_account
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("B10")
AT = datetime(2027, 3, 1, 9, tzinfo=UTC)
SEP, JAN, FEB = date(2026, 9, 1), date(2027, 1, 1), date(2027, 2, 1)


@pytest.fixture
def flat(cast: Cast) -> PersonalAccount:
    """Flat 12 of 61 m²; of the others only flat 77, as large and without a meter, is there."""
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return PersonalAccount.objects.get(pk=cast.account.pk)


@pytest.fixture
def other(cast: Cast, flat: PersonalAccount) -> PersonalAccount:
    return make_account(cast.house, "77", "20077")


@pytest.fixture
def heat(cast: Cast) -> Service:
    """A house of two such flats whose meter shows 5 Gcal for January and 7 for February."""
    make_fact(cast.house, area_rooms=Decimal(122))
    meter = make_house_meter(cast.house, "heat", unit="gcal")
    make_readings(meter, date(2026, 12, 1), "100", "105", "112")
    return make_service(cast.house, "heat", "heat_rooms", "1000")


@pytest.fixture
def meter(flat: PersonalAccount) -> Meter:
    """2 Gcal a month from October to December: the average of January."""
    meter = make_meter(flat, "heat")
    make_readings(meter, SEP, "0", "2", "4", "6")
    return meter


def sums(run: BillingRun, account: PersonalAccount) -> tuple[Decimal, Decimal]:
    found = line(run, account, "heat")
    return found.accrued, found.recalculated


def test_a_reading_settles_the_month_that_was_charged_by_the_average(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter
) -> None:
    """January: 2 by the average, 2 by the mean of flat 77, the rest 1 is shared. February's reading says 5 of both months:
    3 of them are the balance of February, 7 − 3 − 3 = 1 is shared."""
    january = issued(cast.company, JAN, by=cast.anna, at=AT)
    assert (line(january, flat, "heat").volume, line(january, flat, "heat").method) == (Decimal("2.5"), "O")
    assert sums(january, flat) == sums(january, other) == (Decimal("2500.00"), Decimal(0))
    assert [(one["account"], one["what"]) for one in january.anomalies] == [(flat.pk, "no_reading")]
    Tariff.objects.update(until=date(2027, 1, 31))
    Tariff.objects.create(service=heat, since=FEB, rate=Decimal(1200))
    make_reading(meter, FEB, "11")
    february = calculated(cast.company, FEB, by=cast.anna, at=AT)
    # 0.5 × 1200; 5 × 1200 − 2 × 1000; flat 77: 3.5 × 1200
    assert sums(february, flat) == (Decimal("600.00"), Decimal("4000.00"))
    assert sums(february, other) == (Decimal("4200.00"), Decimal(0))
    assert line(february, flat, "heat").method == "M"
    assert Recalculation.objects.get(run=february).source == "reading"


@pytest.mark.parametrize("january", ["8", "8.25", None])
def test_both_months_cost_what_they_would_if_every_reading_had_come(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, january: str | None
) -> None:
    """6.000 Gcal of each flat, all 12 of the house, whatever January is taken for."""
    if january:
        make_reading(meter, JAN, january)
    runs = [issued(cast.company, JAN, by=cast.anna, at=AT)]
    make_reading(meter, FEB, "11")
    runs.append(calculated(cast.company, FEB, by=cast.anna, at=AT))
    for account in (flat, other):
        assert sum(sum(sums(run, account)) for run in runs) == Decimal("6000.00")


def test_a_reading_that_comes_after_its_month_was_issued(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter
) -> None:
    """January's reading says 3 where the average was 2; February's own 2, and 7 − 2 − 2 = 3 is shared."""
    issued(cast.company, JAN, by=cast.anna, at=AT.replace(month=2))
    make_reading(meter, JAN, "9", created_at=AT.replace(month=2, day=5))
    make_reading(meter, FEB, "11")
    february = issued(cast.company, FEB, by=cast.anna, at=AT)
    assert sums(february, flat) == (Decimal("3500.00"), Decimal("1000.00"))
    march = calculated(cast.company, date(2027, 3, 1), by=cast.anna, at=AT)
    assert not Recalculation.objects.filter(run=march).exists()


def test_a_meter_of_which_nothing_is_known_counts_as_none(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service
) -> None:
    """Flat 12 has 2 by its reading; flat 77 has a new meter, no reading and no average: the mean of the metered, not zero."""
    make_readings(make_meter(flat, "heat"), date(2026, 12, 1), "0", "2")
    make_meter(other, "heat", serial="NEW", installed_on=date(2026, 12, 1))
    january = calculated(cast.company, JAN, by=cast.anna, at=AT)
    assert [line(january, one, "heat").volume for one in (flat, other)] == [Decimal("2.5"), Decimal("2.5")]
    assert line(january, other, "heat").method == "O"


@pytest.mark.parametrize("silent", [1, 2])
def test_a_reading_settles_months_that_were_charged_by_the_mean(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, silent: int
) -> None:
    """Flat 77's new meter has no average: 2 Gcal by the mean in each silent month. Its reading says what it says of all."""
    new = make_meter(other, "heat", serial="NEW", installed_on=date(2026, 12, 1))
    make_reading(meter, JAN, "8")
    make_reading(meter, FEB, "11")
    runs = [issued(cast.company, JAN, by=cast.anna, at=AT)]
    assert line(runs[0], other, "heat").volume == Decimal("2.5")
    if silent == 2:
        make_readings(Meter.objects.get(account__isnull=True), date(2027, 3, 1), "118")
        make_reading(meter, date(2027, 3, 1), "13")
        runs.append(issued(cast.company, FEB, by=cast.anna, at=AT))
        assert line(runs[1], other, "heat").volume == Decimal("3.5")  # 3 by the mean, 7 − 6 = 1 shared
    month = (FEB, date(2027, 3, 1))[silent - 1]
    make_reading(new, month, ("4.5", "8")[silent - 1])
    run = issued(cast.company, month, by=cast.anna, at=AT.replace(month=4))
    # One silent month: 4.5 − 2 = 2.5 of February, 7 − 3 − 2.5 = 1.5 shared: 750, and 4500 − 2000.
    # Two: 8 − 2 − 3 = 3 of March, 6 − 2 − 3 = 1 shared: 500, and 8000 − 5000.
    assert (
        sums(run, other)
        == ((Decimal("750.00"), Decimal("2500.00")), (Decimal("500.00"), Decimal("3000.00")))[silent - 1]
    )
    assert sums(run, flat)[0] == (Decimal("3750.00"), Decimal("2500.00"))[silent - 1]
    # Both flats together: everything that the house used since January.
    used = sum(sum(sums(one, account)) for one in (*runs, run) for account in (flat, other))
    assert used == (Decimal("12000.00"), Decimal("18000.00"))[silent - 1]
    for one in (*runs, run):
        correction = start_correction(one, reason="x", by=cast.anna, at=AT.replace(month=4), later=ignore)
        assert calculate(correction.pk, now=lambda: AT.replace(month=4))
        correction.refresh_from_db()
        assert correction.totals["differing"] == 0
        drop_run(correction, at=AT.replace(month=4), later=ignore)


@pytest.mark.parametrize("day", [date(2027, 1, 31), date(2027, 1, 15)])
def test_a_new_owner_does_not_pay_again_what_the_one_before_paid_by_the_mean(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, day: date
) -> None:
    """2 Gcal of January by the mean, of one account or of two. February's 4.5 since December: 2.5, and 1.5 are shared."""
    new = make_meter(other, "heat", serial="NEW", installed_on=date(2026, 12, 1))
    make_reading(meter, JAN, "8")
    make_reading(meter, FEB, "11")
    PersonalAccount.objects.filter(pk=other.pk).update(closed_on=day)
    owner = make_account(cast.house, "77", "20078", opened_on=day + timedelta(days=1))
    january = issued(cast.company, JAN, by=cast.anna, at=AT.replace(month=2))
    volumes = [line(january, one, "heat").volume for one in (other, owner) if one.opened_on is None or day.day < 31]
    assert sum(one or Decimal(0) for one in volumes) == Decimal("2.5")
    Meter.objects.filter(pk=new.pk).update(account=owner)
    make_reading(new, FEB, "4.5")
    assert sums(calculated(cast.company, FEB, by=cast.anna, at=AT), owner) == (Decimal("750.00"), Decimal("2500.00"))


@pytest.mark.parametrize("is_left", [False, True])
def test_a_late_reading_of_a_month_that_was_charged_by_the_mean(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, is_left: bool
) -> None:
    """Flat 77's new meter has no average: 2 Gcal of January by the mean. Its reading says 3, and 4.5 with February."""
    new = make_meter(other, "heat", serial="NEW", installed_on=date(2026, 12, 1))
    make_reading(meter, JAN, "8")
    make_reading(meter, FEB, "11")
    assert line(issued(cast.company, JAN, by=cast.anna, at=AT.replace(month=2)), other, "heat").accrued == Decimal(2500)
    make_reading(new, JAN, "3", created_at=AT.replace(month=2, day=5))
    if is_left:
        PersonalAccount.objects.filter(pk=other.pk).update(closed_on=date(2027, 1, 31))
    else:
        make_reading(new, FEB, "4.5")
    february = issued(cast.company, FEB, by=cast.anna, at=AT)
    assert line(february, other, "heat").recalculated == Decimal("1000.00")
    if not is_left:  # 1.5 of its own, 7 − 3 − 1.5 = 2.5 are shared
        assert line(february, other, "heat").accrued == Decimal("2750.00")
    march = calculated(cast.company, date(2027, 3, 1), by=cast.anna, at=AT.replace(month=4))
    assert not Recalculation.objects.filter(run=march).exists()


@pytest.mark.parametrize("kind", ["average", "mean"])
def test_a_late_reading_of_a_month_that_a_later_one_settled_changes_nothing(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, kind: str
) -> None:
    """February's 4.5 or 5 Gcal less the 2 of January were charged; January's reading only says how they divide."""
    new = make_meter(other, "heat", serial="NEW", installed_on=date(2026, 12, 1)) if kind == "mean" else meter
    if kind == "mean":
        make_reading(meter, JAN, "8")
        make_reading(meter, FEB, "11")
    issued(cast.company, JAN, by=cast.anna, at=AT.replace(month=2))
    make_reading(new, FEB, "4.5" if kind == "mean" else "11")
    february = issued(cast.company, FEB, by=cast.anna, at=AT)
    account = other if kind == "mean" else flat
    assert sums(february, account)[1] == (Decimal("2500.00") if kind == "mean" else Decimal("3000.00"))
    make_reading(new, JAN, "3" if kind == "mean" else "9", created_at=AT.replace(day=5))
    march = calculated(cast.company, date(2027, 3, 1), by=cast.anna, at=AT.replace(month=4))
    assert not Recalculation.objects.filter(run=march).exists()


@pytest.mark.parametrize("january", ["in time", "late", "never"])
def test_the_house_meter_was_not_read_for_a_month(
    cast: Cast, flat: PersonalAccount, other: PersonalAccount, heat: Service, meter: Meter, january: str
) -> None:
    """Nothing is charged for January. February's 12 Gcal of the house are of both months, and so are 5 of flat 12's meter and
    5 by the mean of flat 77: the rest of 2 is shared. A case of January takes a tenth of 2 + 0.5 off the one, of 3 off the
    other."""
    Reading.objects.filter(meter__account__isnull=True, period=JAN).update(state="kept")
    if january == "in time":
        make_reading(meter, JAN, "8")
    QualityCase.objects.create(house=cast.house, service=heat, period=JAN, kind="percent", percent=Decimal(10))
    run = issued(cast.company, JAN, by=cast.anna, at=AT.replace(month=2))
    assert {one["what"] for one in run.anomalies} == {"house_volume"}
    if january == "late":  # nothing was charged by the average that it could change
        make_reading(meter, JAN, "8", created_at=AT.replace(month=2, day=5))
    make_reading(meter, FEB, "11")
    february = issued(cast.company, FEB, by=cast.anna, at=AT)
    assert sums(february, other) == (Decimal("6000.00"), Decimal("-300.00"))
    if january != "never":  # 2 of January and 3 of February
        assert sums(february, flat) == (Decimal("6000.00"), Decimal("-250.00"))
    else:  # the average of 2 is charged now, and the reading takes it off: 5000 − 2000, for January −250 − 250 + 200
        assert sums(february, flat) == (Decimal("3000.00"), Decimal("2700.00"))
    make_readings(Meter.objects.get(account__isnull=True), date(2027, 3, 1), "118")
    make_reading(meter, date(2027, 3, 1), "13")
    march = calculated(cast.company, date(2027, 3, 1), by=cast.anna, at=AT.replace(month=4))
    assert sums(march, flat) == sums(march, other) == (Decimal("3000.00"), Decimal(0))


def test_heat_of_a_house_without_meters_of_rooms_over_two_months(cast: Cast, flat: PersonalAccount) -> None:
    """12 Gcal of January and February: 61 of 122 m² are 6; a tenth of February's half is off. Summer is no such month."""
    make_fact(cast.house, area_rooms=Decimal(122))
    service = make_service(cast.house, "heat", "heat_house", "1000")
    meter = make_house_meter(cast.house, "heat", unit="gcal")
    make_reading(meter, date(2026, 12, 1), "100")
    QualityCase.objects.create(house=cast.house, service=service, period=FEB, kind="percent", percent=Decimal(10))
    issued(cast.company, JAN, by=cast.anna, at=AT)
    make_reading(meter, FEB, "112")
    assert sums(calculated(cast.company, FEB, by=cast.anna, at=AT), flat) == (Decimal("6000.00"), Decimal("-300.00"))


def test_a_summer_without_readings_is_no_part_of_october(cast: Cast, flat: PersonalAccount) -> None:
    make_fact(cast.house, area_rooms=Decimal(122))
    service = make_service(cast.house, "heat", "heat_house", "1000")
    meter = make_house_meter(cast.house, "heat", unit="gcal")
    make_reading(meter, date(2026, 4, 1), "100")
    make_reading(meter, date(2026, 10, 1), "112")
    QualityCase.objects.create(
        house=cast.house, service=service, period=date(2026, 10, 1), kind="percent", percent=Decimal(10)
    )
    issued(cast.company, SEP, by=cast.anna, at=AT)
    assert sums(calculated(cast.company, date(2026, 10, 1), by=cast.anna, at=AT), flat)[1] == Decimal("-600.00")
