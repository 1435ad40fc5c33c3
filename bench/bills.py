"""Payment documents for measuring: 25 lines, meters, norms, recalculations, two codes; every one with figures of its own."""

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.invoice_pdf import Printable

LINES = 25
SERVICES = (
    "Содержание жилого помещения", "Холодное водоснабжение", "Горячее водоснабжение", "Водоотведение", "Отопление",
    "Электроснабжение, день", "Электроснабжение, ночь", "Обращение с ТКО", "Взнос на капитальный ремонт", "Домофон",
    "Паспортный стол", "Газоснабжение", "Видеонаблюдение",
)  # fmt: skip
GROUPS = ("Жилищные услуги", "Коммунальные услуги", "Прочие услуги")
NAMES = ("Мартынович", "Петренко", "Сидорова", "Кузьмин", "Шевченко", "Абдуллаева", "Новосёлова")


def bills(count: int) -> Iterator["Printable"]:
    """As many documents, made one by one; the same every time."""
    return (bill(number) for number in range(count))


def bill(number: int) -> "Printable":
    from billing.invoice_pdf import Printable
    from billing.models import Invoice, InvoiceLine

    chance = random.Random(number)  # noqa: S311

    def sum_of(most: int) -> Decimal:
        return Decimal(chance.randrange(most * 100)) / 100

    lines = [
        InvoiceLine(
            position=at, group=GROUPS[at * len(GROUPS) // LINES], service=SERVICES[at % len(SERVICES)], unit="м3",
            volume=Decimal(chance.randrange(10**8)) / 10**6, method="NMO"[at % 3], tariff=sum_of(200), accrued=sum_of(3000),
            volume_common=Decimal(chance.randrange(10**6)) / 10**6 if at % 4 == 0 else None,
            accrued_common=sum_of(50) if at % 4 == 0 else Decimal(0), recalculated=-sum_of(100) if at % 9 == 0 else Decimal(0),
            benefit=sum_of(300) if at % 11 == 0 else Decimal(0), balance=sum_of(2000), payable=sum_of(5000),
        )
        for at in range(LINES)
    ]  # fmt: skip
    details = {
        "recipient": 'ООО "ТеплоДом"', "tax_id": "3661057530", "kpp": "366101001", "bank": "ПАО СБЕРБАНК",
        "bic": "044525225", "account": "40702810652000001234", "corr_account": "30101810400000000225",
    }  # fmt: skip
    payer = {
        "name": f"{chance.choice(NAMES)} Александр Владимирович", "account_number": str(10117 + number),
        "area_total": f"{sum_of(100)}", "address": f"г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. {number + 1}",
        "residents": 3, "registered": 3, "els": "60ЕХ209700", "zhku": "60ЕХ209700-10",
    }  # fmt: skip
    provider = {
        "name": 'ООО "ТеплоДом"', "address": "347360, г. Волгодонск, ул. Ленина, 60", "phone": "+7 8639 22-33-44",
        "dispatch_phone": "+7 8639 22-00-05", "hours": "пн–чт 8:00–17:00", "email": "info@teplodom.example",
    }  # fmt: skip
    total = sum((line.total for line in lines), Decimal(0))
    invoice = Invoice(
        number=str(5531 + number), period=date(2026, 3, 1), form="ru43", currency="RUB", payer=payer, provider=provider,
        requisites=details, due_on=date(2026, 4, 15), issued_on=date(2026, 4, 1), paid_upto=date(2026, 3, 25),
        accrued=total, opening=Decimal("1250.00"), payable=total + 1250,
        readings=[
            {"resource": SERVICES[at], "unit": "м³", "serial": f"00{chance.randrange(10**6)}", "previous": f"{sum_of(900)}",
             "current": f"{sum_of(900)}", "volume": f"{sum_of(9)}"} for at in (1, 2, 5, 6)
        ],
        reference=[
            {"service": SERVICES[at], "unit": "м³", "norm": "4.745", "norm_common": "0.0352", "house_volume": "1250.000"}
            for at in (1, 2, 3)
        ],
        recalculations=[
            {"service": SERVICES[1], "period": "2026-02-01", "reason": "Временное отсутствие, справка № 12", "amount": "-96.48"}
        ],
    )  # fmt: skip
    return Printable(invoice, lines, "7F3KQ9ZT2MXA")
