"""The meters of the demo town's flats and what they showed, month by month (pure; the same all day long)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from meters import windows
from meters.resources import FACTS
from meters.windows import Window
from portal.town import books
from portal.town.flats import Flat, is_silent
from portal.town.utilities import LITRE, ZERO, leaks

Used = Mapping[tuple[str, date, str], Decimal]  # (account number, month, resource) → what the bill says was used
Zones = tuple[Decimal, ...]

PLACES = {"RU": ("кухня", "ванная", "прихожая"), "UA": ("кухня", "ванна", "коридор")}
MODELS = {"cold": "СВК 15-3-2", "hot": "СВК 15-3-2", "power": "НЕВА МТ 115", "gas": "BK-G4"}
BILLED = {"RU": ("cold", "hot", "power"), "UA": ("cold",)}
# Numbers of flats, of the first cold meter in each: replaced some months ago, broken these days.
REPLACED = {"RU": (1, 60), "UA": (12,)}
BROKEN = {"RU": (33,), "UA": ()}
# Of the first hot (in Ukraine cold) meter: not verified in time; to be verified in the coming weeks.
EXPIRED = {"RU": (40, 80, 120, 160), "UA": (40,)}
VERIFIED_SOON = {"RU": (1, 7, 16, 25, 34, 88, 106, 171), "UA": (5, 14, 66)}
# Flats of people one can sign in as: the readings of the open month are left for the visitor to send.
LEFT_TO_VISITORS = {"RU": (1, 7, 8, 80, 100), "UA": (5, 12)}
DISPUTED = {"RU": 7, "UA": None}  # the council's reading of the last month, with which its resident does not agree
MONTHS_AGO = 8
SENDERS = ("owner",) * 14 + ("council",) * 3 + ("company",) * 3


@dataclass(frozen=True)
class Device:
    """One meter of a flat. `share` is its part of what the flat uses of the resource."""

    flat: Flat
    resource: str
    serial: str
    place: str
    share: Decimal
    zones: int
    installed: date
    verified: date
    due: date
    broken: date | None = None
    removed: date | None = None
    replaces: str = ""  # the serial number of the one before


@dataclass(frozen=True)
class Value:
    """A month of a meter: what ran through, what was read (nothing: `shown` is empty), what was estimated (likewise)."""

    device: Device
    period: date
    used: Zones
    shown: Zones = ()
    taken: date = date.min
    source: str = "owner"
    doubts: str = ""
    is_billable: bool = True
    cause: str = ""  # of the estimate
    in_a_row: int = 0


def devices(country: str, flat: Flat, today: date) -> Iterator[Device]:
    """Yield the meters of a flat as they stand today, a removed one before the one in its place."""
    seen: set[str] = set()
    for resource, place, share, zones in _kit(country, flat):
        device = _device(country, flat, resource, place, share, zones, today)
        is_first = resource not in seen
        seen.add(resource)
        if is_first and resource == ("hot" if country == "RU" else "cold"):
            device = _with_due_day(country, device, today)
        if is_first and resource == "cold" and flat.number in BROKEN[country]:
            device = replace(device, broken=today - timedelta(days=4))
        if is_first and resource == "cold" and flat.number in REPLACED[country]:
            yield from _replaced(country, device, today)
        else:
            yield device


def _kit(country: str, flat: Flat) -> Iterator[tuple[str, int, Decimal, int]]:
    """Yield resource, place, share and zones of each meter."""
    whole = Decimal(1)
    if country == "UA":
        yield "cold", 1, whole, 1
        yield ("gas", 0, whole, 1) if flat.number % 2 else ("power", 2, whole, 1)
        return
    for resource in ("cold", "hot"):
        if flat.number % 3 == 1:
            yield resource, 0, Decimal("0.4"), 1
            yield resource, 1, Decimal("0.6"), 1
        else:
            yield resource, 1, whole, 1
    yield "power", 2, whole, 2 if flat.number % 4 == 3 else 1


def _device(country: str, flat: Flat, resource: str, place: int, share: Decimal, zones: int, today: date) -> Device:
    chance = Random(f"meter:{flat.account}:{resource}:{place}")  # noqa: S311  (made-up dates)
    interval = _interval(country, resource)
    due = today + timedelta(days=chance.randint(70, interval.days - 30))
    verified, beginning = due - interval, books.months(today)[0] - timedelta(days=60)
    return Device(
        flat=flat, resource=resource, serial=f"{chance.randint(10_000_000, 99_999_999)}", place=PLACES[country][place],
        share=share, zones=zones, installed=verified if verified < beginning else verified - interval, verified=verified,
        due=due,
    )  # fmt: skip


def _with_due_day(country: str, device: Device, today: date) -> Device:
    chance = Random(f"due:{device.flat.account}")  # noqa: S311  (made-up dates)
    if device.flat.number in EXPIRED[country]:
        return replace(device, due=today - timedelta(days=chance.randint(3, 9)))
    if device.flat.number in VERIFIED_SOON[country]:
        return replace(device, due=today + timedelta(days=chance.randint(20, 50)))
    return device


def _replaced(country: str, device: Device, today: date) -> Iterator[Device]:
    """The old meter, removed when its verification ran out, and the new one, verified by its maker."""
    day, interval = swapped_on(today), _interval(country, device.resource)
    begun = day + timedelta(days=20) - interval
    old = replace(
        device, serial=f"{device.serial}-А", installed=begun, verified=begun, due=begun + interval, removed=day
    )
    yield old
    made = day - timedelta(days=30)
    yield replace(device, installed=day, verified=made, due=made + interval, replaces=old.serial)


def _interval(country: str, resource: str) -> timedelta:
    return timedelta(days=FACTS[resource].verification_years[country] * 365)


def swapped_on(today: date) -> date:
    """The day on which the replaced meters were replaced: a tenth, before any window opens."""
    return books.before(today.replace(day=1), MONTHS_AGO + 1).replace(day=10)


def months_read(window: Window, today: date) -> list[date]:
    """The periods of readings, oldest first: one before the first bill, up to the one that is open or has closed last."""
    period = books.before(books.months(today)[0], 1)
    found = []
    while windows.first_day(window, period) <= today:
        found.append(period)
        period = windows.next_month(period)
    return found


@dataclass
class Dial:
    """One meter while its months are gone through."""

    country: str
    device: Device
    window: Window
    used: Used
    today: date
    shown: Zones = field(init=False)
    periods: list[date] = field(init=False)
    billed: frozenset[date] = frozenset()
    silent: int = 0

    def __post_init__(self) -> None:
        self.periods = months_read(self.window, self.today)
        if self.device.resource in BILLED[self.country]:
            self.billed = frozenset(books.months(self.today))
        chance = Random(f"start:{self.device.serial}")  # noqa: S311  (made-up figures)
        top = 20_000 if self.device.resource == "power" else 800
        start = ZERO if self.device.replaces else Decimal(chance.randint(40, top))
        self.shown = (start, (start / 3).quantize(Decimal(1)))[: self.device.zones]

    def months(self) -> Iterator[Value]:
        """Yield the meter's months in order."""
        swap = self.device.removed or (self.device.installed if self.device.replaces else None)
        swapped = swap.replace(day=1) if swap else None
        for period in self.periods:
            is_base = period == self.periods[0]
            if swapped and (period > swapped if self.device.removed else period < swapped):
                continue
            used = self._used(period)
            if period == swapped:
                used = _part(used, Decimal("0.4"), is_rest=not self.device.removed)
            if not is_base or period == swapped:
                self.shown = tuple(a + b for a, b in zip(self.shown, used, strict=True))
            value = self._month(period, used, is_base=is_base)
            if value:
                yield value

    def _month(self, period: date, used: Zones, *, is_base: bool) -> Value | None:
        device, flat = self.device, self.device.flat
        day = self._day(period)
        if device.removed and period == device.removed.replace(day=1):
            return Value(device, period, used, self.shown, device.removed, "controlled")
        if device.replaces and day <= device.installed:
            day = device.installed + timedelta(days=2)
        is_open = self.today <= windows.last_day(self.window, period)
        is_left = is_open and (flat.number in LEFT_TO_VISITORS[self.country] or flat.number % 3 == 0)
        is_broken = device.broken is not None and device.broken <= day
        if (is_left or day > self.today or is_broken) and is_open:
            return None
        is_expired = device.due < day and not device.removed
        if is_broken or (is_silent(flat, period) and not is_base and not is_open):
            self.silent += 1
            return Value(device, period, used, cause="broken" if is_broken else "not_sent", in_a_row=self.silent)
        self.silent = self.silent + 1 if is_expired else 0
        doubts = "high" if device.resource == "cold" and leaks(flat, period) and any(used) else ""
        return Value(
            device, period, used, self.shown, day, self._source(period, is_open=is_open), doubts, not is_expired,
            cause="expired" if is_expired and not is_open else "", in_a_row=self.silent,
        )  # fmt: skip

    def _day(self, period: date) -> date:
        """The day on which this household looks at its meters."""
        chance = Random(f"day:{self.device.flat.account}:{period}")  # noqa: S311  (made-up dates)
        first, last = windows.first_day(self.window, period), windows.last_day(self.window, period)
        return first + timedelta(days=chance.randint(0, min((last - first).days, 24)))

    def _source(self, period: date, *, is_open: bool) -> str:
        if self.device.flat.number == DISPUTED[self.country] and period in self.periods[-2:]:
            return "council"
        chance = Random(f"source:{self.device.flat.account}:{period}")  # noqa: S311  (made-up)
        return "owner" if is_open else chance.choice(SENDERS)

    def _used(self, period: date) -> Zones:
        """What ran through in the month: what the bill says, made up where there is no bill of it yet or at all."""
        device, flat = self.device, self.device.flat
        key = (flat.account, period, device.resource)
        whole = self.used.get(key, ZERO) if period in self.billed else _made_up(device, period)
        step = Decimal(1) if device.resource == "power" else LITRE
        first = (whole * Decimal("0.4")).quantize(step)
        part = {Decimal(1): whole, Decimal("0.4"): first}.get(device.share, whole - first)
        night = (part * Decimal("0.3")).quantize(step)
        return (part - night, night) if device.zones > 1 else (part,)


def _part(used: Zones, share: Decimal, *, is_rest: bool) -> Zones:
    first = tuple((one * share).quantize(LITRE) for one in used)
    return tuple(one - part for one, part in zip(used, first, strict=True)) if is_rest else first


def _made_up(device: Device, period: date) -> Decimal:
    chance = Random(f"used:{device.flat.account}:{device.resource}:{period}")  # noqa: S311  (made-up figures)
    people = device.flat.residents
    if device.resource == "power":
        return Decimal(chance.randint(70, 130) * (1 + people))
    monthly = {"cold": "2.6", "hot": "1.6", "gas": "5.2"}[device.resource]
    return (Decimal(monthly) * people * chance.randint(70, 130) / 100).quantize(LITRE)
