"""Takes over a company's register of meters, and takes such an import back.

New meters come by COPY; of those that are there only what a passport or a verification changes is changed. What readings
stand on (digits, zones, values at installation) is never changed by a register: that is a warning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO

from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from accounts.models import User
from lib.copying import copy_in
from lib.errors import Refusal
from lib.text import account_key, search_key
from meters.exchange.meters import DATES, columns, look_at_dates, look_at_new, look_over
from meters.models import Meter, MeterEvent, Reading
from meters.models.meter import in_columns
from premises.actions.registers import account_length
from premises.models import House, ImportRun, PersonalAccount
from premises.register import Register, Row, read
from premises.registers import Tally
from premises.registers.accounts import address_of
from premises.registers.cells import plain

CHUNK = 5000
KEPT = {
    "model": "model", "place": "place", "gis": "gis_number", "verified": "verified_on",
    "next_verification": "next_verification", "sealed": "seal",
}  # fmt: skip
DIAL = {
    "unit": "unit", "zones": "zones", "int_digits": "int_digits", "decimals": "decimals", "ratio": "ratio",
    "initial": "initial", "installed": "installed_on",
}  # fmt: skip
FIELDS = KEPT | DIAL
COPIED = (
    "organization_id", "house_id", "account_id", "resource", "unit", "serial", "serial_search", "model", "place", "zones",
    "int_digits", "decimals", "ratio", "initial_t1", "initial_t2", "initial_t3", "installed_on", "verified_on",
    "next_verification", "seal", "gis_number", "batch_id", "created_at",
)  # fmt: skip

Spot = tuple[int | None, int, str, str]  # account, house, resource, number


def import_meters(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """The importer of the kind «meters»; see premises.registers.Importer."""
    register = read(file, columns(account_length(run.organization)))
    tally.name_columns(register)
    tally.note(register.problems)
    book = MeterBook(run, register, tally, write=write, at=at)
    rows = iter(register)
    while chunk := list(islice(rows, CHUNK)):
        book.take(chunk)
    book.finish()
    tally.total(_("Meters"), len(book.seen))


def undo_meters(run: ImportRun, tally: Tally, *, at: datetime, by: User | None) -> None:
    """Delete the meters that one import brought, as long as nothing stands on them. See premises.registers.Undoer."""
    if run.updated:
        raise Refusal(
            gettext_lazy(
                "This file also changed meters that were there before, so it cannot be taken back. "
                "Import a corrected file instead."
            )
        )
    meters = Meter.objects.filter(batch=run)
    reading = Reading.objects.filter(meter__batch=run).select_related("meter").first()
    if reading:
        raise Refusal(
            gettext_lazy(
                "Readings were entered for these meters already, for example № %(serial)s. "
                "A meter with readings stays: remove it by an act."
            )
            % {"serial": reading.meter.serial}
        )
    count = meters.count()
    try:
        meters.delete()
    except ProtectedError:
        raise Refusal(
            gettext_lazy("Something has happened to these meters already: their history stays, and they with it.")
        ) from None
    tally.total(_("Meters taken back"), count)


@dataclass(slots=True)
class Listed:
    """One row of the file with the place of its meter."""

    row: Row
    spot: Spot

    @property
    def values(self) -> dict[str, Any]:
        return self.row.values


class MeterBook:
    """What one import of meters knows while it goes through the file."""

    def __init__(self, run: ImportRun, register: Register, tally: Tally, *, write: bool, at: datetime) -> None:
        self.run, self.tally, self.write, self.at = run, tally, write, at
        self.today = run.organization.day(at)
        self.kept = {column: field for column, field in KEPT.items() if register.has(column)}
        self.seen: dict[Spot, tuple[int, tuple[Any, ...]]] = {}  # row and what it said
        houses = House.objects.filter(organization=run.organization)
        self.houses = dict(houses.values_list("address_search", "pk"))
        numbered = Meter.objects.filter(organization=run.organization).exclude(gis_number="")
        names = ("gis_number", "account_id", "house_id", "resource", "serial_search")
        self.numbers: dict[str, Spot] = {}  # of the state system
        if register.has("gis"):
            self.numbers = {number: tuple(spot) for number, *spot in numbered.values_list(*names)}
        self.changed: list[Meter] = []
        self.events: list[MeterEvent] = []

    def take(self, rows: list[Row]) -> None:
        """Compare a chunk with the database, count, and store the differences."""
        listed = [one for one in self._listed(rows) if self._is_free(one)]
        there = self._there(listed)
        new = [one for one in listed if one.spot not in there and self._is_new(one)]
        self.tally.created += len(new)
        for one in listed:
            if meter := there.get(one.spot):
                self._compare(one, meter)
        for row in rows:
            self.tally.rows += 1
            self.tally.note(row.problems)
        if self.write and not self.tally.errors:
            copy_in(Meter, COPIED, map(self._row, new))

    def finish(self) -> None:
        """Write what changed of meters that were there, in the order in which everybody locks meters."""
        if self.write and not self.tally.errors:
            changed = sorted(self.changed, key=lambda meter: meter.pk)
            Meter.objects.bulk_update(changed, list(KEPT.values()), batch_size=1000)
            MeterEvent.objects.bulk_create(self.events)

    # --- Reading --------------------------------------------------------------------------------------------------

    def _listed(self, rows: list[Row]) -> Iterator[Listed]:
        """The rows whose meter has a place; what a row says wrongly is noted in it."""
        for row in rows:
            if row.values:
                look_over(row)
        numbers = {account_key(row.values["account"]) for row in rows if row.values.get("account")}
        accounts = PersonalAccount.objects.filter(organization=self.run.organization, number_search__in=numbers)
        places = {
            number: (pk, house) for number, pk, house in accounts.values_list("number_search", "pk", "unit__house")
        }
        for row in rows:
            if row.is_good and row.values and (place := self._place(row, places)):
                spot = (*place, str(row.values["resource"]), account_key(row.values["meter_no"]))
                if self._is_first(row, spot):
                    yield Listed(row, spot)

    def _place(self, row: Row, accounts: dict[str, tuple[int, int]]) -> tuple[int | None, int] | None:
        """The account and the house of the meter, or None with a word in the row."""
        if row.values["account"]:
            found = accounts.get(account_key(row.values["account"]))
            if found is None:
                row.refuse("account", _("The company has no account with this number."))
            return found
        house = self.houses.get(search_key(row.values["address"]))
        address = None if house else address_of(row.values["address"])
        if address:
            house = self.houses.get(search_key(", ".join(address)))
        if house:
            return None, house
        if address:
            row.refuse("address", _("The company has no house at this address."))
        else:
            row.refuse("address", _("The address must hold city, street and house, with commas between them."))
        return None

    def _is_first(self, row: Row, spot: Spot) -> bool:
        """Whether the meter stands in the file for the first time; the same row again is lost, another one is an error."""
        words = tuple(value for name, value in row.values.items() if name != "meter_no")
        line, said = self.seen.setdefault(spot, (row.line, words))
        if line == row.line:
            return True
        if said == words:
            self.tally.unchanged += 1
        else:
            row.refuse("meter_no", _("Row %(row)s says something else of this meter."), row=str(line))
        return False

    def _is_free(self, one: Listed) -> bool:
        """Whether the number of the state system is no other meter's, in the portal or in the file."""
        number = one.values.get("gis") or ""
        if not number or self.numbers.setdefault(number, one.spot) == one.spot:
            return True
        one.row.refuse("gis", _("Another meter of the company has this number in ГИС ЖКХ."))
        return False

    def _there(self, listed: Iterable[Listed]) -> dict[Spot, Meter]:
        """The meters that are there already, by their places."""
        spots = {one.spot for one in listed}
        accounts = {account for account, *_rest in spots if account}
        houses = {house for account, house, *_rest in spots if account is None}
        rows = Meter.objects.filter(account__in=accounts) | Meter.objects.of_houses().filter(house__in=houses)
        found = {(one.account_id, one.house_id, one.resource, one.serial_search): one for one in rows}
        return {spot: found[spot] for spot in spots if spot in found}

    # --- Differences ----------------------------------------------------------------------------------------------

    def _is_new(self, one: Listed) -> bool:
        """Whether a meter that the portal has not got may come in."""
        look_at_new(one.row, self.today)
        return one.row.is_good

    def _compare(self, one: Listed, meter: Meter) -> None:
        """Count a meter that is there, and change what differs."""
        fresh = self._changes(one, meter)
        if not one.row.is_good:
            return
        self.tally.updated += bool(fresh)
        self.tally.unchanged += not fresh
        if fresh:
            self._change(meter, fresh)

    def _changes(self, one: Listed, meter: Meter) -> dict[str, Any]:
        """What the row changes of a meter that is there; an empty cell says nothing."""
        if meter.removed_on:
            one.row.warn(
                "meter_no",
                _("This meter was removed on %(day)s; the row is not read."),
                day=f"{meter.removed_on:%d.%m.%Y}",
            )
            return {}
        self._compare_dial(one, meter)
        look_at_dates(one.row, self.today, {name: getattr(meter, FIELDS[name]) for name in DATES})
        found = {
            field: one.values[column]
            for column, field in self.kept.items()
            if one.values[column] and one.values[column] != _plain(getattr(meter, field))
        }
        verified: date | None = found.get("verified_on")
        if verified and meter.verified_on and verified < meter.verified_on:
            one.row.warn("verified", _("The portal knows a later verification, which stays."))
            found = {field: value for field, value in found.items() if "verif" not in field}
        return found

    @staticmethod
    def _compare_dial(one: Listed, meter: Meter) -> None:
        for column, field in DIAL.items():
            says = one.values["initials" if column == "initial" else column]
            if column in one.values["given"] and says != getattr(meter, field):
                one.row.warn(column, _("The portal has another value, which stays: readings stand on it."))

    def _change(self, meter: Meter, fresh: dict[str, Any]) -> None:
        """Change the meter in memory; a verification and a seal also leave a line of its history."""
        for field, value in fresh.items():
            setattr(meter, field, value)
        self.changed.append(meter)
        what, lines = MeterEvent.What, []
        if "verified_on" in fresh:
            lines.append((what.VERIFIED, fresh["verified_on"], ""))
        if "seal" in fresh:
            lines.append((what.SEALED, self.today, fresh["seal"]))
        self.events += [
            MeterEvent(
                meter=meter, what=kind, on=on, note=f"{seal} {self.run.file_name[:100]}".strip(), by=self.run.by,
                at=self.at,
            )
            for kind, on, seal in lines
        ]  # fmt: skip

    def _row(self, one: Listed) -> tuple[Any, ...]:
        """A new meter as the columns of COPIED."""
        values = one.values
        account, house, resource, number = one.spot
        t1, t2, t3 = in_columns(values["initials"])
        return (
            self.run.organization_id, house, account, resource, values["unit"], values["meter_no"], number,
            values.get("model") or "", values.get("place") or "", values["zones"], values["int_digits"], values["decimals"],
            values["ratio"], t1, t2, t3, values["installed"], values.get("verified"), values.get("next_verification"),
            values.get("sealed") or "", values.get("gis") or "", self.run.pk, self.at,
        )  # fmt: skip


def _plain(value: Any) -> Any:
    """A field of a meter as the cell of a register would give it: spaces are single there."""
    return plain(value) if isinstance(value, str) else value
