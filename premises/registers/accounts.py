"""The register of personal accounts, one row per account and owner:

    account;els;izhku;address;flat;area_total;area_heated;residents;registered;owner;share;opened;closed

Several owners of one account stand in rows under each other that differ only in owner and share.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext_noop as _

from lib import identifiers
from lib.text import search_key
from premises.register import Column, Row
from premises.registers import cells

AREA = cells.number(2, least=Decimal("0"), most=Decimal("99999"))
PEOPLE = cells.whole(999)


def columns(account_length: int = 0) -> tuple[Column, ...]:
    """The columns; `account_length` is what numbers that Excel cut are filled up to with zeros (0: not at all)."""
    return (
        Column("account", cells.account(account_length), ACCOUNT, required=True, filled=True),
        Column("els", cells.text(30), ("елс", "единый лицевой счёт")),
        Column("izhku", cells.text(30), ("ижку", "zhku", "идентификатор жку")),
        Column(
            "address", cells.text(280), ("адрес", "адреса", "адрес дома", "адреса будинку"), required=True, filled=True
        ),
        Column("flat", cells.text(20), FLAT, required=True, filled=True),
        Column("area_total", AREA, ("площадь", "общая площадь", "площадь общая", "площа", "загальна площа")),
        Column("area_heated", AREA, ("отапливаемая площадь", "площадь отапливаемая", "опалювана площа")),
        Column("residents", PEOPLE, ("проживает", "проживающих", "проживає", "мешканців")),
        Column("registered", PEOPLE, ("зарегистрировано", "прописано", "зареєстровано")),
        Column("owner", cells.text(200), ("собственник", "владелец", "фио", "власник", "піб")),
        Column("share", cells.share, ("доля", "частка")),
        Column("opened", cells.date, ("открыт", "дата открытия", "відкрито", "дата відкриття")),
        Column("closed", cells.date, ("закрыт", "дата закрытия", "закрито", "дата закриття")),
    )


ACCOUNT = ("лицевой счёт", "номер лицевого счёта", "л/с", "лс", "особовий рахунок", "номер рахунку", "о/р")
FLAT = ("квартира", "кв", "помещение", "номер помещения", "приміщення", "номер квартири")

# «д. 5», «буд. 5» → «5»; «корп. 2» stays with the number it belongs to.
HOUSE_WORD = re.compile(r"(?:д|дом|буд|будинок|б)\.?\s+(?=\S*[0-9])|(?:д|буд)\.(?=[0-9])", re.IGNORECASE)
HOUSE_PART = re.compile(r"(?:к|корп|корпус|стр|строение|литер|лит|літ|літера|секция|секція|блок)\b", re.IGNORECASE)
FLAT_WORD = re.compile(r"(?:кв|квартира)(?:\.\s*|\s+)(?=\S)", re.IGNORECASE)
POST_CODE = re.compile(r"[0-9]{5,6}")


class Address(NamedTuple):
    """Where a house stands, in the parts in which it is kept."""

    city: str
    street: str
    number: str


@lru_cache(maxsize=8192)
def address_of(text: str) -> Address | None:
    """Return the parts of «г. Волгодонск, ул. 100 стрелковой дивизии, 1», or None if there are not three.

    >>> address_of("347360, г. Волгодонск, ул. Садовая, д. 5, корп. 2")
    Address(city='г. Волгодонск', street='ул. Садовая', number='5, корп. 2')
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if parts and POST_CODE.fullmatch(parts[0]):
        parts = parts[1:]
    number: list[str] = []
    while len(parts) > 1 and HOUSE_PART.match(parts[-1]):
        number.insert(0, parts.pop())
    if len(parts) < 3:
        return None
    number.insert(0, HOUSE_WORD.sub("", parts.pop(), count=1))
    street = parts.pop()
    found = Address(", ".join(parts), street, ", ".join(number))
    fits = len(found.city) <= 100 and len(found.street) <= 150 and len(found.number) <= 30
    return found if fits and re.search(r"[0-9]", found.number) else None


def flat_label(text: str) -> str:
    """Return the label of a flat without the word for it: «кв. 17» → «17»."""
    return FLAT_WORD.sub("", text, count=1) if FLAT_WORD.match(text) else text


def look_over(row: Row) -> None:
    """Check what one row says in itself and bring its identifiers into their normal form."""
    values = row.values
    _look_over_identifiers(row)
    if values.get("address") and address_of(values["address"]) is None:
        row.refuse("address", _("The address must hold city, street and house, with commas between them."))
    if values.get("flat"):
        values["flat"] = flat_label(values["flat"])
        if not search_key(values["flat"]):
            row.refuse("flat", _("This cell must be filled in."))
    if values.get("area_total") == 0:
        row.refuse("area_total", _("The area must be more than zero; leave the cell empty if it is not known."))
    opened, closed = values.get("opened"), values.get("closed")
    if opened and closed and closed < opened:
        row.refuse("closed", _("The account closes before it opens."))
    if values.get("share") and not values.get("owner"):
        row.warn("share", _("The share has no owner and will not be read."))


def _look_over_identifiers(row: Row) -> None:
    els, zhku = (identifiers.normal_gis(row.values.get(name) or "") for name in ("els", "izhku"))
    if els and not identifiers.is_els(els):
        row.refuse("els", _("This is not an ЕЛС: 2 digits, 2 letters and 6 digits, as 60ЕХ209700."))
    if zhku and not identifiers.is_zhku(zhku):
        row.refuse("izhku", _("This is not an ИЖКУ: an ЕЛС, a dash and 2 digits, as 60ЕХ209700-10."))
    elif els and zhku and not zhku.startswith(els):
        row.refuse("izhku", _("The ИЖКУ does not begin with the ЕЛС of the same row."))
    if "els" in row.values:
        row.values["els"] = els
    if "izhku" in row.values:
        row.values["izhku"] = zhku
