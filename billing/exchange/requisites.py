"""The register of bank details, one row per kind of document (pure):

    recipient;tax_id;kpp;bank;bic;account;corr_account;kind

A row passes only when a bank would take it: lengths and control digits of the recipient's country.
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange.documents import one_of
from premises.register import Column, Register, Row, read
from premises.registers import cells

FIELDS = ("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account", "kind")
WRONG = {
    "recipient": _("The recipient is missing."),
    "tax_id": _("The tax number does not pass its check digits."),
    "kpp": _("КПП has nine signs, like 366101001."),
    "bank": _("The name of the bank is missing."),
    "bic": _("БИК has nine digits and begins with 04 or 01."),
    "account": _("The bank account does not pass its check digits: compare it with the contract."),
    "corr_account": _("The correspondent account does not belong to this БИК."),
}


def digits(longest: int) -> cells.Reader:
    """A reader of numbers that are text, written with or without spaces; Excel's whole numbers are taken as they are."""
    read_text = cells.text(longest + 20)

    def reader(cell: cells.Cell) -> str:
        if isinstance(cell, float) and abs(cell) >= 1e15:
            raise cells.Unreadable(_("The account number was spoilt by Excel: format the column as text."))
        value = str(read_text(cell)).replace(" ", "").upper()
        if len(value) > longest:
            raise cells.Unreadable(_("The text is longer than %(longest)s characters."), {"longest": str(longest)})
        return value

    return reader


def with_zeros(length: int) -> cells.Reader:
    """The same, with the zeros in front that Excel took: БИК and some tax numbers have one length."""
    read_digits = digits(length)

    def reader(cell: cells.Cell) -> str:
        value = str(read_digits(cell))
        return value.zfill(length) if isinstance(cell, int | float) else value

    return reader


COLUMNS = (
    Column("recipient", cells.text(160), ("получатель", "отримувач"), required=True, filled=True),
    Column("tax_id", digits(12), ("инн", "єдрпоу", "едрпоу", "код єдрпоу"), required=True, filled=True),
    Column("kpp", with_zeros(9), ("кпп",)),
    Column("bank", cells.text(100), ("банк", "банк получателя", "банк отримувача")),
    Column("bic", with_zeros(9), ("бик", "мфо")),
    Column("account", digits(34), ("счет", "расчетный счет", "р/с", "рахунок", "iban"), required=True, filled=True),
    Column("corr_account", digits(20), ("корсчет", "к/с", "корреспондентский счет")),
    Column("kind", one_of("main", "repair", "other", default="main"), ("вид",)),
)


def requisites(file: BinaryIO, problems_of: Callable[[dict[str, str]], list[str]]) -> tuple[Register, Iterator[Row]]:
    """Open the register; `problems_of` names the fields that a bank of the company's country would refuse.

    Returns the register with the problems of the file, and its rows with their own.
    """
    register = read(file, COLUMNS)
    return register, _checked(register, problems_of)


def _checked(register: Register, problems_of: Callable[[dict[str, str]], list[str]]) -> Iterator[Row]:
    seen: set[str] = set()
    for row in register:
        if row.is_good:
            details = {name: row.values.get(name) or "" for name in FIELDS}
            for name in problems_of(details):
                row.refuse(name, WRONG[name])
            if details["kind"] in seen:
                row.refuse("kind", _("This kind of document stands in the file twice."))
            seen.add(details["kind"])
        yield row
