"""Payment documents: every printed word is frozen in the row, so a document never changes after it was issued."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models.seen import OfAccountQuerySet
from premises.models import ImportRun, Organization, PersonalAccount

BRIEF = (
    "public_id", "period", "kind", "number", "due_on", "currency", "accrued", "excess", "recalculated", "benefit", "fine",
    "penalty", "fees",
)  # fmt: skip


class InvoiceQuerySet(OfAccountQuerySet["Invoice"]):
    def light(self) -> Self:
        """Without the frozen blocks, for lists."""
        return self.defer("payer", "provider", "requisites", "readings", "reference", "recalculations", "instalments")

    def live(self) -> Self:
        """Without those taken back with their import."""
        return self.filter(voided_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        return super().visible_to(user).live()

    def in_brief(self, *more: str) -> Self:
        """With only what a short list of the newest prints, and these columns."""
        return self.only(*BRIEF, *more)

    def newest(self) -> Self:
        """Documents of the newest month of each account: there may be one per section and recipient."""
        later = Invoice.objects.live().filter(account=models.OuterRef("account"), period__gt=models.OuterRef("period"))
        return self.live().filter(~models.Exists(later))

    def stuck(self, at: datetime) -> Self:
        """Documents whose PDF was asked for so long ago that the worker must have lost it."""
        return self.filter(pdf_state=Invoice.Pdf.QUEUED, pdf_queued_at__lt=at - Invoice.PDF_PATIENCE)


class Invoice(models.Model):
    """One payment document (платёжный документ, рахунок). Key: account, period, kind, recipient and its bank account; the number is a label."""

    class Kind(models.TextChoices):
        MAIN = "main", _("Housing and utilities")
        REPAIR = "repair", _("Capital repair")
        OTHER = "other", _("Other")

    class Form(models.TextChoices):
        RU_924 = "ru924", "924/пр"
        RU_43 = "ru43", "43/пр"
        UA = "ua", "рахунок"

    class Pdf(models.TextChoices):
        NONE = "none", _("Not made yet")
        QUEUED = "queued", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")

    PDF_PATIENCE = timedelta(minutes=2)
    PDF_ATTEMPTS = 5
    PDF_QUICK = timedelta(seconds=30)  # a file made within this is seen on the page that waits for it

    # Set by billing.shelf.with_status:
    status: str
    left: Decimal
    late_since: date | None

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("company")
    )
    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("personal account")
    )
    period = models.DateField(_("period"))  # the first day of the month
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.MAIN)
    recipient = models.CharField(_("recipient"), max_length=160)
    number = models.CharField(_("number"), max_length=30)
    form = models.CharField(_("form"), max_length=5, choices=Form)
    issued_on = models.DateField(_("issued"), null=True, blank=True)
    due_on = models.DateField(_("pay until"), null=True, blank=True)
    paid_upto = models.DateField(_("payments counted up to"), null=True, blank=True)
    # {"name", "address", "area_total", "area_account", "residents", "registered", "account_number", "els", "zhku"}
    payer = models.JSONField(default=dict)
    # {"name", "address", "phone", "dispatch_phone", "email", "site", "hours", "tax_id"}
    provider = models.JSONField(default=dict)
    # {"recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account"}
    requisites = models.JSONField(default=dict)
    currency = models.CharField(max_length=3)
    # Debt (+) or advance (−) at the start of the period; NULL where the document does not print it.
    opening = models.DecimalField(_("debt at the start"), max_digits=13, decimal_places=2, null=True)
    accrued = models.DecimalField(_("accrued"), max_digits=13, decimal_places=2)  # individual and common together
    excess = models.DecimalField(_("raised coefficient"), max_digits=13, decimal_places=2, default=0)
    recalculated = models.DecimalField(_("recalculated"), max_digits=13, decimal_places=2, default=0)
    benefit = models.DecimalField(_("benefit"), max_digits=13, decimal_places=2, default=0)
    fine = models.DecimalField(_("fine of the provider"), max_digits=13, decimal_places=2, default=0)
    penalty = models.DecimalField(_("penalty"), max_digits=13, decimal_places=2, default=0)
    fees = models.DecimalField(_("state fee and court costs"), max_digits=13, decimal_places=2, default=0)
    subsidy = models.DecimalField(_("subsidy"), max_digits=13, decimal_places=2, default=0)
    vat = models.DecimalField(_("VAT inside"), max_digits=13, decimal_places=2, null=True, blank=True)
    paid = models.DecimalField(_("paid in the period"), max_digits=13, decimal_places=2, default=0)
    payable = models.DecimalField(_("to pay"), max_digits=13, decimal_places=2)
    document_id = models.CharField(_("document identifier (ГИС ЖКХ)"), max_length=18, blank=True)
    # [{"resource", "unit", "serial", "zone", "previous", "current", "volume", "house"}]
    readings = models.JSONField(default=list)
    # [{"service", "unit", "norm", "norm_common", "house_volume", "rooms_volume", "common_volume"}]
    reference = models.JSONField(default=list)
    # [{"service", "period", "reason", "amount"}]
    recalculations = models.JSONField(default=list)
    # [{"service", "amount", "earlier", "percent", "interest", "payable"}]
    instalments = models.JSONField(default=list)
    digest = models.CharField(max_length=64, blank=True)  # of the register's words: tells a repeat from a change
    source = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("import")
    )
    run = models.ForeignKey(
        "billing.BillingRun", null=True, on_delete=models.PROTECT, related_name="invoices", verbose_name=_("closing")
    )
    voided_at = models.DateTimeField(
        _("taken back"), null=True, blank=True
    )  # with its import; the book has the opposite
    pdf = models.FileField(upload_to="invoices/", max_length=200, blank=True)
    pdf_state = models.CharField(_("PDF"), max_length=6, choices=Pdf, default=Pdf.NONE)
    pdf_queued_at = models.DateTimeField(null=True)
    pdf_attempts = models.PositiveSmallIntegerField(default=0)
    awaited_by = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment document")
        verbose_name_plural = _("payment documents")
        ordering = ["-period", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                "account",
                "period",
                "kind",
                "recipient",
                Coalesce(KeyTextTransform("account", "requisites"), Value("")),  # one paper sends money to one account
                name="one_document_per_period_and_recipient",
                condition=Q(voided_at__isnull=True),
            ),
            models.CheckConstraint(name="period_is_a_month", condition=Q(period__day=1)),
            models.CheckConstraint(
                name="document_adds_up",
                condition=Q(
                    payable=Coalesce(models.F("opening"), Decimal(0))
                    + models.F("accrued")
                    + models.F("excess")
                    + models.F("recalculated")
                    - models.F("benefit")
                    - models.F("fine")
                    + models.F("penalty")
                    + models.F("fees")
                    - models.F("subsidy")
                    - models.F("paid")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}, {self.period:%m.%Y}"

    @property
    def charged(self) -> Decimal:
        """What the period itself adds to the debt: the services and the penalty, before any subsidy."""
        return self.principal + self.penalty + self.fees

    @property
    def lacks_reason(self) -> bool:
        """Whether it came from a register with a recalculation and not a word of why."""
        return bool(self.recalculated and not self.recalculations and not self.run_id)

    @property
    def principal(self) -> Decimal:
        """What the services of the period cost: the base of a penalty, which bears none itself."""
        return self.accrued + self.excess + self.recalculated - self.benefit - self.fine

    @property
    def last_day(self) -> date:
        """The last day of the period, on which the charge enters the book."""
        return (self.period + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    @property
    def file_name(self) -> str:
        """The name of the downloaded file: ours, in plain letters, without a word from the data."""
        number = "".join(sign for sign in self.number if sign.isascii() and sign.isalnum())
        parts = ["bill", f"{self.period:%Y-%m}", "" if self.kind == self.Kind.MAIN else self.kind, number]
        return f"{'-'.join(part for part in parts if part)}.pdf"


class InvoiceLine(models.Model):
    """One service line, printed figures as they were given."""

    METHOD_MARKS = {"N": "1", "M": "2", "O": "3"}  # norm, meter, other (average)

    invoice = models.ForeignKey(
        Invoice, on_delete=models.CASCADE, related_name="lines", verbose_name=_("payment document")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    group = models.CharField(_("group"), max_length=100, blank=True)  # «Жилищные услуги»
    code = models.CharField(_("code"), max_length=30, blank=True)
    service = models.CharField(_("service"), max_length=200)
    unit = models.CharField(_("unit of measure"), max_length=20, blank=True)
    volume = models.DecimalField(_("volume"), max_digits=16, decimal_places=7, null=True)
    method = models.CharField(_("method"), max_length=1, blank=True)
    tariff = models.DecimalField(_("tariff"), max_digits=13, decimal_places=6, null=True)
    accrued = models.DecimalField(_("accrued"), max_digits=13, decimal_places=2)  # the individual part
    volume_common = models.DecimalField(_("volume of common use"), max_digits=16, decimal_places=7, null=True)
    method_common = models.CharField(_("method of common use"), max_length=1, blank=True)
    accrued_common = models.DecimalField(_("accrued for common use"), max_digits=13, decimal_places=2, default=0)
    coefficient = models.DecimalField(_("coefficient"), max_digits=5, decimal_places=2, null=True)
    excess = models.DecimalField(_("raised coefficient"), max_digits=13, decimal_places=2, default=0)
    fine = models.DecimalField(_("fine of the provider"), max_digits=13, decimal_places=2, default=0)
    recalculated = models.DecimalField(_("recalculated"), max_digits=13, decimal_places=2, default=0)
    benefit = models.DecimalField(_("benefit"), max_digits=13, decimal_places=2, default=0)
    penalty = models.DecimalField(_("penalty"), max_digits=13, decimal_places=2, default=0)
    balance = models.DecimalField(_("debt or advance"), max_digits=13, decimal_places=2, null=True)
    payable = models.DecimalField(_("to pay"), max_digits=13, decimal_places=2)
    # Codes of checks the printed figures do not pass.
    warnings = models.JSONField(_("checks that it does not pass"), default=list)
    # [[volume, tariff, sum]] where the month has several tariffs: the sub-lines, which add up to the line.
    parts = models.JSONField(_("by tariffs"), default=list)

    class Meta:
        verbose_name = _("line of the document")
        verbose_name_plural = _("lines of the document")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(name="one_line_per_position", fields=["invoice", "position"])]

    def __str__(self) -> str:
        return self.service

    @property
    def total(self) -> Decimal:
        """What the line adds to the document, without penalty and old debt."""
        return self.accrued + self.accrued_common + self.excess + self.recalculated - self.benefit - self.fine

    @property
    def by_tariff(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """The sub-lines (volume, tariff, sum) of a month in which the tariff changed, or of ranges of a tariff."""
        return [(Decimal(volume), Decimal(tariff), Decimal(amount)) for volume, tariff, amount in self.parts]

    @property
    def mark(self) -> str:
        """The index that the form prints on the volume: how it was found."""
        return self.METHOD_MARKS.get(self.method, "")

    @property
    def tariff_places(self) -> int:
        """How many decimals the tariff is printed with: kopecks, or more where it has them."""
        return places_of(self.tariff or Decimal(0))


def places_of(tariff: Decimal) -> int:
    """Kopecks, or as many decimals more as a tariff has."""
    exponent = tariff.normalize().as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
