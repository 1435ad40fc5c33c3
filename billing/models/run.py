"""Closing a month: the run that charges every account of a company, and the charges it found."""

import hashlib
import json
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.charging.totals import line_total
from billing.models.invoice import Invoice
from billing.models.seen import OfOrganizationQuerySet
from billing.models.service import Service
from lib.errors import Refusal
from premises.models import House, Organization, PersonalAccount

PATIENCE = timedelta(minutes=2)  # so long a run may be silent before it is taken up again


class BillingTerms(models.Model):
    """How a company makes its bills; without a row it calculates here and prints its country's newest form."""

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, related_name="billing_terms", verbose_name=_("company")
    )
    calculates = models.BooleanField(
        _("charges are calculated here"), default=True, help_text=_("Otherwise documents come by registers.")
    )
    form = models.CharField(
        _("form of the document"), max_length=5, choices=Invoice.Form, blank=True,
        help_text=_("Empty: 43/пр in Russia, the bill in Ukraine"),
    )  # fmt: skip
    raises_for_silence = models.BooleanField(_("raise the norm where readings were only not sent"), default=False)
    carries_rest = models.BooleanField(_("offset a negative rest of common use in the next month"), default=True)
    penalty_since = models.DateField(
        _("imported debts bear a penalty from"), null=True, blank=True,
        help_text=_("Empty: from the first day of the first month that was closed here"),
    )  # fmt: skip

    alone_upto = models.DecimalField(
        _("one person alone enters sums up to"), max_digits=13, decimal_places=2, default=Decimal(1000),
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Recalculations and subsidies entered by hand; above it a second person confirms them. 0: every one"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("terms of billing")
        verbose_name_plural = _("terms of billing")

    def __str__(self) -> str:
        return str(self.organization)


class NotNow(Refusal):
    """The run is in another state."""


class BillingRunQuerySet(OfOrganizationQuerySet["BillingRun"]):
    def with_worker(self) -> Self:
        """Runs that the worker calculates or issues now."""
        return self.filter(state__in=BillingRun.WITH_WORKER)

    def stuck(self, at: datetime) -> Self:
        """Runs whose worker has been silent for too long: it was killed, or never heard of them."""
        return self.with_worker().filter(beat_at__lt=at - PATIENCE)


class BillingRun(models.Model):
    """One month of one company: calculated (as often as wished), looked at, then issued once. A correction of an issued
    month calculates it anew and leaves the differences as recalculations for the next one."""

    class Kind(models.TextChoices):
        PERIOD = "period", _("Closing of the month")
        CORRECTION = "correction", _("Correction of an issued month")

    class State(models.TextChoices):
        CALCULATING = "calculating", _("Is being calculated")
        CALCULATED = "calculated", _("Calculated, not issued")
        ISSUING = "issuing", _("Documents are being issued")
        ISSUED = "issued", _("Issued")
        DROPPED = "dropped", _("Dropped")
        FAILED = "failed", _("Stopped by an error")

    WITH_WORKER = (State.CALCULATING, State.ISSUING)
    OVER = (State.ISSUED, State.DROPPED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="runs", verbose_name=_("company")
    )
    period = models.DateField(_("period"))  # the first day of the month
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PERIOD)
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.CALCULATING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("employee")
    )
    calculated_by = models.ForeignKey(  # who had it calculated last; `by` began it
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("calculated by"),
    )  # fmt: skip
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("issued by"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # of a correction
    paid_upto = models.DateField(_("payments counted up to"), null=True, blank=True)
    # Id of the last house whose chunk is committed; -1: what an earlier calculation left is to be cleared away first.
    cursor = models.BigIntegerField(default=0)
    done = models.PositiveIntegerField(_("accounts done"), default=0)
    total = models.PositiveIntegerField(_("accounts"), default=0)
    seal = models.CharField(max_length=64, blank=True)  # what it was calculated from (calculating/seal.py)
    totals = models.JSONField(default=dict)  # of the last calculation: {"accrued": "1.00", …, "services": {code: …}}
    anomalies = models.JSONField(default=list)  # [{"account": pk, "what": code, "facts": {…}}], at most 1000
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)  # when the worker was heard last
    lease = models.UUIDField(null=True, editable=False)  # of the worker that has it now
    tries = models.PositiveSmallIntegerField(default=0)
    calculated_at = models.DateTimeField(_("calculated"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)

    objects = BillingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("closing of a month")
        verbose_name_plural = _("closings of months")
        ordering = ["-period", "-pk"]
        constraints = [
            models.CheckConstraint(name="run_is_of_a_month", condition=Q(period__day=1)),
            models.UniqueConstraint(
                name="one_run_per_month",
                fields=["organization", "period"],
                condition=Q(kind="period") & ~Q(state="dropped"),
            ),
            models.UniqueConstraint(
                name="one_correction_at_a_time",
                fields=["organization", "period"],
                condition=Q(kind="correction") & ~Q(state__in=["issued", "dropped"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}, {self.period:%m.%Y}"

    @property
    def is_with_worker(self) -> bool:
        return self.state in self.WITH_WORKER

    @property
    def is_settled(self) -> bool:
        """Whether documents of it are issued or being issued."""
        return self.state in (self.State.ISSUING, self.State.ISSUED) or self.issued_by_id is not None

    @property
    def figures(self) -> str:
        """One word for what the last calculation came to; another calculation has another one, though its sums be the same."""
        found = [self.calculated_at and self.calculated_at.timestamp(), self.totals]
        return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()

    @property
    def progress_key(self) -> str:
        """Under which the worker tells how far it is."""
        return f"run:{self.public_id}:{self.state}"


class Charge(models.Model):
    """What one account owes for one service in one month, as a run found it; frozen into a line when the run is issued.

    A COMMON service fills the `common` columns, others the individual ones. `accrued` excludes the excess of a raised
    coefficient, which stands apart.
    """

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="charges")
    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="charges")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="charges")
    zone = models.PositiveSmallIntegerField(default=0)  # 1, 2, 3 where zones are printed apart
    volume = models.DecimalField(max_digits=16, decimal_places=7, null=True)
    method = models.CharField(max_length=1, blank=True)  # N norm, M meter, O other
    volume_common = models.DecimalField(max_digits=16, decimal_places=7, null=True)
    method_common = models.CharField(max_length=1, blank=True)
    tariff = models.DecimalField(max_digits=13, decimal_places=6, null=True)
    accrued = models.DecimalField(max_digits=13, decimal_places=2)
    accrued_common = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    coefficient = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    excess = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    recalculated = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    benefit = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    fine = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    parts = models.JSONField(default=list)  # [[volume, tariff, sum]] where the month has several tariffs

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["account", "service__position", "zone"]
        constraints = [
            models.UniqueConstraint(name="one_charge_per_service", fields=["run", "account", "service", "zone"]),
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.accrued}"

    @property
    def of_document(self) -> Decimal:
        """What the line adds to its document."""
        return line_total(self)

    @property
    def by_tariff(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        """The sub-lines (volume, tariff, sum) of a month with several tariffs; they add up to what was charged."""
        return [(Decimal(volume), Decimal(tariff), Decimal(amount)) for volume, tariff, amount in self.parts]


class PenaltyCharge(models.Model):
    """The penalty that a run adds for the late payment of one document; never more than once per document and run."""

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="penalties")
    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="penalties")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="penalties")
    section = models.CharField(max_length=10, choices=Invoice.Kind)
    upto = models.DateField()  # the last day counted
    amount = models.DecimalField(max_digits=13, decimal_places=2)  # below zero gives back what was counted too much

    class Meta:
        ordering = ["account", "invoice"]
        constraints = [models.UniqueConstraint(name="one_penalty_per_document_and_run", fields=["run", "invoice"])]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount}"


