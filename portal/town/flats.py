"""The flats of the demo town and the people who hold their accounts (pure, the same every time)."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from random import Random

from portal.town.places import Block, Company

FAMILIES = {
    "RU": ("Абрамов", "Беляев", "Волков", "Гусев", "Данилов", "Ершов", "Жуков", "Зимин", "Крылов", "Лазарев", "Миронов",
           "Носов", "Орлов", "Панов", "Рябов", "Соболев", "Титов", "Уваров", "Фомин", "Шубин", "Щукин", "Яшин"),
    "UA": ("Бондаренко", "Гнатюк", "Дем'яненко", "Захарченко", "Іваненко", "Кравець", "Лисенко", "Мельник", "Олійник",
           "Петренко", "Романюк", "Савчук", "Ткачук", "Франко", "Шевчук", "Яценко"),
}  # fmt: skip
MEN = {
    "RU": (("Андрей", "Андреевич"), ("Борис", "Борисович"), ("Виктор", "Викторович"), ("Иван", "Иванович"),
           ("Павел", "Павлович"), ("Семён", "Семёнович"), ("Фёдор", "Фёдорович")),
    "UA": (("Андрій", "Андрійович"), ("Богдан", "Богданович"), ("Василь", "Васильович"), ("Ігор", "Ігорович"),
           ("Остап", "Остапович"), ("Тарас", "Тарасович")),
}  # fmt: skip
WOMEN = {
    "RU": (("Анна", "Андреевна"), ("Вера", "Викторовна"), ("Галина", "Борисовна"), ("Ирина", "Ивановна"),
           ("Мария", "Павловна"), ("Ольга", "Семёновна")),
    "UA": (("Ганна", "Андріївна"), ("Дарина", "Богданівна"), ("Леся", "Василівна"), ("Оксана", "Ігорівна"),
           ("Соломія", "Остапівна"), ("Юлія", "Тарасівна")),
}  # fmt: skip
# Who of the people that sign in holds which account: as the register, the bills and the profile all say.
HOLDERS = {
    "30005": "Ткачук Оксана Ігорівна", "0667000001": "Соболев Иван Иванович", "0667000007": "Орлова Мария Павловна",
}  # fmt: skip
AREAS = ("31.40", "44.80", "46.20", "61.00", "63.50", "74.90")  # one, two and three rooms, twice each


class Habit(StrEnum):
    """How a household pays."""

    PUNCTUAL = "punctual"
    LATE = "late"  # a month behind
    DEBTOR = "debtor"  # stopped half a year ago
    AHEAD = "ahead"  # rounds up, so an advance gathers


@dataclass(frozen=True)
class Flat:
    """One flat with its account."""

    account: str
    label: str
    entrance: int
    floor: int
    rooms: int
    area: Decimal
    residents: int
    owner: str
    shares: tuple[tuple[str, str], ...]  # owners with their shares
    habit: Habit
    has_benefit: bool
    number: int  # of the account within the company


def flats(company: Company) -> Iterator[tuple[Block, Flat]]:
    """Yield every flat of the company, house by house."""
    number = 0
    for block in company.blocks:
        for place in range(block.flats):
            number += 1
            yield block, _flat(company, block, place, number)


def _flat(company: Company, block: Block, place: int, number: int) -> Flat:
    account = company.prefix + str(number).zfill(company.digits - len(company.prefix))
    chance = Random(f"town:{account}")  # noqa: S311  (made-up figures)
    kind = place % len(AREAS)
    owner, partner = (_person(company.country, chance) for _ in range(2))
    shares = ((owner, "1/2"), (partner, "1/2")) if chance.random() < 0.3 else ((owner, "1/1"),)
    if account in HOLDERS:
        owner = HOLDERS[account]
        shares = ((owner, "1/1"),)
    habits = [Habit.PUNCTUAL] * 14 + [Habit.LATE] * 3 + [Habit.DEBTOR] * 2 + [Habit.AHEAD]
    return Flat(
        account=account,
        label=str(place + 1),
        entrance=place // (block.floors * block.per_floor) + 1,
        floor=place // block.per_floor % block.floors + 1,
        rooms=kind // 2 + 1,
        area=Decimal(AREAS[kind]),
        residents=chance.choice((0, 1, 1, 2, 2, 3, 3, 4)),
        owner=owner,
        shares=shares,
        habit=chance.choice(habits),
        has_benefit=chance.random() < 0.06,
        number=number,
    )


def _person(country: str, chance: Random) -> str:
    family = chance.choice(FAMILIES[country])
    if chance.random() < 0.5:
        return " ".join((family, *chance.choice(MEN[country])))
    return " ".join((f"{family}а" if country == "RU" else family, *chance.choice(WOMEN[country])))


def is_silent(flat: Flat, month: date) -> bool:
    """Whether the household forgot its readings in this month, so that the bill goes by the average."""
    on_holiday = month.month == 8 and flat.number % 10 == 7
    return on_holiday or Random(f"silent:{flat.account}:{month}").random() < 0.04  # noqa: S311  (made up)


ACCOUNT_HEADER = (
    "account", "els", "izhku", "address", "flat", "area_total", "area_heated", "residents", "registered", "owner", "share",
    "opened", "closed",
)  # fmt: skip


def accounts_register(company: Company, found: Iterable[tuple[Block, Flat]]) -> bytes:
    """Return the company's register of accounts as its program would write it; an owner more is a row more."""
    rows = [ACCOUNT_HEADER]
    for block, flat in found:
        els = f"61УД{flat.number:06d}" if company.country == "RU" else ""
        area = str(flat.area).replace(".", ",")
        people = str(flat.residents)
        rows += [
            (flat.account, els, f"{els}-10" if els else "", block.address, flat.label, area, area, people, people,
             owner, share, "01.01.2015", "")
            for owner, share in flat.shares
        ]  # fmt: skip
    return as_csv(rows, company.encoding)


def as_csv(rows: Iterable[Iterable[object]], encoding: str) -> bytes:
    """Return the rows as a file of semicolon-separated values."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)
