"""Registers of payments from banks and settlement centres: layouts, control lines, encodings, bad input. No database."""

import io
import struct
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.exchange.payments import TableOfPayments, payments
from billing.exchange.profile import CENTRE, SBERBANK, UKRAINIAN, Profile, WrongProfile
from billing.exchange.receipts import Receipt, clock, payer_period
from premises.registers.cells import Unreadable
from premises.registers.encodings import encoding_of

SBER_ROWS = """\
11-03-2019;10-15-42;8598;8598/0123;500000000001;10117;МАРТЫНОВИЧ А.В.;ВОЛГОДОНСК,100 СТР. ДИВИЗИИ,1,17;0219;3680,39;3636,23;44,16
11-03-2019;10-16-05;8598;8598/0123;500000000002;10117;МАРТЫНОВИЧ А.В.;ВОЛГОДОНСК,100 СТР. ДИВИЗИИ,1,17;0219;335,50;331,47;4,03
11-03-2019;12-40-31;8598;MOBILE;500000000003;99999;ПЕТРОВ П.П.;;0219;1000,00;988,00;12,00
"""
SBER_FOOTER = "=3;5015,89;4955,70;60,19;123456;12-03-2019\n"
SBER = SBER_ROWS + SBER_FOOTER
UA = """\
дата;час;id_операції;особовий_рахунок;ПІБ;адреса;період;сума;комісія;показання
12.11.2026;09:14:55;PB260000001;10117;ШЕВЧЕНКО О.І.;Львів, Руська 34/5;10.2026;1245.60;0.00;
12.11.2026;09:20:01;PB260000002;0667000001;КОВАЛЬ М.П.;Львів, Руська 34/6;10.2026;241.07;0.00;00158
РАЗОМ;2;;;;;;1486.67;0.00;
"""
ENCODINGS = ["utf-8", "utf-8-sig", "cp1251", "cp866", "koi8-r"]


def opened(text: str, encoding: str = "utf-8", profile: Profile | None = SBERBANK) -> TableOfPayments:
    return payments(io.BytesIO(text.encode(encoding)), profile=profile)


def said(table: TableOfPayments) -> list[tuple[int, str]]:
    """Walk through the file and return all errors: line and sentence."""
    own = [one for receipt in table for one in receipt.problems]
    return [(one.row, one.message) for one in [*table.problems, *own] if one.level == "error"]


