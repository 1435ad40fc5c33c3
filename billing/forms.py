"""Choosing what to look at."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class MonthForm(forms.Form):
    """Pick a month that has a document."""

    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, months: Iterable[date], chosen: date | None) -> None:
        super().__init__(initial={"month": f"{chosen:%Y-%m}"} if chosen else None)
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]
