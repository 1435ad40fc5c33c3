"""Why a bill grew: the parts always add up to the difference."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.explaining import (
    BENEFIT,
    CHARGE,
    COMMON,
    ENDED,
    EXCESS,
    FEES,
    FINE,
    LEAST,
    MOST,
    NEW,
    OTHER,
    PENALTY,
    RECALCULATION,
    TARIFF,
    VOLUME,
    Line,
    Part,
    Sheet,
    explain,
    pairs,
)
from billing.reasons import reason

pytestmark = pytest.mark.feature("G5")

MONEY = st.decimals(-9999, 9999, places=2)
LINES = st.builds(
    Line,
    service=st.sampled_from(["Отопление", "Вода", "вода ", "Газ", "Домофон"]),
    code=st.sampled_from(["", "01", "02"]),
    unit=st.sampled_from(["м3", "Гкал"]),
    method=st.sampled_from(["", "N", "M"]),
    volume=st.none() | st.decimals(0, 999, places=7),
    tariff=st.none() | st.decimals(0, 9999, places=6),
    accrued=MONEY,
    volume_common=st.none() | st.decimals(0, 99, places=7),
    accrued_common=MONEY,
    excess=MONEY,
    recalculated=MONEY,
    benefit=MONEY,
    fine=MONEY,
    parts=st.just(()) | st.tuples(st.tuples(MONEY, MONEY, MONEY), st.tuples(MONEY, MONEY, MONEY)),
)


@st.composite
def honest_line(draw: Any) -> Line:
    """A line whose sum is its volume at its tariff."""
    volume, tariff = draw(st.decimals(0, 999, places=4)), draw(st.decimals(0, 9999, places=2))
    service = draw(st.sampled_from(["Отопление", "Вода", "Газ"]))
    return Line(service, volume=volume, tariff=tariff, accrued=(volume * tariff).quantize(Decimal("0.01")))


def sheets(lines: Any) -> Any:
    return st.builds(Sheet, lines=st.lists(lines, max_size=6).map(tuple), charged=MONEY, penalty=MONEY, fees=MONEY)


@given(sheets(LINES | honest_line()), sheets(LINES | honest_line()))
def test_the_parts_add_up_to_the_difference_whatever_is_printed(now: Sheet, before: Sheet) -> None:
    found = explain(now, before)
    assert found.difference == now.charged - before.charged
    assert sum(part.amount for part in found.parts) == found.difference
    assert sum(part.amount for part in found.biggest) + found.rest == found.difference
    assert all(part.amount for part in found.parts)
    assert len(found.biggest) <= MOST
    assert len(found.biggest) >= min(LEAST, len(found.parts))


@given(sheets(LINES))
def test_a_document_does_not_differ_from_itself(sheet: Sheet) -> None:
    assert explain(sheet, sheet).parts == ()


@given(st.lists(LINES, max_size=6), st.lists(LINES, max_size=6))
def test_every_line_is_in_exactly_one_pair(before: list[Line], now: list[Line]) -> None:
    found = list(pairs(before, now))
    assert sorted(map(repr, (old for old, _new in found if old))) == sorted(map(repr, before))
    assert [new for _old, new in found if new] == now


def parts(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Decimal]:
    """The parts of one service that changed so."""
    old, new = (Line("Вода", **{name: _value(value) for name, value in side.items()}) for side in (before, now))
    found = explain(Sheet((new,), new.total), Sheet((old,), old.total))
    return {part.kind: part.amount for part in found.parts}


def _value(text: str) -> Any:
    return Decimal(text) if text[:1].isdigit() or text[:1] == "-" else text


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        # more was used at the same price
        (
            {"volume": "2", "tariff": "50.00", "accrued": "100.00"},
            {"volume": "3", "tariff": "50.00", "accrued": "150.00"},
            {VOLUME: "50.00"},
        ),
        # the price rose, the same was used
        (
            {"volume": "2", "tariff": "50.00", "accrued": "100.00"},
            {"volume": "2", "tariff": "55.50", "accrued": "111.00"},
            {TARIFF: "11.00"},
        ),
        # both: the new volume at the new price
        (
            {"volume": "2", "tariff": "50.00", "accrued": "100.00"},
            {"volume": "3", "tariff": "60.00", "accrued": "180.00"},
            {VOLUME: "50.00", TARIFF: "30.00"},
        ),
        # 0.333 × 10.01 = 3.33; the kopeck of rounding goes to the larger part
        (
            {"volume": "1.0", "tariff": "10.00", "accrued": "10.00"},
            {"volume": "1.333", "tariff": "10.01", "accrued": "13.34"},
            {VOLUME: "3.33", TARIFF: "0.01"},
        ),
        # the house used more for all
        (
            {"tariff": "10.00", "volume": "1", "accrued": "10.00", "volume_common": "1", "accrued_common": "10.00"},
            {"tariff": "10.00", "volume": "1", "accrued": "10.00", "volume_common": "3", "accrued_common": "30.00"},
            {COMMON: "20.00"},
        ),
        # imported without volume and tariff
        ({"accrued": "100.00"}, {"accrued": "130.00"}, {CHARGE: "30.00"}),
        # printed figures that do not multiply say nothing of volume and tariff
        (
            {"volume": "1", "tariff": "10.00", "accrued": "99.00"},
            {"volume": "2", "tariff": "10.00", "accrued": "20.00"},
            {CHARGE: "-79.00"},
        ),
        # another unit is another volume
        (
            {"volume": "1", "tariff": "2000.00", "accrued": "2000.00", "unit": "Гкал"},
            {"volume": "60", "tariff": "40.00", "accrued": "2400.00", "unit": "м2"},
            {CHARGE: "400.00"},
        ),
        ({"excess": "0.00"}, {"excess": "12.50"}, {EXCESS: "12.50"}),
        ({"recalculated": "-20.00"}, {"recalculated": "5.00"}, {RECALCULATION: "25.00"}),
        ({"benefit": "10.00"}, {"benefit": "0.00"}, {BENEFIT: "10.00"}),
        ({"fine": "0.00"}, {"fine": "7.00"}, {FINE: "-7.00"}),
    ],
)
def test_a_change_falls_to_its_reason(before: dict[str, str], now: dict[str, str], expected: dict[str, str]) -> None:
    assert parts(before, now) == {kind: Decimal(amount) for kind, amount in expected.items()}


def test_a_recalculation_that_is_over_is_told_of_the_bill_that_had_it() -> None:
    """January −267.70, February nothing: February has no recalculation of +267.70."""
    january, february = Line("Отопление", recalculated=Decimal("-267.70")), Line("Отопление")
    [over] = explain(Sheet((february,), Decimal(0)), Sheet((january,), Decimal("-267.70"))).parts
    assert (reason(over).amount, reason(over).was) == (Decimal("267.70"), Decimal("-267.70"))
    [begun] = explain(Sheet((january,), Decimal("-267.70")), Sheet((february,), Decimal(0))).parts
    assert (reason(begun).amount, reason(begun).was) == (Decimal("-267.70"), None)


def rates(*rows: tuple[str, str, str]) -> Line:
    """74.9 m² of upkeep; the parts are (volume, tariff, sum)."""
    parts = tuple((Decimal(volume), Decimal(tariff), Decimal(amount)) for volume, tariff, amount in rows)
    accrued = sum((amount for _volume, _tariff, amount in parts), Decimal(0))
    volume = sum((volume for volume, _tariff, _amount in parts), Decimal(0))
    return Line("Содержание", volume=volume, tariff=parts[0][1], accrued=accrued, parts=parts if len(parts) > 1 else ())


OLD = rates(("74.9", "30.69", "2298.68"))
BOTH = rates(("34.953333", "30.69", "1072.72"), ("39.946667", "40.00", "1597.87"))  # from the 15th of 30 days
NEW_ONE = rates(("74.9", "40.00", "2996.00"))
LARGER = rates(("80", "40.00", "3200.00"))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (OLD, BOTH, {TARIFF: "371.91"}),
        (BOTH, NEW_ONE, {TARIFF: "325.41"}),
        (BOTH, LARGER, {VOLUME: "181.84", TARIFF: "347.57"}),  # 5.1 m² at 2670.59 / 74.9
    ],
)
def test_a_tariff_that_changed_inside_a_month_is_told_by_name(
    before: Line, now: Line, expected: dict[str, str]
) -> None:
    found = explain(Sheet((now,), now.total), Sheet((before,), before.total))
    assert {part.kind: str(part.amount) for part in found.parts} == expected
    told = next(reason(part) for part in found.parts if part.kind == TARIFF)
    assert (told.before, told.now) == (Decimal("30.69"), Decimal("40.00"))


def test_services_come_and_go() -> None:
    intercom, gas = Line("Домофон", accrued=Decimal("49.00")), Line("Газ", accrued=Decimal("88.00"))
    found = explain(Sheet((intercom,), Decimal("49.00")), Sheet((gas,), Decimal("88.00")))
    assert [(part.kind, part.service, part.amount) for part in found.parts] == [
        (NEW, "Домофон", Decimal("49.00")), (ENDED, "Газ", Decimal("-88.00"))
    ]  # fmt: skip


def test_a_renamed_service_is_found_by_its_code_and_a_recoded_one_by_its_name() -> None:
    old = [Line("Отопление", "14"), Line("Вода", "01")]
    new = [Line("Отопление (тепловая энергия)", "14"), Line("вода", "77")]
    assert [(a and a.service, b and b.service) for a, b in pairs(old, new)] == [
        ("Отопление", "Отопление (тепловая энергия)"), ("Вода", "вода")
    ]  # fmt: skip


def test_day_and_night_of_one_meter_meet_each_other() -> None:
    day, night = Line("Электроэнергия", tariff=Decimal("6.43")), Line("Электроэнергия", tariff=Decimal("2.11"))
    assert list(pairs([day, night], [day, night])) == [(day, day), (night, night)]


def test_what_only_the_totals_hold_belongs_to_the_document() -> None:
    line = Line("Вода", accrued=Decimal("100.00"))
    before = Sheet((line,), Decimal("100.00"))
    now = Sheet((line,), Decimal("160.00"), penalty=Decimal("12.35"), fees=Decimal("40.00"))
    assert [(part.kind, part.service, part.amount) for part in explain(now, before).parts] == [
        (PENALTY, None, Decimal("12.35")), (FEES, None, Decimal("40.00")), (OTHER, None, Decimal("7.65"))
    ]  # fmt: skip


def test_a_small_change_of_the_penalty_is_told_by_name() -> None:
    lines = tuple(Line(f"Услуга {place}") for place in range(8))
    dearer = tuple(Line(f"Услуга {place}", accrued=Decimal("100.00")) for place in range(8))
    for few, told in ((lines[:2], 3), (lines, MOST)):
        now = dearer[: len(few)]
        found = explain(Sheet(now, Decimal(100 * len(now)) + Decimal("4.56"), Decimal("4.56")), Sheet(few, Decimal(0)))
        assert found.biggest[-1] == Part(PENALTY, Decimal("4.56"))
        assert len(found.biggest) == told
        assert sum(part.amount for part in found.biggest) + found.rest == found.difference


def test_as_many_reasons_are_told_as_tell_nine_tenths() -> None:
    def sheet(*sums: str) -> Sheet:
        lines = tuple(Line(f"Услуга {place}", accrued=Decimal(one)) for place, one in enumerate(sums))
        return Sheet(lines, sum((line.total for line in lines), Decimal(0)))

    nothing = sheet(*["0"] * 9)
    assert [part.amount for part in explain(sheet("900", "5", "-20", "1", "1", "1", "1", "1", "1"), nothing).biggest] == [
        900, -20, 5
    ]  # fmt: skip
    many = explain(sheet(*["10"] * 9), nothing)
    assert len(many.biggest) == MOST
    assert many.rest == 30
    assert sorted([*many.biggest, *many.smaller], key=id) == sorted(many.parts, key=id)
    assert sum(part.amount for part in many.smaller) == many.rest != 0
