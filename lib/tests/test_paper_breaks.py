"""Where a table goes on to the next page: rows that belong together stay together, and none is lost."""

from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from lib.paper import Book, Column, Row, Sheet, Style, Table
from lib.paper.breaks import KEEP, TALL, breaks
from lib.paper.text import lines_of, measure

WORDS = Style(size=9)
ROWS = st.lists(st.tuples(st.floats(12, 60), st.booleans()), min_size=1, max_size=120)


def chunks(starts: list[int], rows: int) -> list[range]:
    """The rows of each page on which there are some."""
    edges = [0, *(start for start in starts if start), rows]
    return [range(first, last) for first, last in pairwise(edges)]


@given(ROWS, st.floats(-20, 700), st.floats(0, 120))
def test_every_page_has_room_for_its_rows_and_none_is_lost(
    rows: list[tuple[float, bool]], first: float, tail: float
) -> None:
    heights, tied = [high for high, _tied in rows], [stays for _high, stays in rows]
    starts = breaks(heights, tied, first, 700, tail)
    assert starts == sorted(set(starts))
    assert all(0 <= start < len(rows) for start in starts)
    found = chunks(starts, len(rows))
    assert [row for chunk in found for row in chunk] == list(range(len(rows)))
    room = 700 if 0 in starts else first
    for chunk in found:
        assert sum(heights[row] for row in chunk) <= room + 0.02
        room = 700


@given(st.integers(1, 200), st.floats(-20, 700), st.floats(0, 120))
def test_of_plain_rows_no_page_has_fewer_than_belong_together(count: int, first: float, tail: float) -> None:
    heights = [15.0] * count
    starts = breaks(heights, [False] * count, first, 700, tail)
    found = chunks(starts, count)
    if len(found) > 1:
        assert min(map(len, found)) >= KEEP
    room = first if len(found) == 1 and 0 not in starts else 700
    assert sum(heights[row] for row in found[-1]) + tail <= room + 0.02


def test_what_follows_takes_the_last_rows_with_it() -> None:
    assert breaks([20.0] * 10, [False] * 10, 205, 700, 0) == []
    assert breaks([20.0] * 10, [False] * 10, 205, 700, 30) == [7]


def test_a_table_that_would_begin_with_one_row_begins_on_the_next_page() -> None:
    assert breaks([20.0] * 10, [False] * 10, 45, 700) == [0]
    assert breaks([20.0] * 10, [False] * 10, 65, 700) == [3]


def test_fewer_rows_will_do_where_they_are_tall() -> None:
    assert breaks([TALL] * 4, [False] * 4, 150, 700) == [1]


def test_rows_that_are_tied_part_only_where_no_page_holds_them() -> None:
    tied = [False, *([True] * 9)]
    assert breaks([20.0] * 10, tied, 100, 300) == [0]
    assert breaks([20.0] * 10, tied, 100, 150) == [0, 7]


def test_a_saved_page_leaves_a_whole_file() -> None:
    """The second drawing takes the numbers of the first; one that saves nothing gives them back."""
    columns = [Column("Услуга", 200), Column("Сумма", 80)]
    for rows in range(1, 110):
        out, drawn = BytesIO(), list[Sheet]()

        def draw(sheet: Sheet, rows: int = rows, drawn: list[Sheet] = drawn) -> None:
            drawn.append(sheet)
            table = Table(columns, [Row([f"Вода {row}", "1,50"]) for row in range(rows)], WORDS)
            table.draw(sheet)

        with Book(out, title="Проба", language="ru") as book:
            book.fitted(draw, label="Первый")
            book.fitted(draw, label="Второй")
        pdf = PdfReader(BytesIO(out.getvalue()), strict=True)
        assert len(pdf.pages) == 2 * min(len(sheet.pages) for sheet in drawn)
        assert len(drawn) in {2, 4, 6}
        if rows in {42, 43, 86}:
            text = "".join(page.extract_text() for page in pdf.pages)
            assert all(text.count(f"Вода {row}\n") + text.count(f"Вода {row} ") == 2 for row in range(rows))


def test_a_word_too_wide_is_parted_after_the_sign_that_joins_it() -> None:
    width = measure("Тепло-Дом-Сер", WORDS)
    lines = lines_of((("Тепло-Дом-Сервис", WORDS),), width)
    assert [round(line.width, 2) for line in lines] == [
        pytest.approx(measure("Тепло-Дом-", WORDS), abs=0.02), pytest.approx(measure("Сервис", WORDS), abs=0.02)
    ]  # fmt: skip
