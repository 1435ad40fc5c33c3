"""The statement of a bank, archives, and telling formats by their content. No database."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from billing.exchange.detect import detect, open_payments
from billing.exchange.payments import payments
from billing.exchange.profile import SBERBANK
from billing.exchange.statement import Expected, Mismatch, Statement, compare, read_statement
from billing.tests.test_exchange_payments import BATCHES, DBF_ROWS, FIELDS, SBER, UA, dbf_file
from premises.registers import sources

STATEMENT = """\
1CClientBankExchange
ВерсияФормата=1.03
Кодировка=Windows
РасчСчет=40702810652000001234
СекцияДокумент=Платежное поручение
Номер=123456
Дата=12.03.2019
Сумма=4955.70
ПлательщикСчет=30232810000000000001
ПолучательСчет=40702810652000001234
НазначениеПлатежа=Перечисление платежей за 11.03.2019 по реестру 001, комиссия 60.19
КонецДокумента
КонецФайла
"""


def order(purpose: str, *, number: str = "7", amount: str = "1180.70", incoming: bool = True) -> str:
    ours, theirs = "40702810652000001234", "40817810000000000001"
    payer, recipient = (theirs, ours) if incoming else (ours, theirs)
    return (
        f"СекцияДокумент=Платежное поручение\nНомер={number}\nДата=13.03.2019\nСумма={amount}\nПлательщик=Петров П.П.\n"
        f"ПлательщикСчет={payer}\nПолучательСчет={recipient}\nНазначениеПлатежа={purpose}\nКонецДокумента\n"
    )


def with_orders(*orders: str) -> str:
    return STATEMENT.replace("КонецФайла\n", "".join(orders) + "КонецФайла\n")


def opened(text: str, encoding: str = "cp1251") -> Statement:
    return read_statement(io.BytesIO(text.encode(encoding)))


def errors(statement: Statement) -> list[str]:
    own = [problem for order in statement.orders for problem in order.problems]
    return [one.message for one in [*statement.problems, *own] if one.level == "error"]


@pytest.mark.feature("G10")
@pytest.mark.parametrize(
    ("encoding", "said"), [("cp1251", "Windows"), ("cp866", "DOS"), ("utf-8-sig", "UTF-8"), ("cp866", "Windows")]
)
def test_the_money_of_a_register_comes_by_a_payment_order(encoding: str, said: str) -> None:
    statement = opened(STATEMENT.replace("=Windows", f"={said}"), encoding)
    assert statement.problems == []
    [transfer] = statement.transfers
    assert (transfer.number, transfer.on, transfer.amount) == ("123456", date(2019, 3, 12), Decimal("4955.70"))
    assert transfer.transfer is not None
    assert (transfer.transfer.register, transfer.transfer.on, transfer.transfer.fee) == (
        "001", date(2019, 3, 11), Decimal("60.19")
    )  # fmt: skip
    assert list(statement) == []  # no resident's payment among them


@pytest.mark.parametrize(
    ("purpose", "account", "period"),
    [
        ("Оплата ЖКУ за 02.2019, ЛС 10117", "10117", date(2019, 2, 1)),
        ("Квартплата, л/с № 0667000001 за февраль 2019 г. Без НДС", "0667000001", date(2019, 2, 1)),
        ("За коммунальные услуги лицевой счет: 10117/2 за 02/2019", "10117/2", date(2019, 2, 1)),
        ("Оплата за лютий 2019, особовий рахунок 10117", "10117", date(2019, 2, 1)),
        ("Сплата за послуги, о/р 10117", "10117", None),
        ("Оплата за 11.03.2019 лиц. счет 10117", "10117", None),
        ("Возврат займа за фебруар 2019", "", None),
    ],
)
def test_a_resident_s_order_names_account_and_month_in_its_purpose(
    purpose: str, account: str, period: date | None
) -> None:
    [receipt] = opened(with_orders(order(purpose)))
    assert (receipt.account, receipt.period, receipt.amount, receipt.is_good) == (
        account, period, Decimal("1180.70"), True
    )  # fmt: skip
    assert (receipt.number, receipt.operation) == ("7", "40817810000000000001 20190313 7")


def test_outgoing_money_is_passed_over_with_a_note() -> None:
    statement = opened(with_orders(order("за свет", incoming=False), order("ЛС 1")))
    assert [one.amount for one in statement.orders] == [Decimal("4955.70"), Decimal("1180.70")]
    assert [(one.level, one.message) for one in statement.problems] == [
        ("warning", "1 orders of outgoing money are passed over.")
    ]


def test_an_order_about_foreign_accounts_is_passed_over_with_a_warning() -> None:
    statement = opened(STATEMENT.replace("РасчСчет=40702810652000001234\nС", "РасчСчет=40702810652000009999\nС"))
    assert (statement.orders, [one.level for one in statement.problems]) == ([], ["warning"])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "first line"),
        ("account;date\n", "first line"),
        (STATEMENT.replace("КонецФайла\n", ""), "cut off"),
        (STATEMENT.replace("КонецДокумента\n", ""), "cut off"),
        (STATEMENT.replace("Номер=123456", "СекцияДокумент=Ордер"), "begins before"),
        (STATEMENT.replace("4955.70", "-4955.70"), "between"),
        (STATEMENT.replace("4955.70", "4,955.70"), "not clear"),
        (STATEMENT.replace("Сумма=4955.70\n", ""), "filled in"),
        (STATEMENT.replace("12.03.2019", "31.02.2019"), "no such day"),
        (STATEMENT.replace("РасчСчет=40702810652000001234\nС", "С"), "whose account"),
        (STATEMENT.replace("Номер", "x" * 200_000 + "\nНомер"), "longer than"),
        (STATEMENT.replace("Номер=", "Номер\0="), "not a text file"),
        (
            STATEMENT.replace("СекцияДок", "СекцияРасчСчет\nВсегоПоступило=4955.71\nКонецРасчСчет\nСекцияДок"),
            "4,955.71 came in, its orders make 4,955.70",
        ),
    ],
)
@pytest.mark.feature("G10")
def test_a_bad_statement_is_refused_with_a_sentence(text: str, word: str) -> None:
    found = errors(opened(text))
    assert any(word in sentence for sentence in found), found


# --- Registers against the statement --------------------------------------------------------------------------------


def register(text: str = SBER) -> Expected:
    table = payments(io.BytesIO(text.encode()), profile=SBERBANK)
    list(table)
    return Expected.of("f.txt", table.footers[0], register="1", on=date(2019, 3, 11))


def told(found: list[Mismatch]) -> list[tuple[str, Decimal]]:
    return [(one.kind, one.difference) for one in found]


def test_what_the_bank_transferred_must_be_what_its_register_says() -> None:
    assert compare([register()], opened(STATEMENT).orders) == []
    less = opened(STATEMENT.replace("4955.70", "4955.00")).orders
    assert told(compare([register()], less)) == [("sum_differs", Decimal("-0.70"))]


def test_registers_without_money_and_money_without_registers_are_told() -> None:
    assert told(compare([register()], [])) == [("no_money", Decimal("-4955.70"))]
    assert told(compare([], opened(STATEMENT).orders)) == [("no_register", Decimal("4955.70"))]
    assert (
        compare([], opened(with_orders(order("ЛС 10117"))).orders[1:]) == []
    )  # a resident's payment needs no register


def test_an_order_is_found_by_its_number_then_by_the_register_then_by_the_sum() -> None:
    orders = opened(STATEMENT).orders
    by_purpose = Expected("a", Decimal("1.00"), register="001", on=date(2019, 3, 11))
    other_day = Expected("b", Decimal("1.00"), register="001", on=date(2019, 3, 10))
    by_sum = Expected("c", Decimal("4955.70"))
    assert told(compare([by_purpose], orders)) == [("sum_differs", Decimal("4954.70"))]
    assert sorted(kind for kind, _sum in told(compare([other_day], orders))) == ["no_money", "no_register"]
    assert told(compare([other_day, by_sum], orders)) == [("no_money", Decimal("-1.00"))]
    assert told(compare([by_sum, by_sum], orders)) == [("no_money", Decimal("-4955.70"))]


# --- Archives and telling formats -----------------------------------------------------------------------------------


def archive(*files: tuple[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "count"),
    [
        (SBER.encode("cp1251"), "sberbank", 3),
        (SBER.encode("koi8-r"), "sberbank", 3),
        (UA.encode("cp1251"), "table", 2),
        (BATCHES.encode("cp866"), "centre", 3),
        (with_orders(order("ЛС 1")).encode("cp866"), "statement", 1),
        (archive(("001_110319.txt", SBER.encode("cp1251")), ("__MACOSX/._001", b"x")), "archive", 3),
        (archive(("kl_to_1c.txt", with_orders(order("ЛС 1")).encode("cp1251"))), "archive", 1),
    ],
)
@pytest.mark.feature("G10")
def test_a_format_is_told_by_the_content(content: bytes, kind: str, count: int) -> None:
    assert detect(io.BytesIO(content)) == kind
    found = open_payments(io.BytesIO(content))
    assert len(list(found)) == count
    assert not [problem for problem in found.problems if problem.level == "error"]


def test_a_dbf_is_told_by_its_head() -> None:
    assert detect(io.BytesIO(dbf_file(FIELDS, DBF_ROWS, "cp1251", 0xC9))) == "dbf"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (archive(("a.txt", SBER.encode()), ("b.txt", SBER.encode())), "exactly one file"),
        (archive(), "not a text file"),
        (archive(("a.txt", b"x" * (64 << 20))), "too large"),
        (archive(*((f"{n}.txt", b"") for n in range(2000))), "too large"),
        (archive(("a.txt", SBER.encode()))[:-30], "broken"),
        (archive(("a.txt", archive(("b.txt", SBER.encode())))), "broken"),
        (b"\0" * 100, "not a text file"),
    ],
)
@pytest.mark.feature("G10")
def test_an_archive_that_is_no_register_is_refused(content: bytes, word: str) -> None:
    found = open_payments(io.BytesIO(content))
    assert list(found) == []
    assert word in found.problems[0].message


def test_an_archive_that_lies_about_its_size_is_not_unpacked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("premises.registers.archives.MAX_FILE", 1000)
    found = open_payments(io.BytesIO(archive(("a.txt", SBER.encode() * 10))))
    assert (list(found), "too large" in found.problems[0].message) == ([], True)


def test_a_locked_archive_is_refused() -> None:
    locked = bytearray(archive(("a.txt", SBER.encode())))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    assert "password" in open_payments(io.BytesIO(bytes(locked))).problems[0].message


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_entities_in_any_part_of_a_workbook_are_refused(part: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    files = {"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b"<worksheet/>"} | {part: bomb}
    found = open_payments(io.BytesIO(archive(*files.items())))
    assert "broken" in found.problems[0].message


def test_a_workbook_that_shrinks_too_well_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FREE_RATIO", 1 << 20)
    content = archive(("[Content_Types].xml", b""), ("xl/worksheets/sheet1.xml", b" " * (4 << 20)))
    assert "too large" in open_payments(io.BytesIO(content)).problems[0].message
