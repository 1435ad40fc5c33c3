"""Who receives bills by e-mail, and payments of which nobody knows the account."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat, Left
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.models.invoice import Invoice
from billing.models.ledger import Payment
from billing.models.seen import OfOrganizationQuerySet
from lib.money import format_number
from premises.models import ImportRun, Organization, PersonalAccount


def new_token() -> str:
    return secrets.token_urlsafe(24)


class ReceiptSubscription(models.Model):
    """A person's wish to get an account's bills by e-mail. The token ends it by one click, without signing in."""

    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="receipt_subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="receipt_subscriptions")
    token = models.CharField(max_length=40, unique=True, default=new_token)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_live_receipt_subscription", fields=["account", "user"], condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return str(self.account)


class StrayPayment(models.Model):
    """Money whose account nobody knows (невыясненные): it waits until an employee says whose it is."""

    class State(models.TextChoices):
        OPEN = "open", _("Not identified")
        LINKED = "linked", _("Credited")
        RETURNED = "returned", _("Returned to the payer")
        VOID = "void", _("Taken back with its import")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="stray_payments", verbose_name=_("company")
    )
    source = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, related_name="stray_payments", verbose_name=_("import")
    )
    account_text = models.CharField(_("account as written"), max_length=100, blank=True)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    address = models.CharField(_("address as written"), max_length=300, blank=True)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    number = models.CharField(_("number"), max_length=40)
    operation = models.CharField(_("operation"), max_length=100)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    paid_on = models.DateField(_("date"))
    period = models.DateField(_("for the period"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)
    kind = models.CharField(_("kind"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    payment = models.OneToOneField(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="stray", verbose_name=_("payment")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("employee"),
    )  # fmt: skip
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it was returned
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfOrganizationQuerySet["StrayPayment"].as_manager()

    class Meta:
        verbose_name = _("unidentified payment")
        verbose_name_plural = _("unidentified payments")
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_stray_payment_per_operation",
                fields=["organization", "operation"],
                condition=~Q(state="void"),
            ),
            models.CheckConstraint(name="stray_payment_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="linked_stray_payment_has_a_payment",
                condition=(Q(state="linked") & Q(payment__isnull=False))
                | (~Q(state="linked") & Q(payment__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.paid_on:%d.%m.%Y} {format_number(self.amount, get_language() or 'en', 2)}"


class BankDocumentQuerySet(OfOrganizationQuerySet["BankDocument"]):
    def with_strays(self) -> Self:
        """With `stray_state`: where the tray's payment of the same order is, if it ever was there."""
        day = Func(F("on"), Value("YYYYMMDD"), function="to_char", output_field=models.CharField())
        operation = Left(
            Concat("payer_account", Value(" "), day, Value(" "), "number", output_field=models.CharField()), 100
        )
        same = StrayPayment.objects.filter(
            organization=OuterRef("organization"), source=OuterRef("source"), operation=OuterRef("operation")
        ).order_by()
        return self.annotate(operation=operation).annotate(stray_state=Subquery(same.values("state")[:1]))


class BankDocument(models.Model):
    """One line of the company's bank statement: a transfer that must equal a register, or a single payment."""

    class State(models.TextChoices):
        OPEN = "open", _("Nothing matches yet")
        MATCHED = "matched", _("Matches a register")
        CREDITED = "credited", _("Credited as a payment")
        VOID = "void", _("Taken back with its import")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="bank_documents", verbose_name=_("company")
    )
    source = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, related_name="bank_documents", verbose_name=_("import")
    )
    number = models.CharField(_("number"), max_length=40)
    on = models.DateField(_("date"))
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)
    payer_account = models.CharField(_("payer's bank account"), max_length=34, blank=True)
    payee_account = models.CharField(_("recipient's bank account"), max_length=34, blank=True)
    purpose = models.CharField(_("purpose"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    register = models.ForeignKey(
        ImportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="bank_transfers",
        verbose_name=_("register of payments"),
    )  # fmt: skip

    objects = BankDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document of the bank statement")
        verbose_name_plural = _("documents of the bank statement")
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_bank_document",
                fields=["organization", "number", "on", "amount", "payer_account"],
                condition=~Q(state="void"),
            ),
            models.CheckConstraint(name="bank_document_is_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}, {self.on:%d.%m.%Y}"
