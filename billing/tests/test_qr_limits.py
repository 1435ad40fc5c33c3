"""Limits of the Russian and Ukrainian codes: the last value that passes and the first that does not; how they are drawn."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.qr import gost, nbu, symbol
from billing.qr.payment import CannotEncode
from billing.tests.test_qr import G1, N1, N3, PURPOSE, YALYNKA, n3
from billing.tests.test_qr_epc import E1
from lib.qr import QUIET_ZONE, DoesNotFit, qr_rows, qr_version

BASE = {"Name": "ООО", "PersonalAcc": "4" * 20, "BankName": "Банк", "BIC": "044525225", "CorrespAcc": "0"}
DIGITS = {"CBC", "OKTMO", "AddAmount", "UIN", "Sum"}
EXACT = {"PersonalAcc": "4" * 20, "BIC": "044525225", "KPP": "3661AB001", "DrawerStatus": "01", "TechCode": "02",
         "DocDate": "05.02.2019", "QuittDate": "28.02.2019", "PaymPeriod": "022019"}  # fmt: skip


def written(**fields: str) -> dict[str, str]:
    return dict(gost.read(gost.write(BASE | fields, encoding="1")).fields)


def refused(**fields: str) -> None:
    with pytest.raises(CannotEncode):
        gost.write(BASE | fields, encoding="1")


@pytest.mark.parametrize("name", sorted(gost.LIMITS.keys() - EXACT.keys() - {"CorrespAcc", "PayeeINN", "PayerINN"}))
def test_a_key_is_as_long_as_the_standard_allows_and_no_longer(name: str) -> None:
    sign, most = ("7" if name in DIGITS else "х"), gost.LIMITS[name][1]
    assert written(**{name: sign * most})[name] == sign * most
    refused(**{name: sign * (most + 1)})
    if name in DIGITS:
        refused(**{name: "7х"})


@pytest.mark.parametrize(("name", "value"), sorted(EXACT.items()))
def test_a_key_of_fixed_length_has_neither_less_nor_more(name: str, value: str) -> None:
    assert written(**{name: value})[name] == value
    refused(**{name: value + "0"})
    refused(**{name: value[:-1]})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PayeeINN", "1" * 11), ("PayerINN", "1" * 13), ("PayeeINN", "1" * 9), ("CorrespAcc", "1"), ("CorrespAcc", "1" * 19),
        ("DocDate", "2019-02-05"), ("DocDate", "32.01.2019"), ("QuittDate", "05.13.2019"), ("PaymPeriod", "201902"),
        ("PaymPeriod", "132019"), ("KPP", "3661ab001"), ("Nonsense", "1"), ("Purpose", "две\nстроки"), ("Sum", "10.5"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_refused(name: str, value: str) -> None:
    refused(**{name: value})


def test_the_obligatory_fields_are_measured_in_bytes_of_the_encoding() -> None:
    spare = gost.MANDATORY_BYTES - len("Name=|" + "|".join(f"{name}={BASE[name]}" for name in gost.MANDATORY[1:]))
    for digit, bank, room in (("1", "Банк", 160), ("2", "Банк", (spare - 4) // 2)):
        assert gost.write(BASE | {"Name": "х" * room, "BankName": bank}, encoding=digit)
        with pytest.raises(CannotEncode):
            gost.write(BASE | {"Name": "х" * (room + 1), "BankName": bank}, encoding=digit)


@pytest.mark.parametrize(("digit", "value"), [("1", "漢"), ("3", "№"), ("9", "a"), ("", "a")])
def test_letters_that_the_encoding_lacks_are_refused(digit: str, value: str) -> None:
    with pytest.raises(CannotEncode):
        gost.write(BASE | {"Purpose": value}, encoding=digit)


def test_a_chosen_separator_stands_everywhere_and_must_not_be_in_a_value() -> None:
    assert gost.write(BASE, separator="^").count("^") == 5
    for wrong in ("|#", "a", "-"):
        with pytest.raises(CannotEncode):
            gost.write(BASE, separator=wrong)
    with pytest.raises(CannotEncode):
        gost.write(BASE | {"Purpose": "a^b"}, separator="^")
    with pytest.raises(CannotEncode):
        gost.write(BASE | {"Purpose": gost.SEPARATORS})


# --- Ukraine --------------------------------------------------------------------------------------------------------


def payee(**changes: str) -> nbu.Payee:
    return nbu.Payee(**(vars(YALYNKA) | changes))


WRITERS: list[Callable[..., str]] = [nbu.payment_text_001, nbu.payment_link_002, nbu.payment_link_003]


@pytest.mark.parametrize("write", WRITERS)
def test_every_version_has_the_same_limits_of_its_fields(write: Callable[..., str]) -> None:
    usual: dict[str, Any] = {"amount": Decimal("5"), "purpose": "x", "encoding": "2"}
    assert nbu.read(write(payee(name="х" * 140), **usual)).recipient == "х" * 140
    assert nbu.read(write(YALYNKA, **usual | {"display": "х" * 140})).fields["display"] == "х" * 140
    assert nbu.read(write(YALYNKA, **usual | {"amount": Decimal("999999999.99")})).amount == Decimal("999999999.99")
    for wrong in (payee(name="х" * 141), payee(name="a\nb"), payee(iban=YALYNKA.iban[:-1] + "1"),
                  payee(iban="DE89370400440532013000"), payee(tax_id="400000111"), payee(tax_id="4" * 11)):  # fmt: skip
        with pytest.raises(CannotEncode):
            write(wrong, **usual)
    for change in ({"display": "х" * 141}, {"display": "a\nb"}, {"amount": Decimal("1E12")}, {"encoding": "3"},
                   {"amount": Decimal("NaN")}, {"purpose": "\u200b"}, {"purpose": "漢"}):  # fmt: skip
        with pytest.raises(CannotEncode):
            write(YALYNKA, **usual | change)


def test_the_sum_has_up_to_15_bytes() -> None:
    assert nbu.read(n3(amount=Decimal("999999999999"))).amount == Decimal("999999999999")
    for amount in ("1000000000000", "9999999999.99"):
        with pytest.raises(CannotEncode):
            n3(amount=Decimal(amount))


def test_version_001_begins_with_23_spaces_and_ends_its_lines_with_crlf() -> None:
    text = nbu.payment_text_001(YALYNKA, amount=Decimal("1245.60"), purpose=PURPOSE)
    assert text.startswith(" " * 23 + "BCD\r\n001\r\n1\r\nUCT\r\n\r\n")
    assert text.count("\r\n") == text.count("\n") == 12
    assert len(" " * 23) == len(nbu.HOST_002) == len(nbu.HOST_003)


def test_only_the_purpose_gives_way_and_the_fields_fill_the_limit() -> None:
    for encoding, letter in (("1", "x"), ("2", "ї")):
        link = nbu.payment_link_002(YALYNKA, amount=None, purpose=letter * 500, encoding=encoding)
        code = nbu.read(link)
        assert set(code.purpose) == {letter}
        assert len("\n".join(code.fields.values()).encode(code.encoding)) == nbu.BYTES_002
        assert code.recipient == YALYNKA.name
    long = n3(purpose="ї" * 500)
    assert len(long) - len(nbu.HOST_003) == nbu.BYTES_003
    assert len(nbu.read(long).purpose) < nbu.PURPOSE
    with pytest.raises(CannotEncode):  # nothing else may be cut
        nbu.payment_link_002(payee(name="х" * 140), amount=None, purpose="x", display="х" * 30)


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        ({"reference": "x" * 35}, {"reference": "x" * 36}),
        ({"lock": ""}, {"lock": "feff"}),
        ({"lock": "FFFF"}, {"lock": "FFFFF"}),
        ({"category": "OTHR/OTHR"}, {"category": "OTHR"}),
        ({"function": "XCT"}, {"function": "SCT"}),
        ({"function": "ICT"}, {"function": ""}),
        ({"line_end": "\r\n"}, {"line_end": "\r"}),
        ({"encoding": "1", "purpose": "漢"}, {"encoding": "2", "purpose": "漢"}),
        ({"created": None}, {"created": datetime(2026, 11, 20, 23, 59, 59, tzinfo=nbu.KYIV)}),
        ({"valid_until": None}, {"valid_until": datetime(2026, 12, 1)}),  # noqa: DTZ001 - refused for that
    ],
)
def test_a_limit_of_003_holds_on_both_sides(fits: dict[str, Any], does_not: dict[str, Any]) -> None:
    assert nbu.read(n3(**fits)).recipient == YALYNKA.name
    with pytest.raises(CannotEncode):
        n3(**does_not)


def test_the_lock_leaves_the_named_fields_to_the_payer() -> None:
    assert [nbu.lock_except(8), nbu.lock_except(8, 12), nbu.lock_except(6), nbu.lock_except()] == [
        "FEFF", "EEFF", "FFBF", "FFFF"
    ]  # fmt: skip
    assert nbu.editable(nbu.read(n3(lock="EEFF")).fields) == frozenset({8, 12})
    assert nbu.editable(nbu.read(n3(lock="")).fields) is None


# --- The symbol -----------------------------------------------------------------------------------------------------


def version_of(text: str) -> tuple[str, int]:
    content, level, versions = symbol.fitting(text)
    return level, qr_version(content, level=level, versions=versions)


def test_each_format_is_drawn_at_its_level_and_size() -> None:
    assert version_of(G1) == ("M", 17)
    assert version_of(N1) == ("M", 10)
    assert version_of(N3) == ("M", 11)
    assert version_of(E1)[0] == "M"
    short = nbu.payment_link_003(YALYNKA, amount=None, purpose="x", reference="")
    assert version_of(short) == ("M", 10)  # never smaller
    full = nbu.payment_link_002(YALYNKA, amount=None, purpose="x" * 400)
    assert version_of(full)[0] == "L"  # 465 bytes are more than 15-M holds
    assert version_of(n3(purpose="ї" * 500)) == ("M", 17)


def test_a_code_that_its_format_has_no_room_for_is_refused() -> None:
    with pytest.raises(CannotEncode):
        symbol.fitting(nbu.HOST_003 + "A" * 490)
    with pytest.raises(DoesNotFit):
        qr_rows("x" * 100, versions=range(1, 3))


def test_the_quiet_zone_is_four_modules() -> None:
    assert QUIET_ZONE == 4
