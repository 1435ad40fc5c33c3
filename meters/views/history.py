"""P12: what the meters of an account showed and what was used, month by month; and the same as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from lib.charts import Bar, Drawn, bars
from lib.money import format_number
from lib.tables import Row, download
from meters.consumption import quantum
from meters.forms.span import USUAL, SpanForm
from meters.history import months_before
from meters.models import Meter, SubmissionWindow
from meters.past import Line, Month, Past, Span
from meters.resources import FACTS, Resource, Unit
from meters.sheet import Group, window_of
from meters.wording import line_source, line_state
from premises.access import account_or_404
from premises.models import PersonalAccount
from premises.views.pages import person

YEAR = 12


@dataclass(frozen=True)
class Section:
    """One resource: its bars and its lines."""

    resource: str
    unit: str
    chart: list[Drawn]
    lines: list[Line]
    meters: int

    @property
    def has_estimates(self) -> bool:
        return any(one.bar.is_estimate for one in self.chart)


@login_required
@require_safe
def readings_history(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Bars of the last months against the year before, and every line of the chosen months."""
    account, link = account_or_404(request, public_id, full=True)
    window, form = _asked(request, account)
    span = form.span
    charted = Span(max(span.first, months_before(span.last, USUAL - 1)), span.last)
    past = Past(account, Span(min(span.first, months_before(charted.first, YEAR)), span.last), reader=person(request))
    sections = [_section(past, resource, span, charted) for resource in past.resources]
    context = {
        "account": account, "link": link, "window": window, "picker": form, "span": span,
        "resources": [one for one in sections if one.lines or _is_there(past, one.resource, span)],
    }  # fmt: skip
    return render(request, "meters/history.html", context)


@login_required
@require_safe
def readings_export(request: HttpRequest, public_id: UUID, kind: str) -> HttpResponse:
    """The lines of the page as a file."""
    account, _link = account_or_404(request, public_id, full=True)
    kinds: dict[str, Literal["csv", "xlsx"]] = {"csv": "csv", "xlsx": "xlsx"}
    if kind not in kinds:
        raise Http404
    _window, form = _asked(request, account)
    past = Past(account, form.span, reader=person(request))
    name = f"readings-{form.span.first:%Y-%m}-{form.span.last:%Y-%m}"
    return download(kinds[kind], name, header(), rows(past, person(request)))


def _asked(request: HttpRequest, account: PersonalAccount) -> tuple[Group, SpanForm]:
    """The window as it stands now, and the months that are asked for, the usual ones by default."""
    rules = SubmissionWindow.objects.of_house(account.unit.house)
    window = window_of(account, rules, at=timezone.now())
    last = window.period if window.is_taken else months_before(window.period, 1)
    oldest = Meter.objects.filter(account=account).aggregate(day=Min("installed_on"))["day"]
    return window, SpanForm(request.GET, first=oldest or last, last=last)


def _is_there(past: Past, resource: str, span: Span) -> bool:
    """Whether a meter of the resource was in place in these months, though nothing was read."""
    return any(one.resource == resource and (not one.removed_on or one.removed_on >= span.first) for one in past.meters)


def _section(past: Past, resource: str, span: Span, charted: Span) -> Section:
    lines, months = past.lines_of(resource, span), past.months_of(resource)
    return Section(
        resource=resource,
        unit=str(Unit(FACTS[resource].unit).label),
        chart=bars([_bar(resource, month, months) for month in charted.months]),
        lines=lines,
        meters=len({line.meter.pk for line in lines}),
    )


def _bar(resource: str, period: date, months: dict[date, Month]) -> Bar:
    now, before = months.get(period), months.get(months_before(period, YEAR))
    return Bar(
        label=date_format(period, "M Y"),
        value=now.volume if now else None,
        text=_figure(now.volume if now else None, resource),
        before=before.volume if before else None,
        before_text=_figure(before.volume if before else None, resource),
        is_estimate=bool(now and now.is_estimate),
    )


def _figure(volume: Decimal | None, resource: str) -> str:
    return "" if volume is None else format_number(volume, get_language() or "en", FACTS[resource].decimals)


def header() -> list[str]:
    """The names of the file's columns."""
    return [
        _("Month"), _("Resource"), _("Place"), _("Meter number"), _("Day"), "T1", "T2", "T3", _("Volume"), _("Unit"),
        _("Source"), _("State"),
    ]  # fmt: skip


def rows(past: Past, reader: User) -> Iterator[Row]:
    """The lines as cells: days stay dates, figures stay numbers with the decimals of their meter."""
    for line in past.lines:
        meter, reading = line.meter, line.reading
        values = [*(_exact(value, meter) for value in reading.values), None, None] if reading else [None, None, None]
        yield [
            f"{line.period:%m.%Y}", str(Resource(meter.resource).label), meter.place, meter.serial,
            reading.taken_on if reading else None, *values[:3], _exact(line.volume, meter), str(Unit(meter.unit).label),
            line_source(line.reading, line.estimate, reader), line_state(line.reading, line.estimate),
        ]  # fmt: skip


def _exact(value: Decimal | None, meter: Meter) -> Decimal | None:
    return None if value is None else value.quantize(quantum(meter.decimals), ROUND_HALF_UP)
