"""The volume of an account, a resource and a period, and how it was found: what billing charges by."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meters.actions.devices import NewMeter, replace_meter
from meters.actions.estimating import estimate_houses, estimate_missing
from meters.balance import balances
from meters.consumption import Method
from meters.models import ConsumptionNorm, Estimate, Meter
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from meters.volumes import volume_of, volumes_of
from portal.testing import Cast, make_account

C19 = ("4.1", "3.9", "4.4", "5.2", "4.0", "3.8")


def month(number: int, year: int = 2026) -> date:
    return date(year, number, 1)


def after_c19(cast: Cast) -> tuple[Meter, Decimal]:
    """A meter with the six months of vector C19, April to September; returns it with its last value."""
    meter = make_meter(cast.account)
    value, values = Decimal(100), [Decimal(100)]
    for used in C19:
        value += Decimal(used)
        values.append(value)
    make_readings(meter, month(3), *map(str, values))
    return meter, value


@pytest.fixture
def norm(cast: Cast) -> ConsumptionNorm:
    return ConsumptionNorm.objects.create(
        organization=cast.company, resource="cold", since=month(1, 2020), per_person=Decimal("4.745")
    )


def test_a_reading_gives_the_volume_since_the_one_before(cast: Cast) -> None:
    meter = make_meter(cast.account)
    make_readings(meter, month(9), "148.102", "152.347")
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method) == (Decimal("4.245"), Method.METER)
    assert found.parts[0].since == month(9)


def test_vector_m3_a_meter_replaced_within_the_month(cast: Cast) -> None:
    """854.320 / 857.100, the new one 0.012 / 1.640: 4.408."""
    meter = make_meter(cast.account)
    make_reading(meter, month(9), "854.320")
    new = replace_meter(
        meter, (Decimal("857.100"),), NewMeter("N-2", (Decimal("0.012"),)), on=date(2026, 10, 10), act="17", by=cast.mark,
        at=datetime(2026, 10, 10, 12, tzinfo=UTC),
    )  # fmt: skip
    make_reading(new, month(10), "1.640")
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method, len(found.parts)) == (Decimal("4.408"), Method.METER, 2)


def test_vector_m1_a_counter_that_passed_zero(cast: Cast) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, month(9), "99998.450")
    make_reading(meter, month(10), "3.120", drop="rollover")
    assert volume_of(cast.account, "cold", month(10)).volume == Decimal("4.670")


def test_vector_c19_nobody_sent_anything(cast: Cast) -> None:
    after_c19(cast)
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method) == (Decimal("4.233333"), Method.AVERAGE)
    assert found.parts[0].cause == "not_sent"


def test_the_average_for_three_months_then_the_norm(cast: Cast, norm: ConsumptionNorm) -> None:
    """Two live in the flat: from the fourth month 2 × 4.745."""
    after_c19(cast)
    methods = []
    for number in (10, 11, 12):
        assert estimate_missing(cast.house, month(number), at=datetime(2026, number, 26, tzinfo=UTC)) == 1
        methods.append(volume_of(cast.account, "cold", month(number)).method)
    fourth = volume_of(cast.account, "cold", month(1, 2027))
    assert methods == [Method.AVERAGE] * 3
    assert (fourth.method, fourth.volume, fourth.parts[0].in_a_row) == (Method.NORM, Decimal("9.490000"), 4)
    assert not fourth.parts[0].raises


def test_vector_c20_a_real_reading_after_two_averages(cast: Cast) -> None:
    """After two averages of 4.233333 a reading 9.870 above the last real one: 430.04 − 368.90 = +61.14 at 43.57."""
    meter, value = after_c19(cast)
    for number in (10, 11):
        estimate_missing(cast.house, month(number), at=datetime(2026, number, 26, tzinfo=UTC))
    make_reading(meter, month(12), str(value + Decimal("9.870")))
    part = volume_of(cast.account, "cold", month(12)).parts[0]
    assert part.measured == (Decimal("9.870"),)
    assert part.averaged == ((month(10), (Decimal("4.233333"),)), (month(11), (Decimal("4.233333"),)))
    assert part.total == Decimal("9.870") - 2 * Decimal("4.233333")
    tariff = Decimal("43.57")
    charged = sum((sum(volumes) * tariff).quantize(Decimal("0.01")) for _month, volumes in part.averaged)
    assert (sum(part.measured) * tariff).quantize(Decimal("0.01")) - charged == Decimal("61.14")


def test_months_charged_by_the_norm_are_not_given_back(cast: Cast, norm: ConsumptionNorm) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, month(8), "100")
    estimate_missing(cast.house, month(9), at=datetime(2026, 9, 26, tzinfo=UTC))
    make_reading(meter, month(10), "103")
    part = volume_of(cast.account, "cold", month(10)).parts[0]
    assert (part.total, part.averaged, part.normed) == (Decimal(3), (), ((month(9), (Decimal("9.490000"),)),))


def test_a_reading_that_comes_late_takes_the_place_of_the_estimate_of_its_month(cast: Cast) -> None:
    meter, value = after_c19(cast)
    estimate_missing(cast.house, month(10), at=datetime(2026, 10, 26, tzinfo=UTC))
    make_reading(meter, month(10), str(value + 3), source="company")
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method) == (Decimal(3), Method.METER)
    make_reading(meter, month(11), str(value + 5))
    assert volume_of(cast.account, "cold", month(11)).volume == Decimal(2)


def test_a_reading_of_a_meter_whose_verification_expired_is_stored_and_not_charged(
    cast: Cast, norm: ConsumptionNorm
) -> None:
    meter, value = after_c19(cast)
    meter.next_verification = date(2026, 10, 1)
    meter.save()
    make_reading(meter, month(10), str(value + 3), is_billable=False)
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method, found.parts[0].cause) == (Decimal("4.233333"), Method.AVERAGE, "expired")


def test_the_norm_of_an_unverified_meter_allows_the_raised_coefficient(cast: Cast, norm: ConsumptionNorm) -> None:
    make_meter(cast.account, next_verification=date(2026, 1, 1))
    part = volume_of(cast.account, "cold", month(10)).parts[0]
    assert (part.method, part.raises, part.total) == (Method.NORM, True, Decimal("9.490000"))


def test_without_a_meter_the_norm_of_those_who_live_there(cast: Cast, norm: ConsumptionNorm) -> None:
    found = volume_of(cast.account, "cold", month(10))
    assert (found.volume, found.method, found.has_meter) == (Decimal("9.490000"), Method.NORM, False)
    assert volume_of(cast.account, "gas", month(10)).volume is None


def test_two_meters_of_one_resource_share_the_norm(cast: Cast, norm: ConsumptionNorm) -> None:
    kitchen, bath = make_meter(cast.account, serial="K"), make_meter(cast.account, serial="B")
    make_readings(kitchen, month(9), "10", "12")
    found = volume_of(cast.account, "cold", month(10))
    assert found.volume == Decimal(2) + Decimal("4.745000")
    assert found.method == Method.NORM
    assert bath.pk in {part.meter.pk for part in found.parts}


def test_an_office_is_averaged_for_two_months_only(cast: Cast, norm: ConsumptionNorm) -> None:
    cast.account.unit.kind = "shop"
    cast.account.unit.save()
    after_c19(cast)
    for number in (10, 11):
        estimate_missing(cast.house, month(number), at=datetime(2026, number, 26, tzinfo=UTC))
    assert volume_of(cast.account, "cold", month(11)).method == Method.AVERAGE
    assert volume_of(cast.account, "cold", month(12)).method == Method.NORM


def test_heat_is_averaged_over_the_season_and_is_nothing_in_summer(cast: Cast) -> None:
    meter = make_meter(cast.account, "heat", decimals=3)
    make_readings(
        meter, month(9, 2025), "1", "1.3", "1.8", "2.6", "3.4", "4.0", "4.4", "4.6", "4.6", "4.6", "4.6", "4.6"
    )
    assert volume_of(cast.account, "heat", month(9)).volume == 0
    october = volume_of(cast.account, "heat", month(10))
    assert october.volume == Decimal("0.550000")  # November to April: 0.5 0.8 0.8 0.6 0.4 0.2 of October not counted
    assert october.method == Method.AVERAGE


def test_a_multi_tariff_meter_is_estimated_zone_by_zone(cast: Cast) -> None:
    meter = make_meter(cast.account, "power", zones=2, initial_t2=0, decimals=1)
    for number, (day, night) in enumerate([("100", "50"), ("190", "90"), ("280", "130"), ("370", "170")]):
        make_reading(meter, month(6 + number), day, night)
    found = volume_of(cast.account, "power", month(10))
    assert found.zones == (Decimal("90.000000"), Decimal("40.000000"))


def test_a_transformer_multiplies(cast: Cast) -> None:
    meter = make_meter(cast.account, "power", ratio=Decimal(20), decimals=1)
    make_readings(meter, month(9), "10", "12.5")
    assert volume_of(cast.account, "power", month(10)).volume == Decimal("50")


def test_heat_in_kilowatt_hours_comes_in_gigacalories(cast: Cast) -> None:
    meter = make_meter(cast.account, "heat", unit="kwh", decimals=1)
    make_readings(meter, month(9), "0", "1163")
    assert volume_of(cast.account, "heat", month(10)).volume == Decimal("1.000000")


def test_estimates_are_made_once_and_never_rewritten(cast: Cast) -> None:
    after_c19(cast)
    at = datetime(2026, 10, 27, tzinfo=UTC)
    assert estimate_houses(at=at) == 1
    assert estimate_houses(at=at) == 0
    assert Estimate.objects.get().period == month(10)


def test_a_clock_that_stood_still_makes_up_for_lost_months(cast: Cast) -> None:
    after_c19(cast)
    estimate_houses(at=datetime(2026, 10, 27, tzinfo=UTC))
    assert estimate_houses(at=datetime(2026, 12, 27, tzinfo=UTC)) == 2


def test_many_accounts_cost_as_many_queries_as_one(cast: Cast, norm: ConsumptionNorm) -> None:
    accounts = [cast.account] + [make_account(cast.house, f"4{number}", f"400{number}") for number in range(9)]
    for account in accounts:
        make_readings(make_meter(account), month(8), "1", "2", "3")
    with CaptureQueriesContext(connection) as one:
        volumes_of(accounts[:1], month(10))
    with CaptureQueriesContext(connection) as ten:
        found = volumes_of(accounts, month(10))
    assert len(ten) == len(one) <= 8
    assert sum(found[account.pk, "cold"].volume or 0 for account in accounts) == 10


def test_the_house_balance(cast: Cast, norm: ConsumptionNorm) -> None:
    """House 100; Olga by her meter 4, Nina by the average 3, Vera by the norm 9.49: the rest is 83.51."""
    make_readings(make_house_meter(cast.house), month(9), "1000", "1100")
    make_readings(make_meter(cast.account), month(9), "10", "14")
    make_readings(make_meter(cast.nina_account), month(6), "10", "13", "16", "19")
    (cold,) = balances(cast.house, month(10))
    assert (cold.house, cold.by_meter, cold.by_average, cold.by_norm) == (
        Decimal(100), Decimal(4), Decimal(3), Decimal("9.490000"),
    )  # fmt: skip
    assert (cold.rest, cold.rest_share) == (Decimal("83.510000"), Decimal("83.5"))
    assert (cold.accounts, cold.sent) == (3, 1)


def test_house_meters_of_which_one_was_not_read_give_no_rest(cast: Cast) -> None:
    make_readings(make_house_meter(cast.house), month(9), "1000", "1100")
    make_house_meter(cast.house, serial="H-2")
    make_readings(make_meter(cast.account), month(9), "10", "14")
    (cold,) = balances(cast.house, month(10))
    assert (cold.house, cold.rest, cold.house_read, cold.house_meters) == (None, None, 1, 2)


def test_the_balance_of_a_past_month_does_not_forget_an_account_that_closed_later(cast: Cast) -> None:
    make_readings(make_meter(cast.account), month(9), "10", "14")
    before = balances(cast.house, month(10))
    cast.account.closed_on = date(2026, 11, 15)
    cast.account.save()
    assert balances(cast.house, month(10)) == before
    assert balances(cast.house, month(12)) == []


def test_a_reading_that_comes_after_its_month_was_estimated_says_what_it_adds(cast: Cast) -> None:
    """October 125.4, November 4.233333 handed over; in December the company enters 135.4 for November, and 139.4."""
    meter, value = after_c19(cast)
    make_reading(meter, month(10), str(value))
    estimate_missing(cast.house, month(11), at=datetime(2026, 11, 26, tzinfo=UTC))
    handed = volume_of(cast.account, "cold", month(11)).volume
    make_reading(meter, month(11), str(value + 10), source="company")
    november = volume_of(cast.account, "cold", month(11))
    make_reading(meter, month(12), str(value + 14))
    assert (november.volume, november.correction) == (Decimal(10), Decimal(10) - (handed or 0))
    assert volume_of(cast.account, "cold", month(12)).volume == 4


def test_months_of_an_expired_verification_charged_by_the_average_are_settled_after_it(cast: Cast) -> None:
    """November nobody sent, December came unverified, in January the meter is verified: all that ran is charged once."""
    meter, value = after_c19(cast)
    make_reading(meter, month(10), str(value))
    estimate_missing(cast.house, month(11), at=datetime(2026, 11, 26, tzinfo=UTC))
    make_reading(meter, month(12), str(value + 20), is_billable=False)
    estimate_missing(cast.house, month(12), at=datetime(2026, 12, 26, tzinfo=UTC))
    make_reading(meter, month(1, 2027), str(value + 25))
    found = [volume_of(cast.account, "cold", at).volume or 0 for at in (month(11), month(12), month(1, 2027))]
    assert sum(found) == 25
    part = volume_of(cast.account, "cold", month(1, 2027)).parts[0]
    assert (part.measured, part.since, len(part.averaged)) == ((Decimal(25),), month(10), 2)


def test_months_of_an_expired_verification_charged_by_the_norm_are_not_charged_again(
    cast: Cast, norm: ConsumptionNorm
) -> None:
    meter = make_meter(cast.account)
    make_reading(meter, month(8), "100")
    for number, value in ((9, "103"), (10, "106")):
        make_reading(meter, month(number), value, is_billable=False)
        estimate_missing(cast.house, month(number), at=datetime(2026, number, 26, tzinfo=UTC))
    make_reading(meter, month(11), "109")
    part = volume_of(cast.account, "cold", month(11)).parts[0]
    assert (part.measured, part.since, part.total) == ((Decimal(3),), month(10), Decimal(3))


def test_where_neither_an_average_nor_a_norm_is_known_nobody_says_zero(cast: Cast) -> None:
    make_meter(cast.account, "gas")
    found = volume_of(cast.account, "gas", month(10))
    assert (found.volume, found.method, found.has_meter) == (None, Method.NORM, True)
    assert estimate_missing(cast.house, month(10), at=datetime(2026, 10, 26, tzinfo=UTC)) == 0


def test_without_a_norm_the_average_goes_on(cast: Cast) -> None:
    after_c19(cast)
    for number in (10, 11, 12):
        estimate_missing(cast.house, month(number), at=datetime(2026, number, 26, tzinfo=UTC))
    fourth = volume_of(cast.account, "cold", month(1, 2027))
    assert (fourth.volume, fourth.method, fourth.parts[0].in_a_row) == (Decimal("4.233333"), Method.AVERAGE, 4)


def test_the_first_meter_of_a_flat_leaves_the_days_before_it_to_the_norm(cast: Cast, norm: ConsumptionNorm) -> None:
    """Two people, 9.49 a month; the meter came on 22 November: 21 days of 30 by the norm, the rest is read in December."""
    meter = make_meter(cast.account, installed_on=date(2026, 11, 22))
    november = volume_of(cast.account, "cold", month(11))
    assert (november.volume, november.method) == (Decimal("6.643000"), Method.NORM)
    make_reading(meter, month(12), "4")
    assert volume_of(cast.account, "cold", month(12)).volume == 4


def test_the_season_before_is_remembered_through_three_silent_months(cast: Cast) -> None:
    meter = make_meter(cast.account, "heat")
    used = ["1.4", "1.6", "1.4", "1.0", "0.6", "0.6", "0", "0", "0", "0", "0", "0.6"]
    value, values = Decimal(1), [Decimal(1)]
    for volume in used:  # November 2025 to October 2026
        value += Decimal(volume)
        values.append(value)
    make_readings(meter, month(10, 2025), *map(str, values))
    found = [volume_of(cast.account, "heat", at).volume for at in (month(11), month(12), month(1, 2027))]
    assert len(set(found)) == 1
