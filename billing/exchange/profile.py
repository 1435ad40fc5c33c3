"""Column profiles: how one partner writes its registers, for files whose layout is a matter of contract (pure).

    profile = Profile.from_json({"columns": {"account": 6, "date": 1, "amount": 10}, "footer": "sign"})
    profile.as_json()

A column is named by its header or, from 1, by its place. Where the file has no header, only places will do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.utils.translation import gettext_noop as _

PAYMENTS, DOCUMENTS = "payments", "documents"  # the registers that profiles are for
FIELDS = (
    "account", "date", "time", "number", "operation", "amount", "transferred", "fee", "period", "payer", "address",
    "kind", "channel", "readings", "purpose",
)  # fmt: skip
REQUIRED = ("account", "date", "amount")
DOCUMENT_FIELDS = (
    "period", "account", "doc_no", "kind", "group", "service_code", "service", "unit", "volume", "method", "tariff", "accrued",
    "recalc", "benefit", "penalty", "balance", "paid", "payable", "form", "issued", "due", "upto",
)  # fmt: skip
DOCUMENT_REQUIRED = ("period", "account", "doc_no", "service", "accrued", "payable")
KNOWN: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    PAYMENTS: (FIELDS, REQUIRED), DOCUMENTS: (DOCUMENT_FIELDS, DOCUMENT_REQUIRED)
}  # fmt: skip
LABELS = {  # what people call the fields
    "account": _("number of the account"), "date": _("day of the payment"), "time": _("hour"), "number": _("number"),
    "operation": _("operation, its id at the bank"), "amount": _("sum of the payment"),
    "transferred": _("sum to transfer"), "fee": _("fee"), "period": _("month"), "payer": _("payer"),
    "address": _("address"), "kind": _("kind"), "channel": _("channel"), "readings": _("readings"),
    "purpose": _("purpose"), "doc_no": _("number of the document"), "group": _("group of services"),
    "service_code": _("code of the service"), "service": _("service"), "unit": _("unit of measure"), "volume": _("volume"),
    "method": _("how the volume was found"), "tariff": _("tariff"), "accrued": _("accrued"),
    "recalc": _("recalculated"), "benefit": _("benefit"), "penalty": _("penalty"), "balance": _("debt at the start"),
    "paid": _("paid"), "payable": _("to pay"), "form": _("form of the document"), "issued": _("issued"),
    "due": _("pay until"), "upto": _("payments counted up to"),
}  # fmt: skip
ENCODINGS = {
    "": "", "utf-8": "utf-8", "windows-1251": "cp1251", "cp1251": "cp1251", "cp866": "cp866", "koi8-r": "koi8-u",
    "koi8-u": "koi8-u", "utf-16": "utf-16",
}  # fmt: skip
SEPARATORS = ("", ";", ",", "\t", "|", "^", "#", "~")
DECIMALS = ("", ",", ".")
DATE_ORDERS = ("", "dmy", "ymd", "mdy")
NO_FOOTER, SIGN, WORD = "none", "sign", "word"  # «=3;5015,89;…» or «РАЗОМ;2;…», its sums below those of the rows
FOOTERS = (NO_FOOTER, SIGN, WORD)
MOST_COLUMNS, LONGEST_HEADER = 200, 100


class WrongProfile(Exception):
    """The profile cannot be used; `text` is an English sentence to translate, with the named `facts` in it."""

    def __init__(self, text: str, **facts: str) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts


@dataclass(frozen=True)
class Profile:
    """How a register is laid out. What is '' is told by the content of the file."""

    columns: Mapping[str, str | int] = field(default_factory=dict)
    separator: str = ""
    encoding: str = ""
    decimal: str = ""  # the sign before the fraction; '': either
    date_order: str = ""
    has_header: bool = False
    is_quoted: bool = True  # whether a cell may stand in quotation marks
    footer: str = NO_FOOTER
    has_batches: bool = False  # several registers in one file, each with its footer
    batch_mark: str = ""  # how the line begins that opens a batch
    register: str = PAYMENTS  # of what the columns are

    def __post_init__(self) -> None:
        self._check_words()
        self._check_columns()

    def _check_words(self) -> None:
        for name, known in (
            ("separator", SEPARATORS), ("encoding", tuple(ENCODINGS)), ("decimal", DECIMALS),
            ("date_order", DATE_ORDERS), ("footer", FOOTERS), ("register", tuple(KNOWN)),
        ):  # fmt: skip
            if getattr(self, name) not in known:
                raise WrongProfile(
                    _("«%(name)s» must be one of: %(words)s."), name=name, words=", ".join(filter(str.strip, known))
                )
        for name in ("has_header", "is_quoted", "has_batches"):
            if not isinstance(getattr(self, name), bool):
                raise WrongProfile(_("«%(name)s» must be true or false."), name=name)
        if not isinstance(self.batch_mark, str) or len(self.batch_mark) > 20:
            raise WrongProfile(_("«%(name)s» must be a text of at most 20 characters."), name="batch_mark")
        if self.has_batches and self.footer == NO_FOOTER:
            raise WrongProfile(_("A file of several batches must have a control line under each."))

    def _check_columns(self) -> None:
        if not isinstance(self.columns, Mapping):
            raise WrongProfile(_("«columns» must say for each field where it stands."))
        known, required = KNOWN[self.register]
        for name, place in self.columns.items():
            if name not in known:
                raise WrongProfile(_("There is no field «%(name)s»."), name=str(name)[:LONGEST_HEADER])
            self._check_place(name, place)
        for name in required:
            if name not in self.columns:
                raise WrongProfile(_("The profile does not say where the field «%(name)s» stands."), name=name)
        if len({str(place).casefold() for place in self.columns.values()}) < len(self.columns):
            raise WrongProfile(_("Two fields stand in one column."))

    def _check_place(self, name: str, place: object) -> None:
        if isinstance(place, int) and not isinstance(place, bool):
            if not 1 <= place <= MOST_COLUMNS:
                raise WrongProfile(_("The column of «%(name)s» must be a number from 1 to 200."), name=name)
        elif not isinstance(place, str) or not place.strip() or len(place) > LONGEST_HEADER:
            raise WrongProfile(_("The column of «%(name)s» must be a header or a number."), name=name)
        elif not self.has_header:
            raise WrongProfile(_("Without a header the column of «%(name)s» must be a number."), name=name)

    def place(self, name: str) -> int | None:
        """The index of a field's column from 0, where the profile names it by number."""
        found = self.columns.get(name)
        return found - 1 if isinstance(found, int) else None

    def as_json(self) -> dict[str, Any]:
        """As it is kept; only what differs from the usual."""
        usual = Profile(columns={name: number for number, name in enumerate(REQUIRED, start=1)})
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "columns"}
        return {"columns": dict(self.columns)} | {
            name: value for name, value in kept.items() if value != getattr(usual, name)
        }

    @classmethod
    def from_json(cls, kept: object) -> "Profile":
        """Read a kept or uploaded profile; what is wrong in it is a WrongProfile with a sentence."""
        if not isinstance(kept, Mapping):
            raise WrongProfile(_("A profile must be an object with «columns»."))
        known = {one.name for one in fields(cls)}
        for name in kept:
            if name not in known:
                raise WrongProfile(_("A profile has no setting «%(name)s»."), name=str(name)[:LONGEST_HEADER])
        for name in ("separator", "encoding", "decimal", "date_order", "footer", "register"):
            if not isinstance(kept.get(name, ""), str):
                raise WrongProfile(_("«%(name)s» must be a text."), name=name)
        words = dict(kept)
        if "encoding" in words:
            words["encoding"] = re.sub(r"^win(dows)?-?", "windows-", words["encoding"].strip().lower())
        return cls(**words)


def in_order(names: str) -> dict[str, int]:
    """Places of fields that follow each other; a dash stands for a column that nobody reads.

    >>> in_order("date - account")
    {'date': 1, 'account': 3}
    """
    return {name: number for number, name in enumerate(names.split(), start=1) if name != "-"}


# What is usual where a contract says nothing else.
SBERBANK = Profile(
    in_order("date time - channel operation account payer address period amount transferred fee"),
    separator=";", is_quoted=False, footer=SIGN,
)  # fmt: skip
UKRAINIAN = Profile(
    {
        "date": "дата", "time": "час", "operation": "id_операції", "account": "особовий_рахунок", "payer": "ПІБ",
        "address": "адреса", "period": "період", "amount": "сума", "fee": "комісія", "readings": "показання",
    },
    separator=";", has_header=True, footer=WORD,
)  # fmt: skip
CENTRE = Profile(
    in_order("account payer address period date operation amount fee"),
    separator=";", is_quoted=False, footer=SIGN, has_batches=True, batch_mark="#",
)  # fmt: skip
USUAL: Mapping[str, Profile] = {"sberbank": SBERBANK, "ukrainian": UKRAINIAN, "centre": CENTRE}