@pytest.mark.feature("G10")
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_register_of_sberbank_is_read_in_any_of_its_encodings(encoding: str) -> None:
    table = opened(SBER, encoding)
    receipts = list(table)
    assert table.problems == []
    assert receipts[0] == Receipt(
        line=1, problems=[], account="10117", on=date(2019, 3, 11), at=time(10, 15, 42), number="500000000001",
        operation="500000000001", amount=Decimal("3680.39"), channel="8598/0123", period=date(2019, 2, 1),
        payer="МАРТЫНОВИЧ А.В.", address="ВОЛГОДОНСК,100 СТР. ДИВИЗИИ,1,17", fee=Decimal("44.16"),
        transferred=Decimal("3636.23"),
    )  # fmt: skip
    assert [(one.account, one.amount) for one in receipts[1:]] == [
        ("10117", Decimal("335.50")), ("99999", Decimal("1000.00"))
    ]  # fmt: skip
    sums = table.sums
    assert (sums.count, sums.amount, sums.transferred, sums.fee) == (
        3, Decimal("5015.89"), Decimal("4955.70"), Decimal("60.19"),
    )  # fmt: skip
    assert sums.transferred + sums.fee == sums.amount
    [footer] = table.footers
    assert (footer.order, footer.order_on) == ("123456", date(2019, 3, 12))


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (SBER.replace("=3;5015,89", "=3;5015,88"), 4, "does not agree"),
        (SBER.replace("=3;", "=2;"), 4, "does not agree"),
        (SBER.replace("4955,70", "4955,71"), 4, "to transfer"),
        (SBER.replace("60,19", "60,18"), 4, ", fees "),
        (SBER_ROWS, 0, "missing"),
        (SBER[:-60].rpartition("\n")[0] + "\n", 0, "missing"),
        (SBER + SBER_FOOTER, 5, "two control lines"),
        (SBER_FOOTER + SBER_ROWS, 2, "below the control line"),
        (SBER.replace("500000000002", "500000000001"), 2, "twice"),
        (SBER.replace(";3680,39;", ";-3680,39;"), 1, "between"),
        (SBER.replace(";3680,39;", ";0,00;"), 1, "between"),
        (SBER.replace(";3680,39;", ";99999999999;"), 1, "between"),
        (SBER.replace(";3680,39;", ";3,680.39;"), 1, "not clear"),
        (SBER.replace(";3680,39;", ";;"), 1, "filled in"),
        (SBER.replace(";3680,39;", ";3680,395;"), 1, "digits after"),
        (SBER.replace("11-03-2019;10-15", "31-02-2019;10-15"), 1, "no such day"),
        (SBER.replace(";10117;", ";101\x0017;"), 0, "not a text file"),
        (SBER.replace("ПЕТРОВ П.П.;;", "ПЕТРОВ;П.П.;;"), 3, "columns"),
        (SBER.replace(";335,50;331,47;4,03", ""), 2, "columns"),
        (SBER.replace("10-16-05;8598", "10-16-05;\r8598"), 2, "columns"),
        ("x" * (10 << 20), 0, "longer than"),
        ("", 0, "no rows"),
    ],
)
@pytest.mark.feature("G10")
def test_a_bad_register_is_refused_with_a_sentence_and_a_line(text: str, line: int, word: str) -> None:
    found = said(opened(text))
    assert any(where == line and word in sentence for where, sentence in found), found


def test_what_a_payer_typed_wrongly_does_not_stop_the_payment() -> None:
    table = opened(SBER.replace(";0219;3680,39", ";1399;3680,39"))
    [receipt, *_rest] = list(table)
    assert [(one.level, one.field) for one in receipt.problems] == [("warning", "period")]
    assert (receipt.period, receipt.amount, table.problems) == (None, Decimal("3680.39"), [])


def test_a_quotation_mark_in_a_name_is_a_sign_like_any_other() -> None:
    table = opened(SBER.replace("ПЕТРОВ П.П.", '"РОМАШКА'))
    assert [one.payer for one in table][2] == '"РОМАШКА'
    assert table.problems == []


@pytest.mark.feature("G10")
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
@pytest.mark.parametrize("profile", [None, UKRAINIAN])
def test_a_ukrainian_register_is_read_with_its_total(encoding: str, profile: Profile | None) -> None:
    table = opened(UA, encoding, profile)
    first, second = table
    assert table.problems == []
    assert (first.operation, first.account, first.at, first.payer) == (
        "PB260000001", "10117", time(9, 14, 55), "ШЕВЧЕНКО О.І."
    )  # fmt: skip
    assert (second.account, second.readings, second.period) == ("0667000001", "00158", date(2026, 10, 1))
    assert (table.sums.amount, table.footers[0].count) == (Decimal("1486.67"), Decimal(2))


PLAIN = "account;date;number;amount\n10117;11.07.2017;317;3098,05\n10117;21.06.2017;285;3659,10\n"


@pytest.mark.parametrize(("text", "count"), [(PLAIN, 1), (PLAIN + "=2;6757,15\n", 0)])
def test_a_register_that_may_have_been_cut_off_says_so(text: str, count: int) -> None:
    """Without operations a control line is not asked for; then nobody can tell."""
    table = opened(text, profile=None)
    assert len(list(table)) == 2
    assert [(one.level, "cut off" in one.message) for one in table.problems] == [("warning", True)] * count


