"""Who a person is, read from the claims of an identity service. Pure: whatever the service sends, the result is clean."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from accounts.identity.catalog import LEVELS, IdentityService
from lib.given_names import FORMS
from lib.identifiers import is_inn, is_rnokpp, is_snils, is_unzr
from lib.names import Likeness, likeness

STANDARD = {"last_name": "family_name", "first_name": "given_name", "patronymic": "middle_name"}
IDENTIFIERS = {"RU": ("inn", "snils"), "UA": ("rnokpp", "unzr")}  # what the law of a country lets the portal keep
LONGEST = 80
FIRST_YEAR = 1900
PATRONYMIC = re.compile(
    r"\w+(вич|вна|ична|ич|івна|ївна|vich|vych|vna|ichna|ivna)|\w+[ -](оглы|оглу|кызы|угли)", re.IGNORECASE
)
APOSTROPHES = str.maketrans("’‘ʼ`´′", "''''''")
DASHES = str.maketrans("‐‑‒–—−", "------")
PLACEHOLDERS = {
    "null", "none", "undefined", "unknown", "absent", "missing", "empty", "no name", "no patronymic", "no middle name",
    "not specified", "not available", "нет", "нету", "немає", "немае", "нема", "отсутствует", "отсутствуют", "відсутнє",
    "відсутній", "відсутня", "неизвестно", "неизвестен", "неизвестна", "невідомо", "невідомий", "невідома",
    "не указано", "не указан", "не вказано", "без отчества", "без имени", "без по батькові", "б о", "б-о", "б.о", "б. о",
    "пусто", "прочерк",
}  # fmt: skip
SIGNS = {" ", "-", "'", "."}
BEFORE = {
    "фон", "ван", "де", "дер", "ден", "ла", "да", "ди", "дель", "бин", "ибн",
    "von", "van", "de", "der", "den", "la", "da", "di", "del",
}  # fmt: skip
AFTER = {"оглы", "оглу", "кызы", "угли", "улы", "ogly", "oglu", "kyzy", "kizi"}


@dataclass(frozen=True)
class PersonFacts:
    """What one answer of one service says about a human."""

    last_name: str
    first_name: str
    patronymic: str = ""
    birth_date: date | None = None
    identifiers: dict[str, str] = field(default_factory=dict)
    level: int = LEVELS["low"]

    def get_full_name(self) -> str:
        """Surname, name, patronymic."""
        return " ".join(part for part in (self.last_name, self.first_name, self.patronymic) if part)


def read_claims(
    service: IdentityService, claims: Mapping[str, Any], *, today: date | None = None
) -> PersonFacts | None:
    """The facts in an answer; None where the service gave no surname or no name. `today` bounds the date of birth."""
    names = _names(service, claims)
    if not names["last_name"] or not names["first_name"]:
        return None
    birth_date = _birth_date(_claim(service, claims, "birth_date", "birthdate"), today or timezone.localdate())
    return PersonFacts(
        **names,
        birth_date=birth_date,
        identifiers=_identifiers(service, claims, birth_date),
        level=_level(service, claims),
    )


def _claim(service: IdentityService, claims: Mapping[str, Any], ours: str, standard: str) -> Any:
    return claims.get(service.claims.get(ours, standard))


def _names(service: IdentityService, claims: Mapping[str, Any]) -> dict[str, str]:
    names = {ours: _told(clean_name(_claim(service, claims, ours, claim))) for ours, claim in STANDARD.items()}
    if any(names.values()):
        return names
    return _split(clean_name(_claim(service, claims, "name", "name"), longest=3 * LONGEST))


def _told(name: str) -> str:
    """The name, unless it only says that there is none: «Нет», «NULL», «б. о.»."""
    text = name.casefold()
    return "" if text in PLACEHOLDERS or all(word in PLACEHOLDERS for word in text.split()) else name


def _split(name: str) -> dict[str, str]:
    """«Фамилия Имя Отчество», or «Фамилия Имя» with a name that we know; where the order may be another one, nothing."""
    words = name.split(" ")
    if len(words) == 3:
        fits = bool(PATRONYMIC.fullmatch(words[2])) and not PATRONYMIC.fullmatch(words[1])
    else:
        fits = len(words) == 2 and _is_given(words[1]) and not _is_given(words[0])
    parts = [*words, ""][:3] if fits and max(len(word) for word in words) <= LONGEST else ["", "", ""]
    return dict(zip(STANDARD, parts, strict=True))


def _is_given(word: str) -> bool:
    return word.casefold().replace("ё", "е") in FORMS


def clean_name(value: Any, longest: int = LONGEST) -> str:
    """One name as it may stand in a document; nothing where the value is no name (digits, markup, too long).

    >>> clean_name("  САЛТЫКОВ – ЩЕДРИН ")
    'Салтыков-Щедрин'
    """
    if not isinstance(value, str) or len(value) > 4 * longest:
        return ""
    text = _without_controls(value).translate(APOSTROPHES).translate(DASHES)
    text = " ".join(re.sub(r" *- *", "-", text).split()).strip(" -'.")
    if text == text.upper() or text == text.lower():
        text = _title(text)
    text = unicodedata.normalize("NFC", text.translate(APOSTROPHES)).strip(" -'.")
    return text if _is_name(text) and len(text) <= longest else ""


def _without_controls(text: str) -> str:
    spaced = " ".join(text.split())
    return unicodedata.normalize("NFC", "".join(sign for sign in spaced if unicodedata.category(sign)[0] != "C"))


def _is_name(text: str) -> bool:
    return (
        bool(text)
        and text[0].isalpha()
        and all(sign in SIGNS or unicodedata.category(sign)[0] in "LM" for sign in text)
    )


def _title(text: str) -> str:
    """Capitals where names have them: «Салтыков-Щедрин», «Дем'янюк», «О'Коннор», «фон Берг», «Мамед оглы»."""
    words = text.lower().split(" ")
    return " ".join(_title_word(word, is_first=not at, is_last=at == len(words) - 1) for at, word in enumerate(words))


def _title_word(word: str, *, is_first: bool, is_last: bool) -> str:
    if (word in BEFORE and not is_last) or (word in AFTER and not is_first):
        return word
    parts = word.split("-")
    return "-".join(part if part in AFTER and at else _capital(part) for at, part in enumerate(parts))


def _capital(part: str) -> str:
    """A capital to begin with, and after the apostrophe of a one-letter prefix."""
    if len(part) > 2 and part[1] == "'":
        return part[:2].upper() + part[2:3].upper() + part[3:]
    return part[:1].upper() + part[1:]


def _birth_date(value: Any, today: date) -> date | None:
    """ISO or DD.MM.YYYY, if somebody alive may have been born then."""
    if not isinstance(value, str) or not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{4}", value.strip()
    ):
        return None
    text = value.strip()
    iso = text if "-" in text else "-".join(reversed(text.split(".")))
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR and day <= today else None


def _identifiers(service: IdentityService, claims: Mapping[str, Any], born: date | None) -> dict[str, str]:
    """The numbers that this country's services may tell, without those that cannot be real."""
    found = {}
    for kind in IDENTIFIERS.get(service.country, ()):
        value = _claim(service, claims, kind, kind)
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        number = _number(kind, text[:40], born)
        if number:
            found[kind] = number
    return found


