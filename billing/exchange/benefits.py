"""The register of benefits that social protection sends, a DBF in cp866 (pure).

    FAM_L; IM_L; OT_L; DR; NNASP; NYLIC; NDOM; NKORP; NKW; … LCHET; USL1; POSTUSL1; VID_TARIF1; TARIF1; FAKT1; SUM1; SUML1

One row is one beneficiary; services stand beside each other with a number at the end of their fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext_noop as _

from billing.exchange import dbf
from lib.text import account_key
from premises.register import Column, Register, Row
from premises.registers import cells
from premises.registers.tally import ERROR, Problem

MOST_SERVICES = 20
SUM = cells.number(2, least=Decimal(0))
NAMES = ("FAM_L", "IM_L", "OT_L")
ADDRESS = (("NNASP", ""), ("NYLIC", ""), ("NDOM", ""), ("NKORP", "корп. "), ("NKW", "кв. "))
SERVICES = tuple(
    column
    for number in range(1, MOST_SERVICES + 1)
    for column in (
        Column(f"USL{number}", cells.text(50)), Column(f"POSTUSL{number}", cells.text(50)),
        Column(f"TARIF{number}", cells.number(6, least=Decimal(0))), Column(f"FAKT{number}", cells.number(7, least=Decimal(0))),
        Column(f"SUM{number}", SUM), Column(f"SUML{number}", SUM),
    )
)  # fmt: skip
COLUMNS = (
    Column("LCHET", cells.account(), required=True, filled=True), Column("FAM_L", cells.text(60), required=True, filled=True),
    Column("IM_L", cells.text(60)), Column("OT_L", cells.text(60)), Column("DR", cells.date, is_soft=True),
    *(Column(name, cells.text(60)) for name, _word in ADDRESS), *SERVICES,
)  # fmt: skip


@dataclass(frozen=True)
class BenefitLine:
    """One service of a beneficiary: what was charged for it and which part of that the state takes over."""

    service: str
    supplier: str
    tariff: Decimal | None
    volume: Decimal | None
    charged: Decimal | None
    benefit: Decimal


@dataclass
class Beneficiary:
    """One row of the register."""

    row: Row
    account: str
    name: str
    born: date | None
    address: str
    lines: list[BenefitLine] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The account's number as it is compared."""
        return account_key(self.account)

    @property
    def benefit(self) -> Decimal:
        return sum((line.benefit for line in self.lines), Decimal("0.00"))


@dataclass
class Benefits:
    """An opened register of benefits."""

    register: Register

    @property
    def problems(self) -> list[Problem]:
        """Of the whole file; the many fields that nobody reads are no news."""
        return [problem for problem in self.register.problems if problem.level == ERROR]

    def __iter__(self) -> Iterator[Beneficiary]:
        for row in self.register:
            yield _beneficiary(row)


def benefits(file: BinaryIO) -> Benefits:
    """Open a register of benefits."""
    try:
        if not dbf.is_dbf(file):
            raise cells.Unreadable(_("This is no DBF file."))
        return Benefits(Register(dbf.rows(file), COLUMNS))
    except cells.Unreadable as broken:
        return Benefits(Register.refused(broken))


def _beneficiary(row: Row) -> Beneficiary:
    values = row.values
    address = ", ".join(f"{word}{values[name]}" for name, word in ADDRESS if values.get(name))
    name = " ".join(values[one] for one in NAMES if values.get(one))
    return Beneficiary(row, values.get("LCHET") or "", name, values.get("DR"), address, list(_lines(row, values)))


def _lines(row: Row, values: dict[str, Any]) -> Iterator[BenefitLine]:
    for number in range(1, MOST_SERVICES + 1):
        charged, benefit = values.get(f"SUM{number}"), values.get(f"SUML{number}")
        if not benefit:
            continue
        if charged is not None and benefit > charged:
            row.refuse(f"SUML{number}", _("The benefit is more than what was charged."))
        yield BenefitLine(
            values.get(f"USL{number}") or "", values.get(f"POSTUSL{number}") or "", values.get(f"TARIF{number}"),
            values.get(f"FAKT{number}"), charged, benefit,
        )  # fmt: skip
