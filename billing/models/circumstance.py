"""What makes one account's charge differ: people and area by days, benefits, absences, poor quality, corrections."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from billing.models.by_hand import ByHand, ByHandQuerySet, confirmed_by_another
from billing.models.invoice import Invoice
from billing.models.service import POSITIVE, InForceQuerySet, Service, check_span
from meters.resources import Resource
from premises.models import House, Organization, PersonalAccount

DAY = timedelta(days=1)
HOTTEST = 75  # °C of hot water (СанПиН): it cannot be colder by more
MOST = Decimal("99999999.99")  # of one sum, either sign: as imports


def guard_people(account: PersonalAccount, persons: int | None) -> None:
    """Raise ValidationError where more people are meant than live or are registered there, where that is known."""
    by_days = [one or 0 for one in account.facts.values_list("residents", flat=True)]
    people = max(account.residents or 0, account.registered or 0, *by_days, 0)
    if people and persons and persons > people:
        text = _("So many people do not live there: %(people)s at most.") % {"people": people}
        raise ValidationError({"persons": text})


class AccountFact(models.Model):
    """People and area of an account from a day on, where they changed in the middle of a month; else the account's own."""

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="facts", verbose_name=_("personal account")
    )
    since = models.DateField(_("since"))
    residents = models.PositiveSmallIntegerField(_("people"), null=True, blank=True)
    area = models.DecimalField(
        _("area, m²"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    reason = models.CharField(_("reason, document"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("people and area by days")
        verbose_name_plural = _("people and areas by days")
        ordering = ["account", "since"]
        constraints = [
            models.UniqueConstraint(name="one_fact_of_an_account_per_day", fields=["account", "since"]),
            models.CheckConstraint(name="area_by_days_is_positive", condition=Q(area__isnull=True) | Q(area__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.since:%d.%m.%Y}"


class Benefit(models.Model):
    """A reduction of the charge that the law gives a person of the flat (льгота, пільга)."""

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="benefits", verbose_name=_("personal account")
    )
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="benefits", verbose_name=_("service"),
        help_text=_("Empty: every service of the main document"),
    )  # fmt: skip
    category = models.CharField(_("category, law"), max_length=200)
    percent = models.DecimalField(
        _("percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )
    persons = models.PositiveSmallIntegerField(
        _("people it covers"), null=True, blank=True, help_text=_("Empty: all who live in the flat")
    )
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = InForceQuerySet.as_manager()

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        ordering = ["account", "-since"]
        constraints = [
            models.CheckConstraint(name="benefit_is_a_percentage", condition=Q(percent__gt=0) & Q(percent__lte=100)),
            models.CheckConstraint(
                name="benefit_ends_after_it_starts", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.percent.normalize():f} %"

    def clean(self) -> None:
        """On one day the same benefit is not there twice, and all who live in the flat have one of a service at most.

        Those of some of its people stand beside each other; charging takes no more than all of a day (docs/charging.md).
        """
        check_span(self)
        if not (self.account_id and self.since):
            return
        guard_people(self.account, self.persons)
        others = Benefit.objects.filter(account=self.account_id).exclude(pk=self.pk)
        others = others.during(self.since, self.until or date.max)
        if others.filter(service=self.service_id, category__iexact=self.category).exists():
            raise ValidationError(
                {"since": _("This account already has this benefit on some of these days. End it first.")}
            )
        if self.persons is not None:
            return
        same = Q(service=self.service_id)
        if self.service is None:
            same |= Q(service__kind=Invoice.Kind.MAIN)
        elif self.service.kind == Invoice.Kind.MAIN:
            same |= Q(service=None)
        if other := others.filter(same, persons=None).first():
            text = _("Everybody of this flat has another benefit on some of these days: %(benefit)s. End that one first, or write how many people each covers.")  # fmt: skip
            known = f"{other.category}, {other.percent.normalize():f} %"
            raise ValidationError({"since": text % {"benefit": known}})


class Subsidy(ByHand):
    """Money of the state for one month of one account, credited like a payment and printed apart from benefits.

    `credited` is what issued documents gave of it: the rest, above or below zero, goes into the next one.
    """

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="subsidies", verbose_name=_("personal account")
    )
    period = models.DateField(_("period"))  # the first day of the month
    amount = models.DecimalField(
        _("amount"), max_digits=13, decimal_places=2, validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(MOST)],
    )  # fmt: skip
    source = models.CharField(_("decision"), max_length=200, blank=True)
    credited = models.DecimalField(_("credited"), max_digits=13, decimal_places=2, default=0, editable=False)

    objects = ByHandQuerySet["Subsidy"].as_manager()

    class Meta:
        verbose_name = _("subsidy")
        verbose_name_plural = _("subsidies")
        ordering = ["-period", "account"]
        constraints = [
            models.UniqueConstraint(name="one_subsidy_per_month", fields=["account", "period"]),
            models.CheckConstraint(name="subsidy_is_of_a_month", condition=Q(period__day=1) & Q(amount__gt=0)),
            models.CheckConstraint(name="subsidy_is_possible", condition=Q(amount__lte=MOST)),
            confirmed_by_another("subsidy_is_confirmed_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount}"

    @property
    def others(self) -> "models.QuerySet[Subsidy]":
        rows = Subsidy.objects.filter(account=self.account_id, by__isnull=False, needs_second=False)
        return rows.exclude(amount=F("credited")).exclude(pk=self.pk)

    def clean(self) -> None:
        """The state decides for this month or the next one, not for years."""
        if not (self.period and self.account_id):
            return
        today = self.account.organization.day(timezone.now())
        if (self.period.year - today.year) * 12 + self.period.month - today.month > 1:
            raise ValidationError({"period": _("This month is too far ahead: at most the next one.")})


class Absence(models.Model):
    """Somebody of the flat was away (ПП 354, пп. 86–97): days of leaving and returning are not counted."""

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="absences", verbose_name=_("personal account")
    )
    persons = models.PositiveSmallIntegerField(_("people"), default=1, validators=[MinValueValidator(1)])
    left_on = models.DateField(_("left"))
    returned_on = models.DateField(_("returned"))
    applied_on = models.DateField(_("applied"))
    document = models.CharField(_("proof"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["account", "-left_on"]
        constraints = [
            models.CheckConstraint(
                name="absence_is_of_somebody_who_returned",
                condition=Q(returned_on__gt=F("left_on")) & Q(persons__gte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.left_on:%d.%m.%Y}–{self.returned_on:%d.%m.%Y}"

    def clean(self) -> None:
        """No more are away than live or are registered there, where that is known."""
        if not self.account_id or not self.persons:
            return
        guard_people(self.account, self.persons)
        if self.left_on and self.returned_on:
            self._guard_overlap()

    def _guard_overlap(self) -> None:
        """Raise ValidationError where on some full day of this absence more people are away than are charged for.

        An absence that is entered twice would be given back twice. Where nobody is known to live there, nobody can say.
        """
        others = Absence.objects.filter(
            account=self.account_id, left_on__lt=self.returned_on, returned_on__gt=self.left_on
        ).exclude(pk=self.pk)
        rows = [self, *others]
        facts = list(self.account.facts.exclude(residents=None).order_by("since").values_list("since", "residents"))
        # How many are away, or live there, can only become worse on one of these days.
        begins = {row.left_on + DAY for row in rows} | {since for since, _people in facts}
        for day in sorted(one for one in begins if self.left_on < one < self.returned_on):
            away = sum(row.persons for row in rows if row.left_on < day < row.returned_on)
            usual = self.account.residents or self.account.registered or 0
            people = next((count for since, count in reversed(facts) if since <= day), usual)
            if people and away > people and away > self.persons:
                text = _("Away on %(day)s already: %(away)s, living there: %(people)s. Is this absence entered twice?")
                facts_of_day = {"day": date_format(day, "d.m.Y"), "away": away - self.persons, "people": people}
                raise ValidationError({"persons": text % facts_of_day})


class QualityCase(models.Model):
    """A service was interrupted or too cold for longer than the rules allow: the month's charge is reduced."""

    class Kind(models.TextChoices):
        INTERRUPTION = "interruption", _("Interruption")
        COLD_HOT_WATER = "cold_hot_water", _("Hot water too cold")
        PERCENT = "percent", _("A percentage of the charge")

    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="quality_cases", verbose_name=_("house"))
    account = models.ForeignKey(
        PersonalAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="quality_cases",
        verbose_name=_("personal account"), help_text=_("Empty: all accounts of the house"),
    )  # fmt: skip
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="quality_cases", verbose_name=_("service")
    )
    period = models.DateField(_("period"))  # the first day of the month
    kind = models.CharField(_("what was wrong"), max_length=14, choices=Kind)
    hours = models.DecimalField(
        _("hours above what is allowed"), max_digits=6, decimal_places=2, default=Decimal(0), validators=POSITIVE
    )
    degrees = models.DecimalField(
        _("degrees below the norm"), max_digits=4, decimal_places=1, default=Decimal(0), validators=POSITIVE
    )
    percent = models.DecimalField(
        _("percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[*POSITIVE, MaxValueValidator(Decimal(100))],
    )
    act = models.CharField(_("act"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("poor quality")
        verbose_name_plural = _("cases of poor quality")
        ordering = ["-period", "house"]
        constraints = [
            models.CheckConstraint(
                name="quality_case_is_of_a_month",
                condition=Q(period__day=1) & Q(hours__gte=0) & Q(degrees__gte=0) & Q(percent__range=(0, 100)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.house}: {self.service}, {self.period:%m.%Y}"

    def concerns(self, service: int, account: int) -> bool:
        """Whether it is a case of this service and this account of its house, by their ids."""
        return self.service_id == service and self.account_id in (None, account)

    def clean(self) -> None:
        """The account lives in the house; the hours fit the month, the kind fits the service."""
        wrong: dict[str, Any] = {}
        if self.account and self.house_id and self.account.unit.house_id != self.house_id:
            wrong["account"] = _("This account is in another house.")
        if self.period and self.hours is not None:
            most = monthrange(self.period.year, self.period.month)[1] * 24
            if self.hours > most:
                wrong["hours"] = _("The month has %(hours)s hours.") % {"hours": most}
            elif self.kind == self.Kind.INTERRUPTION and not self.hours:
                wrong["hours"] = _("Write how many hours above what is allowed it lasted.")
        if self.kind == self.Kind.COLD_HOT_WATER and self.service_id and self.service.resource != Resource.HOT:
            wrong["service"] = _("This service is not hot water.")
        if self.degrees is not None and self.degrees > HOTTEST:
            wrong["degrees"] = _("Hot water has %(most)s °C at most: write by how many degrees it was too cold.") % {
                "most": HOTTEST
            }
        if wrong:
            raise ValidationError(wrong)


class RecalculationQuerySet(ByHandQuerySet["Recalculation"]):
    def waiting(self) -> Self:
        """Not yet charged with a month, and charged with the next one."""
        return self.counting().filter(run__isnull=True)

    def computed(self) -> Self:
        """Found by the very run that charges them: calculated anew they are found anew."""
        return self.filter(found_by=models.F("run"))

    def staffed_by(self, user: Any) -> Self:
        if user.is_superuser:
            return self
        return self.filter(account__organization__staff__user=user, account__organization__staff__is_active=True)


class Recalculation(ByHand):
    """A correction of an earlier month (+ charged, − given back), printed with its reason in the next document."""

    class Source(models.TextChoices):
        MANUAL = "manual", _("Entered by the company")
        CORRECTION = "correction", _("The period was corrected")
        READING = "reading", _("Actual readings")
        ABSENCE = "absence", _("Absence")
        QUALITY = "quality", _("Poor quality")

    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="recalculations", verbose_name=_("personal account")
    )
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="recalculations", verbose_name=_("service")
    )
    period = models.DateField(_("for the period"))  # the first day of the month that is corrected
    amount = models.DecimalField(
        _("amount"), max_digits=13, decimal_places=2, validators=[MinValueValidator(-MOST), MaxValueValidator(MOST)]
    )
    reason = models.CharField(_("reason"), max_length=200)
    source = models.CharField(_("came from"), max_length=10, choices=Source, default=Source.MANUAL)
    # The run that found it: a correction, or the very run that charges it (absence, poor quality, actual readings).
    found_by = models.ForeignKey(
        "billing.BillingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="found"
    )
    run = models.ForeignKey(
        "billing.BillingRun", null=True, blank=True, on_delete=models.PROTECT, related_name="recalculations",
        verbose_name=_("charged with"),
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now)

    MONEY = ("account", "service", "period", "amount")

    objects = RecalculationQuerySet.as_manager()

    class Meta:
        verbose_name = _("recalculation")
        verbose_name_plural = _("recalculations")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="recalculation_is_of_a_month", condition=Q(period__day=1) & ~Q(amount=0)),
            models.CheckConstraint(name="recalculation_is_possible", condition=Q(amount__range=(-MOST, MOST))),
            models.UniqueConstraint(
                name="a_correction_finds_a_service_once",
                fields=["found_by", "account", "service", "period", "source"],
                condition=Q(found_by__isnull=False),
            ),
            confirmed_by_another("recalculation_is_confirmed_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.amount}, {self.period:%m.%Y}"

    @property
    def others(self) -> "models.QuerySet[Recalculation]":
        rows = Recalculation.objects.filter(account=self.account_id, source=self.Source.MANUAL, needs_second=False)
        return rows.filter(Q(run__isnull=True) | Q(run__issued_by__isnull=True)).exclude(pk=self.pk)

    @property
    def organization(self) -> Organization:
        return self.account.organization

    def clean(self) -> None:
        """The month is one that has begun; the service is the company's."""
        if not self.account_id:
            return
        if self.period and self.period > self.organization.day(timezone.now()):
            raise ValidationError({"period": _("This month has not begun yet.")})
        if self.service_id and self.service.organization_id != self.account.organization_id:
            raise ValidationError({"service": _("This service belongs to another company.")})
