"""The reader of registers: encodings, headers, numbers, dates, workbooks. No database."""

import datetime as dt
import io
import struct
import subprocess
import sys
import zipfile
import zlib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from premises.register import Column, Problem, Register, read
from premises.registers import cells, sources
from premises.registers.cells import Unreadable

COLUMNS = (
    Column("account", cells.account(10), ("лицевой счёт", "особовий рахунок"), required=True, filled=True),
    Column("address", cells.text(100), ("адрес", "адреса"), required=True),
    Column("area", cells.number(2, least=Decimal(0)), ("площадь, м²",)),
    Column("opened", cells.date),
)
HEADER = "account;address;area;opened\n"
LINE = "0667000001;г. Волгодонск, ул. Ёлочная, 1;3 680,39;01.01.2015\n"


def opened(text: str | bytes, encoding: str = "utf-8") -> Register:
    return read(io.BytesIO(text.encode(encoding) if isinstance(text, str) else text), COLUMNS)


def problems(register: Register) -> list[Problem]:
    return register.problems + [problem for row in register for problem in row.problems]


def workbook(*lines: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866", "utf-16"])
def test_the_encoding_is_told_by_the_bytes(encoding: str) -> None:
    [row] = opened(HEADER + LINE, encoding)
    assert row.values == {
        "account": "0667000001", "address": "г. Волгодонск, ул. Ёлочная, 1", "area": Decimal("3680.39"),
        "opened": dt.date(2015, 1, 1),
    }  # fmt: skip
    assert row.line == 2
    assert row.is_good


@pytest.mark.parametrize("text", ["м. Львів, вул. Їжакевича, 7", "м. Київ, вул. Єреванська, 3-А"])
def test_ukrainian_in_windows_1251(text: str) -> None:
    [row] = opened(HEADER + f"1;{text};;\n", "cp1251")
    assert row.values["address"] == text


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_the_delimiter_is_told_by_the_header(sign: str) -> None:
    [row] = opened(f"account{sign}address{sign}area\n07{sign}Садовая{sign}61.5\n")
    assert (row.values["account"], row.values["area"]) == ("07", Decimal("61.5"))


def test_headers_are_found_by_their_words_in_any_order_below_a_title() -> None:
    [row] = opened("Реестр, за 2019 год\n\nАдрес;Площадь м²;ЛИЦЕВОЙ СЧЕТ;Прочее\nСадовая;1;02;3\n")
    assert row.values == {"account": "02", "address": "Садовая", "area": Decimal(1)}
    assert row.line == 4


def test_an_unknown_column_is_a_warning_and_a_missing_or_double_one_an_error() -> None:
    assert [(p.level, p.field) for p in opened("account;address;чужое\n1;a;b\n").problems] == [("warning", "чужое")]
    missing = opened("account;area\n1;2\n")
    assert [(p.level, p.field, p.row) for p in missing.problems] == [("error", "address", 1)]
    assert list(missing) == []
    assert [p.field for p in opened("account;address;адрес\n1;a;b\n").problems] == ["address"]


def with_sub_header(*lines: str) -> Register:
    text = "".join(f"{line}\n" for line in lines)
    return read(io.BytesIO(text.encode()), COLUMNS, sub_header=True)


def test_words_right_below_the_header_are_part_of_it_and_name_the_columns_of_merged_cells() -> None:
    register = with_sub_header("account;address;Прочее;", ";город, дом;Площадь, м²;opened", "1/а;Садовая;61;01.01.2015")
    [row] = register
    assert row.values == {"account": "1/а", "address": "Садовая", "area": Decimal(61), "opened": dt.date(2015, 1, 1)}
    assert (register.problems, row.problems, row.line) == ([], [], 3)


@pytest.mark.parametrize("line", [";Садовая;61;", ";Садовая;;01.01.2015", "1;Садовая;;"])
def test_a_row_that_holds_more_than_words_is_data(line: str) -> None:
    assert len(list(with_sub_header(HEADER.strip(), line))) == 1


def test_a_sub_header_without_rows_is_a_file_without_rows() -> None:
    assert "no rows" in with_sub_header(HEADER.strip(), ";город;;").problems[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (HEADER.encode(), "no rows"),
        (HEADER.encode() + b"\n;;;\n", "no rows"),
        (b"\x00\x01\x02account", "not a text file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        (b"PK\x03\x04 not a zip", "broken"),
        (HEADER.encode() + b'1;"' + b"x" * 200_000, "quotation mark"),
        (HEADER.encode() + "1;Ёлочная".encode("cp1251") + b"\x98" + b";;\n", "cannot be decoded"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(text: bytes, said: str) -> None:
    assert said in problems(opened(text))[0].message


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        ("1;a;1,234.56;", "area", "not clear"),
        ("1;a;61,005;", "area", "digits after"),
        ("1;a;-1;", "area", "between"),
        ("1;a;61 м;", "area", "not a number"),
        ("1;a;99999999999999999999,00;", "area", "too many digits"),
        ("1;a;36 80;", "area", "not a number"),
        ("1;a;;31.02.2015", "opened", "no such day"),
        ("1;a;;2015", "opened", "not a date"),
        ("1;a;;01.01.1815", "opened", "between 1900"),
        ("1;a;;вчера", "opened", "not a date"),
        (";a;;", "account", "filled in"),
        ("1,5E+10;a;;", "account", "Excel"),
        ("1;" + "a" * 101 + ";;", "address", "longer"),
        ("1;a\x07b;;", "address", "printed"),
        ("1;a", "", "columns"),
        ("1;a;1;;лишнее", "", "columns"),
    ],
)
def test_a_bad_cell_is_an_error_with_its_row_and_column(line: str, field: str, said: str) -> None:
    [problem] = problems(opened(HEADER + line + "\n"))
    assert (problem.row, problem.level, problem.field) == (2, "error", field)
    assert said in problem.message


def test_a_problem_survives_being_kept_as_json() -> None:
    [problem] = problems(opened(HEADER + "1;a;61,005;\n"))
    assert Problem.from_json(problem.as_json()) == problem
    assert "2" in problem.message


def test_rows_are_numbered_as_in_the_file_and_empty_ones_are_passed_over() -> None:
    rows = list(opened(HEADER + '\n1;"two\nlines";;\n;;;\n2;b;;\n'))
    assert [(row.line, row.values["address"]) for row in rows] == [(4, "two lines"), (6, "b")]


def test_more_rows_than_allowed_end_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_ROWS", 2)
    rows = list(opened(HEADER + "1;a;;\n" * 3))
    assert [row.is_good for row in rows] == [True, True, False]


# --- Workbooks ------------------------------------------------------------------------------------------------------


def test_a_workbook_gives_the_same_values_as_text() -> None:
    register = opened(
        workbook(
            ["account", "address", "area", "opened"],
            [667000001, "Садовая", 61.5, dt.date(2015, 1, 1)],
            ["0667000002", 17, "3 680,39", 42005],
        )
    )
    first, second = register
    assert first.values == {
        "account": "0667000001", "address": "Садовая", "area": Decimal("61.5"), "opened": dt.date(2015, 1, 1)
    }  # fmt: skip
    assert second.values == {
        "account": "0667000002", "address": "17", "area": Decimal("3680.39"), "opened": dt.date(2015, 1, 1)
    }  # fmt: skip
    assert second.line == 3


def with_formula(result: str) -> bytes:
    """A workbook whose cell C2 is a formula with this saved result."""
    plain = workbook(["account", "address", "area"], ["1", "a", 7])
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part.endswith("sheet1.xml"):
                content = content.replace(b"<v>7</v>", f"<f>SUM(A1:A9)</f>{result}".encode())
            new.writestr(part, content)
    return changed.getvalue()


def test_of_a_formula_the_saved_value_is_taken() -> None:
    [row] = opened(with_formula("<v>61.5</v>"))
    assert row.values["area"] == Decimal("61.5")


@pytest.mark.parametrize("result", ["<v></v>", "<v/>", ""])
def test_a_formula_without_a_saved_value_is_refused(result: str) -> None:
    [problem] = problems(opened(with_formula(result)))
    assert (problem.row, problem.field) == (2, "area")
    assert "formula" in problem.message


def test_a_formula_with_an_error_inside_is_not_a_number() -> None:
    [problem] = problems(opened(with_formula("<v>#DIV/0!</v>").replace(b't="n"', b't="e"')))
    assert problem.level == "error"


def zipped(sheet: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return file.getvalue()


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b"<row r='1'><c r='XFD1'><v>1</v></c></row>", "too many columns"),
        (b"<row r='1'><c r='A1048576'><v>1</v></c></row>", "rows"),
        (b"<x:row r='1048576'/>", "rows"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><row/>", "broken"),
        (b"<row><c><f>1</f>", "broken"),
    ],
)
def test_a_hostile_workbook_is_refused_before_it_is_unpacked(sheet: bytes, said: str) -> None:
    assert said in problems(opened(zipped(sheet)))[0].message


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_UNPACKED", 1 << 20)
    assert "unpacked it would be too large" in problems(opened(zipped(b" " * (2 << 20))))[0].message


def book_of(sheet: str, strings: bytes = b"", more: dict[str, str] | None = None) -> bytes:
    """A workbook with this sheet, as little as the parser needs, and `more` parts by their names."""
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{office}/worksheet"'
        f' Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
        "xl/sharedStrings.xml": b'<sst xmlns="%b">%b</sst>' % (main.encode(), strings),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (parts | (more or {})).items():
            book.writestr(name, content)
    return file.getvalue()


def peak_of(content: bytes, tmp_path: Path) -> tuple[int, str]:
    """The most memory in MB that a process of its own needs to read a workbook, and how the reading ended."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    code = """
import re, sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from premises.registers import sources
said = ""
try:
    with open(sys.argv[1], "rb") as file:
        for row in sources.rows(file):
            pass
except sources.Unreadable as broken:
    said = broken.text
hwm = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())  # getrusage begins with what the parent had
print(int(hwm[1]) // 1024, said)
"""
    answer = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR
    )
    megabytes, _space, said = answer.stdout.strip().partition(" ")
    return int(megabytes), said


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="GR200000"><v>1</v></c></row>'
UNNAMED = f"<row r='1'><c><v>1</v></c></row>{'<row/>' * 190_000}<row>{'<c/>' * 190}<c><v>1</v></c></row>"
HIDDEN = "<row r='1'><c r='A1'><v>1</v></c></row><row x='>' r='200000'><c x='/>' r='GR200000'><v>1</v></c></row>"


@pytest.mark.parametrize("sheet", [FAR, UNNAMED, HIDDEN])
def test_two_cells_far_apart_cost_no_memory(sheet: str, tmp_path: Path) -> None:
    megabytes, said = peak_of(book_of(sheet), tmp_path)
    assert "too large for what is written" in said
    assert megabytes < 120


def test_a_sheet_that_stands_elsewhere_is_looked_at_too(tmp_path: Path) -> None:
    content = book_of("").replace(b"worksheets/sheet1.xml", b"worksheets/sheet0.bin")
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
        book.writestr("xl/other.bin", f"<x:worksheet xmlns:x='a'><x:sheetData>{FAR}</x:sheetData></x:worksheet>")
    assert "too large for what is written" in problems(opened(file.getvalue()))[0].message


def test_a_workbook_of_another_program_is_not_read_by_the_way(tmp_path: Path) -> None:
    """An ODS may say in a line that it has a million equal rows."""
    content = book_of("<row r='1'><c r='A1'><v>1</v></c></row>", more={"mimetype": "ods", "content.xml": "<a/>"})
    assert "broken" in problems(opened(content))[0].message


@pytest.mark.parametrize("is_sum_right", [False, True])
def test_a_part_that_lies_about_its_size_is_refused_before_it_is_opened(is_sum_right: bool, tmp_path: Path) -> None:
    text = b"<si><t>a</t></si>" * 3_000_000
    content = book_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=text)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        part, whole = book.getinfo("xl/sharedStrings.xml"), book.read("xl/sharedStrings.xml")
    lies = {part.file_size: 200_000} | ({part.CRC: zlib.crc32(whole[:200_000])} if is_sum_right else {})
    for true, told in lies.items():
        assert content.count(struct.pack("<I", true)) == 2
        content = content.replace(struct.pack("<I", true), struct.pack("<I", told))
    megabytes, said = peak_of(content, tmp_path)
    assert "broken" in said
    assert megabytes < 120


def test_texts_have_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BESIDE", 1 << 20)
    content = book_of('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=b"<si><t>a</t></si>" * 100_000)
    assert "too large" in problems(opened(content))[0].message


def test_a_part_packed_in_an_unusual_way_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_BZIP2) as book:
        book.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert "broken" in problems(opened(file.getvalue()))[0].message


def test_cells_without_addresses_stand_beside_each_other() -> None:
    row = "<row>" + '<c t="inlineStr"><is><t>{}</t></is></c>' * 2 + "</row>"
    [read_row] = opened(book_of(row.format("account", "address") + row.format("0000000007", "Садовая")))
    assert read_row.values == {"account": "0000000007", "address": "Садовая"}


def test_a_wide_table_with_one_stray_cell_far_below_is_read() -> None:
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>account</t></is></c><c r="B1" t="inlineStr"><is><t>address</t></is></c></row>'
    body = '<row r="2"><c r="A2"><v>7</v></c></row><row r="65536"><c r="L65536" s="1"/></row>'
    assert [row.values["account"] for row in opened(book_of(header + body))] == ["0000000007"]


# --- Cells ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3 680,39", "3680.39"), ("3\u00a0680,39", "3680.39"), ("1180.70", "1180.70"), ("−96,48", "-96.48"),
        ("1\u202f234\u202f567,8", "1234567.8"), ("- 5", "-5"), ("0", "0"), ("-0,00", "0"), (0.1 + 0.2, "0.3"), (7, "7"),
        (61.5, "61.5"), (-96.48, "-96.48"),
    ],
)  # fmt: skip
def test_numbers(cell: Any, value: str) -> None:
    assert cells.as_decimal(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "-", "—", "−", " ", None, "\u00a0"])
def test_an_empty_number_is_nothing(cell: Any) -> None:
    assert cells.as_decimal(cell) is None


@pytest.mark.parametrize(
    "cell",
    ["1,234.56", "1.234,56", "1.2.3", "1,2,3", "12 34", "1e5", "٣", "NaN", "0x1", "--1", "5-", True,
     float("nan"), float("inf"), 1e300, "9" * 40, dt.date(2020, 1, 1), "1 000 00,5"],
)  # fmt: skip
def test_what_is_no_number_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable):
        cells.as_decimal(cell)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4), st.sampled_from([",", "."]))
def test_any_number_written_the_local_way_is_read_back(value: Decimal, comma: str) -> None:
    grouped = f"{value:,f}".replace(",", "\u00a0").replace(".", comma).replace("-", "−")
    assert cells.as_decimal(grouped) == value


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        value = cells.as_decimal(text)
    except Unreadable:
        return
    assert value is None or value.is_finite()


@pytest.mark.parametrize(
    "cell",
    ["24.10.2026", "24-10-2026", "24/10/2026", "2026-10-24", "24.10.2026 0:00:00", "2026-10-24 00:00:00", "46319",
     "24.10.2026 10:30:00", "24.10.2026 9:05", "2026-10-24T23:59:59.5",
     46319, 46319.0, dt.date(2026, 10, 24), dt.datetime(2026, 10, 24, 15, 0)],  # noqa: DTZ001 (a cell has no zone)
)  # fmt: skip
def test_dates(cell: Any) -> None:
    assert cells.date(cell) == dt.date(2026, 10, 24)


@pytest.mark.parametrize("cell", ["29.02.2019", "2026-13-01", "24.10.26", "10/24/2026", "1899-01-01", "99999", True,
                                  "24.10.2026 24:30", "24.10.2026 10", "24.10.2026 10:3"])  # fmt: skip
def test_what_is_no_date_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable):
        cells.date(cell)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), st.sampled_from(["%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d"]))
def test_any_day_written_any_way_is_read_back(day: dt.date, form: str) -> None:
    assert cells.date(day.strftime(form)) == day


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        day = cells.date(text)
    except Unreadable:
        return
    assert day is None or 1900 <= day.year <= 2100


@pytest.mark.parametrize(
    ("cell", "month"),
    [("02.2019", (2019, 2)), ("2.2019", (2019, 2)), ("2019-02", (2019, 2)), ("01.02.2019", (2019, 2)),
     (2.2019, (2019, 2)), (10.202, (2020, 10)), (dt.date(2019, 2, 28), (2019, 2)), ("Ноябрь 2026", (2026, 11)),
     ("ЛИСТОПАД  2026 р.", (2026, 11)), ("май 2026 г.", (2026, 5)), ("травень, 2026 року", (2026, 5))],
)  # fmt: skip
def test_periods(cell: Any, month: tuple[int, int]) -> None:
    assert cells.period(cell) == dt.date(*month, 1)


@pytest.mark.parametrize(
    "cell", ["13.2019", "00.2019", "02.19", "февраль", "фебруар 2026", "март 26", 13.2019, "02.2201"]
)
def test_what_is_no_period_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable):
        cells.period(cell)


@pytest.mark.parametrize(
    ("cell", "length", "number"),
    [("0667000001", 10, "0667000001"), (667000001, 10, "0667000001"), (667000001.0, 10, "0667000001"),
     (10117.0, 0, "10117"), (" 066 700 ", 10, "066700"), ("667000021", 10, "0667000021"),
     ("667000021", 0, "667000021"), ("А667", 5, "А667"), ("10117/2", 0, "10117/2"), ("", 5, "")],
)  # fmt: skip
def test_account_numbers_are_text(cell: Any, length: int, number: str) -> None:
    assert cells.account(length)(cell) == number


@pytest.mark.parametrize(
    ("cell", "share"),
    [("1/1", Fraction(1)), ("1/2", Fraction(1, 2)), ("2 / 6", Fraction(1, 3)), ("50%", Fraction(1, 2)),
     ("1", Fraction(1)), ("0,25", Fraction(1, 4)), (0.5, Fraction(1, 2)), ("", None), ("-", None)],
)  # fmt: skip
def test_shares_are_exact(cell: Any, share: Fraction | None) -> None:
    assert cells.share(cell) == share


@pytest.mark.parametrize("cell", ["0/1", "3/2", "1/0", "0", "half", "0.333333", dt.date(2020, 2, 1)])
def test_what_is_no_share_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable):
        cells.share(cell)
