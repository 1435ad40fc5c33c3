"""Money that an employee writes by hand: above a sum it counts only once a second person has confirmed it."""

from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

Row = TypeVar("Row", bound=models.Model)
UNCONFIRMED = Q(needs_second=True, confirmed_by__isnull=True)


class ByHandQuerySet(models.QuerySet[Row]):
    def counting(self) -> Self:
        """What a month may charge or credit: it needs no second person, or has one."""
        return self.exclude(UNCONFIRMED)

    def unconfirmed(self) -> Self:
        """What waits for a second person."""
        return self.filter(UNCONFIRMED)


class ByHand(models.Model):
    """Who wrote the sum and, where the company's terms ask for it, who confirmed it.

    Registers, runs and what was there before this was asked for need nobody (`needs_second` is False).
    """

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("employee"),
    )  # fmt: skip
    needs_second = models.BooleanField(default=False, db_default=False, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("confirmed by"),
    )  # fmt: skip

    MONEY: tuple[str, ...] = ("account", "period", "amount")  # another one is another sum: it asks anew
    amount: Any
    account: Any

    class Meta:
        abstract = True

    @property
    def is_unconfirmed(self) -> bool:
        return self.needs_second and self.confirmed_by_id is None

    @property
    def others(self) -> "models.QuerySet[Any]":
        """What else stands by hand for this account, counts without a second person and is not in a document yet."""
        raise NotImplementedError


def confirmed_by_another(name: str) -> models.CheckConstraint:
    """The database itself refuses that somebody confirms a sum of their own, or of nobody."""
    return models.CheckConstraint(
        name=name,
        condition=Q(confirmed_by__isnull=True) | Q(by__isnull=False) & ~Q(confirmed_by=F("by")),
        violation_error_message=_("Somebody else must confirm what you entered."),
    )
