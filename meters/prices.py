"""What a volume costs, as far as somebody above knows: the room of money declares itself at start.

Readings are shown with an estimated cost before they are saved; where nobody knows a tariff, only the volume is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from premises.models import PersonalAccount


@dataclass(frozen=True)
class Price:
    """The latest known tariff of a resource: money for one base unit, in a currency (ISO 4217)."""

    per_unit: Decimal
    currency: str


class Pricer(Protocol):
    """Answers for many accounts at once, by (account id, resource); what is not known is left out."""

    def __call__(self, accounts: Iterable[PersonalAccount]) -> Mapping[tuple[int, str], Price]: ...  # pragma: no cover


_pricers: list[Pricer] = []


def declare(pricer: Pricer) -> None:
    """Say who knows tariffs; a second one is a bug."""
    if _pricers and _pricers != [pricer]:
        raise ValueError("tariffs are known by somebody already")
    _pricers[:] = [pricer]


def prices_of(accounts: Iterable[PersonalAccount]) -> Mapping[tuple[int, str], Price]:
    """The latest tariffs of these accounts, by (account id, resource)."""
    return _pricers[0](accounts) if _pricers else {}
