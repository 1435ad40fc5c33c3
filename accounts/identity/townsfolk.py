"""The people whom the demo's identity services know. Nobody is real; the registers of the demo town name the same people."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Person:
    """What a service knows of somebody. `level` is empty where it is as sure as it always is."""

    subject: str
    last_name: str = ""
    first_name: str = ""
    patronymic: str = ""
    birth_date: str = ""  # 1961-04-12
    level: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Surname, name, patronymic."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)


@dataclass(frozen=True)
class Townsperson:
    """A person one may choose, and what choosing them is good for."""

    person: Person
    about: str | Promise


# The names below are those of the registers: portal/town/flats.py (HOLDERS) and demo/guide.
GUIDE_OWNER = Person(
    "demo-guide", "Мартынович", "Александр", "Владимирович", "1961-04-12",
    identifiers={"inn": "366101234517", "rnokpp": "2238212342"},
)  # fmt: skip
LVIV_OWNER = Person(
    "demo-lviv", "Ткачук", "Оксана", "Ігорівна", "1979-08-24", identifiers={"rnokpp": "2909023468"}
)  # fmt: skip
MANY_FLATS = Person(
    "demo-capitals", "ОРЛОВА", "МАРИЯ", "ПАВЛОВНА", "1984-03-08", identifiers={"inn": "614304567803"}
)  # fmt: skip
IN_LATIN = Person("demo-latin", "Martynovich", "Aleksandr", "Vladimirovich", "1961-04-12")
NAMELESS = Person("demo-nameless")
STRANGER = Person(
    "demo-stranger", "Кузнецова", "Тамара", "Алексеевна", "1990-01-15", identifiers={"inn": "614309876530"}
)  # fmt: skip

TOWNSFOLK = (
    Townsperson(GUIDE_OWNER, _("the owner of the guide's flat, account 10117")),
    Townsperson(LVIV_OWNER, _("an owner in Lviv")),
    Townsperson(MANY_FLATS, _("has three flats; the service writes in capitals")),
    Townsperson(IN_LATIN, _("the owner of the guide's flat, in Latin letters")),
    Townsperson(NAMELESS, _("A person whom the service does not name")),
    Townsperson(STRANGER, _("somebody of another name")),
)


def townsperson(subject: str) -> Person | None:
    """The person the services know by this subject."""
    return next((one.person for one in TOWNSFOLK if one.person.subject == subject), None)
