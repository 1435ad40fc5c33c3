"""Widths of bars."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lib.charts import Bar, bars

VALUES = st.one_of(st.none(), st.decimals(-100, 100_000, places=3))


def row(value: Decimal | None, before: Decimal | None = None) -> Bar:
    return Bar("May", value, "", before)


def test_the_longest_bar_fills_the_row_and_the_others_are_in_proportion() -> None:
    drawn = bars([row(Decimal(4), Decimal(8)), row(Decimal(2)), row(Decimal(0)), row(None)])
    assert [(one.width, one.before_width) for one in drawn] == [("50", "100"), ("25", ""), ("0", ""), ("", "")]


def test_no_rows_and_only_zeros_are_fine() -> None:
    assert bars([]) == []
    assert bars([row(Decimal(0))])[0].width == "0"


def test_what_is_more_than_nothing_can_be_seen() -> None:
    assert bars([row(Decimal(1000)), row(Decimal("0.001"))])[1].width == "0.5"


@given(st.lists(st.tuples(VALUES, VALUES), max_size=13))
def test_nothing_stands_outside_and_more_is_never_shorter(pairs: list[tuple[Decimal | None, Decimal | None]]) -> None:
    drawn = bars([row(*pair) for pair in pairs])
    seen = [(one.bar.value, Decimal(one.width)) for one in drawn if one.width and one.bar.value is not None]
    assert all(0 <= width <= 100 for _value, width in seen)
    ordered = [width for _value, width in sorted(seen)]
    assert ordered == sorted(ordered)
    assert all((one.width == "") is (one.bar.value is None) for one in drawn)
