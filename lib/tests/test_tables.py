"""What leaves the portal as a table: right for Excel, and harmless whatever people typed."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

import openpyxl
import pytest
from django.utils import translation
from django.utils.functional import lazystr
from django.utils.translation import get_language

from lib.tables import MEASURED, Row, Value, csv_file, download, stream, workbook_parts, xlsx_file

HOSTILE = [
    "=1+1", "=HYPERLINK(\"https://evil.example\",\"pay here\")", "+7 900 000", "-2+3", "@SUM(A1)", "\t=1", "\r=1",
    "#N/A", "https://evil.example", "mailto:a@evil.example", "=cmd|' /C calc'!A0", "'=1",
]  # fmt: skip


def csv_rows(header: Sequence[Value], rows: Sequence[Sequence[Value]]) -> list[list[str]]:
    body = b"".join(csv_file(header, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(body, newline=""), delimiter=";"))


def sheets(body: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]


def test_csv_opens_in_excel_of_both_countries() -> None:
    body = b"".join(csv_file(["Счёт", "м³"], [["0667 «а»; б", Decimal("1234.500")]]))
    assert body == '\ufeffСчёт;м³\r\n"0667 «а»; б";1234,500\r\n'.encode()


def test_numbers_dates_and_nothing_are_written_as_people_write_them() -> None:
    day, moment = dt.date(2026, 3, 5), dt.datetime(2026, 3, 5, 12, 30, tzinfo=dt.UTC)
    [row] = csv_rows(["a"], [[-5, Decimal("-96.48"), Decimal("1E+3"), day, None, lazystr("=lazy"), moment]])[1:]
    assert row[:6] == ["-5", "-96,48", "1000", "05.03.2026", "", "'=lazy"]
    assert re.fullmatch(r"0[56]\.03\.2026 \d\d:30", row[6])


def test_no_text_of_a_csv_begins_like_a_formula() -> None:
    for header, row in zip(csv_rows(HOSTILE, [HOSTILE])[0], csv_rows(["h"], [HOSTILE])[1], strict=True):
        assert header == row
        assert not row.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_no_sheet_holds_a_formula_or_a_link_and_the_text_stays_as_typed() -> None:
    body = xlsx_file("=Отчёт[1]/2:*?", HOSTILE, [HOSTILE, *([text] for text in HOSTILE)])
    for xml in sheets(body):
        assert not re.search(r"<(\w+:)?f[\s/>]", xml)
        assert "<hyperlink" not in xml
        assert 't="e"' not in xml
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    cells = list(sheet.iter_rows(max_row=2))
    for line in cells:
        assert {cell.data_type for cell in line} == {"s"}
        assert not any(cell.hyperlink for cell in line)
    assert [cell.value.strip() for cell in cells[1]] == [text.strip() for text in HOSTILE]


def test_openpyxl_alone_would_have_written_formulas() -> None:
    """The test above is able to fail: the library's default makes a formula of the same text."""
    book = openpyxl.Workbook(write_only=True)
    book.create_sheet("1").append(HOSTILE)
    body = io.BytesIO()
    book.save(body)
    assert re.search(r"<f[\s/>]", sheets(body.getvalue())[0])


def test_numbers_are_numbers_and_dates_are_dates_in_a_workbook() -> None:
    moment = dt.datetime(2026, 3, 5, 12, 30, tzinfo=dt.UTC)
    body = xlsx_file("t", ["a"], [[Decimal("152.347"), 5, dt.date(2026, 3, 5), None, moment, "00158"]])
    row = next(openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows(min_row=2))
    assert [cell.value for cell in row[:2]] == [152.347, 5]
    assert row[0].number_format == "0.000"
    assert row[2].value == dt.datetime(2026, 3, 5)  # noqa: DTZ001 (a cell knows no zone)
    assert row[2].number_format == "dd.mm.yyyy"
    assert row[3].value is None
    assert row[4].is_date
    assert (row[5].value, row[5].data_type) == ("00158", "s")


def test_the_header_stays_in_sight_and_columns_are_as_wide_as_their_text() -> None:
    body = xlsx_file("t", ["№", "Address", "Long"], [[1, "г. Волгодонск, ул. Садовая, 5", "x" * 500]])
    sheet = openpyxl.load_workbook(io.BytesIO(body)).active
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [8, 31, 60]


def test_unprintable_signs_and_endless_text_do_not_break_the_file() -> None:
    body = xlsx_file("\x00", ["a"], [["Ok\x00\x0b\ud800", "y" * 40_000]])
    row = next(openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows(min_row=2, values_only=True))
    assert row[0] == "Ok"
    assert len(row[1]) == 32767
    assert b"".join(csv_file(["a"], [["\ud800"]]))


def test_a_table_without_rows_is_a_header() -> None:
    assert csv_rows(["a", "b"], []) == [["a", "b"]]
    assert [list(row) for row in openpyxl.load_workbook(io.BytesIO(xlsx_file("t", ["a"], []))).active.values] == [["a"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_download_is_kept_by_nobody_and_named_by_us(kind: str) -> None:
    response = download("csv" if kind == "csv" else "xlsx", "показания 12\r\nX: y", ["a"], [["b"]])
    assert response["Content-Disposition"] == f'attachment; filename="12-X-y.{kind}"'
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content.startswith(b"PK" if kind == "xlsx" else "\ufeff".encode())


def test_a_workbook_leaves_while_its_rows_are_read() -> None:
    read: list[int] = []

    def rows() -> Iterator[Row]:
        for number in range(10 * MEASURED):
            read.append(number)
            yield [number, f"строка {number} <&>"]

    parts = workbook_parts([("t", ["№", "Text"], rows()), ("u", ["b"], [[dt.date(2026, 3, 5)]])])
    whole = next(parts)
    assert len(read) == MEASURED
    whole += b"".join(parts)
    assert len(read) == 10 * MEASURED
    book = openpyxl.load_workbook(io.BytesIO(whole))
    assert book.sheetnames == ["t", "u"]
    values = list(book["t"].values)
    assert (len(values), values[-1]) == (10 * MEASURED + 1, (1999, "строка 1999 <&>"))
    assert book["u"]["A2"].is_date
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        assert file.testzip() is None


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_stream_is_the_same_file_in_parts_and_in_the_language_of_its_page(kind: Literal["csv", "xlsx"]) -> None:
    with translation.override("uk"):
        answer = stream(kind, "t", ["a"], ([get_language()] for _ in range(20_000)))
    parts = list(answer.streaming_content)  # type: ignore[arg-type]
    assert len(parts) > 1
    assert answer["Content-Disposition"] == f'attachment; filename="t.{kind}"'
    body = b"".join(parts)
    values = (
        [row[0] for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))]
        if kind == "csv"
        else [row[0] for row in openpyxl.load_workbook(io.BytesIO(body), read_only=True).active.values]
    )
    assert (values[0], set(values[1:]), len(values)) == ("a", {"uk"}, 20_001)
    assert get_language() != "uk"
