"""Numbers that employees type: kept without spaces and checked by their check digits beside the field."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib import identifiers
from premises.admin_scope import KeyedForm

LEAST_DIGITS = 3  # of a phone


class NumberField(forms.CharField):
    """A number of a register or a bank, pasted with spaces in groups or in small letters."""

    def to_python(self, value: Any) -> Any:
        """Return the number as it is kept."""
        return re.sub(r"\s", "", super().to_python(value) or "").upper()

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Leave room for the spaces: the browser would cut a pasted number before they are taken out."""
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


class GisField(NumberField):
    """ЕЛС or ИЖКУ: Latin letters that look Cyrillic are taken for those."""

    def to_python(self, value: Any) -> Any:
        """Return the identifier as it is kept."""
        return identifiers.normal_gis(super().to_python(value))


class PhoneField(forms.CharField):
    """A phone as people dial it, extension and words beside it included; short ones as 112 are good."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and sum(sign.isdecimal() for sign in value) < LEAST_DIGITS:
            raise ValidationError(_("Write the phone with its digits: 8 (47354) 2-15-15, 112."))


class JobForm(KeyedForm):
    """A job as it stood when the form was opened: one that was left open neither hires again nor undoes a change."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, label="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        job = self.instance
        self.now = f"{job.organization_id} {job.role} {job.is_active}" if job.pk else ""
        self.initial["seen"], self.was_active = self.now, job.is_active

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if (values.pop("seen", "") or self.now) != self.now:
            raise ValidationError(_("This job was changed meanwhile. Open the page anew and look at it again."))
        return values

    def _post_clean(self) -> None:
        """Which fields the page has follows the job as it is, not as the refused form would have it."""
        super()._post_clean()
        if self.errors:
            self.instance.is_active = self.was_active


class OrganizationForm(KeyedForm):
    """A company; its tax numbers must be possible in its country."""

    class Meta:
        field_classes = {"tax_id": NumberField, "kpp": NumberField, "phone": PhoneField, "dispatch_phone": PhoneField}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        country = values.get("country") or self.instance.country
        tax_id, kpp = values.get("tax_id"), values.get("kpp")
        if tax_id and not is_tax_id(tax_id, country):
            self.add_error("tax_id", _("Check the number: its check digit does not fit."))
        if kpp and not identifiers.is_kpp(kpp):
            self.add_error("kpp", _("КПП has 9 characters: 366101001."))
        return values


def is_tax_id(text: str, country: str) -> bool:
    """Whether this is a ИНН in Russia, an ЄДРПОУ or a РНОКПП in Ukraine."""
    if country == "UA":
        return identifiers.is_edrpou(text) or identifiers.is_rnokpp(text)
    return identifiers.is_inn(text)


class AccountForm(KeyedForm):
    """A personal account; what it is called in the state's register has a known shape. Old rows may stay as they are."""

    class Meta:
        field_classes = {"els": GisField, "zhku": GisField}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        els, zhku = values.get("els") or "", values.get("zhku") or ""
        if "els" in self.changed_data and els and not identifiers.is_els(els):
            self.add_error("els", _("This is not an ЕЛС: 2 digits, 2 letters and 6 digits, as 60ЕХ209700."))
        if "zhku" in self.changed_data and zhku and not identifiers.is_zhku(zhku):
            self.add_error("zhku", _("This is not an ИЖКУ: an ЕЛС, a dash and 2 digits, as 60ЕХ209700-10."))
        elif {"els", "zhku"} & set(self.changed_data) and els and zhku and not zhku.startswith(els):
            self.add_error("zhku", _("The ИЖКУ does not begin with the ЕЛС."))
        return values
