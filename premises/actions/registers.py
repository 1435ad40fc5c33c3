"""Takes over a company's register of personal accounts: houses, units, accounts and owners.

The dry run and the import are one code path: rows are gathered into chunks, each chunk is compared with the database by a
handful of queries, and only with `write` the differences are stored, by chunks of upserts. What is equal is not touched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, BinaryIO

from django.db.models.functions import Length
from django.utils.translation import gettext_noop as _

from accounts.models import User
from lib.copying import copy_in
from lib.text import account_key, search_key
from premises.actions.imports import apply_file, check_file
from premises.actions.undo_accounts import Before
from premises.models import House, ImportRun, Organization, Ownership, PersonalAccount, Unit
from premises.register import Row, read
from premises.registers import READERS, Rows, Tally
from premises.registers.accounts import address_of, columns, look_over

CHUNK = 5000
UNIT_FIELDS = {"area_total": "area_total", "area_heated": "area_heated"}  # column of the file → field
ACCOUNT_FIELDS = {
    "els": "els", "izhku": "zhku", "residents": "residents", "registered": "registered", "owner": "holder",
    "opened": "opened_on", "closed": "closed_on",
}  # fmt: skip


def check_register(
    organization: Organization, file: BinaryIO, *, name: str, by: User | None, at: datetime
) -> ImportRun:
    """Dry run of a register of accounts; see check_file."""
    return check_file(ImportRun.Kind.ACCOUNTS, organization, file, name=name, by=by, at=at)


def apply_register(run: ImportRun, *, by: User | None, at: datetime) -> ImportRun:
    """Import a checked register of accounts in one transaction, once; see apply_file."""
    return apply_file(run, by=by, at=at)


def import_accounts(run: ImportRun, file: BinaryIO, tally: Tally, *, write: bool, at: datetime) -> None:
    """The importer of the kind «accounts»; see premises.registers.Importer."""
    length = account_length(run.organization)
    found = (reader(file, length) for reader in READERS.get(ImportRun.Kind.ACCOUNTS, ()))
    register = next((one for one in found if one is not None), None) or read(file, columns(length))
    tally.name_columns(register)
    tally.note(register.problems)
    book = AccountBook(run, register, tally, write=write, at=at)
    for chunk in book.chunks():
        book.take(chunk)
    book.finish()
    if write:
        run.before = book.before.as_json()


def account_length(organization: Organization) -> int:
    """The length of this company's account numbers, if all are digits and equally long; else 0."""
    numbers = PersonalAccount.objects.filter(organization=organization)
    if numbers.filter(number_search__regex=r"[^0-9]").exists():
        return 0
    lengths = list(numbers.order_by().values_list(Length("number_search"), flat=True).distinct()[:2])
    return lengths[0] if len(lengths) == 1 else 0


@dataclass(slots=True)
class Flat:
    """A unit as the file states it; `pk` is None until it is saved."""

    house: House
    key: str
    label: str
    values: tuple[Any, ...]
    pk: int | None = None


@dataclass(slots=True)
class Entry:
    """One account of the file with its owners; `house` and `flat` are found later."""

    row: Row
    key: str
    owners: dict[str, tuple[str, Fraction | None]]  # folded name → (name, share)
    house: House = field(init=False)
    flat: Flat = field(init=False)
    label: str = ""
    place: tuple[int, str] = (0, "")  # names the unit within this import, saved or not


