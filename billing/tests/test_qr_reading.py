"""Payment codes read back: what we write, and what other systems write."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from billing.qr import epc, gost, nbu, symbol
from billing.qr.payment import CannotEncode, NotAPaymentCode
from billing.qr.reading import read_payment_code
from billing.tests.test_qr import G1, N1, N3, YALYNKA
from billing.tests.test_qr_epc import E1
from lib.qr import QUIET_ZONE

pytestmark = pytest.mark.feature("B11", "G9")

CP1251 = "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙ «»№-.,'\"0123456789"
KOI8 = "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙ -.,'\"0123456789"
LATIN = "abcdefgh ABCDEFGH-.,'0123456789"
SUMS = st.integers(1, 10**11 - 1).map(lambda kopecks: Decimal(kopecks).scaleb(-2))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2068, 1, 1))  # noqa: DTZ001 - of Kyiv
MONTHS = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.replace(day=1))


def words(letters: str, longest: int, *, shortest: int = 0) -> st.SearchStrategy[str]:
    texts = st.text(letters, min_size=shortest, max_size=longest).map(lambda text: " ".join(text.split()))
    return texts.filter(lambda text: len(text) >= shortest)


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


@st.composite
def gost_fields(draw: st.DrawFn, letters: str) -> dict[str, str]:
    mandatory = {
        "Name": draw(words(letters, 60, shortest=1)), "PersonalAcc": draw(digits(20)),
        "BankName": draw(words(letters, 20, shortest=1)), "BIC": draw(digits(9)),
        "CorrespAcc": draw(st.just("0") | digits(20)),
    }  # fmt: skip
    optional = {
        name: draw(words(letters + "|#", most))
        for name, (least, most) in gost.LIMITS.items()
        if least == 1 and name not in gost.SHAPES and name not in mandatory
    }
    shaped = {
        "PayeeINN": draw(digits(10)), "KPP": "3661AB001", "PayerINN": draw(digits(12)), "DrawerStatus": "01",
        "CBC": draw(digits(20)), "OKTMO": draw(digits(11)), "DocDate": gost.day(draw(st.dates())),
        "QuittDate": gost.day(draw(st.dates())), "PaymPeriod": f"{draw(MONTHS):%m%Y}", "Sum": gost.kopecks(draw(SUMS)),
        "AddAmount": gost.kopecks(draw(SUMS)), "UIN": draw(digits(25)), "TechCode": draw(digits(2)),
    }  # fmt: skip
    return mandatory | {name: value for name, value in (optional | shaped).items() if value and draw(st.booleans())}


@given(st.data())
def test_every_gost_code_reads_back_from_its_bytes(data: st.DataObject) -> None:
    digit = data.draw(st.sampled_from("123"))
    fields = data.draw(gost_fields(KOI8 if digit == "3" else CP1251))
    free = [sign for sign in gost.SEPARATORS if sign not in "".join(fields.values())]
    separator = data.draw(st.sampled_from(["", *free]))
    try:
        text = gost.write(fields, encoding=digit, separator=separator)
    except CannotEncode as refused:
        assume("300 bytes" in str(refused))
        raise
    for code in (read_payment_code(symbol.encoded(text)), read_payment_code(text)):
        assert code.fields == fields
        assert code.encoding == gost.ENCODINGS[digit]
        assert code.amount == (Decimal(fields["Sum"]) / 100 if "Sum" in fields else None)
        assert (code.period is None) == ("PaymPeriod" not in fields)


@given(
    name=words(CP1251, 40, shortest=1), purpose=words(CP1251, 50, shortest=1), display=words(CP1251, 30),
    amount=st.none() | SUMS, encoding=st.sampled_from("12"), line_end=st.sampled_from(["\n", "\r\n"]),
    version=st.sampled_from(["001", "002", "003"]), moment=MOMENTS,
    open_fields=st.sets(st.integers(1, 15)), reference=words(LATIN, 35),
)  # fmt: skip
def test_every_code_of_the_national_bank_reads_back(
    name: str, purpose: str, display: str, amount: Decimal | None, encoding: str, line_end: str, version: str,
    moment: datetime, open_fields: set[int], reference: str,
) -> None:  # fmt: skip
    payee = nbu.Payee(name, YALYNKA.iban, YALYNKA.tax_id)
    common: dict[str, Any] = {"amount": amount, "purpose": purpose, "display": display, "encoding": encoding}
    if version == "001":
        text = nbu.payment_text_001(payee, **common)
    elif version == "002":
        text = nbu.payment_link_002(payee, **common, line_end=line_end)
    else:
        text = nbu.payment_link_003(
            payee, **common, line_end=line_end, reference=reference, lock=nbu.lock_except(*open_fields),
            created=moment.replace(tzinfo=nbu.KYIV),
        )  # fmt: skip
    code = read_payment_code(symbol.encoded(text))
    assert (code.format, code.encoding) == (f"NBU {version}", nbu.ENCODINGS[encoding])
    assert (code.recipient, code.account, code.tax_id) == (name, YALYNKA.iban, YALYNKA.tax_id)
    assert (code.amount, code.currency) == (amount, "UAH")
    assert purpose.startswith(code.purpose)
    assert code.fields["display"] == display
    if version == "003":
        assert code.purpose == purpose
        assert code.fields["reference"] == reference
        assert nbu.editable(code.fields) == frozenset(open_fields)
        written = nbu.moment(code.fields["created"])
        assert written is not None
        assert f"{written:%Y%m%d%H%M%S}" == f"{moment:%Y%m%d%H%M%S}"


@given(
    recipient=words(LATIN + "äöü", 70, shortest=1), text=words(LATIN + "äöü", 60), info=words(LATIN, 20),
    amount=st.none() | SUMS, encoding=st.sampled_from("1238"), line_end=st.sampled_from(["\n", "\r\n"]),
    bic=st.sampled_from(["", "COBADEFFXXX"]), reference=st.sampled_from(["", "RF18539007547034"]),
)  # fmt: skip
def test_every_european_code_reads_back(
    recipient: str, text: str, info: str, amount: Decimal | None, encoding: str, line_end: str, bic: str, reference: str
) -> None:
    text = "" if reference else text
    written = epc.payment_text(
        recipient=recipient, iban="DE89370400440532013000", amount=amount, bic=bic, reference=reference, text=text,
        info=info, encoding=encoding, line_end=line_end,
    )  # fmt: skip
    code = read_payment_code(symbol.encoded(written))
    assert (code.format, code.recipient, code.account) == ("EPC 002", recipient, "DE89370400440532013000")
    assert (code.amount, code.currency, code.bic) == (amount, "EUR", bic)
    assert (code.fields["text"], code.fields["reference"], code.fields["info"]) == (text, reference, info)


@pytest.mark.parametrize("text", [G1, N1, N3, E1])
def test_the_drawn_picture_gives_a_scanner_the_same_bytes(text: str) -> None:
    assert scanned(drawn(text)) == symbol.encoded(text)


@pytest.mark.parametrize("digit", ["1", "2", "3"])
def test_a_scanner_reads_every_encoding(digit: str) -> None:
    text = gost.write(gost.read(G1).fields, encoding=digit)
    content = scanned(drawn(text))
    assert content == text.encode(gost.ENCODINGS[digit])
    assert read_payment_code(content).fields == gost.read(G1).fields


def drawn(text: str) -> bytes:
    """A picture of the modules that a document prints."""
    rows = [bytes(255 * (1 - dark) for dark in row) for row in symbol.code_rows(text)]
    picture = Image.frombytes("L", (len(rows[0]), len(rows)), b"".join(rows))
    whole = ImageOps.expand(picture, QUIET_ZONE, 255)
    file = BytesIO()
    whole.resize((whole.width * 4, whole.height * 4), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def scanned(png: bytes) -> bytes:
    import zxingcpp
    from PIL import Image

    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(png)))
    return bytes(found.bytes)


# --- What other systems write ---------------------------------------------------------------------------------------

SHORT = "Name=ООО|PersonalAcc=40702810652000001234|BankName=Банк|BIC=044525225|CorrespAcc=0"


@pytest.mark.parametrize(
    "text",
    [
        f"ST00012|{SHORT}|Sum=100|PersAcc=10117",
        f"ST00012|{SHORT}|PersAcc=10117|Sum=100|",  # a trailing separator, another order
        f"ST00012|{SHORT}|PersAcc=10117|Sum=100||\r\n",
        f"\ufeffST00012|{SHORT}|PersAcc=10117|Sum=100",
        f"ST00012|{SHORT.upper().replace('ООО', 'ООО').replace('БАНК', 'Банк')}|PERSACC=10117|SUM=100",
        f"ST00012|{SHORT}|persacc=10117|sUM=100",
        f"ST00012|{SHORT}|PersAcc=10117|Sum=100".replace("|", "\\"),  # a separator outside the standard's list
        "ST00012|Sum=100|PersAcc=10117|" + "|".join(reversed(SHORT.split("|"))),
    ],
)
def test_a_code_of_another_system_is_understood(text: str) -> None:
    for content in (text, text.encode()):
        code = read_payment_code(content)
        assert (code.recipient, code.account, code.bic) == ("ООО", "40702810652000001234", "044525225")
        assert (code.fields["BankName"], code.fields["CorrespAcc"]) == ("Банк", "0")
        assert (code.amount, code.payer_account) == (Decimal("1.00"), "10117")


def test_an_unknown_key_and_a_sign_of_equality_in_a_value_are_kept() -> None:
    code = read_payment_code(f"ST00012|{SHORT}|ChildFio=Аня|Purpose=a=b")
    assert (code.fields["ChildFio"], code.purpose, code.amount, code.period) == ("Аня", "a=b", None, None)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("022019", date(2019, 2, 1)), ("0219", date(2019, 2, 1)), ("02.2019", date(2019, 2, 1)),
        ("201902", date(2019, 2, 1)), ("122020", date(2020, 12, 1)), ("202012", date(2020, 12, 1)),
        ("1320", None), ("132019", None), ("201913", None), ("февраль", None), ("", None), ("٠٢٢٠١٩", None),
    ],
)  # fmt: skip
def test_the_month_is_read_in_every_usual_form(text: str, month: date | None) -> None:
    assert read_payment_code(f"ST00012|{SHORT}|PaymPeriod={text}").period == month


def n1_lines() -> list[str]:
    return list(nbu.read(N1).fields.values())


def link(lines: list[str], *, host: str = nbu.HOST_002, end: str = "\n", padded: bool = False) -> str:
    packed = urlsafe_b64encode(end.join(lines).encode()).decode()
    return host + (packed if padded else packed.rstrip("="))


@pytest.mark.parametrize("count", [12, 13, 14])
@pytest.mark.parametrize("host", [nbu.HOST_002, nbu.HOST_003, "HTTPS://BANK.GOV.UA/qr/"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("padded", [True, False])
def test_a_link_of_another_bank_is_understood(count: int, host: str, end: str, padded: bool) -> None:
    lines = [*n1_lines(), ""][:count]
    assert nbu.read(link(lines, host=host, end=end, padded=padded)).fields == nbu.read(N1).fields


def test_the_sum_may_have_any_usual_form() -> None:
    for text, amount in (("UAH1245.6", "1245.60"), ("UAH1245.60", "1245.60"), ("UAH150", "150.00"), ("UAH", None)):
        lines = n1_lines()
        lines[7] = text
        assert nbu.read(link(lines)).amount == (None if amount is None else Decimal(amount))


def test_version_001_is_read_with_its_start_code_and_without() -> None:
    text = nbu.payment_text_001(YALYNKA, amount=Decimal("5"), purpose="Внесок")
    for content in (text, text.strip(" "), text.encode(), text.replace("\r\n", "\n")):
        assert read_payment_code(content).amount == Decimal("5.00")


def test_a_european_code_with_empty_lines_at_its_end_is_understood() -> None:
    assert epc.read(E1 + "\n\n").fields == epc.read(E1).fields


def changed(place: int, value: str) -> str:
    lines = n1_lines()
    lines[place] = value
    return link(lines)


@pytest.mark.parametrize(
    "content",
    [
        "", "   ", "https://portal.example/q/7F3K/", "ST", "ST00012", "ST00022|" + SHORT, "ST00019|" + SHORT,
        "ST00012=" + SHORT, "ST00012A" + SHORT, "ST00012|" + SHORT.replace("BIC=", "BIK="), f"ST00012|{SHORT}|Sum=1.5",
        f"ST00012|{SHORT}|Sum=" + "9" * 19, f"ST00012|{SHORT}|Sum=-5", f"ST00012|{SHORT}|Sum=5|SUM=6",
        f"ST00012|{SHORT}|no equals", f"ST00012|{SHORT}|=5", ("ST00012|" + SHORT).encode("windows-1251"), b"\xff\xfe\x00",
        nbu.HOST_002, nbu.HOST_002 + "ї", nbu.HOST_002 + "A", nbu.HOST_002 + "QUJD", N1[:60], N3[:-8], changed(2, "7"),
        changed(3, "SCT"), changed(5, ""), changed(7, "USD5"), changed(7, "UAH5.005"), changed(1, "009"),
        link([*n1_lines(), "", ""]), link([*n1_lines(), "x"]), E1.replace("\n1\n", "\n9\n"), E1.replace("EUR", "USD"),
        E1 + "\n\ninfo\nmore", E1.replace("DE89370400440532013000", ""), "BCD\n002\n1\nSCT\n",
        E1.replace("\n\nWohnung", "\nRF18539007547034\nWohnung"), "BCD\n\n\n", "ST00012|" + "x" * 4000,
    ],
)  # fmt: skip
def test_what_is_no_payment_code_gets_a_sentence(content: str | bytes) -> None:
    with pytest.raises(NotAPaymentCode) as wrong:
        read_payment_code(content)
    assert str(wrong.value).startswith(("This is not", "The "))
    assert "%(" not in str(wrong.value)


def test_bytes_that_are_not_in_the_declared_encoding_are_said_to_be_so() -> None:
    with pytest.raises(NotAPaymentCode, match="encoding that it names"), translation.override("en"):
        read_payment_code(("ST00012|" + SHORT).encode("windows-1251"))


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_anything_at_all_is_read_or_refused(content: bytes | str) -> None:
    for start in ("", "ST00012|", nbu.HOST_002, "BCD\n002\n1\nSCT\n"):
        whole = start.encode() + content if isinstance(content, bytes) else start + content
        with suppress(NotAPaymentCode):
            assert read_payment_code(whole).recipient


def test_the_command_prints_what_a_code_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(G1.encode() + b"\n")))
    call_command("read_code", stdout=out)
    assert "47048.00 RUB" in out.getvalue()
    assert "PersAcc: 10117" in out.getvalue()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(b"hello")))
    with pytest.raises(CommandError, match="not a payment code"):
        call_command("read_code")
