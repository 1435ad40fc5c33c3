"""Months that change inside: by calendar days, one rounding for the whole line (pure).

Where the premises change hands each account is charged the step between two running totals of the month, so that the parts
of all the accounts add up to the whole month without their knowing of each other.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from billing.charging.basis import Basis, NotEnough, Part, Span, Tiers
from billing.charging.exact import ZERO, in_steps, volume_rounded

Changes = Sequence[tuple[int, Decimal]]
Price = TypeVar("Price")
Quantity = Callable[[Basis | Span], Decimal]


def spans_of(basis: Basis) -> tuple[Span, ...]:
    """The account's days of the month; all of them where nothing changed."""
    return basis.spans or (Span(1, basis.days, basis.area, basis.persons),)


def stretches(
    first: int, last: int, tariff: Price, changes: Sequence[tuple[int, Price]]
) -> Iterator[tuple[int, Price]]:
    """Yield the number of days and the tariff (or the list of ranges) of each stretch between the changes, from the first day to the last."""
    begins = [(1, tariff), *changes]
    for place, (begin, price) in enumerate(begins):
        end = begins[place + 1][0] - 1 if place + 1 < len(begins) else last
        days = min(end, last) - max(begin, first) + 1
        if days > 0:
            yield days, price


def held_over(spans: Sequence[Span], tariff: Price, changes: Sequence[tuple[int, Price]]) -> list[tuple[int, Price]]:
    """The days of each tariff (or list of ranges) within the spans, those between two spans left out."""
    ends = [*(day - 1 for day, _price in changes), spans[-1].last]
    found = []
    for (begin, price), end in zip([(1, tariff), *changes], ends, strict=True):
        days = sum(max(min(one.last, end) - max(one.first, begin) + 1, 0) for one in spans)
        if days:
            found.append((days, price))
    return found


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


def split_volume(volume: Decimal, weights: Sequence[int] | Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Split a volume by days or measured parts, to 6 decimals; what rounding leaves goes to the last part."""
    whole = sum(weights)
    parts = [volume_rounded(volume * part / whole) for part in weights[:-1]]
    return (*parts, volume - sum(parts, ZERO))


def priced(basis: Basis, volume: Decimal, tariff: Decimal, changes: Changes) -> list[tuple[Decimal, Decimal]]:
    """A measured volume with its tariffs: by readings at the dates of the change where they are known, else by days."""
    if not changes:
        return [(volume, tariff)]
    held = held_over(spans_of(basis), tariff, changes)
    parts = basis.parts if _are_read(basis, held, volume) else split_volume(volume, [days for days, _ in held])
    return [(part, price) for part, (_, price) in zip(parts, held, strict=True)]


def _are_read(basis: Basis, held: Sequence[object], volume: Decimal) -> bool:
    """Whether the readings of the days of a change are known, so that the volume need not be split by days."""
    return len(basis.parts) == len(held) and sum(basis.parts, ZERO) == volume


def ranged(
    basis: Basis, volume: Decimal, tiers: Tiers, changes: Sequence[tuple[int, Tiers]]
) -> list[tuple[Decimal, Decimal]]:
    """A volume in the ranges of its tariffs: (part, price), those of one list of prices after those of the one before.

    The bounds apply once, to the volume of the whole month; what lies between two bounds is split by days (or as the
    readings of the change say) over the lists, and each list prices its part of it by its own range. Raises `NotEnough` where
    a list says nothing of so much. What readings give back, below zero, is given back at the first range.
    """
    held = held_over(spans_of(basis), tiers, changes)
    weights = basis.parts if volume and _are_read(basis, held, volume) else [days for days, _list in held]
    found: list[list[tuple[Decimal, Decimal]]] = [[] for _list in held]
    for floor, part in _between(
        volume, sorted({upto for _days, one in held for upto, _price in one if upto is not None})
    ):
        for place, share in enumerate(split_volume(part, weights)):
            found[place].append((share, _price_above(held[place][1], floor)))
    return [one for rows in found for one in rows]


def _between(volume: Decimal, bounds: Sequence[Decimal]) -> Iterator[tuple[Decimal, Decimal]]:
    """The parts of a volume between the bounds, each with the bound below it; at least one."""
    left, floor = volume, ZERO
    for upto in bounds:
        part = min(left, upto - floor)
        yield floor, part
        left, floor = left - part, upto
        if left <= 0:
            return
    yield floor, left


def _price_above(tiers: Tiers, floor: Decimal) -> Decimal:
    for upto, price in tiers:
        if upto is None or floor < upto:
            return price
    raise NotEnough("tariff of the last range")
