"""The typesetter: what it writes can be read back, by eye and by ear, wherever a page ends."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from lib.paper import Book, Box, Column, Row, Sheet, Style, Table
from lib.paper.text import Line, clean, lines_of, measure

WORDS = Style(size=9)
BOLD = Style(size=9, bold=True)


def written(*, rows: int = 0, text: str = "", sheets: int = 1) -> PdfReader:
    out = BytesIO()
    with Book(out, title="Проба", language="ru") as book:
        for number in range(sheets):
            with book.sheet(label=f"Лист {number}", bookmark=f"кв. {number}" if sheets > 1 else "") as sheet:
                sheet.text("H1", ("Заголовок", BOLD))
                if text:
                    sheet.text("P", (text, WORDS))
                if rows:
                    table(rows).draw(sheet)
    return PdfReader(BytesIO(out.getvalue()))


def table(rows: int) -> Table:
    columns = [Column("Услуга", 200), Column("Объём", 80, right=True), Column("Сумма", 80, right=True)]
    body = [Row([f"Вода {number}", "1,5", "43\u00a0367,61"]) for number in range(rows)]
    return Table(
        columns, [Row(["Коммунальные"], "group", 3), *body, Row(["Итого", "43\u00a0367,61"], "total", 2)], WORDS
    )


def tags(element: Any) -> list[str]:
    """The kinds of all tags below, in the order of reading."""
    kids = element.get("/K", [])
    below = [tag for kid in (kids if isinstance(kids, list) else [kids]) for tag in _tags_of(kid)]
    return [element.get("/S", "Root"), *below]


def _tags_of(kid: Any) -> list[str]:
    kid = kid.get_object()
    return tags(kid) if hasattr(kid, "keys") else []


def text_of(line: Line) -> float:
    return sum(piece.width for piece in line.pieces)


def test_the_file_says_what_a_reader_aloud_asks_for() -> None:
    pdf = written(text="Привет")
    root: Any = pdf.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "ru"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Проба"


def test_every_cell_has_a_tag_and_the_head_is_said_once() -> None:
    pdf = written(rows=120)
    root: Any = pdf.root_object
    found = tags(root["/StructTreeRoot"])
    assert len(pdf.pages) > 1
    assert found[:4] == ["Root", "/Document", "/Part", "/H1"]
    assert found.count("/THead") == 1
    assert found.count("/TR") == 1 + 122
    assert found.count("/TH") == 3 + 122
    assert found.count("/TD") == 120 * 2 + 1
    for page in pdf.pages:
        assert "Услуга" in page.extract_text()


def test_every_mark_of_a_page_leads_to_its_tag() -> None:
    pdf = written(rows=120, sheets=2)
    root: Any = pdf.root_object
    numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    for key, (page, owners) in enumerate(zip(pdf.pages, numbers[1::2], strict=True)):
        one: Any = page
        assert one["/StructParents"] == key
        marks = one.get_contents().get_data().count(b"/MCID")
        assert len(owners.get_object()) == marks
        for number, owner in enumerate(owners.get_object()):
            tag = owner.get_object()
            assert tag["/Pg"].get_object() == one.get_object()
            assert tag["/K"] == number


def test_a_table_longer_than_a_page_loses_no_row() -> None:
    text = "".join(page.extract_text() for page in written(rows=150).pages)
    assert [number for number in range(150) if f"Вода {number}\n" not in text and f"Вода {number} " not in text] == []


def test_each_sheet_counts_its_own_pages_and_has_a_bookmark() -> None:
    pdf = written(rows=60, sheets=3)
    assert len(pdf.pages) == 6
    for index, page in enumerate(pdf.pages):
        assert f"{index % 2 + 1} / 2" in page.extract_text()
        assert f"Лист {index // 2}" in page.extract_text()
    marks: Any = pdf.outline
    assert [(mark.title, pdf.get_destination_page_number(mark)) for mark in marks] == [
        ("кв. 0", 0), ("кв. 1", 2), ("кв. 2", 4),
    ]  # fmt: skip


def test_a_letter_outside_of_the_face_is_printed_with_another() -> None:
    pdf = written(text="Пан Ґжегож, Nguyễn Văn Ἀθηνᾶ")
    assert "Ἀθηνᾶ" in pdf.pages[0].extract_text()
    page: Any = pdf.pages[0]
    fonts = {str(font["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert len(fonts) == 3
    for font in page["/Resources"]["/Font"].values():
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


def test_what_no_face_has_becomes_the_sign_for_it() -> None:
    assert "\ufffd" in written(text="漢").pages[0].extract_text()


def test_control_signs_and_directions_are_not_printed() -> None:
    assert clean("а\u202eб\x00в\nг\u00a0д") == "а б в г\u00a0д"


def test_a_cell_of_a_whole_page_is_cut_and_says_so() -> None:
    out = BytesIO()
    with Book(out, title="Проба", language="ru") as book, book.sheet() as sheet:
        Table([Column("А", 60), Column("Б", 60)], [Row(["слово " * 900, "1"]), Row(["конец", "2"])], WORDS).draw(sheet)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(out.getvalue())).pages)
    assert "…" in text
    assert "конец" in text


def test_columns_are_as_high_as_the_highest() -> None:
    with Book(BytesIO(), title="Проба", language="ru") as book:
        sheet: Sheet = book.sheet()
        short, tall = Box(), Box()
        short.add(("одно", WORDS))
        for _line in range(3):
            tall.add(("слово", WORDS))
        start = sheet.y
        sheet.columns([short, tall])
        assert sheet.y - start == pytest.approx(tall.height(100))


@given(st.text(alphabet="абвГД xyz-7", max_size=200), st.floats(20, 300))
def test_no_line_is_wider_than_its_column_and_no_word_is_lost(text: str, width: float) -> None:
    lines = lines_of(((text, WORDS),), width)
    assert all(line.width <= width + 0.02 for line in lines)
    drawn = sum(text_of(line) for line in lines)
    words = [word for word in text.split(" ") if word]
    expected = sum(measure(word, WORDS) for word in words) + max(0, len(words) - 1) * measure(" ", WORDS)
    assert drawn == pytest.approx(expected)


@pytest.mark.parametrize("bold", [False, True])
def test_figures_are_of_one_width(bold: bool) -> None:
    widths = [measure(figure, Style(bold=bold)) for figure in "0123456789"]
    assert max(widths) - min(widths) < 0.02  # points
