"""What pages show of the data that identity services confirm."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.identity import linking
from accounts.models import User, VerifiedPerson

NUMBERS = {
    "inn": "ИНН",
    "snils": "СНИЛС",
    "rnokpp": "РНОКПП",
    "unzr": "УНЗР",
}  # proper names, the same in every language


@dataclass(frozen=True)
class Locked:
    """The best confirmed data of a person, for components/verified.html."""

    person: VerifiedPerson
    names: dict[str, str]  # in the letters of the profile
    service: str
    rows: list[dict[str, str]]
    confirmed_at: datetime


def locked(user: User) -> Locked | None:
    """What nobody can type over; None for those whom no service has named."""
    person = linking.verified_person(user)
    if person is None:
        return None
    names = linking.confirmed_names(user, person)
    rows = [(_("Last name"), names["last_name"]), (_("First name"), names["first_name"])]
    if names["patronymic"]:
        rows.append((_("Patronymic"), names["patronymic"]))
    if person.birth_date:
        rows.append((_("Date of birth"), date_format(person.birth_date, "DATE_FORMAT")))
    rows += [(NUMBERS[kind], masked) for kind, masked in linking.masked_identifiers(person).items()]
    return Locked(
        person=person,
        names=names,
        service=linking.name_of(person.identity.provider),
        rows=[{"name": name, "value": value} for name, value in rows],
        confirmed_at=person.verified_at,
    )
