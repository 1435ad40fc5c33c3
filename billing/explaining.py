"""Why a document differs from the one before it: per service, in parts that always add up to the difference (pure).

A line is printed as volume × tariff = accrued. What changed is split at the old tariff and the new volume:

    volume: (v1 − v0) × t0        tariff: (t1 − t0) × v1

each rounded to the kopeck; the kopeck that rounding leaves goes to the larger of the two. A month whose tariff changed inside
it prints a sub-line for each: its price is the mean of them, and what the volume does not tell is the tariff. Where a document prints no volume
or tariff, or figures that do not multiply (ranges of a tariff, two-part hot water, a misprint), the change of the sum stays
whole: a charge. What the lines do not explain (a printed total of another sum) is the document's own part.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lib.money import CENT, rounded

ZERO = Decimal("0.00")

TARIFF, VOLUME, COMMON, CHARGE = "tariff", "volume", "common", "charge"
EXCESS, RECALCULATION, BENEFIT, FINE, PENALTY = "excess", "recalculation", "benefit", "fine", "penalty"
NEW, ENDED, FEES, OTHER = "new", "ended", "fees", "other"
KINDS = (TARIFF, VOLUME, COMMON, CHARGE, EXCESS, RECALCULATION, BENEFIT, FINE, PENALTY, NEW, ENDED, FEES, OTHER)

MOST, LEAST, ENOUGH = 6, 3, Decimal("0.9")  # reasons that are told, and the share of all changes they should cover


@dataclass(frozen=True)
class Line:
    """One service of one document, as printed. `method` is N, M, O or empty."""

    service: str
    code: str = ""
    unit: str = ""
    method: str = ""
    volume: Decimal | None = None
    tariff: Decimal | None = None
    accrued: Decimal = ZERO
    volume_common: Decimal | None = None
    accrued_common: Decimal = ZERO
    excess: Decimal = ZERO
    recalculated: Decimal = ZERO
    benefit: Decimal = ZERO
    fine: Decimal = ZERO
    parts: tuple[
        tuple[Decimal, Decimal, Decimal], ...
    ] = ()  # volume, tariff, sum of a month whose tariff changed inside it

    @property
    def last_tariff(self) -> Decimal | None:
        """What one unit cost at the end of the month."""
        return self.parts[-1][1] if self.parts else self.tariff

    @property
    def total(self) -> Decimal:
        """What the line adds to its document, without its penalty: the document tells that in one sum."""
        return self.accrued + self.accrued_common + self.excess + self.recalculated - self.benefit - self.fine


@dataclass(frozen=True)
class Sheet:
    """One document: its lines, and the printed totals that may hold more than they do."""

    lines: tuple[Line, ...]
    charged: Decimal  # services, penalty and fees
    penalty: Decimal = ZERO
    fees: Decimal = ZERO


@dataclass(frozen=True)
class Part:
    """One reason and its sum: above zero the document grew by it. `service` is None for the document as a whole."""

    kind: str
    amount: Decimal
    before: Line | None = None
    now: Line | None = None

    @property
    def service(self) -> str | None:
        line = self.now or self.before
        return line.service if line else None


@dataclass(frozen=True)
class Explanation:
    """The difference of two documents and all of its parts, in the order of the newer one."""

    difference: Decimal
    parts: tuple[Part, ...]

    @property
    def biggest(self) -> tuple[Part, ...]:
        """Three to six reasons, the biggest first: as many as tell nine tenths of all changes. A change of the penalty
        is always among them, be it small: it never hides in the rest."""
        whole = sum((abs(part.amount) for part in self.parts), ZERO)
        told, found = ZERO, list[Part]()
        for part in sorted(self.parts, key=lambda one: -abs(one.amount)):
            if len(found) == MOST or (len(found) >= LEAST and told >= whole * ENOUGH):
                break
            found.append(part)
            told += abs(part.amount)
        hidden = [part for part in self.parts if part.kind == PENALTY and part not in found]
        return (*found[: MOST - len(hidden)], *hidden)

    @property
    def smaller(self) -> tuple[Part, ...]:
        """The reasons that are not among the biggest, the bigger first."""
        told = {id(part) for part in self.biggest}
        return tuple(sorted((part for part in self.parts if id(part) not in told), key=lambda one: -abs(one.amount)))

    @property
    def rest(self) -> Decimal:
        """What the smaller reasons come to together."""
        return self.difference - sum((part.amount for part in self.biggest), ZERO)


def explain(now: Sheet, before: Sheet) -> Explanation:
    """Return why `now` charges another sum than `before`; the parts add up to the difference exactly."""
    parts = [part for pair in pairs(before.lines, now.lines) for part in _changes(*pair)]
    parts += _of_document(now, before)
    return Explanation(now.charged - before.charged, tuple(part for part in parts if part.amount))


def pairs(before: Sequence[Line], now: Sequence[Line]) -> Iterator[tuple[Line | None, Line | None]]:
    """Yield the lines of one service in both documents; a service that only one of them has comes alone.

    Lines find each other by code and name, else by name, else by code: companies rename services and change codes. Of
    several lines with one key (day and night of one meter) the first meets the first.
    """
    left, found = list(before), dict[int, Line]()
    for key in (_by_both, _by_name, _by_code):
        waiting: defaultdict[Hashable, deque[Line]] = defaultdict(deque)
        for line in left:
            waiting[key(line)].append(line)
        for place, line in enumerate(now):
            if place not in found and key(line) and waiting[key(line)]:
                found[place] = waiting[key(line)].popleft()
        left = [line for line in left if not any(line is one for one in found.values())]
    for place, line in enumerate(now):
        yield found.get(place), line
    for line in left:
        yield line, None


def _name(line: Line) -> str:
    return " ".join(line.service.casefold().split())


def _by_both(line: Line) -> Hashable:
    return (line.code, _name(line))


def _by_name(line: Line) -> Hashable:
    return _name(line)


def _by_code(line: Line) -> Hashable:
    return line.code


def _changes(before: Line | None, now: Line | None) -> Iterator[Part]:
    """The parts of one service."""
    if now is None or before is None:
        if now:
            yield Part(NEW, now.total, None, now)
        elif before:
            yield Part(ENDED, -before.total, before, None)
        return
    for kind, amount in _charged(before, now):
        yield Part(kind, amount, before, now)
    for kind, get, sign in SIGNED:
        yield Part(kind, sign * (get(now) - get(before)), before, now)


SIGNED: tuple[tuple[str, Callable[[Line], Decimal], int], ...] = (
    (EXCESS, lambda line: line.excess, 1),
    (RECALCULATION, lambda line: line.recalculated, 1),
    (BENEFIT, lambda line: line.benefit, -1),
    (FINE, lambda line: line.fine, -1),
)


def _charged(before: Line, now: Line) -> Iterable[tuple[str, Decimal]]:
    """The change of what was accrued, split into volume, common use and tariff."""
    own = _split(before, now, before.volume, now.volume, before.accrued, now.accrued)
    common = _split(before, now, before.volume_common, now.volume_common, before.accrued_common, now.accrued_common)
    whole = now.accrued + now.accrued_common - before.accrued - before.accrued_common
    if own is None or common is None:
        return [(CHARGE, whole)]
    return [(VOLUME, own[0]), (COMMON, common[0]), (TARIFF, own[1] + common[1])]


def _split(
    before: Line, now: Line, v0: Decimal | None, v1: Decimal | None, a0: Decimal, a1: Decimal
) -> tuple[Decimal, Decimal] | None:
    """The parts (volume, tariff) of a change of one sum, or None where the printed figures do not tell them."""
    if a0 == a1 == 0:
        return ZERO, ZERO
    if v0 is None or v1 is None or before.tariff is None or now.tariff is None or before.unit != now.unit:
        return None
    if not (_is_told(before, v0, a0) and _is_told(now, v1, a1)):
        return None
    if _adds_up(before, a0) or _adds_up(now, a1):
        mean = a0 / v0 if v0 and _adds_up(before, a0) else before.tariff
        volume = rounded((v1 - v0) * mean)
        return volume, a1 - a0 - volume
    volume = rounded((v1 - v0) * before.tariff)
    tariff = rounded((now.tariff - before.tariff) * v1)
    rest = a1 - a0 - volume - tariff
    return (volume, tariff + rest) if abs(tariff) > abs(volume) else (volume + rest, tariff)


def _is_told(line: Line, volume: Decimal, accrued: Decimal) -> bool:
    """Whether the printed sum is the printed volume at the printed tariff, to a kopeck, or the sum of its sub-lines."""
    return _adds_up(line, accrued) or (line.tariff is not None and abs(volume * line.tariff - accrued) <= CENT)


def _adds_up(line: Line, accrued: Decimal) -> bool:
    return bool(line.parts) and sum((amount for _volume, _tariff, amount in line.parts), ZERO) == accrued


def _of_document(now: Sheet, before: Sheet) -> Iterator[Part]:
    """What belongs to no service: the penalty of all of them in one sum, fees, the rest of the printed totals."""
    penalty = now.penalty - before.penalty
    fees = now.fees - before.fees
    yield Part(PENALTY, penalty)
    yield Part(FEES, fees)
    lines = sum((line.total for line in now.lines), ZERO) - sum((line.total for line in before.lines), ZERO)
    yield Part(OTHER, now.charged - before.charged - lines - penalty - fees)
