"""The drawing of the house: one window a flat, one lit, light, always the same."""

import re
from itertools import pairwise

import pytest

from portal.facade import draw, left_of, place, plan


@pytest.mark.parametrize(
    ("entrances", "floors", "flats", "windows"),
    [(1, 1, 1, 1), (2, 5, 40, 40), (2, 5, 38, 38), (3, 5, 60, 60), (6, 9, 216, 216), (1, 5, 1, 20), (2, 3, 0, 24)],
)
def test_there_are_as_many_windows_as_flats(entrances: int, floors: int, flats: int, windows: int) -> None:
    assert plan(entrances, floors, flats).windows == windows


def test_a_huge_house_is_drawn_smaller() -> None:
    house = plan(20, 40, 5000)
    assert (house.entrances, house.floors, house.per_floor) == (8, 16, 6)


@pytest.mark.parametrize("label", ["1", "17", "17а", "н/п 3", "", "999"])
@pytest.mark.parametrize(("entrance", "floor"), [(None, None), (2, 3), (99, 99), (1, -1)])
def test_the_lit_window_is_one_of_the_house(label: str, entrance: int | None, floor: int | None) -> None:
    house = plan(3, 5, 58)
    row, column = place(house, label, entrance, floor)
    assert 0 <= row < house.floors
    assert 0 <= column < house.rows[row]
    assert draw(house, (row, column)).count('class="f-lit"') == 1


def test_floors_count_from_the_ground() -> None:
    house = plan(2, 5, 40)
    assert place(house, "1", 1, 5)[0] == 0
    assert place(house, "1", 1, 1)[0] == 4


def test_a_house_without_a_flat_has_no_light() -> None:
    assert "f-lit" not in draw(plan(2, 5, 40), None)


def test_a_large_house_is_still_small_to_send() -> None:
    assert len(draw(plan(6, 9, 216), (3, 7)).encode()) <= 2500


def test_windows_do_not_overlap() -> None:
    house = plan(3, 5, 60)
    places = [left_of(house, column) for column in range(house.entrances * house.per_floor)]
    assert all(after - before >= 14 for before, after in pairwise(places))


def test_the_same_house_is_drawn_the_same() -> None:
    one, other = (draw(plan(3, 5, 60), (1, 2)) for _ in range(2))
    assert one == other
    assert re.search(r"\bstyle=", one) is None
