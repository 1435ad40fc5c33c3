"""Each check with published numbers that are real and neighbours that are not."""

from collections.abc import Callable
from datetime import date

import pytest

from lib import identifiers

Check = Callable[[str], bool]

REAL: list[tuple[Check, str]] = [
    (identifiers.is_inn, "3661057530"),
    (identifiers.is_inn, "7707083893"),
    (identifiers.is_inn, "500100732259"),
    (identifiers.is_kpp, "366101001"),
    (identifiers.is_kpp, "7701AB001"),
    (identifiers.is_snils, "11223344595"),
    (identifiers.is_snils, "08765430300"),  # the check sum is 202
    (identifiers.is_snils, "00100199800"),  # so old that it has no check number
    (identifiers.is_bik, "044525225"),
    (identifiers.is_bik, "014525988"),
    (identifiers.is_edrpou, "14360570"),
    (identifiers.is_edrpou, "40121452"),
    (identifiers.is_edrpou, "20077720"),
    (identifiers.is_edrpou, "30000005"),  # the second pass
    (identifiers.is_rnokpp, "3287300012"),
    (identifiers.is_unzr, "19900101-00017"),
    (identifiers.is_iban_ua, "UA213223130000026007233566001"),
    (identifiers.is_iban_ua, "UA223052990000026001234567890"),
    (identifiers.is_iban_ua, "ua21 3223 1300 0002 6007 2335 6600 1"),
    (identifiers.is_iban, "DE89370400440532013000"),
    (identifiers.is_iban, "FR14 2004 1010 0505 0001 3M02 606"),
    (identifiers.is_iban, "UA223052990000026001234567890"),
    (identifiers.is_els, "60ЕХ209700"),
    (identifiers.is_els, "60EX209700"),  # Latin
    (identifiers.is_els, "60 ех 209700"),
    (identifiers.is_zhku, "60ЕХ209700-10"),
    (identifiers.is_zhku, "60ex209700–10"),
    (identifiers.is_document_id, "60ЕХ209700-10-6021"),
]

UNREAL: list[tuple[Check, str]] = [
    (identifiers.is_inn, "7701234567"),
    (identifiers.is_inn, "3661057531"),
    (identifiers.is_inn, "500100732258"),
    (identifiers.is_inn, "50010073225"),
    (identifiers.is_inn, "٣٦٦١٠٥٧٥٣٠"),
    (identifiers.is_inn, ""),
    (identifiers.is_kpp, "36610100"),
    (identifiers.is_kpp, "7701ab001"),
    (identifiers.is_snils, "11223344596"),
    (identifiers.is_snils, "112-233-445 95"),  # the caller takes the signs away
    (identifiers.is_snils, "1122334459"),
    (identifiers.is_snils, "00000000000"),
    (identifiers.is_bik, "44525225"),
    (identifiers.is_bik, "994525225"),
    (identifiers.is_edrpou, "40121453"),
    (identifiers.is_edrpou, "4012145"),
    (identifiers.is_rnokpp, "3287300013"),
    (identifiers.is_unzr, "19900230-00017"),
    (identifiers.is_unzr, "1990010100017"),
    (identifiers.is_iban_ua, "UA213223130000026007233566002"),
    (identifiers.is_iban_ua, "DE89370400440532013000"),
    (identifiers.is_iban_ua, "UA21322313000002600723356600"),
    (identifiers.is_iban, "DE89370400440532013001"),
    (identifiers.is_iban, "DE8937040044"),
    (identifiers.is_iban, ""),
    (identifiers.is_els, "60Х209700"),
    (identifiers.is_els, "6ОЕХ209700"),  # the letter О for the second digit
    (identifiers.is_els, "60GX209700"),
    (identifiers.is_zhku, "60ЕХ209700"),
    (identifiers.is_document_id, "60ЕХ209700-10"),
]


@pytest.mark.parametrize(("check", "text"), REAL)
def test_a_real_number_passes(check: Check, text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(("check", "text"), UNREAL)
def test_a_number_with_a_slip_does_not(check: Check, text: str) -> None:
    assert not check(text)


def test_every_wrong_last_digit_is_found() -> None:
    for check, text in REAL:
        if check in {identifiers.is_inn, identifiers.is_edrpou, identifiers.is_rnokpp} or text == "11223344595":
            assert [digit for digit in "0123456789" if check(text[:-1] + digit)] == [text[-1]]


@pytest.mark.parametrize(
    ("account", "bik", "real"),
    [
        ("40702810652000001234", "044525225", True),
        ("40702810338000000001", "044525225", False),  # the key should be 9
        ("40702810938000000001", "044525225", True),
        ("4070281065200000123", "044525225", False),
        ("40702810652000001234", "44525225", False),
        ("03100643000000013200", "014525988", True),  # a treasury account: the shape only
        ("0310064300000001320", "014525988", False),
    ],
)
def test_a_clients_account_carries_the_key_of_its_bank(account: str, bik: str, real: bool) -> None:
    assert identifiers.is_bank_account(account, bik) is real


@pytest.mark.parametrize(
    ("account", "bik", "real"),
    [
        ("30101810400000000225", "044525225", True),
        ("30101810600000000602", "046015602", True),
        ("30101810500000000225", "044525225", False),
    ],
)
def test_a_correspondent_account_carries_the_key_of_its_region(account: str, bik: str, real: bool) -> None:
    assert identifiers.is_correspondent_account(account, bik) is real


def test_identifiers_of_the_state_register_are_kept_in_one_form() -> None:
    assert identifiers.normal_gis(" 60ex209700-10 ") == "60ЕХ209700-10"
    assert identifiers.normal_gis("60EX209700–10–6021") == "60ЕХ209700-10-6021"


@pytest.mark.parametrize(("born", "real"), [(date(1990, 1, 1), True), (date(1990, 1, 2), False), (None, True)])
def test_a_ukrainian_number_tells_when_its_person_was_born(born: date | None, real: bool) -> None:
    assert identifiers.is_rnokpp("3287300012", born) is real
    assert identifiers.is_unzr("19900101-00017", born) is real
