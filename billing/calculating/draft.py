"""One line of the month while it is made; written by COPY in the order of `COLUMNS` (pure)."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.charging.basis import Result
from billing.charging.exact import NOTHING
from billing.charging.totals import line_total
from billing.models import Service
from billing.models.circumstance import MOST

COLUMNS = (
    "run_id", "account_id", "service_id", "zone", "volume", "method", "volume_common", "method_common", "tariff",
    "accrued", "accrued_common", "coefficient", "excess", "recalculated", "benefit", "fine", "parts",
)  # fmt: skip


MOST_VOLUME = Decimal(10) ** 9


class Impossible(Exception):
    """The figures of one account, by its id, come to what no document can hold: its data are wrong."""

    def __init__(self, account: int) -> None:
        super().__init__(account)
        self.account = account


@dataclass(slots=True)
class Draft:
    """A charge that is not written yet."""

    account: int
    service: Service
    zone: int = 0
    volume: Decimal | None = None
    method: str = ""
    volume_common: Decimal | None = None
    method_common: str = ""
    tariff: Decimal | None = None
    accrued: Decimal = NOTHING
    accrued_common: Decimal = NOTHING
    coefficient: Decimal | None = None
    excess: Decimal = NOTHING
    recalculated: Decimal = NOTHING
    benefit: Decimal = NOTHING
    fine: Decimal = NOTHING
    parts: str = "[]"

    @classmethod
    def of(cls, account: int, service: Service, result: Result, zone: int = 0) -> "Draft":
        return cls(
            account, service, zone, result.volume, result.mark.value, result.volume_common, result.mark_common.value,
            result.tariff, result.accrued, result.accrued_common, result.coefficient, result.excess,
            parts=_written(result),
        )  # fmt: skip

    @property
    def base(self) -> Decimal:
        """What reductions and benefits are a share of."""
        return self.accrued + self.accrued_common

    @property
    def total(self) -> Decimal:
        return line_total(self)

    @property
    def is_possible(self) -> bool:
        """Whether a document can hold it."""
        sums = (self.accrued, self.accrued_common, self.excess, self.recalculated, self.benefit, self.fine, self.total)
        volumes = (self.volume or NOTHING, self.volume_common or NOTHING)
        return all(abs(one) <= MOST for one in sums) and all(abs(one) < MOST_VOLUME for one in volumes)

    def row(self, run: int) -> tuple[Any, ...]:
        return (
            run, self.account, self.service.pk, self.zone, self.volume, self.method, self.volume_common,
            self.method_common, self.tariff, self.accrued, self.accrued_common, self.coefficient, self.excess,
            self.recalculated, self.benefit, self.fine, self.parts,
        )  # fmt: skip


def _written(result: Result) -> str:
    """The sub-lines of the tariffs as the row keeps them: [[volume, tariff, sum]]."""
    return json.dumps([[str(one.volume), str(one.tariff), str(one.amount)] for one in result.by_tariff])


@dataclass(frozen=True, slots=True)
class Reduction:
    """A recalculation that the run itself finds, with its reason."""

    account: int
    service: int
    period: Any
    source: str
    amount: Decimal
    reason: str
