"""Writes workbooks of ГИС ЖКХ that `gis` reads back: payment documents, accounts, payments (pure).

    workbook(documents_sheets(documents))        bytes of an XLSX

Cells are typed: text is never a formula. The headers of the state system are its contract and are not translated.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, tee
from typing import Any

from billing.exchange import gis
from billing.exchange.receipts import Receipt
from lib.tables import Row, workbook

__all__ = ["Sheet", "accounts_sheet", "documents_sheets", "payments_sheet", "workbook"]

Sheet = tuple[str, Row, Iterable[Row]]
DOCUMENTS = (
    "Идентификатор лицевого счета", "Номер ЛС", "Идентификатор ЖКУ", "Тип платежного документа",
    "Форма платежного документа", "Идентификатор платежного документа", "Номер платежного документа",
    "Статус платежного документа", "Расчетный период (ММ.ГГГГ)",
    "Сумма к оплате за расчетный период, руб. (по всему платежному документу)", "Оплачено денежных средств, руб.",
    "Дата последней поступившей оплаты",
    "Итого к оплате за расчетный период c учетом задолженности/переплаты, руб. (по всему платежному документу)",
    "ИТОГО К ОПЛАТЕ (по всем услугам), руб.", "Дата размещения",
)  # fmt: skip
ADDRESSES = ("Идентификатор платежного документа", "Номер платежного документа", "Адрес ОЖФ")
ACCOUNTS: Mapping[str, str] = {
    "status": "Статус лицевого счета", "account": "Номер лицевого счета (иной идентификатор плательщика)",
    "zhku": "Идентификатор ЖКУ", "els": "Единый лицевой счет", "kind": "Тип лицевого счета",
    "is_tenant": "Является нанимателем", "last_name": "Фамилия", "first_name": "Имя", "patronymic": "Отчество",
    "area_total": "Общая площадь, кв. м", "area_living": "Жилая площадь, кв. м", "area_heated": "Отапливаемая площадь, кв. м",
    "residents": "Кол-во проживающих", "share": "Доля внесения платы, %", "address": "Адрес", "flat": "Номер помещения",
}  # fmt: skip
PAYMENTS = (
    "Номер платежного документа", "Дата внесения платы (ДД.ММ.ГГГГ)", "Месяц", "Год", "Сумма", "Уникальный номер платежа"
)  # fmt: skip


def documents_sheets(documents: Iterable[gis.GisDocument]) -> list[Sheet]:
    """The sheets of documents and of their payers' addresses."""
    first, second = tee(documents)
    rows = (
        (
            one.els, one.account, one.zhku, one.kind, one.form, one.identifier, one.number, one.status,
            f"{one.period:%m.%Y}" if one.period else "", one.charged, one.paid, one.paid_on, one.due, one.payable, one.placed,
        )
        for one in first
    )  # fmt: skip
    addresses = ((one.identifier, one.number, one.address) for one in second if one.address)
    return [(gis.DOCUMENTS, DOCUMENTS, rows), (gis.ADDRESSES, ADDRESSES, addresses)]


def accounts_sheet(accounts: Iterable[Mapping[str, Any]]) -> Sheet:
    """The sheet of accounts; each is a mapping with keys of ACCOUNTS, what is missing stays empty."""
    rows = ((number, *(one.get(name) for name in ACCOUNTS)) for number, one in enumerate(accounts, start=1))
    return gis.ACCOUNTS, ("№ п/п", *ACCOUNTS.values()), rows


def payments_sheet(receipts: Iterable[Receipt]) -> Sheet:
    """The sheet of payments with as many pairs of a service and its sum as there may be."""
    pairs = chain.from_iterable(("Услуга", "Сумма") for _pair in range(gis.MOST_PAIRS))
    return gis.PAYMENTS, (*PAYMENTS, *pairs), map(_payment, receipts)


def _payment(receipt: Receipt) -> Row:
    lines: Iterator[Any] = chain.from_iterable(receipt.lines[: gis.MOST_PAIRS])
    month, year = (receipt.period.month, receipt.period.year) if receipt.period else (None, None)
    own = receipt.operation if receipt.number != receipt.document else ""
    cells = (receipt.document, receipt.on, month, year, receipt.amount, own, *lines)
    return (*cells, *[None] * (len(PAYMENTS) + 2 * gis.MOST_PAIRS - len(cells)))
