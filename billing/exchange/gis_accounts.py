"""The workbook of accounts of ГИС ЖКХ as a register of accounts (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange import gis
from lib.text import search_key
from premises.register import Register, Row
from premises.registers.accounts import POST_CODE
from premises.registers.sources import ZIP
from premises.registers.tally import Problem

NAMES = {
    "account": "account", "els": "els", "izhku": "zhku", "address": "address", "flat": "flat", "area_total": "area_total",
    "area_heated": "area_heated", "residents": "residents",
}  # fmt: skip
REGION = re.compile(r"(?:обл|область|край|респ|республика|р-н|район)\b", re.IGNORECASE)


@dataclass
class GisAccounts:
    """The rows named as the columns of the register of accounts; closed accounts and what is not living are told."""

    register: Register

    @property
    def problems(self) -> list[Problem]:
        return self.register.problems

    def has(self, name: str) -> bool:
        if name == "owner":
            return self.register.has("last_name")
        return name in NAMES and self.register.has(NAMES[name])

    def __iter__(self) -> Iterator[Row]:
        for row in self.register:
            if row.values and search_key(row.values.get("status") or "").startswith(("закрыт", "аннулирован")):
                row.warn("status", _("The account is closed: it is passed over."))
                row.values.clear()
            if row.values:
                row.values = self._renamed(row)
            yield row

    def _renamed(self, row: Row) -> dict[str, Any]:
        found = {name: row.values.get(theirs) for name, theirs in NAMES.items() if self.register.has(theirs)}
        found["address"] = short_address(found.get("address") or "")
        for name in ("address", "flat"):
            if not found.get(name):
                row.refuse(name, _("This cell must be filled in."))
        if self.register.has("last_name"):
            words = (row.values.get(name) or "" for name in ("last_name", "first_name", "patronymic"))
            found["owner"] = " ".join(filter(None, words))
        if self.register.has("share"):
            found["share"] = _share(row.values.get("share") or "")
        return found


def open_accounts(file: BinaryIO, _length: int) -> GisAccounts | None:
    """Open a workbook with the sheet «ЛС»; None for any other file."""
    file.seek(0)
    is_book = file.read(len(ZIP)) == ZIP
    file.seek(0)
    if not is_book or not gis.has_sheet(file, gis.ACCOUNTS):
        file.seek(0)
        return None
    return GisAccounts(gis.accounts(file))


def short_address(text: str) -> str:
    """Leave the region, the district and the index out of an address: a house is kept by city, street and number.

    >>> short_address("347360, обл. Ростовская, г. Волгодонск, ул. Садовая, д. 5")
    'г. Волгодонск, ул. Садовая, д. 5'
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    kept = [part for part in parts if not REGION.search(part) and not POST_CODE.fullmatch(part)]
    return ", ".join(kept)


def _share(text: str) -> Fraction | None:
    """A share in percent as ГИС ЖКХ writes it: of the payment, not of the property, so only the whole is a share."""
    return Fraction(1) if text.strip(" %").replace(",", ".") in ("100", "100.0", "100.00") else None