class AccountBook:
    """What one import knows while it goes through the file."""

    def __init__(self, run: ImportRun, register: Rows, tally: Tally, *, write: bool, at: datetime) -> None:
        self.run, self.organization, self.register, self.tally, self.write = (
            run, run.organization, register, tally, write,
        )  # fmt: skip
        self.before = Before()
        self.today = run.organization.day(at)
        self.unit_fields = [name for column, name in UNIT_FIELDS.items() if register.has(column)]
        self.account_fields = [name for column, name in ACCOUNT_FIELDS.items() if register.has(column)]
        self.houses = {house.address_search: house for house in House.objects.filter(organization=run.organization)}
        self.lines: dict[str, int] = {}  # account key → the row where it stands
        self.units: dict[tuple[int, str], tuple[int, tuple[Any, ...]]] = {}  # place → row, values
        self.shares: dict[tuple[int, str], Fraction] = {}
        self.named: set[int] = set()  # digests of (place, owner, share): small, where the names would be large
        self.stale: dict[int, int] = {}  # Ownership id → digest: no longer named so far
        self.used_houses: set[int] = set()
        self.area, self.people = Decimal(0), 0

    # --- Reading --------------------------------------------------------------------------------------------------

    def chunks(self) -> Iterator[list[Entry]]:
        """Gather rows into accounts and accounts into chunks; what a row says wrongly is noted at once."""
        entries: list[Entry] = []
        for row in self.register:
            self.tally.rows += 1
            if row.values:
                look_over(row)
                entries.extend(self._entry(row, entries[-1] if entries else None))
            self.tally.note(row.problems)
            if len(entries) > CHUNK:  # the last one may still get owners from the next row
                yield entries[:-1]
                del entries[:-1]
        if entries:
            yield entries

    def _entry(self, row: Row, last: Entry | None) -> Iterator[Entry]:
        """The new account of this row, or nothing: another owner of the last one, or a bad row."""
        key = account_key(row.values.get("account") or "")
        if not key:
            return
        if last and last.key == key and self._is_co_owner(row, last):
            self._add_owner(row, last)
        elif key in self.lines:
            row.refuse("account", _("This account already stands in row %(row)s."), row=str(self.lines[key]))
        else:
            self.lines[key] = row.line
            entry = Entry(row, key, {})
            self._add_owner(row, entry)
            yield entry

    def _is_co_owner(self, row: Row, last: Entry) -> bool:
        """Whether the row repeats the account with another owner and no other difference."""
        mine, theirs = row.values, last.row.values
        same = all(mine[name] == theirs[name] for name in mine if name not in ("owner", "share"))
        return same and bool(mine.get("owner")) and search_key(mine["owner"]) not in last.owners

    @staticmethod
    def _add_owner(row: Row, entry: Entry) -> None:
        if owner := row.values.get("owner"):
            entry.owners[search_key(owner)] = (owner, row.values.get("share"))

    # --- One chunk ------------------------------------------------------------------------------------------------

    def take(self, entries: list[Entry]) -> None:
        """Compare a chunk with the database, count, and store the differences."""
        good = [entry for entry in entries if entry.row.is_good and self._find_house(entry)]
        good = [entry for entry in good if self._fits_unit(entry)]
        if self.tally.errors:
            self.write = False  # nothing will stay; the rest is read for the report
        self._save_houses(good)
        flats = self._find_flats(good)
        new, changed = self._compare_accounts(good, flats)
        if self.write and not self.tally.errors:
            self._save_flats(flats)
            self._save_accounts(new, changed)
            self._save_owners(good)

    def _note(self, entry: Entry, column: str, text: str, *, warning: bool = False, **facts: str) -> None:
        row = Row(entry.row.line, {}, [])
        (row.warn if warning else row.refuse)(column, text, **facts)
        self.tally.note(row.problems)

    def _find_house(self, entry: Entry) -> bool:
        address = address_of(entry.row.values["address"])
        if address is None:
            return False
        key = search_key(", ".join(address))
        house = self.houses.get(key)
        if house is None:
            house = House(organization=self.organization, **address._asdict(), address_search=key)
            self.houses[key] = house
            self._note(entry, "address", _("A new house: %(address)s."), warning=True, address=house.address)
        entry.house, entry.label = house, search_key(entry.row.values["flat"])
        entry.place = id(house), entry.label
        self.used_houses.add(id(house))
        return True

    def _fits_unit(self, entry: Entry) -> bool:
        """Whether the shares of the unit add up to at most one; its areas are those of its first row."""
        values = self._values(entry, UNIT_FIELDS)
        line, first = self.units.setdefault(entry.place, (entry.row.line, values))
        if line == entry.row.line:
            self.area += entry.row.values.get("area_total") or 0
        elif first != values:  # rooms of one flat: the flat keeps what its first row says
            self._note(
                entry,
                "area_total",
                _("The areas differ from row %(row)s of the same flat and will not be read."),
                warning=True,
                row=str(line),
            )
        self.people += entry.row.values.get("residents") or 0
        return self._shares_fit(entry)

    def _shares_fit(self, entry: Entry) -> bool:
        for owner, (_name, share) in entry.owners.items():
            digest = hash((entry.place, owner, share))
            if share and digest not in self.named:
                self.named.add(digest)
                sum_so_far = self.shares.get(entry.place)
                self.shares[entry.place] = sum_so_far + share if sum_so_far else share
        if self.shares.get(entry.place, 0) <= 1:
            return True
        self._note(entry, "share", _("The shares of this flat add up to more than one."))
        return False

    def _values(self, entry: Entry, fields: dict[str, str]) -> tuple[Any, ...]:
        return tuple(entry.row.values[column] for column in fields if column in entry.row.values)

    def _find_flats(self, entries: list[Entry]) -> list[Flat]:
        """Give every entry its flat; return the flats that are new or whose areas differ."""
        known = self._known_units((entry.house.pk, entry.label) for entry in entries)
        made: dict[tuple[int, str], Flat] = {}
        changed: list[Flat] = []
        for entry in entries:
            flat = made.get(entry.place)
            if flat is None:
                pk, old = known.get((entry.house.pk, entry.label), (None, None))
                values = self.units[entry.place][1]
                flat = made[entry.place] = Flat(entry.house, entry.label, entry.row.values["flat"], values, pk)
                if old != values:
                    changed.append(flat)
                    if pk is not None:
                        self.before.unit(pk, self.unit_fields, old or (), values)
            entry.flat = flat
        return changed

    def _known_units(self, places: Iterable[tuple[int | None, str]]) -> dict[tuple[int, str], tuple[int, Any]]:
        """The saved units at these (house id, label) places: id and the values of the file's columns."""
        wanted = {(house, label) for house, label in places if house}
        rows = Unit.objects.filter(
            house__in={house for house, _label in wanted}, label_search__in={label for _house, label in wanted}
        ).values_list("pk", "house_id", "label_search", *self.unit_fields)
        return {
            (house, label): (pk, tuple(values))
            for pk, house, label, *values in rows.iterator()
            if (house, label) in wanted
        }

    def _compare_accounts(self, entries: list[Entry], changed: list[Flat]) -> tuple[list[Entry], list[Entry]]:
        """Count new, changed and unchanged accounts; return the new and the changed."""
        rows = PersonalAccount.objects.filter(
            organization=self.organization, number_search__in=[entry.key for entry in entries]
        ).values_list("number_search", "unit_id", *self.account_fields)
        known = {key: (unit, tuple(values)) for key, unit, *values in rows.iterator()}
        rebuilt = {id(flat) for flat in changed}
        new, other = [], []
        for entry in entries:
            unit, old = known.get(entry.key, (None, None))
            if old is None:
                new.append(entry)
            elif unit != entry.flat.pk:
                self._note(entry, "account", _("The company already has this account at another flat."))
            elif old != (values := self._values(entry, ACCOUNT_FIELDS)):
                other.append(entry)
                self.before.account(entry.key, self.account_fields, old, values)
            elif id(entry.flat) in rebuilt:
                self.tally.updated += 1
            else:
                self.tally.unchanged += 1
        self.tally.created += len(new)
        self.tally.updated += len(other)
        return new, other

    # --- Writing --------------------------------------------------------------------------------------------------

    def _save_houses(self, entries: Iterable[Entry]) -> None:
        new = {id(entry.house): entry.house for entry in entries if entry.house.pk is None}
        if self.write and new:
            for house in new.values():
                house.source = self.run
            House.objects.bulk_create(new.values())

    def _save_flats(self, flats: list[Flat]) -> None:
        """Write new flats, learn their ids, and write what differs in the others."""
        new = [flat for flat in flats if flat.pk is None]
        columns = ("source_id", "house_id", "label", "label_search", *self.unit_fields)
        copy_in(Unit, columns, ((self.run.pk, flat.house.pk, flat.label, flat.key, *flat.values) for flat in new))
        saved = self._known_units((flat.house.pk, flat.key) for flat in new)
        others = [
            Unit(
                pk=flat.pk,
                house=flat.house,
                label=flat.label,
                label_search=flat.key,
                **self._named(self.unit_fields, flat.values),
            )
            for flat in flats
            if flat.pk
        ]
        self._update(Unit, others, ["house", "label_search"], self.unit_fields)
        for flat in new:
            flat.pk = saved[flat.house.pk, flat.key][0]

    def _save_accounts(self, new: list[Entry], changed: list[Entry]) -> None:
        company, source = self.organization.pk, self.run.pk
        columns = ("organization_id", "source_id", "unit_id", "number", "number_search", *self.account_fields)
        copy_in(PersonalAccount, columns, (
            (company, source, entry.flat.pk, entry.row.values["account"], entry.key, *self._values(entry, ACCOUNT_FIELDS))
            for entry in new
        ))  # fmt: skip
        others = [
            PersonalAccount(
                organization=self.organization, unit=Unit(pk=entry.flat.pk), number=entry.row.values["account"],
                number_search=entry.key, **self._named(self.account_fields, self._values(entry, ACCOUNT_FIELDS)),
            )
            for entry in changed
        ]  # fmt: skip
        self._update(PersonalAccount, others, ["organization", "number_search"], self.account_fields)

    @staticmethod
    def _named(names: list[str], values: tuple[Any, ...]) -> dict[str, Any]:
        return dict(zip(names, values, strict=True))

    @staticmethod
    def _update(model: Any, rows: list[Any], unique: list[str], fields: list[str]) -> None:
        """Write these fields of rows that exist; an upsert, which is quicker than UPDATE row by row."""
        if rows:
            model.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=fields)

    def _save_owners(self, entries: list[Entry]) -> None:
        """Write the shares that are new; remember those in force, to end in finish() what no row names."""
        named = [entry for entry in entries if any(share for _name, share in entry.owners.values())]
        in_force, joint = self._owners_in_force({entry.flat.pk: entry.place for entry in named})
        new: dict[int, tuple[Any, ...]] = {}
        for entry in named:
            for key, (owner, share) in entry.owners.items():
                digest = hash((entry.place, key, share))
                if share and digest not in in_force and entry.flat.pk not in joint:
                    new[digest] = (self.run.pk, entry.flat.pk, owner, share.numerator, share.denominator)
        copy_in(Ownership, ("source_id", "unit_id", "owner", "numerator", "denominator"), new.values())

    def _owners_in_force(self, places: dict[int | None, tuple[int, str]]) -> tuple[set[int], set[int]]:
        """Digests of the shares in force at these units, and the units in joint ownership, which stay as they are."""
        in_force: set[int] = set()
        joint: set[int] = set()
        rows = Ownership.objects.current(self.today).filter(unit__in=places)
        for pk, unit, owner, n, d, is_joint in rows.values_list(
            "pk", "unit_id", "owner", "numerator", "denominator", "is_joint"
        ):
            if is_joint:
                joint.add(unit)
                continue
            self.stale[pk] = hash((places[unit], search_key(owner), Fraction(n, d)))
            in_force.add(self.stale[pk])
        return in_force, joint

    def finish(self) -> None:
        """End the shares that the whole file no longer names, and write the control totals."""
        ended = [pk for pk, digest in self.stale.items() if digest not in self.named]
        if self.write and not self.tally.errors:
            shares, yesterday = Ownership.objects.filter(pk__in=ended), self.today - timedelta(days=1)
            self.before.shares(shares.values_list("pk", "until"), yesterday)
            shares.update(until=yesterday)
        self.tally.total(_("Accounts"), len(self.lines))
        self.tally.total(_("Houses"), len(self.used_houses))
        self.tally.total(_("Flats"), len(self.units))
        self.tally.total(_("Total area, m²"), self.area)
        self.tally.total(_("Residents"), self.people)
