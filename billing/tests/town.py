"""A marked row of every model of billing's admin, for the crawl of the staff room."""

from datetime import date

from django.utils import timezone

from billing.actions.ledger import post_documents, post_payments
from billing.models import (
    Absence,
    AccountFact,
    BankDocument,
    Benefit,
    BillingRun,
    BillingTerms,
    Export,
    HouseFact,
    HouseService,
    PartnerChange,
    PartnerLink,
    PaymentIntent,
    ProviderChange,
    QualityCase,
    Recalculation,
    Refund,
    Requisites,
    RequisitesChange,
    Service,
    ServiceNorm,
    StrayPayment,
    Subsidy,
    Supplier,
    Tariff,
)
from billing.testing import make_intent, make_invoice, make_payment, make_till
from premises.models import ColumnProfile
from premises.tests.town import ROWS, Side


def write_papers(side: Side) -> None:
    """A document, a payment and bank details, all with the marker; the book has their lines."""
    number = f"№{side.marker}"
    post_documents([make_invoice(side.account, date(2026, 3, 1), number=number, recipient=side.marker)])
    post_payments([make_payment(side.account, "20.03.2026", "5.00", number=number, operation=number)])
    day = date(2026, 3, 21)
    StrayPayment.objects.create(
        organization=side.organization, account_text=side.marker, payer=side.marker, number=number, operation=f"s{number}",
        paid_on=day, amount="7.00",
    )  # fmt: skip
    ColumnProfile.objects.create(
        organization=side.organization, kind="payments", name=side.marker,
        layout={"columns": {"account": side.marker, "date": "d", "amount": "a"}, "has_header": True},
    )  # fmt: skip
    BankDocument.objects.create(
        organization=side.organization, number=number, on=day, amount="8.00", purpose=side.marker
    )
    Requisites.objects.create(
        organization=side.organization, recipient=f"ООО {side.marker}", tax_id="3661057530", account="4" * 20
    )


def write_reference(side: Side) -> None:
    """A service with all that belongs to it, everything that changes a charge, a change of bank details."""
    marker, company, house, account = side.marker, side.organization, side.house, side.account
    since, month = date(2026, 1, 1), date(2026, 3, 1)
    supplier = Supplier.objects.create(organization=company, name=f"Поставщик {marker}")
    service = Service.objects.create(organization=company, code=marker, name=f"Услуга {marker}", method="area")
    HouseService.objects.create(house=house, service=service, supplier=supplier, since=since)
    Tariff.objects.create(service=service, since=since, rate="24.36", source=marker)
    ServiceNorm.objects.create(service=service, kind="area", since=since, value="0.02", source=marker)
    HouseFact.objects.create(house=house, since=since, area_rooms="100", decision=marker)
    BillingTerms.objects.create(organization=company)
    AccountFact.objects.create(account=account, since=since, residents=3, reason=marker)
    Benefit.objects.create(account=account, category=marker, percent=50, since=since)
    Subsidy.objects.create(account=account, period=month, amount="100", source=marker)
    Absence.objects.create(
        account=account, left_on=date(2026, 3, 1), returned_on=date(2026, 3, 20), applied_on=month, document=marker
    )
    QualityCase.objects.create(house=house, service=service, period=month, kind="interruption", hours=5, act=marker)
    Recalculation.objects.create(account=account, service=service, period=month, amount="-5", reason=marker)
    Export.objects.create(
        organization=company, what="debtors", rows=1, reason=marker, by=side.staff["manager"], query=marker
    )
    words = {"recipient": marker, "tax_id": "3661057530", "account": "4" * 20}
    RequisitesChange.objects.create(organization=company, values=words, asked_by=side.staff["manager"])


def write_online(side: Side) -> None:
    """A company's account at a provider, a change of it, a partner, a payment that was begun and one of which money went back."""
    marker = side.marker
    make_till(side.organization, shop_id=marker)
    ProviderChange.objects.create(
        organization=side.organization, provider="sandbox", shop_id=marker, asked_by=side.staff["manager"]
    )
    PartnerLink.objects.create(organization=side.organization, title=marker, url="https://pay.example.net/")
    PartnerChange.objects.create(
        organization=side.organization, title=marker, url="https://pay.example.net/", asked_by=side.staff["manager"]
    )
    intent = make_intent(side.account, side.resident)
    PaymentIntent.objects.filter(pk=intent.pk).update(state="mismatch", failure=marker, provider_id=marker)
    payment = make_payment(
        side.account, "21.03.2026", "7.00", number=marker, operation=f"online {marker}", intent=intent
    )
    Refund.objects.create(payment=payment, kind="refund", amount="1.00", reason=marker, by=side.staff["manager"])


def write_run(side: Side) -> None:
    """An issued month, with its reason and totals."""
    services = {side.marker: {"name": side.marker, "position": 1, "accounts": 1} | dict.fromkeys(MONEY, "1.00")}
    BillingRun.objects.create(
        organization=side.organization, period=date(2026, 2, 1), state="issued", by=side.staff["manager"],
        reason=side.marker, issued_at=timezone.now(), totals={"accounts": 1, "charged": 1, "services": services},
        anomalies=[{"account": side.account.pk, "what": "negative", "facts": {"service": side.marker}}],
    )  # fmt: skip


MONEY = ("accrued", "excess", "recalculated", "benefit", "fine", "total")
ROWS += [write_run, write_papers, write_reference, write_online]
