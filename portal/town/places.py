"""The companies and houses of the demo town. Nobody here is real; the bank details only pass their checksums."""

from dataclasses import dataclass

EVERY_DAY = (1, 31)  # the houses of the people one can sign in as: on any day there is something to send


@dataclass(frozen=True)
class Block:
    """A house: entrances × floors × flats on a floor."""

    city: str
    street: str
    number: str
    entrances: int
    floors: int
    per_floor: int
    year_built: int
    window: tuple[int, int] | None = None  # days for readings of its own

    @property
    def address(self) -> str:
        return f"{self.city}, {self.street}, {self.number}"

    @property
    def flats(self) -> int:
        return self.entrances * self.floors * self.per_floor


@dataclass(frozen=True)
class Company:
    """A managing company with its houses; `prefix` and `digits` make its account numbers."""

    country: str
    fields: dict[str, str]
    details: dict[str, str]
    encoding: str  # of the registers its bookkeeping program writes
    prefix: str
    digits: int
    blocks: tuple[Block, ...]
    window: tuple[int, int]  # days for readings


RUSSIAN = Company(
    country="RU",
    fields={
        "name": "ООО «Управляющая компания «Уютный дом»", "short_name": "Уютный дом", "tax_id": "6143098718",
        "kpp": "614301001", "address": "г. Волгодонск, ул. Садовая, 12, офис 3", "phone": "8 (8639) 25-10-20",
        "dispatch_phone": "8 (8639) 25-10-10", "email": "office@uyut.example", "site": "https://uyut.example",
        "hours": "пн–чт 8:00–17:00, пт 8:00–16:00, перерыв 12:00–13:00", "time_zone": "Europe/Moscow",
    },
    details={
        "recipient": "ООО «УК «Уютный дом»", "tax_id": "6143098718", "kpp": "614301001", "bank": "ПАО СБЕРБАНК",
        "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
    },
    encoding="windows-1251",
    prefix="0667",
    digits=10,
    blocks=(
        Block("г. Волгодонск", "ул. Садовая", "12", 2, 9, 4, 1984, EVERY_DAY),
        Block("г. Волгодонск", "ул. Зелёная", "5", 4, 5, 4, 1972),
        Block("г. Волгодонск", "пр-т Мира", "3А", 1, 12, 4, 2009),
    ),
    window=(15, 25),
)  # fmt: skip

UKRAINIAN = Company(
    country="UA",
    fields={
        "name": "ТОВ «Керуюча компанія «Затишок»", "short_name": "Затишок", "tax_id": "40121452",
        "address": "м. Львів, вул. Руська, 34, приміщення 1", "phone": "+380 32 235 10 20",
        "dispatch_phone": "+380 32 235 10 10", "email": "office@zatyshok.example", "site": "https://zatyshok.example",
        "hours": "пн–пт 9:00–18:00, перерва 13:00–14:00", "time_zone": "Europe/Kyiv",
    },
    details={
        "recipient": "ТОВ «КК «Затишок»", "tax_id": "40121452", "bank": "АТ КБ «ПриватБанк»",
        "account": "UA223052990000026001234567890",
    },
    encoding="utf-8-sig",
    prefix="30",
    digits=5,
    blocks=(
        Block("м. Львів", "вул. Руська", "34", 3, 5, 4, 1961, EVERY_DAY),
        Block("м. Львів", "вул. Зоряна", "7", 2, 5, 4, 1988),
    ),
    window=(28, 3),
)  # fmt: skip

COMPANIES = (RUSSIAN, UKRAINIAN)
