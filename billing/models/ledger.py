"""Money in and the one book from which every debt on every page comes."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models.invoice import Invoice
from billing.models.seen import OfAccountQuerySet
from premises.models import ImportRun, Organization, PersonalAccount

UUID_LENGTH, SHORT = 36, 8


def short_number(number: str) -> str:
    """The number of a payment as people read it: of a bank's long id its first eight signs. Employees see all of it.

    >>> short_number("23d93cac-000f-5000-8000-126628f15141"), short_number("317")
    ('23D93CAC', '317')
    """
    is_id = len(number) == UUID_LENGTH and number.count("-") == 4
    return number[:SHORT].upper() if is_id else number


class PaymentQuerySet(OfAccountQuerySet["Payment"]):
    def live(self) -> Self:
        """Without those taken back with their import."""
        return self.filter(voided_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        return super().visible_to(user).live()

    def in_brief(self) -> Self:
        """With only what a short list of the newest prints."""
        return self.only("number", "paid_on", "amount", "refunded")


class Payment(models.Model):
    """Money received for an account, as a bank's or the company's register states it."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="payments", verbose_name=_("company")
    )
    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="payments", verbose_name=_("personal account")
    )
    number = models.CharField(_("number"), max_length=40)
    operation = models.CharField(
        _("operation"), max_length=100
    )  # the source's own id of the operation: the same one is taken once
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    paid_on = models.DateField(_("date"))
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)
    kind = models.CharField(_("kind"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    period = models.DateField(_("for the period"), null=True, blank=True)  # the month the payer named, its first day
    source = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, related_name="payments", verbose_name=_("import")
    )
    intent = models.ForeignKey(
        "billing.PaymentIntent", null=True, blank=True, on_delete=models.PROTECT, related_name="payments",
        verbose_name=_("online payment"),
    )  # fmt: skip
    refunded = models.DecimalField(_("returned"), max_digits=13, decimal_places=2, default=0)  # the sum of its refunds
    voided_at = models.DateTimeField(
        _("taken back"), null=True, blank=True
    )  # with its import; the book has the opposite
    created_at = models.DateTimeField(default=timezone.now)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_payment_per_operation",
                fields=["organization", "operation"],
                condition=Q(voided_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_credit_per_intent", fields=["intent", "kind"], condition=Q(intent__isnull=False)
            ),
            models.CheckConstraint(name="payment_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="no_more_is_returned_than_paid", condition=Q(refunded__gte=0) & Q(refunded__lte=models.F("amount"))
            ),
            models.CheckConstraint(name="payment_names_a_month", condition=Q(period__isnull=True) | Q(period__day=1)),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}, {self.paid_on:%d.%m.%Y}"

    @property
    def short_number(self) -> str:
        return short_number(self.number)


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    def balance(self, upto: date | None = None) -> Decimal:
        """Sum of the entries, in the account's currency: above zero is debt, below is advance."""
        entries = self if upto is None else self.filter(on__lte=upto)
        return entries.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")

    def before(self, day: date) -> Self:
        """Entries that make the balance at the start of a day: all earlier ones and what was brought in on it."""
        return self.filter(Q(on__lt=day) | Q(on=day, kind__in=LedgerEntry.OPENING_KINDS))

    def balances(self, accounts: Iterable[PersonalAccount]) -> dict[int, Decimal]:
        """Balance by the account's id for a list of accounts, in one query; an account without entries has 0.00."""
        wanted = {account.pk: Decimal("0.00") for account in accounts}
        found = self.filter(account__in=wanted).order_by().values_list("account").annotate(total=Sum("amount"))
        return wanted | dict(found)

    def balances_by_section(self, account: PersonalAccount) -> dict[str, Decimal]:
        """Balance of one account by section of its book (main, repair, other), in one query."""
        return dict(self.filter(account=account).order_by().values_list("section").annotate(total=Sum("amount")))

    def staffed_by(self, user: User) -> Self:
        if user.is_superuser:
            return self
        return self.filter(account__organization__staff__user=user, account__organization__staff__is_active=True)


class LedgerEntry(models.Model):
    """One ± line of an account's book. Append-only (a trigger refuses the rest): a mistake is undone by the opposite line
    (`reverses`)."""

    class Kind(models.TextChoices):
        BROUGHT_IN = "brought_in", _("Balance brought in")
        CHARGE = "charge", _("Charged")
        PAYMENT = "payment", _("Paid")
        INCLUDED = "included", _("Already inside the balance brought in")
        SUBSIDY = "subsidy", _("Subsidy")
        REFUND = "refund", _("Returned")

    OPENING_KINDS = (Kind.BROUGHT_IN, Kind.INCLUDED)  # entered at the very start of their day

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="ledger", verbose_name=_("account")
    )
    section = models.CharField(_("section"), max_length=10, choices=Invoice.Kind, default=Invoice.Kind.MAIN)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    on = models.DateField(_("date"))
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)  # + owed, − paid
    invoice = models.ForeignKey(
        Invoice, null=True, on_delete=models.PROTECT, related_name="entries", verbose_name=_("payment document")
    )
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.PROTECT, related_name="entries", verbose_name=_("payment")
    )
    refund = models.OneToOneField(
        "billing.Refund", null=True, on_delete=models.PROTECT, related_name="entry", verbose_name=_("refund")
    )
    # The entry that this one takes back: same kind and day, the opposite sum.
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by", verbose_name=_("takes back")
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["on", "pk"]
        indexes = [models.Index(fields=["account", "on"], include=["amount"], name="ledger_account_on")]
        constraints = [
            models.UniqueConstraint(
                name="one_entry_per_invoice_and_kind", fields=["invoice", "kind"], condition=Q(reverses__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_entry_per_payment_and_kind",
                fields=["payment", "kind"],
                condition=Q(reverses__isnull=True, refund__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%d.%m.%Y} {self.get_kind_display()} {self.amount}"
