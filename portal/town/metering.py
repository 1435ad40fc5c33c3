"""Gives the demo town its meters, readings, estimates, norms and days for readings."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from accounts.models import User
from billing.models import InvoiceLine
from lib.copying import copy_in
from lib.text import account_key
from meters import windows
from meters.models import ConsumptionNorm, Estimate, Meter, MeterEvent, MeterReport, Reading, SubmissionWindow
from meters.models.meter import in_columns
from meters.resources import FACTS
from meters.windows import Window
from portal.town.dials import BILLED, DISPUTED, MODELS, Device, Dial, Value, Zones, devices, months_read
from portal.town.flats import Flat, flats
from portal.town.places import Block, Company
from portal.town.utilities import LITRE, ZERO
from premises.models import AccountLink, CouncilSeat, House, Organization, PersonalAccount, StaffMember

NORMS = {
    "RU": {"cold": "4.745", "hot": "3.281", "power": "95"},
    "UA": {"cold": "5.32", "gas": "9.8", "power": "75"},
}
SUPPLY = {"RU": "подвал, ввод 1", "UA": "підвал, ввід 1"}
LOOKED_AT_AFTER = timedelta(days=75)  # older doubts are settled
What = MeterEvent.What
Shown = tuple[int, date, date, Zones]  # meter id, period, day, values


def set_meters(company: Company, organization: Organization, *, today: date, at: datetime) -> None:
    """Write everything of meters that the company has; its bills and its people are there."""
    Clerk(company, organization, today, at).work()


class Clerk:
    """Writes one company's meters."""

    def __init__(self, company: Company, organization: Organization, today: date, at: datetime) -> None:
        self.company, self.organization, self.today, self.at = company, organization, today, at
        self.country = company.country
        self.houses = {house.street: house for house in House.objects.filter(organization=organization)}
        self.accounts = {one.number: one for one in PersonalAccount.objects.filter(organization=organization)}
        staff = StaffMember.objects.filter(organization=organization, role=StaffMember.Role.MANAGER)
        self.manager = staff.select_related("user").get().user
        links = AccountLink.objects.active().filter(account__organization=organization).order_by("-pk")
        self.residents = dict(links.values_list("account__number", "user_id"))
        seats = CouncilSeat.objects.filter(house__organization=organization)
        self.council = dict(seats.values_list("house_id", "user_id"))

    def work(self) -> None:
        self._rules()
        used = billed_volumes(self.organization)
        found = list(flats(self.company))
        kit = {flat.account: list(devices(self.country, flat, self.today)) for _block, flat in found}
        meters = self._install([(block, flat, device) for block, flat in found for device in kit[flat.account]])
        values = [
            value
            for block, flat in found
            for device in kit[flat.account]
            for value in Dial(self.country, device, window_of(self.company, block), used, self.today).months()
        ]
        self._read(values, meters)
        self._estimate(values, meters)
        self._supply(values, {flat.account: block for block, flat in found})
        self._dispute(meters)

    def _rules(self) -> None:
        """The days for readings of the company and of the houses that have their own, and the norms."""
        opens, closes = self.company.window
        SubmissionWindow.objects.create(organization=self.organization, opens=opens, closes=closes)
        for block in self.company.blocks:
            if block.window:
                board = "house" if self.country == "RU" else "council"
                SubmissionWindow.objects.create(
                    organization=self.organization, house=self.houses[block.street], board=board, opens=block.window[0],
                    closes=block.window[1],
                )  # fmt: skip
        for resource, volume in NORMS[self.country].items():
            ConsumptionNorm.objects.create(
                organization=self.organization, resource=resource, since=date(2024, 1, 1), per_person=Decimal(volume)
            )

    def _install(self, rows: Iterable[tuple[Block, Flat, Device]]) -> dict[Device, Meter]:
        """Write the meters of flats with the first lines of their history."""
        made = {device: self._meter(block, device) for block, _flat, device in rows}
        by_serial = {(device.flat.account, device.serial): meter for device, meter in made.items()}
        new = [meter for device, meter in made.items() if device.replaces]
        Meter.objects.bulk_create([meter for device, meter in made.items() if not device.replaces])
        for device, meter in made.items():
            if device.replaces:
                meter.replaces = by_serial[device.flat.account, device.replaces]
        Meter.objects.bulk_create(new)
        MeterEvent.objects.bulk_create(event for device, meter in made.items() for event in self._events(device, meter))
        return made

    def _meter(self, block: Block, device: Device) -> Meter:
        facts = FACTS[device.resource]
        start = Decimal(0) if device.zones > 1 else None
        return Meter(
            organization=self.organization, house=self.houses[block.street], account=self.accounts[device.flat.account],
            resource=device.resource, unit=facts.unit, serial=device.serial, serial_search=account_key(device.serial),
            model=MODELS[device.resource], place=device.place, zones=device.zones, int_digits=facts.int_digits,
            decimals=facts.decimals, initial_t2=start, installed_on=device.installed, verified_on=device.verified,
            next_verification=device.due, seal=f"П-{device.serial[:6]}", sealed_on=device.installed,
            broken_on=device.broken, removed_on=device.removed, created_at=self.at,
        )  # fmt: skip

    def _events(self, device: Device, meter: Meter) -> Iterable[MeterEvent]:
        days = [(What.INSTALLED, device.installed)]
        if device.verified > device.installed:
            days.append((What.VERIFIED, device.verified))
        if device.broken:
            days.append((What.BROKEN, device.broken))
        if device.removed:
            days += [(What.CHECKED, device.removed), (What.REMOVED, device.removed)]
        for what, on in days:
            act = "" if what == What.BROKEN else f"№ {on:%y%m}-{device.flat.number}"
            yield MeterEvent(meter=meter, what=what, on=on, act=act, at=self.at, by=self.manager)

    def _read(self, values: Iterable[Value], meters: Mapping[Device, Meter]) -> None:
        """Write what was read."""
        rows = [self._reading(value, meters[value.device]) for value in values if value.shown]
        copy_in(
            Reading,
            (
                "meter_id", "period", "taken_on", "t1", "t2", "t3", "source", "is_billable", "doubts", "author_id",
                "created_at", "reviewed_by_id", "reviewed_at",
            ),
            rows,
        )  # fmt: skip

    def _reading(self, value: Value, meter: Meter) -> tuple[object, ...]:
        entered = self._moment(value.taken, 19)
        is_settled = bool(value.doubts) and value.taken < self.today - LOOKED_AT_AFTER
        reviewed = (self.manager.pk, self._moment(value.taken + timedelta(days=3), 11)) if is_settled else (None, None)
        return (
            meter.pk, value.period, value.taken, *in_columns(value.shown), value.source, value.is_billable, value.doubts,
            self._author(value, meter), entered, *reviewed,
        )  # fmt: skip

    def _author(self, value: Value, meter: Meter) -> int | None:
        """Who entered it, of the people of the town: most households have nobody one can sign in as."""
        if value.source == "owner":
            return self.residents.get(value.device.flat.account)
        return self.council.get(meter.house_id) if value.source == "council" else int(self.manager.pk)

    def _moment(self, day: date, hour: int) -> datetime:
        zone = ZoneInfo(self.organization.time_zone)
        return min(datetime.combine(day, time(hour), zone), self.at)

    def _estimate(self, values: Iterable[Value], meters: Mapping[Device, Meter]) -> None:
        """Write what was taken in the place of readings."""
        Estimate.objects.bulk_create(
            [
                _estimated(meters[value.device], value, self._moment(windows.next_month(value.period), 2))
                for value in values
                if value.cause and windows.last_day(self._window(meters[value.device].house), value.period) < self.today
            ],
            batch_size=2000,
        )

    def _window(self, house: House) -> Window:
        block = next(one for one in self.company.blocks if one.street == house.street)
        return window_of(self.company, block)

    def _supply(self, values: Iterable[Value], blocks: Mapping[str, Block]) -> None:
        """Write the meters of whole houses: what all flats used and a little more."""
        sums: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
        for value in values:
            street = blocks[value.device.flat.account].street
            sums[street, value.device.resource, value.period] += sum(value.used, ZERO)
        rows: list[Shown] = []
        for block in self.company.blocks:
            for resource in BILLED[self.country]:
                meter = self._house_meter(self.houses[block.street], resource)
                rows += self._supplied(meter, sums, block)
        names = ("meter_id", "period", "taken_on", "t1", "t2", "t3", "source", "author_id", "created_at")
        copy_in(Reading, names, (
            (meter, period, day, *in_columns(shown), "company", self.manager.pk, self._moment(day, 15))
            for meter, period, day, shown in rows
        ))  # fmt: skip

    def _house_meter(self, house: House, resource: str) -> Meter:
        serial = f"{house.pk:03d}{Random(resource).randint(10_000, 99_999)}"  # noqa: S311  (made up)
        meter = Meter.objects.create(
            organization=self.organization, house=house, resource=resource, unit=FACTS[resource].unit, serial=serial,
            place=SUPPLY[self.country], int_digits=7, decimals=1, ratio=Decimal(20 if resource == "power" else 1),
            installed_on=date(2019, 6, 3), verified_on=date(2023, 5, 15),
            next_verification=self.today + timedelta(days=700),
        )  # fmt: skip
        MeterEvent.objects.create(meter=meter, what=What.INSTALLED, on=meter.installed_on, at=self.at, by=self.manager)
        return meter

    def _supplied(self, meter: Meter, sums: Mapping[tuple[str, str, date], Decimal], block: Block) -> Iterable[Shown]:
        chance = Random(f"supply:{block.street}:{meter.resource}")  # noqa: S311  (made-up figures)
        window, shown = window_of(self.company, block), Decimal(chance.randint(20_000, 60_000))
        for period in months_read(window, self.today):
            day = windows.last_day(window, period)
            if day >= self.today:
                return
            used = sums[block.street, meter.resource, period] * chance.randint(102, 109) / 100
            shown += (used / meter.ratio).quantize(Decimal("0.1"))
            yield meter.pk, period, day, (shown,)

    def _dispute(self, meters: Mapping[Device, Meter]) -> None:
        """A resident does not agree with what the council wrote down."""
        number = DISPUTED[self.country]
        mine = [meter for device, meter in meters.items() if device.flat.number == number and device.resource == "hot"]
        reading = Reading.objects.filter(meter__in=mine[:1], source="council").order_by("period").last()
        if reading is None:
            return
        by = User.objects.get(pk=self.residents[mine[0].account.number])  # type: ignore[union-attr]
        MeterReport.objects.create(
            meter=mine[0], kind=MeterReport.Kind.DISPUTE, reading=reading, by=by, on=reading.taken_on + timedelta(days=1),
            values=str((reading.t1 - Decimal("0.240")).quantize(LITRE)).replace(".", ","),
            text="Совет записал другое число. На счётчике было меньше, есть фото.",
            created_at=self._moment(reading.taken_on + timedelta(days=1), 20),
        )  # fmt: skip


def window_of(company: Company, block: Block) -> Window:
    """The days for readings of one house."""
    return Window(*(block.window or company.window))


def billed_volumes(organization: Organization) -> dict[tuple[str, date, str], Decimal]:
    """What the bills say was used, by account number, month and resource."""
    codes = {code.upper(): code for code in BILLED[organization.country]}
    lines = InvoiceLine.objects.filter(invoice__organization=organization, code__in=codes, volume__isnull=False)
    rows = lines.values_list("invoice__account__number", "invoice__period", "code", "volume")
    return {(number, period, codes[code]): volume for number, period, code, volume in rows if volume is not None}


def _estimated(meter: Meter, value: Value, at: datetime) -> Estimate:
    t1, t2, t3 = in_columns(value.used)
    method = Estimate.Method.AVERAGE
    return Estimate(
        meter=meter, period=value.period, t1=t1, t2=t2, t3=t3, method=method, cause=value.cause, in_a_row=value.in_a_row,
        created_at=at,
    )  # fmt: skip
