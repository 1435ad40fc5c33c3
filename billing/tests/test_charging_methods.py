"""How each method charges: the worked figures of docs/charging.md, and what must hold for any figures."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charging.basis import Basis, Mark, NotEnough, Pool, Rate, Result, Span, Tiers
from billing.charging.exact import cents, in_steps, largest_remainder
from billing.charging.house import common_norm_pool, common_pool, common_rest, heat_pool, heat_rooms_pool
from billing.charging.methods import METHODS, charge

pytestmark = pytest.mark.feature("B10")

D = Decimal
COLD, SEWER, HEAT, UPKEEP = D("43.57"), D("32.18"), D("2245.68"), D("24.36")
FLAT, HOUSE, COMMON_AREA, COMMON_NORM, NORM = D("61.00"), D("4873.20"), D("812.50"), D("0.0352"), D("4.745")
REST = common_rest(D("1250.000"), [D("980.400")], [D("142.350")], [D("55.000")])
CAPPED = common_pool(REST, HOUSE, norm=COMMON_NORM, common_area=COMMON_AREA)
ALL = common_pool(REST, HOUSE, norm=COMMON_NORM, common_area=COMMON_AREA, owners_take_all=True)
OVER = common_pool(D(1100) - D(1130), HOUSE, norm=COMMON_NORM, common_area=COMMON_AREA)


def volumes(low: str = "0", high: str = "5000", places: int = 6) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), places=places, allow_nan=False)


def tariffs() -> st.SearchStrategy[Decimal]:
    return st.decimals(D("0.01"), D(9999), places=6, allow_nan=False)


@pytest.mark.parametrize(
    ("name", "method", "basis", "rate", "pool", "expected"),
    [
        ("C1", "METER", Basis(volume=D("152.347") - D("148.102")), Rate(COLD), None,
         {"volume": "4.245", "accrued": "184.95", "mark": "M"}),
        ("C3", "NORM", Basis(persons=3), Rate(COLD, norm=NORM), None, {"volume": "14.235", "accrued": "620.22"}),
        ("C4", "NORM_K", Basis(persons=3, coefficient=D("1.5")), Rate(COLD, norm=NORM), None,
         {"accrued": "620.22", "excess": "310.11", "total": "930.33", "mark": "N"}),
        ("C4 by the meters' norm", "METER", Basis(volume=D("14.235"), mark=Mark.NORM, coefficient=D("1.5")), Rate(COLD),
         None, {"accrued": "620.22", "excess": "310.11", "total": "930.33", "mark": "N"}),
        ("one meter of two is broken", "METER",
         Basis(volume=D("9.345"), raised=D("4.745"), mark=Mark.NORM, coefficient=D("1.5")), Rate(COLD), None,
         {"accrued": "407.16", "excess": "103.37", "total": "510.53"}),
        ("C5", "ZONES", Basis(zones=(D(187), D(92))), Rate(D("6.93"), zones=(D("6.93"), D("3.04"))), None,
         {"accrued": "1575.59", "volume": "279"}),
        ("C8", "COMMON", Basis(area=FLAT), Rate(COLD), CAPPED,
         {"volume_common": "0.357999", "accrued_common": "15.60", "accrued": "0", "mark_common": "M"}),
        ("C9", "COMMON", Basis(area=FLAT), Rate(COLD), ALL, {"volume_common": "0.904385", "accrued_common": "39.40"}),
        ("C11", "COMMON", Basis(area=FLAT), Rate(COLD), OVER, {"volume_common": "0", "accrued_common": "0.00"}),
        ("common by norm", "COMMON_N", Basis(area=FLAT), Rate(COLD),
         common_norm_pool(HOUSE, norm=COMMON_NORM, common_area=COMMON_AREA),
         {"volume_common": "0.357999", "accrued_common": "15.60", "mark_common": "N"}),
        ("C13", "HEAT_SEASON", Basis(area=FLAT), Rate(HEAT, norm=D("0.0231")), None, {"accrued": "3164.39"}),
        ("heat evenly", "HEAT_12", Basis(area=FLAT), Rate(HEAT, norm=D("0.0231"), months=7), None,
         {"accrued": "1845.89", "volume": "0.821975"}),
        ("C15", "HEAT_HOUSE", Basis(area=FLAT), Rate(HEAT), heat_pool(D("112.480"), HOUSE),
         {"volume": "1.407962", "accrued": "3161.83"}),
        ("heat of last year", "HEAT_AVG", Basis(area=FLAT), Rate(HEAT, heat_average=D("0.018")), None,
         {"volume": "1.098", "accrued": "2465.76", "mark": "O"}),
        ("C17", "SEWAGE", Basis(volume=D("4.245"), hot=D("2.610")), Rate(SEWER), None,
         {"volume": "6.855", "accrued": "220.59"}),
        ("C19", "METER", Basis(volume=D("4.233333"), mark=Mark.OTHER), Rate(COLD), None,
         {"accrued": "184.45", "mark": "O"}),
        ("C21 upkeep", "AREA", Basis(area=FLAT), Rate(UPKEEP), None, {"accrued": "1485.96"}),
        ("C21 repair", "AREA", Basis(area=FLAT), Rate(D("5.50")), None, {"accrued": "335.50"}),
        ("C22 first", "AREA", Basis(spans=(Span(1, 13, FLAT),)), Rate(UPKEEP), None, {"accrued": "643.92"}),
        ("C22 second", "AREA", Basis(spans=(Span(14, 30, FLAT),)), Rate(UPKEEP), None, {"accrued": "842.04"}),
        ("C25", "NORM", Basis(spans=(Span(1, 10, persons=3), Span(11, 30, persons=4))), Rate(COLD, norm=NORM), None,
         {"accrued": "758.05"}),
        ("account", "ACCOUNT", Basis(), Rate(D("24.11")), None, {"accrued": "24.11", "volume": "1"}),
        ("waste", "PERSON", Basis(persons=2), Rate(D("720.50"), norm=D("2.3")), None,
         {"accrued": "276.19", "volume": "0.383333"}),
        ("two components", "HW_2C", Basis(volume=D("2.610")),
         Rate(COLD, heat_tariff=HEAT, heat_per_m3=D("0.0615")), None, {"accrued": "474.18", "volume": "2.610"}),
        ("two components by norm", "HW_2C", Basis(persons=2),
         Rate(COLD, norm=D("3.5"), heat_tariff=HEAT, heat_per_m3=D("0.0615")), None,
         {"accrued": "1271.76", "volume": "7.0", "mark": "N"}),
        ("tiers", "TIERS", Basis(volume=D(4100)),
         Rate(D("6.10"), tiers=((D(3900), D("6.10")), (D(6000), D("8.20")), (None, D("12.50")))), None,
         {"accrued": "25430.00"}),
        ("tiers given back", "TIERS", Basis(volume=D(-10)),
         Rate(D("6.10"), tiers=((D(3900), D("6.10")), (None, D("8.20")))), None, {"accrued": "-61.00"}),
        ("U4 water", "METER", Basis(volume=D(6)), Rate(D("18.94")), None, {"accrued": "113.64"}),
        ("U4 sewer", "METER", Basis(volume=D(6)), Rate(D("17.22")), None, {"accrued": "103.32"}),
        ("no meter", "METER", Basis(persons=3), Rate(COLD, norm=NORM), None, {"accrued": "620.22", "mark": "N"}),
        ("no zones", "ZONES", Basis(volume=D(100), mark=Mark.NORM), Rate(D("6.10"), zones=(D("6.93"), D("3.04"))), None,
         {"accrued": "610.00"}),
        ("zones by norm", "ZONES", Basis(zones=(D(100), D(0)), mark=Mark.NORM),
         Rate(D("6.10"), zones=(D("6.93"), D("3.04"))), None, {"accrued": "610.00"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_worked_figures(
    name: str, method: str, basis: Basis, rate: Rate, pool: Pool | None, expected: dict[str, Any]
) -> None:
    result = charge(method, basis, rate, pool)
    found = {key: getattr(result, key) for key in expected}
    assert found == {key: value if key.startswith("mark") else D(value) for key, value in expected.items()}
    assert not result.parts or sum(part.amount for part in result.parts) == result.accrued + result.accrued_common


def test_the_company_pays_above_the_cap_unless_the_owners_decided_otherwise() -> None:
    """C8, C9: 43.650 m³ for 1901.83."""
    assert (CAPPED.volume, CAPPED.company) == (D("28.600"), D("43.650"))
    assert charge("METER", Basis(volume=CAPPED.company), Rate(COLD)).accrued == D("1901.83")
    assert (ALL.volume, ALL.company) == (D("72.250"), D(0))


def test_a_rest_below_zero_waits_for_the_next_period() -> None:
    """C11: −30 is kept; the next rest of 50 shares out 20 of it."""
    assert OVER.carry == D(-30)
    following = common_pool(D(50), HOUSE, norm=COMMON_NORM, common_area=COMMON_AREA, carried=OVER.carry)
    assert (following.volume, following.carry) == (D(20), D(0))


def test_rooms_with_heat_meters_and_without_share_what_is_left() -> None:
    house = heat_rooms_pool(D(12), D(600), [(D(4), D(200)), (D(2), D(100))])
    assert (house.unmetered, house.volume) == (D("0.02"), D(0))  # 6 of the metered, 6 of the others
    house = heat_rooms_pool(D(15), D(600), [(D(4), D(200)), (D(2), D(100))])
    metered = charge("HEAT_ROOMS", Basis(area=D(200), volume=D(4)), Rate(HEAT), house)
    unmetered = charge("HEAT_ROOMS", Basis(area=D(60)), Rate(HEAT), house)
    assert (metered.volume, metered.mark) == (D(5), Mark.METER)
    assert (unmetered.volume, unmetered.mark) == (D("1.5"), Mark.OTHER)


@given(
    house=volumes("0", "900"), areas=st.lists(volumes("10", "200", 2), min_size=2, max_size=12),
    metered=st.lists(volumes("0", "9"), min_size=1, max_size=12),
)  # fmt: skip
def test_rooms_share_exactly_what_the_house_used(house: Decimal, areas: list[Decimal], metered: list[Decimal]) -> None:
    area = sum(areas, D(0))
    pairs = list(zip(metered, areas, strict=False))
    shared = heat_rooms_pool(house, area, pairs)
    own = [*metered[: len(areas)], *[None] * (len(areas) - len(metered))]
    rooms = zip(areas, own, strict=True)
    used = sum(charge("HEAT_ROOMS", Basis(area=a, volume=v), Rate(HEAT), shared).volume or D(0) for a, v in rooms)
    theirs = sum((volume for volume, _ in pairs), D(0)) + shared.unmetered * (area - sum((a for _, a in pairs), D(0)))
    assert abs(used - max(house, theirs)) <= len(areas) * D("0.000001")


@pytest.mark.parametrize(
    ("method", "basis", "rate", "missing"),
    [
        ("METER", Basis(persons=1), Rate(COLD), "norm"),
        ("NORM_K", Basis(persons=1), Rate(COLD, norm=NORM), "coefficient"),
        ("COMMON", Basis(area=FLAT), Rate(COLD), "volume and area of the house"),
        ("HEAT_12", Basis(area=FLAT), Rate(HEAT, norm=D(1)), "months of the heating season"),
        ("ZONES", Basis(zones=(D(1), D(2))), Rate(COLD, zones=(COLD,)), "zone tariff"),
        ("TIERS", Basis(volume=D(20)), Rate(COLD, tiers=((D(10), COLD),)), "tariff of the last range"),
    ],
)
def test_what_is_not_known_is_said_and_never_charged_as_zero(
    method: str, basis: Basis, rate: Rate, missing: str
) -> None:
    with pytest.raises(NotEnough) as caught:
        charge(method, basis, rate)
    assert caught.value.what == missing


def test_every_method_of_the_table_has_its_function() -> None:
    assert len(METHODS) == 17


# --- Months that change inside ----------------------------------------------------------------------------------------


def test_a_tariff_that_changes_inside_a_month_is_rounded_once_for_an_area() -> None:
    result = charge("AREA", Basis(area=FLAT), Rate(UPKEEP, changes=((11, D("26.00")),)))
    assert result.accrued == cents(Fraction(FLAT) * (Fraction(UPKEEP) * 10 + 26 * 20) / 30)
    assert [part.tariff for part in result.parts] == [UPKEEP, D("26.00")]


def test_a_metered_volume_is_split_by_days_or_by_the_reading_of_that_day() -> None:
    changed = Rate(COLD, changes=((11, D("50.00")),))
    by_days = charge("METER", Basis(volume=D("4.000")), changed)
    assert [part.volume for part in by_days.parts] == [D("1.333333"), D("2.666667")]
    by_reading = charge("METER", Basis(volume=D("4.000"), parts=(D("3.500"), D("0.500"))), changed)
    assert by_reading.accrued == D("177.50")  # 152.495 + 25.00, rounded once


def test_an_area_that_changes_inside_a_month() -> None:
    result = charge("AREA", Basis(days=31, spans=(Span(1, 15, D(60)), Span(16, 31, D(70)))), Rate(UPKEEP))
    assert result.accrued == cents(Fraction(UPKEEP) * (60 * 15 + 70 * 16) / 31)


OLD_RANGES, NEW_RANGES = ((D(100), D("4.00")), (None, D("5.50"))), ((D(100), D("4.30")), (None, D("6.00")))


@pytest.mark.parametrize(
    ("later", "basis", "accrued", "parts"),
    [
        # 100 and 50 kWh are in the ranges of the month; ten days of thirty are at the old prices.
        (NEW_RANGES, Basis(volume=D(150)), "711.67",
         "33.333333 4.00, 16.666667 5.50, 66.666667 4.30, 33.333333 6.00"),
        # The reading of the change says that 60 of the 150 went before it.
        (NEW_RANGES, Basis(volume=D(150), parts=(D(60), D(90))), "708.00", "40 4.00, 20 5.50, 60 4.30, 30 6.00"),
        # Other bounds: a third of 675.00 and two thirds of 60 × 4.30 + 90 × 6.00 = 798.00.
        (((D(60), D("4.30")), (None, D("6.00"))), Basis(volume=D(150)), "757.00",
         "20 4.00, 13.333333 4.00, 16.666667 5.50, 40 4.30, 26.666667 6.00, 33.333333 6.00"),
        # One price of any volume: a third of 675.00 and two thirds of 150 × 5.00.
        (((None, D("5.00")),), Basis(volume=D(150)), "725.00",
         "33.333333 4.00, 16.666667 5.50, 66.666667 5.00, 33.333333 5.00"),
        (NEW_RANGES, Basis(volume=D(-30)), "-126.00", "-10 4.00, -20 4.30"),
        # An account of the last fifteen days knows the new prices alone.
        (NEW_RANGES, Basis(volume=D(150), spans=(Span(16, 30),)), "730.00", "100 4.30, 50 6.00"),
    ],
)  # fmt: skip
def test_prices_of_ranges_that_change_inside_a_month(later: Any, basis: Basis, accrued: str, parts: str) -> None:
    """The bounds apply once, to the volume of the month: no part of it is cheap twice."""
    result = charge("TIERS", basis, Rate(D("4.00"), tiers=OLD_RANGES, tier_changes=((11, later),)))
    assert result.accrued == D(accrued) == sum(part.amount for part in result.parts)
    assert [(part.volume, part.tariff) for part in result.parts] == [
        (D(volume), D(tariff)) for volume, tariff in (one.split() for one in parts.split(", "))
    ]


def test_a_list_of_prices_that_ends_below_the_volume_is_said_of_a_part_of_the_month_too() -> None:
    rate = Rate(D("4.00"), tiers=OLD_RANGES, tier_changes=((11, ((D(100), D("4.30")),)),))
    assert charge("TIERS", Basis(volume=D(100)), rate).accrued == D("420.00")
    with pytest.raises(NotEnough, match="tariff of the last range"):
        charge("TIERS", Basis(volume=D(101)), rate)


@given(
    area=volumes("1", "500", 2), tariff=tariffs(), days=st.integers(28, 31),
    cuts=st.sets(st.integers(2, 28), max_size=4), change=st.integers(2, 28), later=tariffs(),
    method=st.sampled_from(["AREA", "ACCOUNT", "HEAT_SEASON", "HEAT_12"]),
)  # fmt: skip
def test_owners_of_a_month_pay_together_what_one_would(
    area: Decimal, tariff: Decimal, days: int, cuts: set[int], change: int, later: Decimal, method: str
) -> None:
    rate = Rate(tariff, norm=D("0.0231"), months=7, changes=((change, later),))
    whole = charge(method, Basis(area=area, days=days), rate)
    firsts = [1, *sorted(cuts)]
    lasts = [*(first - 1 for first in firsts[1:]), days]
    parts = [
        charge(method, Basis(days=days, spans=(Span(first, last, area),)), rate)
        for first, last in zip(firsts, lasts, strict=True)
    ]
    assert sum(part.accrued for part in parts) == whole.accrued


@given(volume=volumes("0", "9999"), area=volumes("1", "500", 2), cut=st.integers(2, 30))
def test_owners_of_a_month_share_the_common_volume_of_the_flat(volume: Decimal, area: Decimal, cut: int) -> None:
    house = Pool(volume, HOUSE)
    whole = charge("COMMON", Basis(area=area), Rate(COLD), house).volume_common
    spans = (Span(1, cut - 1, area), Span(cut, 30, area))
    parts = [charge("COMMON", Basis(spans=(span,)), Rate(COLD), house).volume_common or 0 for span in spans]
    assert sum(parts) == whole


# --- Nothing is rounded twice -----------------------------------------------------------------------------------------


@given(volume=volumes("-500"), hot=volumes(), tariff=tariffs())
def test_a_metered_line_is_rounded_once(volume: Decimal, hot: Decimal, tariff: Decimal) -> None:
    assert charge("METER", Basis(volume=volume), Rate(tariff)).accrued == cents(Fraction(volume) * Fraction(tariff))
    sewage = charge("SEWAGE", Basis(volume=volume, hot=hot), Rate(tariff))
    assert sewage.accrued == cents((Fraction(volume) + Fraction(hot)) * Fraction(tariff))


@given(
    persons=st.lists(st.integers(0, 12), min_size=1, max_size=3), cut=st.integers(2, 20), days=st.integers(28, 31),
    norm=volumes("0.001", "200", 4), tariff=tariffs(), coefficient=st.sampled_from([D("1.1"), D("1.5"), D("2.0")]),
)  # fmt: skip
def test_a_line_by_norm_is_rounded_once_and_its_excess_as_well(
    persons: list[int], cut: int, days: int, norm: Decimal, tariff: Decimal, coefficient: Decimal
) -> None:
    firsts = [1, cut, cut + 5][: len(persons)]
    lasts = [*(first - 1 for first in firsts[1:]), days]
    spans = tuple(Span(*row) for row in zip(firsts, lasts, [D(0)] * 3, persons, strict=False))
    result = charge("NORM_K", Basis(days=days, spans=spans, coefficient=coefficient), Rate(tariff, norm=norm))
    mean = Fraction(sum(one.persons * (one.last - one.first + 1) for one in spans), days)
    plain = mean * Fraction(norm) * Fraction(tariff)
    assert result.accrued == cents(plain)
    assert result.excess == cents(plain * (Fraction(coefficient) - 1))
    assert sum(part.amount for part in result.parts) == result.accrued


@given(volume=volumes("0", "300"), water=tariffs(), heat=tariffs(), per_m3=volumes("0.01", "0.1"))
def test_two_components_are_rounded_once(volume: Decimal, water: Decimal, heat: Decimal, per_m3: Decimal) -> None:
    result = charge("HW_2C", Basis(volume=volume), Rate(water, heat_tariff=heat, heat_per_m3=per_m3))
    assert result.accrued == cents(Fraction(volume) * (Fraction(water) + Fraction(per_m3) * Fraction(heat)))
    assert sum(part.amount for part in result.parts) == result.accrued


@given(volume=volumes("0", "20000"), prices=st.lists(tariffs(), min_size=3, max_size=3))
def test_ranges_are_rounded_once_and_their_parts_add_up(volume: Decimal, prices: list[Decimal]) -> None:
    tiers = ((D(3900), prices[0]), (D(6000), prices[1]), (None, prices[2]))
    result = charge("TIERS", Basis(volume=volume), Rate(prices[0], tiers=tiers))
    in_ranges = [min(volume, D(3900)), min(max(volume - 3900, D(0)), D(2100)), max(volume - 6000, D(0))]
    exact = sum(Fraction(part) * Fraction(price) for part, price in zip(in_ranges, prices, strict=True))
    assert result.accrued == cents(Fraction(exact))
    assert sum(part.amount for part in result.parts) == result.accrued
    assert sum(part.volume for part in result.parts) == volume


@st.composite
def ranges(draw: st.DrawFn) -> Tiers:
    bounds = sorted(draw(st.sets(volumes("1", "9000", 2), max_size=3)))
    prices = draw(st.lists(tariffs(), min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    return tuple(zip([*bounds, None], prices, strict=True))


@given(volume=volumes("0", "5000"), tiers=ranges(), months=st.integers(1, 6))
def test_several_months_have_the_ranges_of_each(volume: Decimal, tiers: Tiers, months: int) -> None:
    """As many even months cost so many times what one does, to the kopeck that each of them is rounded by."""
    one = charge("TIERS", Basis(volume=volume), Rate(D(1), tiers=tiers))
    whole = charge("TIERS", Basis(volume=volume * months), Rate(D(1), tiers=tiers).over(months))
    assert abs(whole.accrued - one.accrued * months) <= months * D("0.005") + D("0.005")
    assert sum(part.volume for part in whole.parts) == volume * months


@given(volume=volumes("-500", "20000"), before=ranges(), later=ranges(), change=st.integers(2, 30))
def test_ranges_that_change_inside_a_month_add_up(volume: Decimal, before: Tiers, later: Tiers, change: int) -> None:
    """Each list of prices weighs as many days as it holds, and no more than the millionths of its parts are off."""
    result = charge("TIERS", Basis(volume=volume), Rate(D(1), tiers=before, tier_changes=((change, later),)))
    assert sum(part.volume for part in result.parts) == volume
    exact = sum(Fraction(part.volume) * Fraction(part.tariff) for part in result.parts)
    assert result.accrued == cents(Fraction(exact)) == sum(part.amount for part in result.parts)
    whole = [
        sum(
            (
                Fraction(part.volume) * Fraction(part.tariff)
                for part in charge("TIERS", Basis(volume=volume), Rate(D(1), tiers=tiers)).parts
            ),
            Fraction(0),
        )
        for tiers in (before, later)
    ]
    by_days = (whole[0] * (change - 1) + whole[1] * (31 - change)) / 30
    dearest = max(price for _upto, price in (*before, *later))
    assert abs(exact - by_days) <= len(result.parts) * Fraction(dearest) / 10**6


@given(volume=volumes("-500", "20000"), tiers=ranges(), change=st.integers(2, 30), share=st.decimals(0, 1, places=2))
def test_a_change_to_the_same_ranges_changes_nothing(
    volume: Decimal, tiers: Tiers, change: int, share: Decimal
) -> None:
    """Nor does it matter whether the volume of each side is known from a reading."""
    plain = charge("TIERS", Basis(volume=volume), Rate(D(1), tiers=tiers))
    same = Rate(D(1), tiers=tiers, tier_changes=((change, tiers),))
    first = volume * share
    for basis in (Basis(volume=volume), Basis(volume=volume, parts=(first, volume - first))):
        found = charge("TIERS", basis, same)
        assert (found.accrued, found.volume) == (plain.accrued, plain.volume)


@given(
    zones=st.lists(volumes("0", "900", 2), min_size=2, max_size=3), prices=st.lists(tariffs(), min_size=3, max_size=3)
)
def test_zones_are_rounded_each(zones: list[Decimal], prices: list[Decimal]) -> None:
    result = charge("ZONES", Basis(zones=tuple(zones)), Rate(prices[0], zones=tuple(prices)))
    assert result.accrued == sum(
        cents(Fraction(zone) * Fraction(price)) for zone, price in zip(zones, prices, strict=False)
    )


@given(volume=volumes("-100", "900"), change=st.integers(2, 30), now=tariffs(), later=tariffs())
def test_a_tariff_change_leaves_the_volume_whole(volume: Decimal, change: int, now: Decimal, later: Decimal) -> None:
    result = charge("METER", Basis(volume=volume), Rate(now, changes=((change, later),)))
    assert sum(part.volume for part in result.parts) == volume
    exact = sum(Fraction(part.volume) * Fraction(part.tariff) for part in result.parts)
    assert result.accrued == cents(Fraction(exact)) == sum(part.amount for part in result.parts)


@given(now=tariffs(), volume=volumes("0", "900"), area=volumes("1", "500", 2), change=st.integers(2, 30))
def test_a_change_to_the_same_tariff_changes_nothing(now: Decimal, volume: Decimal, area: Decimal, change: int) -> None:
    same = Rate(now, changes=((change, now),))
    assert (
        charge("METER", Basis(volume=volume), same).accrued == charge("METER", Basis(volume=volume), Rate(now)).accrued
    )
    assert charge("AREA", Basis(area=area), same).accrued == charge("AREA", Basis(area=area), Rate(now)).accrued


@given(
    rest=volumes("-500"), norm=volumes("0", "1", 4), carried=volumes("-100", "0"),
    areas=st.lists(volumes("1", "200", 2), min_size=1, max_size=30),
)  # fmt: skip
def test_common_use_never_passes_the_cap(rest: Decimal, norm: Decimal, carried: Decimal, areas: list[Decimal]) -> None:
    area = sum(areas, D(0))
    house = common_pool(rest, area, norm=norm, common_area=COMMON_AREA, carried=carried)
    assert 0 <= house.volume <= norm * COMMON_AREA
    assert house.volume + house.company + house.carry == rest + carried
    shared = sum(charge("COMMON", Basis(area=one), Rate(COLD), house).volume_common or D(0) for one in areas)
    assert abs(shared - house.volume) <= len(areas) * D("0.0000005")


# --- Rounding ---------------------------------------------------------------------------------------------------------


def test_three_lines_of_half_a_kopeck_are_summed_rounded() -> None:
    """C31: 30.03, not 30.02."""
    lines: list[Result] = [charge("ACCOUNT", Basis(), Rate(D("10.005"))) for _ in range(3)]
    assert sum(line.total for line in lines) == D("30.03")


@given(st.decimals(-9999, 9999, places=5, allow_nan=False))
def test_fractions_are_rounded_as_decimals_are(value: Decimal) -> None:
    assert cents(Fraction(value)) == value.quantize(D("0.01"), ROUND_HALF_UP)


@given(st.lists(st.decimals(-99, 99, places=5, allow_nan=False)), st.decimals(-99, 99, places=4, allow_nan=False))
def test_steps_add_up_to_the_rounded_sum(parts: list[Decimal], start: Decimal) -> None:
    total = cents(sum(map(Fraction, parts), Fraction(start)) / 7) - cents(Fraction(start) / 7)
    assert sum(in_steps(parts, 7, start)) == total


@given(st.integers(0, 10**8), st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_the_largest_remainder_shares_every_kopeck(kopecks: int, weights: list[int]) -> None:
    amount, shares = D(kopecks) / 100, [D(weight) / 100 for weight in weights]
    parts = largest_remainder(amount, shares)
    assert sum(parts) == amount
    for part, weight in zip(parts, shares, strict=True):
        assert abs(Fraction(part) - Fraction(amount) * Fraction(weight) / Fraction(sum(shares, D(0)))) < Fraction(
            1, 100
        )
