"""Months that change inside: by calendar days, one rounding for the whole line (pure).

Where the premises change hands each account is charged the step between two running totals of the month, so that the parts
of all the accounts add up to the whole month without their knowing of each other.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from billing.charging.basis import Basis, Part, Span
from billing.charging.exact import ZERO, in_steps, volume_rounded

Changes = Sequence[tuple[int, Decimal]]
Quantity = Callable[[Basis | Span], Decimal]


def spans_of(basis: Basis) -> tuple[Span, ...]:
    """The account's days of the month; all of them where nothing changed."""
    return basis.spans or (Span(1, basis.days, basis.area, basis.persons),)


def person_days(basis: Basis) -> int:
    """Persons × days of the month: divided by its days they are the effective number of persons."""
    return sum(span.persons * (span.last - span.first + 1) for span in spans_of(basis))


def stretches(first: int, last: int, tariff: Decimal, changes: Changes) -> Iterator[tuple[int, Decimal]]:
    """Yield the number of days and the tariff of each stretch between the changes, from the first day to the last."""
    begins = [(1, tariff), *changes]
    for place, (begin, price) in enumerate(begins):
        end = begins[place + 1][0] - 1 if place + 1 < len(begins) else last
        days = min(end, last) - max(begin, first) + 1
        if days > 0:
            yield days, price


def by_days(
    basis: Basis, quantity: Quantity, tariff: Decimal, changes: Changes, divisor: int, *, joined: bool
) -> tuple[Part, ...]:
    """The parts of a line over its days: Σ quantity × tariff × days / D, rounded once for the whole line.

    With `joined` an account that begins inside the month takes over where the one before it ended.
    """
    whole = basis.days * divisor
    spans = spans_of(basis)
    start = ZERO
    if joined and spans[0].first > 1:
        before = stretches(1, spans[0].first - 1, tariff, changes)
        start = sum((quantity(spans[0]) * price * days for days, price in before), ZERO)
    found: list[tuple[Decimal, Decimal]] = [
        (quantity(span) * days, price)
        for span in spans
        for days, price in stretches(span.first, span.last, tariff, changes)
    ]
    amounts = in_steps((amount * price for amount, price in found), whole, start)
    return tuple(
        Part(volume_rounded(amount / whole), price, cents)
        for (amount, price), cents in zip(found, amounts, strict=True)
    )


def share_by_days(basis: Basis, volume: Decimal, area: Decimal) -> Decimal:
    """The account's share of a house's volume by its area and days, with 6 decimals."""
    if not basis.spans:
        return volume_rounded(volume * basis.area / area)
    whole = area * basis.days
    start = volume * basis.spans[0].area * (basis.spans[0].first - 1)
    own = sum((volume * span.area * (span.last - span.first + 1) for span in basis.spans), ZERO)
    return volume_rounded((start + own) / whole) - volume_rounded(start / whole)


def split_volume(volume: Decimal, days: Sequence[int]) -> tuple[Decimal, ...]:
    """Split a volume by days, to 6 decimals; what rounding leaves goes to the last part."""
    whole = sum(days)
    parts = [volume_rounded(volume * part / whole) for part in days[:-1]]
    return (*parts, volume - sum(parts, ZERO))


def priced(basis: Basis, volume: Decimal, tariff: Decimal, changes: Changes) -> list[tuple[Decimal, Decimal]]:
    """A measured volume with its tariffs: by readings at the dates of the change where they are known, else by days."""
    if not changes:
        return [(volume, tariff)]
    spans = spans_of(basis)
    held = list(stretches(spans[0].first, spans[-1].last, tariff, changes))
    known = len(basis.parts) == len(held) and sum(basis.parts, ZERO) == volume
    parts = basis.parts if known else split_volume(volume, [days for days, _ in held])
    return [(part, price) for part, (_, price) in zip(parts, held, strict=True)]
