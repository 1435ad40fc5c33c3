"""The European code, byte for byte, and every limit on both sides."""

from decimal import Decimal
from typing import Any

import pytest

from billing.qr import epc
from billing.qr.payment import CannotEncode

E1 = "BCD\n002\n1\nSCT\n\nHausverwaltung Muster GmbH\nDE89370400440532013000\nEUR149.9\n\n\nWohnung 17, 10/2026"


def code(**changes: Any) -> str:
    values: dict[str, Any] = {
        "recipient": "Hausverwaltung Muster GmbH", "iban": "DE89370400440532013000", "amount": Decimal("149.90"),
        "text": "Wohnung 17, 10/2026",
    } | changes  # fmt: skip
    return epc.payment_text(**values)


def test_the_vector_e1() -> None:
    assert code() == E1
    assert len(E1.encode()) == 95


def test_nothing_stands_after_the_last_used_line() -> None:
    assert code(text="", amount=None).endswith("DE89370400440532013000")
    assert code(text="", reference="RF18539007547034").endswith("\n\nRF18539007547034")
    assert code(info="Danke").endswith("10/2026\nDanke")


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        ({"recipient": "x" * 70}, {"recipient": "x" * 71}),
        ({"recipient": "x"}, {"recipient": ""}),
        ({"text": "x" * 140}, {"text": "x" * 141}),
        ({"text": "", "reference": "x" * 35}, {"text": "", "reference": "x" * 36}),
        ({"text": "", "reference": "x"}, {"reference": "x"}),
        ({"info": "x" * 70}, {"info": "x" * 71}),
        ({"purpose_code": "RENT"}, {"purpose_code": "RENTS"}),
        ({"purpose_code": "RENT"}, {"purpose_code": "rent"}),
        ({"amount": Decimal("0.01")}, {"amount": Decimal("0.00")}),
        ({"amount": Decimal("999999999.99")}, {"amount": Decimal("1000000000.00")}),
        ({"amount": Decimal("1.25")}, {"amount": Decimal("1.255")}),
        ({"version": "001", "bic": "COBADEFF"}, {"version": "001"}),
        ({"bic": "COBADEFFXXX"}, {"bic": "COBADEFFXX"}),
        ({"bic": ""}, {"bic": "cobadeff"}),
        ({"iban": "FR1420041010050500013M02606"}, {"iban": "DE89370400440532013001"}),
        ({"encoding": "8"}, {"encoding": "9"}),
        ({"encoding": "2", "text": "für"}, {"encoding": "2", "text": "за"}),
        ({"encoding": "5", "text": "за"}, {"text": "две\nстроки"}),
        ({"line_end": "\r\n"}, {"line_end": "\r"}),
        ({"version": "002"}, {"version": "003"}),
        # 331 bytes in all: 76 without the text, which is Cyrillic here, and the line before the information
        ({"text": "я" * 100, "info": "x" * 54}, {"text": "я" * 100, "info": "x" * 55}),
    ],
)
def test_a_limit_holds_on_both_sides(fits: dict[str, Any], does_not: dict[str, Any]) -> None:
    assert epc.read(code(**fits)).recipient
    assert len(code(**fits).encode()) <= 331
    with pytest.raises(CannotEncode):
        code(**does_not)


def test_the_longest_code_is_331_bytes() -> None:
    assert len(code(text="я" * 100, info="x" * 54).encode()) == 331
