"""Resources: how registers call them, what is usual for each, how heat is counted. No database."""

from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from meters.resources import BY_NAME, FACTS, NAMES, Resource, Unit, from_base, parse_resource, to_base

VOLUMES = st.decimals(min_value=0, max_value=10**9, places=3)


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("CW", Resource.COLD), ("cold", Resource.COLD), ("ХВС", Resource.COLD), ("хвс", Resource.COLD),
        ("Холодная вода", Resource.COLD), ("Холодное водоснабжение", Resource.COLD),
        ("холодне водопостачання", Resource.COLD), ("  ХОЛОДНА   ВОДА ", Resource.COLD),
        ("HW", Resource.HOT), ("ГВС", Resource.HOT), ("ГВП", Resource.HOT), ("Горячая вода", Resource.HOT),
        ("гаряча вода", Resource.HOT), ("гаряче водопостачання", Resource.HOT),
        ("EL", Resource.POWER), ("ЭЭ", Resource.POWER), ("Эл/энергия", None), ("Электрическая энергия", Resource.POWER),
        ("электроэнергия", Resource.POWER), ("електроенергія", Resource.POWER), ("Електрична енергія", Resource.POWER),
        ("GAS", Resource.GAS), ("Газ", Resource.GAS), ("природний газ", Resource.GAS),
        ("HEAT", Resource.HEAT), ("Отопление", Resource.HEAT), ("теплоэнергия", Resource.HEAT),
        ("Тепловая энергия", Resource.HEAT), ("опалення", Resource.HEAT), ("теплова енергія", Resource.HEAT),
        ("Сточные бытовые воды", None), ("вода", None), ("", None), ("0", None), ("☃", None),
    ],
)  # fmt: skip
def test_registers_name_a_resource_in_many_ways(text: str, resource: Resource | None) -> None:
    assert parse_resource(text) == resource


def test_no_name_means_two_resources() -> None:
    assert len(BY_NAME) == sum(len(names) for names in NAMES.values())


def test_every_resource_is_found_by_its_own_code_and_its_english_label() -> None:
    with override("en"):
        for resource in Resource:
            assert parse_resource(resource.value) == parse_resource(str(resource.label)) == resource


@given(st.text())
def test_any_text_is_a_resource_or_is_not(text: str) -> None:
    assert parse_resource(text) in {None, *Resource}


def test_every_resource_has_its_facts() -> None:
    assert set(FACTS) == set(Resource)
    for facts in FACTS.values():
        assert facts.unit == facts.units[0]
        assert facts.verification_years.keys() == {"RU", "UA"}
        assert 0 < facts.high_floor < facts.roll_floor < facts.physical_per_day * 30


def test_limits_of_the_handbook() -> None:
    for water in (Resource.COLD, Resource.HOT):
        assert (FACTS[water].int_digits, FACTS[water].decimals) == (5, 3)
        assert FACTS[water].roll_floor == 30
        assert FACTS[water].physical_per_day * 30 == 1080
    assert FACTS[Resource.POWER].roll_floor == 1000
    assert FACTS[Resource.COLD].verification_years == {"RU": 6, "UA": 4}


@pytest.mark.parametrize(
    ("value", "unit", "gcal"),
    [("1", Unit.GCAL, "1"), ("4.1868", Unit.GJ, "1"), ("1163", Unit.KWH, "1"), ("100", Unit.KWH, "0.085985")],
)
def test_heat_is_counted_in_three_units(value: str, unit: Unit, gcal: str) -> None:
    assert to_base(Decimal(value), unit, Resource.HEAT) == Decimal(gcal)


def test_a_kilowatt_hour_of_electricity_is_not_heat() -> None:
    assert to_base(Decimal("187.5"), Unit.KWH, Resource.POWER) == Decimal("187.5")


@pytest.mark.parametrize(("unit", "resource"), [(Unit.GJ, Resource.POWER), (Unit.KWH, Resource.GAS), ("l", "cold")])
def test_a_unit_that_does_not_belong_to_the_resource_is_a_bug(unit: str, resource: str) -> None:
    with pytest.raises(KeyError):
        to_base(Decimal(1), unit, resource)
    with pytest.raises(KeyError):
        from_base(Decimal(1), unit, resource)


@given(VOLUMES, st.sampled_from([(resource, unit) for resource in Resource for unit in FACTS[resource].units]))
def test_there_and_back_loses_less_than_the_last_decimal(volume: Decimal, counted: tuple[Resource, Unit]) -> None:
    resource, unit = counted
    assert abs(to_base(from_base(volume, unit, resource), unit, resource) - volume) < Decimal("0.000001")
