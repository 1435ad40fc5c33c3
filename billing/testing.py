"""Papers for tests: documents and payments of the cast's accounts."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import User
from billing import freezing
from billing.actions.paying import start_payment
from billing.models import Invoice, InvoiceLine, Payment, PaymentIntent, ProviderAccount
from premises.models import Organization, PersonalAccount

NUMBERS = count(5000)


def make_invoice(
    account: PersonalAccount, period: date, *, accrued: str = "3680.39", opening: str | None = None, **fields: object
) -> Invoice:
    """A document with one line, saved but not entered into the book."""
    debt = None if opening is None else Decimal(opening)
    values: dict[str, object] = {
        "number": str(next(NUMBERS)), "form": "ru43", "currency": "RUB", "kind": "main", "recipient": "ООО «Уютный дом»",
        "payer": freezing.payer(account), "provider": freezing.provider(account.organization),
        "requisites": freezing.requisites(account.organization, None),
        "accrued": Decimal(accrued), "opening": debt, "payable": Decimal(accrued) + (debt or 0),
    } | fields  # fmt: skip
    invoice = Invoice.objects.create(organization=account.organization, account=account, period=period, **values)
    InvoiceLine.objects.create(
        invoice=invoice, position=1, group="Жилищные услуги", service="Содержание жилья", unit="м2",
        volume=Decimal("61"), tariff=Decimal("60.334262"), accrued=invoice.accrued, balance=debt, payable=invoice.payable,
    )  # fmt: skip
    return invoice


def make_payment(account: PersonalAccount, on: str, amount: str, **fields: object) -> Payment:
    """A payment received on a day «11.07.2017», saved but not entered into the book."""
    number = str(next(NUMBERS))
    values: dict[str, object] = {"number": number, "operation": number} | fields
    day = datetime.strptime(on, "%d.%m.%Y").date()  # noqa: DTZ007
    return Payment.objects.create(
        organization=account.organization, account=account, paid_on=day, amount=Decimal(amount), **values
    )


def reprint(invoice: Invoice, **words: object) -> None:
    """Print the lines of a document anew with other words: what was printed cannot be edited."""
    lines = list(invoice.lines.all())
    invoice.lines.all().delete()
    for line in lines:
        InvoiceLine.objects.create(
            **{field.attname: getattr(line, field.attname) for field in line._meta.fields} | words
        )


def make_till(organization: Organization, **fields: object) -> ProviderAccount:
    """A company's account at the sandbox bank: no fee for a wallet, one percent for a card."""
    values: dict[str, object] = {"provider": "sandbox", "shop_id": f"shop-{organization.pk}"} | fields
    return ProviderAccount.objects.create(organization=organization, **values)


def make_intent(account: PersonalAccount, user: User, amount: str = "100.00", **fields: Any) -> PaymentIntent:
    """A payment that a person has begun and not sent."""
    values: dict[str, Any] = {"method": "wallet", "at": timezone.now()} | fields
    return start_payment(account, amount=Decimal(amount), by=user, **values)
