"""Finds the meters that a register names: by account, resource and number, or by resource and number alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db.models import Q, Value
from django.db.models.functions import Replace, Upper
from django.utils.translation import gettext_noop as _

from lib.text import account_key
from meters.exchange.readings import Key, Said
from meters.holding import hold
from meters.models import Meter
from premises.models import Organization, PersonalAccount

T = TypeVar("T")
AT_ONCE = 5000  # numbers asked for in one query
NO_ACCOUNT = _("The company has no account with this number.")
NO_METER = _("This account has no meter of this resource with this number.")
NOBODYS = _("The company has no meter of this resource with this number.")
SEVERAL = _("Several meters have this number and resource: %(places)s. Name the account.")
GIS_KEY = Upper(Replace("gis_number", Value(" ")))  # as account_key compares it
MOST_NAMED = 3  # of several meters


@dataclass(slots=True)
class Place:
    """One meter and what the file says of it."""

    pk: int
    said: list[Said]


@dataclass(frozen=True, slots=True)
class Found:
    """A meter that may be meant."""

    pk: int
    account_id: int | None
    account: str
    serial: str
    place: str


Missing = tuple[Said, str, str, dict[str, str]]  # column, sentence, facts


class Matching:
    """Looks up the meters of a whole file. `missing` says afterwards what could not be found, reading by reading."""

    def __init__(self, organization: Organization, *, by_account: bool) -> None:
        self.organization, self.by_account = organization, by_account
        self.missing: list[Missing] = []
        self.places: dict[int, Place] = {}

    def flats(self, by_meter: Mapping[Key, list[Said]]) -> list[list[Place]]:
        """The meters of each flat together, in the order of the file; a house meter stands alone."""
        flats: dict[int, list[Place]] = defaultdict(list)
        for keys in slices(by_meter):
            for key, candidates in self._candidates(keys).items():
                if len(candidates) != 1:
                    self._miss(key, by_meter[key], candidates)
                    continue
                one = candidates[0]
                if one.pk in self.places:  # named in two ways
                    self.places[one.pk].said += by_meter[key]
                    continue
                place = self.places[one.pk] = Place(one.pk, by_meter[key])
                flats[one.account_id or -one.pk].append(place)
        self._blame_accounts()
        return list(flats.values())

    def lock(self) -> None:
        """Lock the meters in the order in which everybody locks them: whoever enters for one of them waits. Raises MetersAreBusy."""
        for ids in slices(sorted(self.places)):
            hold(ids)

    # --- Candidates -----------------------------------------------------------------------------------------------

    def _candidates(self, keys: Sequence[Key]) -> dict[Key, list[Found]]:
        """The meters that each (account, resource, number) may mean."""
        if not self.by_account:
            return self._by_number(keys)
        of_flats = self._by_account([key for key in keys if key[0]])
        return of_flats | self._of_houses([key for key in keys if not key[0]])

    def _by_account(self, keys: Sequence[Key]) -> dict[Key, list[Found]]:
        rows = self._rows(Q(account__number_search__in={account for account, _resource, _number in keys}))
        there: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for resource, _gis, one in rows:
            there[one.account, resource].append(one)
        return {key: _of_number(there[key[0], key[1]], key[2]) for key in keys}

    def _of_houses(self, keys: Sequence[Key]) -> dict[Key, list[Found]]:
        rows = self._rows(Q(account__isnull=True, serial_search__in={number for *_rest, number in keys}))
        there: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for resource, _gis, one in rows:
            there[resource, one.serial].append(one)
        return {key: there[key[1], key[2]] for key in keys}

    def _by_number(self, keys: Sequence[Key]) -> dict[Key, list[Found]]:
        """By the number in ГИС ЖКХ; where no meter has it, by the maker's."""
        numbers = {number for *_rest, number in keys}
        of_gis: dict[tuple[str, str], list[Found]] = defaultdict(list)
        of_maker: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for resource, gis, one in self._rows(Q(gis_key__in=numbers) | Q(serial_search__in=numbers)):
            of_gis[resource, account_key(gis)].append(one)
            of_maker[resource, one.serial].append(one)
        return {key: of_gis.get(key[1:]) or of_maker[key[1:]] for key in keys}

    def _rows(self, which: Q) -> Iterator[tuple[str, str, Found]]:
        rows = Meter.objects.alias(gis_key=GIS_KEY).filter(which, organization=self.organization).order_by("pk")
        names = ("resource", "gis_number", "pk", "account_id", "account__number_search", "serial_search")
        for resource, gis, pk, account_id, account, serial, *address in rows.values_list(
            *names, "house__street", "house__number"
        ).iterator():
            yield resource, gis, Found(pk, account_id, account or "", serial, account or ", ".join(address))

    # --- What is missing ------------------------------------------------------------------------------------------

    def _miss(self, key: Key, said: Iterable[Said], candidates: Sequence[Found]) -> None:
        if candidates:
            places = [one.place for one in candidates[:MOST_NAMED]] + ["…"] * (len(candidates) > MOST_NAMED)
            sentence, facts = SEVERAL, {"places": "; ".join(places)}
        else:
            sentence, facts = (NO_METER if key[0] else NOBODYS), {}
        self.missing += [(one, "meter_no", sentence, facts) for one in said]

    def _blame_accounts(self) -> None:
        """Where there is no such account at all, say that instead."""
        asked = {said.key[0] for said, _column, text, _facts in self.missing if text == NO_METER}
        there: set[str] = set()
        for some in slices(asked):
            rows = PersonalAccount.objects.filter(organization=self.organization, number_search__in=some)
            there |= set(rows.values_list("number_search", flat=True))
        self.missing = [
            (said, "account", NO_ACCOUNT, facts) if text == NO_METER and said.key[0] not in there
            else (said, column, text, facts)
            for said, column, text, facts in self.missing
        ]  # fmt: skip


def _of_number(candidates: Sequence[Found], number: str) -> list[Found]:
    """Those with this number; else those from whose number Excel took the zeros in front."""
    exact = [one for one in candidates if one.serial == number]
    return exact or [one for one in candidates if one.serial.lstrip("0") == number.lstrip("0")]


def slices(things: Iterable[T]) -> Iterator[list[T]]:
    """So many of them at a time as one query asks for."""
    rest = iter(things)
    while some := list(islice(rest, AT_ONCE)):
        yield some
