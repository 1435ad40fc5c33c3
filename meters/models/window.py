"""The days of a month when readings are taken, and a company's other rules of taking them."""

from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from meters.windows import Window
from premises.models import House, Organization

DAYS = [MinValueValidator(1), MaxValueValidator(31)]


class SubmissionWindowQuerySet(models.QuerySet["SubmissionWindow"]):
    def staffed_by(self, user: User) -> Self:
        """Windows of the organizations this employee works for; a superuser's are all."""
        if user.is_superuser:
            return self
        return self.filter(organization__staff__user=user, organization__staff__is_active=True)

    def of_house(self, house: House) -> "SubmissionWindow":
        """The rules in force for a house: its own, else its company's, else the usual ones (not saved)."""
        return self.of_houses([house])[house.pk]

    def of_houses(self, houses: Iterable[House]) -> dict[int, "SubmissionWindow"]:
        """The rules in force for each house by its id, in one query."""
        wanted = list(houses)
        companies = {house.organization_id for house in wanted}
        found = list(self.filter(organization__in=companies).filter(Q(house__isnull=True) | Q(house__in=wanted)))
        own = {rules.house_id: rules for rules in found if rules.house_id}
        general = {rules.organization_id: rules for rules in found if not rules.house_id}
        return {
            house.pk: own.get(house.pk)
            or general.get(house.organization_id)
            or SubmissionWindow(organization_id=house.organization_id)
            for house in wanted
        }


class SubmissionWindow(models.Model):
    """When and how readings are taken: of a whole company, or of one house, whose rules come first.

    Days are those of the house's time zone, both included. A window that closes on a smaller day than it opens runs into
    the next month and belongs to the month in which it opened. The usual days are 15 to 25: Russian law fixes only the
    last one (ПП 354, п. 31).
    """

    class Board(models.TextChoices):
        HOUSE = "house", _("Everybody who lives in the house")
        COUNCIL = "council", _("Only the house council")

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="windows", verbose_name=_("company")
    )
    house = models.ForeignKey(
        House, null=True, blank=True, on_delete=models.PROTECT, related_name="windows", verbose_name=_("house"),
        help_text=_("Empty: all houses of the company that have no rules of their own"),
    )  # fmt: skip
    opens = models.PositiveSmallIntegerField(_("first day"), default=15, validators=DAYS)
    closes = models.PositiveSmallIntegerField(_("last day"), default=25, validators=DAYS)
    takes_late = models.BooleanField(
        _("take readings outside these days too"), default=False, help_text=_("They count to the next period.")
    )
    takes_expired = models.BooleanField(
        _("take readings of meters whose verification has expired"), default=True,
        help_text=_("They are stored and not used for charges."),
    )  # fmt: skip
    board = models.CharField(
        _("who sees which flats have sent readings"), max_length=8, choices=Board, default=Board.COUNCIL
    )

    objects = SubmissionWindowQuerySet.as_manager()

    class Meta:
        verbose_name = _("days for readings")
        verbose_name_plural = _("days for readings")
        constraints = [
            models.UniqueConstraint(
                name="one_window_per_house",
                fields=["organization", "house"],
                nulls_distinct=False,
                violation_error_message=_("These rules exist already: change them."),
            ),
            models.CheckConstraint(
                name="window_days_are_of_a_month", condition=Q(opens__range=(1, 31)) & Q(closes__range=(1, 31))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.house or self.organization}: {self.opens}–{self.closes}"

    def clean(self) -> None:
        """A house's rules are its own company's."""
        if self.house and self.organization_id and self.house.organization_id != self.organization_id:
            raise ValidationError({"house": _("This house belongs to another company.")})

    @property
    def window(self) -> Window:
        return Window(self.opens, self.closes)
