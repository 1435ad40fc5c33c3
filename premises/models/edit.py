"""What residents changed about their flat themselves."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from premises.models.house import Unit


class UnitEdit(models.Model):
    """A resident changed the contact phone or the intercom note of a flat: who and when, without the values."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="edits")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"))
    fields = models.CharField(_("what"), max_length=100)  # «contact_phone, intercom»

    class Meta:
        verbose_name = _("change of a flat's data")
        verbose_name_plural = _("changes of flats' data")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.fields} {self.at:%d.%m.%Y %H:%M}"