def test_what_stands_twice_is_told_in_a_column_of_the_file() -> None:
    row = "10117;11.07.2017;317;3098,05\n"
    [_first, second] = opened(PLAIN[: -len("10117;21.06.2017;285;3659,10\n")] + row, profile=None)
    assert [one.field for one in second.problems] == ["number"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (UA.replace("1486.67", "1486.66"), "does not agree"),
        (UA.replace("РАЗОМ;2", "РАЗОМ;3"), "does not agree"),
        (UA.replace(";1486.67;0.00", ";1486.67;1.00"), ", fees "),
        (UA.partition("РАЗОМ")[0], "missing"),
    ],
)
def test_a_wrong_ukrainian_total_refuses_the_file(changed: str, word: str) -> None:
    assert any(word in sentence for _line, sentence in said(opened(changed, profile=None)))
    assert any(word in sentence for _line, sentence in said(opened(changed, profile=UKRAINIAN)))


def test_an_encoding_that_the_profile_has_wrong_is_mended_or_refused() -> None:
    says_1251 = Profile.from_json(SBERBANK.as_json() | {"encoding": "windows-1251"})
    says_utf = Profile.from_json(SBERBANK.as_json() | {"encoding": "utf-8"})
    assert [one.payer for one in opened(SBER, "utf-8", says_1251)][2] == "ПЕТРОВ П.П."
    assert [one.payer for one in opened(SBER, "cp1251", says_1251)][2] == "ПЕТРОВ П.П."
    assert "cannot be decoded" in said(opened(SBER, "cp1251", says_utf))[0][1]


# --- Batches of a settlement centre ---------------------------------------------------------------------------------

BATCHES = """\
#001;11.03.2019
10117;МАРТЫНОВИЧ А.В.;УЛ. САДОВАЯ,1,17;0219;11.03.2019;A1;100,00;1,00
10118;ПЕТРОВ П.П.;УЛ. САДОВАЯ,1,18;0219;11.03.2019;A2;50,50;0,50
=2;150,50
#002;12.03.2019
10117;МАРТЫНОВИЧ А.В.;УЛ. САДОВАЯ,1,17;0219;12.03.2019;A3;10,00;0,10
=1;10,00
"""


@pytest.mark.parametrize("encoding", ["cp866", "cp1251"])
def test_batches_joined_in_one_file_are_judged_each_by_its_own_line(encoding: str) -> None:
    table = opened(BATCHES, encoding, CENTRE)
    assert [one.operation for one in table] == ["A1", "A2", "A3"]
    assert table.problems == []
    assert [(one.count, one.amount) for one in table.footers] == [
        (Decimal(2), Decimal("150.50")),
        (Decimal(1), Decimal("10.00")),
    ]
    assert table.sums.amount == Decimal("160.50")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (BATCHES.replace("=2;150,50\n", ""), 4, "missing"),
        (BATCHES.replace("=1;10,00\n", ""), 0, "missing"),
        (BATCHES.replace("=1;10,00", "=1;10,01"), 7, "does not agree"),
        (BATCHES.replace("=2;150,50", "=1;150,50"), 4, "does not agree"),
        (BATCHES.replace("#002;12.03.2019\n", ""), 5, "without its first line"),
        (BATCHES.replace("A3", "A1"), 6, "twice"),
    ],
)
def test_a_batch_that_was_cut_or_does_not_agree_refuses_the_file(text: str, line: int, word: str) -> None:
    found = said(opened(text, profile=CENTRE))
    assert any(where == line and word in sentence for where, sentence in found), found


# --- Profiles -------------------------------------------------------------------------------------------------------

OWN = {"columns": {"account": 2, "date": 1, "amount": 3}}