class CommonUse(models.Model):
    """How much of a resource a house used in common in a month, as a run found it; the negative rest is carried on."""

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="common_uses")
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="common_uses")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="common_uses")
    house_volume = models.DecimalField(
        max_digits=16, decimal_places=7, null=True
    )  # by the house meter; None where it was not read
    rooms_volume = models.DecimalField(max_digits=16, decimal_places=7)
    rest = models.DecimalField(max_digits=16, decimal_places=7)  # may be below zero
    shared = models.DecimalField(max_digits=16, decimal_places=7)  # what the flats pay
    company = models.DecimalField(max_digits=16, decimal_places=7, default=0)  # what the company pays, above the cap
    carry = models.DecimalField(max_digits=16, decimal_places=7, default=0)  # below zero: offset in the next month

    class Meta:
        ordering = ["house", "service"]
        constraints = [models.UniqueConstraint(name="one_common_use_per_run", fields=["run", "house", "service"])]

    def __str__(self) -> str:
        return f"{self.house}: {self.service}"


class ChargeSheet(models.Model):
    """What a run read of one account's meters, kept for the block of readings of its document."""

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="sheets")
    account = models.ForeignKey(PersonalAccount, on_delete=models.PROTECT, related_name="+")
    readings = models.JSONField(default=list)  # as in Invoice.readings

    class Meta:
        constraints = [models.UniqueConstraint(name="one_sheet_per_run", fields=["run", "account"])]

    def __str__(self) -> str:
        return f"{self.account}: {len(self.readings)}"


class DocumentCounter(models.Model):
    """The last number of a company's documents of one kind in a year: numbers without gaps, taken in the transaction."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Invoice.Kind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_counter_per_year", fields=["organization", "kind", "year"])]

    def __str__(self) -> str:
        return f"{self.organization} {self.kind} {self.year}: {self.last}"


class PrintBatchQuerySet(OfOrganizationQuerySet["PrintBatch"]):
    def stuck(self, at: datetime) -> Self:
        """Files that were asked for so long ago that the worker must have lost them."""
        return self.filter(state=PrintBatch.State.QUEUED, queued_at__lt=at - PrintBatch.PATIENCE)

    def current(self) -> Self:
        """Files whose documents are still those of the month: none came or was taken back since the file was asked for."""
        of_it = Invoice.objects.filter(
            organization=OuterRef("organization"), account__unit__house=OuterRef("house"), period=OuterRef("period")
        )
        since = OuterRef("created_at")
        return self.exclude(Exists(of_it.filter(Q(created_at__gt=since) | Q(voided_at__gt=since))))


class PrintBatch(models.Model):
    """All documents of a house and month as one file for the printer, made by the worker."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Is being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be made")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="print_batches", verbose_name=_("company")
    )
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="print_batches", verbose_name=_("house"))
    period = models.DateField(_("period"))
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.QUEUED)
    file = models.FileField(upload_to="prints/", max_length=200, blank=True)
    documents = models.PositiveIntegerField(_("documents"), default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("employee")
    )
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = PrintBatchQuerySet.as_manager()

    PATIENCE = timedelta(minutes=10)
    MOST_TRIES = 3

    class Meta:
        verbose_name = _("print file of a house")
        verbose_name_plural = _("print files of houses")
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(name="print_is_of_a_month", condition=Q(period__day=1))]

    def __str__(self) -> str:
        return f"{self.house}, {self.period:%m.%Y}"

    @property
    def progress_key(self) -> str:
        return f"print:{self.public_id}"
