"""The balance of a house in the staff room: what its own meters measured beside what its flats used."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.tables import Row, download
from meters.actions.estimating import closed_period
from meters.admin_base import BALANCE, DeskAdmin
from meters.balance import Balance, balances
from meters.history import months_before
from meters.models import SubmissionWindow
from meters.resources import FACTS, Resource
from premises.models import House

MONTHS_BACK = 36
SHOWN = Decimal("0.001")  # of a volume, on the page and in its files


class BalanceForm(forms.Form):
    """Which house and which month."""

    house = forms.ModelChoiceField(House.objects.none(), label=gettext_lazy("House"), empty_label=None)
    month = forms.TypedChoiceField(
        label=gettext_lazy("Month"),
        required=False,
        coerce=lambda text: date.fromisoformat(f"{text}-01"),
        empty_value=None,
    )

    def __init__(self, data: QueryDict, houses: QuerySet[House], today: date) -> None:
        super().__init__(data if "house" in data else None)
        months = [months_before(today, back) for back in range(MONTHS_BACK)]
        self.fields["house"].queryset = houses  # type: ignore[attr-defined]
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            ("", _("the last one that is closed")), *[(f"{one:%Y-%m}", date_format(one, "F Y")) for one in months]
        ]  # fmt: skip


class BalanceMixin(DeskAdmin):
    """The page of balances and its files."""

    def balance_view(self, request: HttpRequest) -> HttpResponse:
        """The balance of one house and month as a page, or with `file` as CSV or XLSX."""
        self.allowed_or_404(request, BALANCE)
        houses = self.scoped(request, House.objects.select_related("organization"), BALANCE)
        now = timezone.now()
        form = BalanceForm(request.GET, houses, timezone.localdate(now))
        context: dict[str, Any] = {"title": _("Balance of a house"), "form": form}
        if not (form.is_bound and form.is_valid()):
            return self.drawn(request, "meter/balance", status=422 if form.is_bound else 200, **context)
        house: House = form.cleaned_data["house"]
        rules = SubmissionWindow.objects.of_house(house)
        period = form.cleaned_data["month"] or closed_period(rules, house.organization.day(now))
        rows = balances(house, period)
        kind = request.GET.get("file", "")
        if kind in {"csv", "xlsx"}:
            name = f"balance-{period:%Y-%m}-{house.pk}"
            return download("csv" if kind == "csv" else "xlsx", name, HEADER, [in_cells(row) for row in rows])
        context |= {"house": house, "period": period, "rows": [(row, FACTS[row.resource].unit) for row in rows]}
        return self.drawn(request, "meter/balance", **context)


HEADER: Row = (
    gettext_lazy("Resource"), gettext_lazy("Unit"), gettext_lazy("House meter"), gettext_lazy("Flats by meter"),
    gettext_lazy("Flats by average"), gettext_lazy("Flats by norm"), gettext_lazy("Rest"), gettext_lazy("Rest, %"),
    gettext_lazy("Accounts"), gettext_lazy("Sent readings"),
)  # fmt: skip


def in_cells(row: Balance) -> Row:
    """A balance as a row of a file, with the decimals of the page."""
    volumes = (row.house, row.by_meter, row.by_average, row.by_norm, row.rest)
    return (
        Resource(row.resource).label, FACTS[row.resource].unit.label, *map(_shown, volumes), row.rest_share,
        row.accounts, row.sent,
    )  # fmt: skip


def _shown(volume: Decimal | None) -> Decimal | None:
    return None if volume is None else volume.quantize(SHOWN, ROUND_HALF_UP)
