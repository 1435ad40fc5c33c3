"""Which months of the past to show."""

import re
from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meters.history import months_before, months_between
from meters.past import Span

USUAL, MOST = 13, 60  # months


class SpanForm(forms.Form):
    """From a month to a month. What makes no sense is put right, and `said` tells how; nothing is refused.

    `usual` months are shown when none were asked for, `most` at once.
    """

    usual, most = USUAL, MOST

    from_month = forms.ChoiceField(label=gettext_lazy("Month"), choices=list(MONTHS.items()))
    from_year = forms.ChoiceField(label=gettext_lazy("Year"))
    to_month = forms.ChoiceField(label=gettext_lazy("Month"), choices=list(MONTHS.items()))
    to_year = forms.ChoiceField(label=gettext_lazy("Year"))

    def __init__(self, data: QueryDict, *, first: date, last: date) -> None:
        self.said: list[str] = []
        usual = Span(months_before(last, self.usual - 1), last)
        self.reach = Span(min(first.replace(day=1), usual.first), last)
        self.span = self._span({name: data.get(name, "") for name in self.base_fields}, usual)
        shown = {
            "from_month": self.span.first.month, "from_year": self.span.first.year,
            "to_month": self.span.last.month, "to_year": self.span.last.year,
        }  # fmt: skip
        super().__init__(initial=shown)
        oldest = min(min(first, last).year, self.span.first.year)
        for name in ("from_year", "to_year"):
            years = [(str(year), str(year)) for year in range(last.year, oldest - 1, -1)]
            self.fields[name].choices = years  # type: ignore[attr-defined]

    def _span(self, given: dict[str, str], usual: Span) -> Span:
        if not any(given.values()):
            return usual
        first = _month(given["from_year"], given["from_month"])
        last = _month(given["to_year"], given["to_month"])
        if not (first and last):
            self.said.append(
                _("These months are not in the book. What could not be read was replaced with the months shown below.")
            )
        elif first > last:
            first, last = last, first
            self.said.append(_("The first month was after the last one: we swapped them."))
        asked = [month for month in (first, last) if month]
        last = self._within(last) if last else usual.last
        first = self._within(first) if first else months_before(last, self.usual - 1)
        self._tell_what_was_cut(asked)
        if months_between(first, last) >= self.most:
            first = months_before(last, self.most - 1)
            self.said.append(self._too_long())
        return Span(first, last)

    def _within(self, month: date) -> date:
        return min(max(month, self.reach.first), self.reach.last)

    def _tell_what_was_cut(self, asked: list[date]) -> None:
        if any(month < self.reach.first for month in asked):
            self.said.append(
                _("Nothing is kept from before %(month)s: what is shown begins there.")
                % {"month": date_format(self.reach.first, "E Y")}
            )
        if any(month > self.reach.last for month in asked):
            self.said.append(
                _("Months after %(month)s are still to come: what is shown ends there.")
                % {"month": date_format(self.reach.last, "E Y")}
            )

    def _too_long(self) -> str:
        return _("At most five years are shown at once: these are the last ones of your choice.")

    @property
    def query(self) -> str:
        """The chosen months as the address of a file names them."""
        return "&".join(f"{name}={value}" for name, value in self.initial.items())


def _month(year: str, month: str) -> date | None:
    """The month that was chosen, or None for what is none."""
    if not re.fullmatch(r"[1-9][0-9]{3}", year) or month not in {str(number) for number in MONTHS}:
        return None
    return date(int(year), int(month), 1)
