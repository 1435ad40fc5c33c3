"""What people type, and what the portal makes of it."""

import pytest

from accounts.addresses import BadAddress, parse

BOTH = ["RU", "UA"]


@pytest.mark.parametrize(
    ("typed", "countries", "stored"),
    [
        ("8 (912) 345-67-89", ["RU"], "+79123456789"),
        ("8(999)123-45-67", BOTH, "+79991234567"),
        ("+7 912 345-67-89", ["RU"], "+79123456789"),
        ("7 912 345 67 89", ["RU"], "+79123456789"),
        ("9123456789", ["RU"], "+79123456789"),
        ("  +7-912-345-67-89 ", BOTH, "+79123456789"),
        ("+7\u00a0912\u00a0345\u201167\u201189", ["RU"], "+79123456789"),
        ("067 123 45 67", ["UA"], "+380671234567"),
        ("067 123 45 67", BOTH, "+380671234567"),
        ("380671234567", ["UA"], "+380671234567"),
        ("380 67 123-45-67", BOTH, "+380671234567"),
        ("+38 (067) 123-45-67", BOTH, "+380671234567"),
        ("(067) 123.45.67", ["UA"], "+380671234567"),
        ("Olga@Example.COM", BOTH, "olga@example.com"),
        (" a.b+c@mail.example.org ", ["UA"], "a.b+c@mail.example.org"),
    ],
)
def test_an_address_is_understood(typed: str, countries: list[str], stored: str) -> None:
    assert parse(typed, countries).value == stored


@pytest.mark.parametrize(
    ("typed", "countries", "sentence"),
    [
        ("", BOTH, "Enter your mobile"),
        ("   ", BOTH, "Enter your mobile"),
        ("912", ["RU"], "8 912 345-67-89"),
        ("067 12", ["UA"], "067 123 45 67"),
        ("+7 912 345-67-8", ["RU"], "8 912 345-67-89"),
        ("my phone", ["UA"], "067 123 45 67"),
        ("+7912345678a", ["RU"], "8 912 345-67-89"),
        ("8 (495) 123-45-67", ["RU"], "mobile number"),
        ("044 123 45 67", ["UA"], "mobile number"),
        ("8 800 550-07-35", ["RU"], "mobile number"),
        ("8 809 505-12-34", ["RU"], "mobile number"),
        ("0900 123 456", ["UA"], "067 123 45 67"),
        ("+7 701 234 56 78", BOTH, "mobile number"),
        ("87012345678", ["RU"], "mobile number"),
        ("+48 512 345 678", BOTH, "mobile number"),
        ("+380671234567", ["RU"], "mobile number"),
        ("+79123456789", ["UA"], "mobile number"),
        ("+881612345678", BOTH, "mobile number"),
        ("olga@", BOTH, "e-mail in full"),
        ("@example.com", BOTH, "e-mail in full"),
        ("olga@example", BOTH, "e-mail in full"),
        ("a@b@example.com", BOTH, "e-mail in full"),
        ("olga@example.com\r\nBcc: x@example.com", BOTH, "e-mail in full"),
        ("a" * 250 + "@example.com", BOTH, "too long"),
        ("ольга@пример.рф", BOTH, "Latin letters"),
    ],
)
def test_what_is_no_address_gets_a_helping_sentence(typed: str, countries: list[str], sentence: str) -> None:
    with pytest.raises(BadAddress, match=sentence):
        parse(typed, countries)
