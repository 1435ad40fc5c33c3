"""Which months of the past to show."""

from datetime import date

from django import forms
from django.http import QueryDict
from django.utils.dates import MONTHS
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
        years = [str(year) for year in range(last.year, min(first, last).year - 1, -1)]
        given = {name: data.get(name, "") for name in self.base_fields}
        usual = Span(months_before(last, self.usual - 1), last)
        self.span = self._span(given, years, usual)
        shown = {
            "from_month": self.span.first.month, "from_year": self.span.first.year,
            "to_month": self.span.last.month, "to_year": self.span.last.year,
        }  # fmt: skip
        super().__init__(initial=shown)
        reach = range(max(last.year, self.span.last.year), min(int(years[-1]), self.span.first.year) - 1, -1)
        for name in ("from_year", "to_year"):
            self.fields[name].choices = [(year, str(year)) for year in reach]  # type: ignore[attr-defined]

    def _span(self, given: dict[str, str], years: list[str], usual: Span) -> Span:
        first = _month(given["from_year"], given["from_month"], years)
        last = _month(given["to_year"], given["to_month"], years)
        asked = any(given.values())
        if asked and not (first and last):
            self.said.append(
                _("These months are not in the book. What could not be read was replaced with the months shown below.")
            )
        first, last = first or usual.first, last or usual.last
        if first > last:
            first, last = last, first
            self.said.append(_("The first month was after the last one: we swapped them."))
        if months_between(first, last) >= self.most:
            first = months_before(last, self.most - 1)
            self.said.append(self._too_long())
        return Span(first, last)

    def _too_long(self) -> str:
        return _("At most five years are shown at once: these are the last ones of your choice.")

    @property
    def query(self) -> str:
        """The chosen months as the address of a file names them."""
        return "&".join(f"{name}={value}" for name, value in self.initial.items())


def _month(year: str, month: str, years: list[str]) -> date | None:
    """The month that was chosen, or None for what is not offered."""
    if year not in years or month not in {str(number) for number in MONTHS}:
        return None
    return date(int(year), int(month), 1)
