"""Legal parameters with the day from which each holds: what the law says is data, never code."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from premises.models import Organization


class LegalRule(models.Model):
    """One parameter of one country (or of a territory in it) from a day on; the period of a charge chooses the row.

    Keys and the shape of each value are those of `billing.charging.rules`, which also holds the rows every deployment
    starts with. A change of the law is a new row with its own day; the old one stays for the old periods.
    """

    country = models.CharField(_("country"), max_length=2, choices=Organization.Country)
    key = models.CharField(_("parameter"), max_length=40)
    territory = models.CharField(
        _("territory"),
        max_length=100,
        blank=True,
        help_text=_("Empty: the whole country. Else the city as houses have it."),
    )
    valid_from = models.DateField(_("in force from"))
    value = models.CharField(_("figure"), max_length=200, blank=True)
    source = models.CharField(_("law"), max_length=300, blank=True)
    is_checked = models.BooleanField(_("compared with the text of the law"), default=True)

    class Meta:
        verbose_name = _("legal parameter")
        verbose_name_plural = _("legal parameters")
        ordering = ["country", "key", "territory", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                name="one_rule_per_day",
                fields=["country", "key", "territory", "valid_from"],
                violation_error_message=_("This parameter already has a value from this day on."),
            ),
            models.CheckConstraint(name="rule_has_a_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.key} {self.valid_from:%d.%m.%Y}"