@pytest.mark.parametrize(
    ("kept", "word"),
    [
        ([], "must be an object"),
        ({"columns": []}, "each field"),
        ({"columns": {"account": 1, "date": 2}}, "«amount»"),
        ({"columns": {"account": 1, "date": 2, "amount": 2}}, "one column"),
        ({"columns": {"account": 1, "date": 2, "amount": 0}}, "from 1 to 200"),
        ({"columns": {"account": 1, "date": 2, "amount": True}}, "a header or a number"),
        ({"columns": {"account": 1, "date": 2, "amount": "сумма"}}, "Without a header"),
        ({"columns": {"account": 1, "date": 2, "amount": 3, "price": 4}}, "no field «price»"),
        (OWN | {"separator": "ab"}, "«separator»"),
        (OWN | {"encoding": "latin-1"}, "windows-1251"),
        (OWN | {"encoding": 1}, "must be a text"),
        (OWN | {"decimal": "'"}, "«decimal»"),
        (OWN | {"date_order": "ydm"}, "«date_order»"),
        (OWN | {"footer": "maybe"}, "«footer»"),
        (OWN | {"has_header": "yes"}, "true or false"),
        (OWN | {"has_batches": True}, "several batches"),
        (OWN | {"colour": 1}, "no setting «colour»"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(kept: object, word: str) -> None:
    with pytest.raises(WrongProfile) as caught:
        Profile.from_json(kept)
    assert word in caught.value.text % caught.value.facts


@pytest.mark.parametrize("profile", [SBERBANK, UKRAINIAN, CENTRE, Profile.from_json(OWN)])
def test_a_profile_survives_being_kept(profile: Profile) -> None:
    assert Profile.from_json(profile.as_json()) == profile


def test_a_profile_puts_columns_signs_and_dates_where_the_contract_says() -> None:
    profile = Profile.from_json(
        OWN | {"decimal": ".", "date_order": "mdy", "separator": "|", "encoding": "Windows-1251"}
    )
    [receipt] = opened("03/11/2019|10117|1180.70|чужое\n", "cp1251", profile)
    assert (receipt.account, receipt.on, receipt.amount) == ("10117", date(2019, 3, 11), Decimal("1180.70"))
    assert "fractions are written with «.»" in said(opened("03/11/2019|10117|1180,70|\n", profile=profile))[0][1]
    assert "no such day" in said(opened("13/11/2019|10117|1180.70|\n", profile=profile))[0][1]


def test_headers_of_a_profile_may_be_mixed_with_places() -> None:
    profile = Profile.from_json({"columns": {"account": "Абонент", "date": 1, "amount": 3}, "has_header": True})
    [receipt] = opened("Когда;Абонент;\n11.03.2019;10117;5\n", profile=profile)
    assert (receipt.account, receipt.amount) == ("10117", Decimal(5))
    assert "«Абонент»" in said(opened("Когда;Кто;\n11.03.2019;10117;5\n", profile=profile))[0][1]


# --- DBF ------------------------------------------------------------------------------------------------------------


def dbf_file(fields: list[tuple[str, str, int]], rows: list[list[str]], encoding: str, code_page: int = 0) -> bytes:
    """A DBF as other programs write it."""
    length = 1 + sum(size for _name, _kind, size in fields)
    start = 32 + 32 * len(fields) + 1
    head = struct.pack("<BBBBLHH17xB2x", 3, 119, 3, 12, len(rows), start, length, code_page)
    described = b"".join(struct.pack("<11sc4xB15x", name.encode(), kind.encode(), size) for name, kind, size in fields)
    body = b"".join(
        b" " + b"".join(cell.encode(encoding).ljust(size) for cell, (_n, _k, size) in zip(row, fields, strict=True))
        for row in rows
    )
    return head + described + b"\r" + body + b"\x1a"


FIELDS = [("LCHET", "C", 12), ("DATA", "D", 8), ("SUMA", "N", 10), ("ID", "C", 12), ("FIO", "C", 30)]
DBF_ROWS = [
    ["0667000001", "20261112", "    241.07", "PB2", "Коваль Марія Петрівна"],
    ["10117", "20261112", "   1245.60", "PB1", "Шевченко Олександр Іванович"],
]
DBF_PROFILE = Profile(
    {"account": "LCHET", "date": "DATA", "amount": "SUMA", "operation": "ID", "payer": "FIO"}, has_header=True
)


@pytest.mark.parametrize(("encoding", "page"), [("cp1251", 0xC9), ("cp1251", 0)])
def test_a_dbf_of_payments_is_read_through_its_profile(encoding: str, page: int) -> None:
    first, second = payments(io.BytesIO(dbf_file(FIELDS, DBF_ROWS, encoding, page)), profile=DBF_PROFILE)
    assert (first.account, first.on, first.amount, first.payer) == (
        "0667000001", date(2026, 11, 12), Decimal("241.07"), "Коваль Марія Петрівна",
    )  # fmt: skip
    assert second.operation == "PB1"


@pytest.mark.parametrize("cut", [20, 100, 260])
def test_a_dbf_that_was_cut_off_is_refused(cut: int) -> None:
    whole = dbf_file(FIELDS, DBF_ROWS, "cp1251", 0xC9)
    assert said(payments(io.BytesIO(whole[:cut]), profile=DBF_PROFILE))


@given(st.binary(max_size=300))
def test_any_bytes_after_the_head_of_a_dbf_are_read_or_refused(tail: bytes) -> None:
    head = struct.pack("<BBBBLHH17xB2x", 3, 119, 3, 12, 1, 65, 11, 0)
    table = payments(io.BytesIO(head + tail), profile=DBF_PROFILE)
    assert list(table) or table.problems


# --- Round trips ----------------------------------------------------------------------------------------------------

NAMES = st.text("абвгґеєжзиіїйклмнопрстуфхцчшщьюяАБВГЄІЇ' .,", max_size=30).map(lambda text: " ".join(text.split()))


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.dates(date(2000, 1, 1), date(2099, 12, 31)),
            st.decimals("0.01", "99999999.99", places=2), NAMES, st.times(),
        ),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_whatever_a_bank_writes_is_read_back(rows: list[tuple[str, date, Decimal, str, time]]) -> None:
    lines = [
        f"{on:%d-%m-%Y};{at:%H-%M-%S};1;X;{number};{account};{name};;{on:%m%y};{amount};{amount};0,00\n".replace(
            ".", ",", 0
        )
        for number, (account, on, amount, name, at) in enumerate(rows)
    ]
    total = sum((row[2] for row in rows), Decimal(0))
    table = opened("".join(lines) + f"={len(rows)};{total};{total};0,00;1;01-01-2019\n")
    read = [(one.account, one.on, one.amount, one.payer, one.at) for one in table]
    assert read == [(a, on, amount, name, at.replace(microsecond=0)) for a, on, amount, name, at in rows]
    assert table.problems == []


@pytest.mark.parametrize(
    "text",
    ["Мартынович Александр Владимирович", "ВОЛГОДОНСК, УЛ. СТРЕЛКОВОЙ ДИВИЗИИ", "улица Ёлочная, Щукин Юрий"],
)
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "koi8-r"])
def test_encodings_are_told_by_the_letters(text: str, encoding: str) -> None:
    told = encoding_of(io.BytesIO(f"10117;{text}\n".encode(encoding)))
    assert text.encode(encoding).decode(told) == text


@pytest.mark.parametrize(
    ("cell", "read"), [("0219", (2019, 2)), ("022019", (2019, 2)), (219, (2019, 2)), ("02.2019", (2019, 2))]
)
def test_periods_of_payers(cell: str | int, read: tuple[int, int]) -> None:
    assert payer_period(cell) == date(*read, 1)


@pytest.mark.parametrize("cell", ["25-00-00", "10", "утро", "10-60"])
def test_what_is_no_time_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        clock(cell)
