"""Choosing what to look at, and the company's bank details."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.payment_code import is_payable
from meters.forms.span import SpanForm
from premises.admin_forms import NumberField
from premises.admin_scope import KeyedForm


class MonthForm(forms.Form):
    """Pick a month that has a document."""

    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, months: Iterable[date], chosen: date | None) -> None:
        super().__init__(initial={"month": f"{chosen:%Y-%m}"} if chosen else None)
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]


WRONG = {
    "recipient": _("The National Bank's payment code holds a name of up to 140 characters."),
    "tax_id": _("Check the number: its check digit does not fit."),
    "kpp": _("КПП has 9 characters: 366101001."),
    "bic": _("БИК has 9 digits and begins with 04 or 01."),
    "account": _("Check the account: its check digit does not fit the bank."),
    "corr_account": _("Check the account: its check digit does not fit the bank."),
}


class RequisitesForm(KeyedForm):
    """Bank details; what is given must be right, what is missing only means that there is no payment code."""

    class Meta:
        field_classes = dict.fromkeys(("tax_id", "kpp", "bic", "account", "corr_account"), NumberField)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        organization = values.get("organization") or getattr(self.instance, "organization", None)
        if organization is None:
            return values
        details = {name: values.get(name) or "" for name in (*WRONG, "bank")}
        for name in is_payable(details, organization.country):
            unknown_bank = organization.country == "RU" and not details["bic"] and name in {"account", "corr_account"}
            if name in WRONG and details[name] and not unknown_bank:
                self.add_error(name, WRONG[name])
        return values


class PeriodForm(SpanForm):
    """The months of a statement; half a century is enough for every book."""

    most = 600

    def _too_long(self) -> str:
        return gettext("At most fifty years are shown at once: these are the last ones of your choice.")