def _number(kind: str, text: str, born: date | None) -> str:
    plain = re.sub(r"[\s-]", "", text)
    if kind == "unzr":
        text = f"{plain[:8]}-{plain[8:]}"
        return text if is_unzr(text, born) else ""
    fits = {
        "inn": len(plain) == 12 and is_inn(plain),
        "snils": is_snils(plain),
        "rnokpp": is_rnokpp(plain, born),
    }
    return plain if fits[kind] else ""


def _level(service: IdentityService, claims: Mapping[str, Any]) -> int:
    """The best level among the service's own words, the lowest for words we do not know; with no word, everybody's."""
    value = claims.get(service.level_claim)
    if not value or not service.levels:
        return LEVELS[service.level]
    words = value if isinstance(value, list) else [value]
    known = [service.levels[word] for word in words if isinstance(word, str) and word in service.levels]
    return max((LEVELS[level] for level in known), default=LEVELS["low"])


def same_person(old: PersonFacts, new: PersonFacts, *, same_subject: bool = False) -> bool:
    """Whether two answers may be about one human. Letter case, alphabet and a missing patronymic are no difference.

    A date of birth or an identifier that differs says no; an equal identifier says yes. An equal date of birth needs the
    same first name too: twins share the rest, and a marriage changes only the surname. With nothing but names, all must be
    the same; only where the service itself says that it is the same subject may the surname change beside a patronymic.
    """
    shared = old.identifiers.keys() & new.identifiers.keys()
    born = old.birth_date is not None and new.birth_date is not None
    if (born and old.birth_date != new.birth_date) or any(
        old.identifiers[kind] != new.identifiers[kind] for kind in shared
    ):
        return False
    if shared:
        return True
    if not alike(old.first_name, new.first_name):
        return False
    if born:
        return True
    patronymics = bool(old.patronymic and new.patronymic)
    if patronymics and not alike(old.patronymic, new.patronymic):
        return False
    return alike(old.last_name, new.last_name) or (same_subject and patronymics)


def alike(one: str, other: str) -> bool:
    """Whether two words are one name, in whatever alphabet or of the two languages."""
    return (
        likeness(f"Олина {one}", f"Олина {other}") is not Likeness.DIFFERENT
    )  # of two words, as it compares full names
