"""«Enter readings»: the company's table of an entrance, a flat or a house, saved together or not at all.

An answer to a doubt carries the values it was given for: other values are asked about anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lib.text import search_key
from meters import windows
from meters.actions import MetersAreBusy, NotAcceptable, Outcome, Result, look_at, submit
from meters.admin_base import ENTER, DeskAdmin
from meters.admin_forms import FUTURE, ZONES, DialField, day_field
from meters.consumption import Doubt, quantum
from meters.examining import Entry, Finding
from meters.history import Known, known_of
from meters.matrix import walking_order
from meters.models import Meter, Source, SubmissionWindow
from meters.models.meter import Zones, zones_of
from meters.wording import amount_words, doubt_words, value_words
from premises.models import House

METERS_PER_PAGE = 120
ZERO = "zero"  # in an answer: the counter passed zero


class PlaceForm(forms.Form):
    """Which meters: a house, and perhaps one entrance or one flat of it."""

    house = forms.ModelChoiceField(House.objects.none(), label=_("House"), empty_label=None)
    entrance = forms.IntegerField(label=_("Entrance"), required=False, min_value=1)
    flat = forms.CharField(label=_("Flat"), required=False, max_length=20)

    def __init__(self, data: QueryDict, houses: QuerySet[House]) -> None:
        super().__init__(data if "house" in data else None)
        self.fields["house"].queryset = houses  # type: ignore[attr-defined]

    def meters(self, today: date) -> list[Meter]:
        """The meters in place, in the order of a walk: those of the house, then entrance by entrance, flat by flat."""
        place = self.cleaned_data
        rows = Meter.objects.installed(today).filter(house=place["house"], account__closed_on__isnull=True)
        if place["entrance"]:
            rows = rows.filter(account__unit__entrance=place["entrance"])
        if place["flat"]:
            rows = rows.filter(account__unit__label_search=search_key(place["flat"]))
        found = rows.select_related("house__organization", "account__unit").order_by("resource", "place", "pk")
        return sorted(found, key=lambda meter: (1, *walking_order(meter.account)) if meter.account else (0,))


@dataclass(frozen=True)
class Line:
    """One meter of the table."""

    meter: Meter
    flat: str
    previous: str
    previous_on: date
    current: str
    current_by: str
    fields: Sequence[BoundField]
    is_first: bool  # of its flat
    question: "Question | None"

    @property
    def errors(self) -> list[str]:
        return [str(error) for field in self.fields for error in field.errors]


@dataclass(frozen=True)
class Question:
    """What is asked about a doubtful value before it is saved."""

    doubts: Sequence[str]
    volume: str
    suggestion: str
    answer: str  # what the box sends; empty where no box may help
    is_lower: bool


class EntryForm(forms.Form):
    """A field for every zone of every meter on the page; a name of another meter is never read."""

    day = day_field(label=_("Day when the meters were read"))

    def __init__(self, meters: Sequence[Meter], today: date, data: QueryDict | None, initial: dict[str, Any]) -> None:
        super().__init__(data, initial={"day": today} | initial)
        self.meters, self.today = meters, today
        self.answers: QueryDict = QueryDict() if data is None else data
        self.entries: list[Entry] = []
        self.findings: dict[int, Finding] = {}
        for meter in meters:
            for name in names_of(meter):
                self.fields[name] = DialField(
                    label=name_of_field(meter, name),
                    required=False,
                    int_digits=meter.int_digits,
                    decimals=meter.decimals,
                )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise ValidationError(FUTURE)
        return day

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        filled = [meter for meter in self.meters if any(self.answers.get(name) for name in names_of(meter))]
        if not filled:
            self.add_error(None, _("Nothing is filled in. Write the value of at least one meter."))
        for meter in filled:
            self._take(meter, values)
        return values

    def _take(self, meter: Meter, values: dict[str, Any]) -> None:
        found = zones_of(*(values.get(name) for name in names_of(meter)))
        for name in names_of(meter):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("Fill in every zone of this meter."))
        if len(found) < meter.zones or not values.get("day"):
            return
        said = self._said(meter, found)
        confirmed = said & {str(doubt) for doubt in Doubt}
        self.entries.append(Entry(meter, found, values["day"], passed_zero=ZERO in said, confirmed=confirmed))

    def _said(self, meter: Meter, values: Zones) -> frozenset[str]:
        """What was answered for exactly these values."""
        given, _bar, words = self.answers.get(f"say_{meter.pk}", "").partition("|")
        return frozenset(words.split(",")) if given == written(values, meter) else frozenset()

    def judge(self, findings: Iterable[Finding]) -> None:
        """Errors go beside their fields, doubts become questions."""
        for one in findings:
            if one.error:
                self.add_error(names_of(one.entry.meter)[0], str(one.error))
            elif one.unconfirmed or one.is_wrong:
                self.findings[one.entry.meter.pk] = one

    def lines(self, known: dict[int, Known]) -> list[Line]:
        """The rows of the table."""
        found = []
        before: int | None = -1
        for meter in self.meters:
            found.append(self._line(meter, known[meter.pk], is_first=meter.account_id != before))
            before = meter.account_id
        return found

    def _line(self, meter: Meter, known: Known, *, is_first: bool) -> Line:
        now = known.current
        finding = self.findings.get(meter.pk)
        return Line(
            meter=meter,
            flat=meter.account.unit.label if meter.account else str(_("House")),
            previous=value_words(known.previous, meter),
            previous_on=known.previous_on,
            current=value_words(now.values, meter) if now else "",
            current_by=str(Source(now.source).label) if now else "",
            fields=[self[name] for name in names_of(meter)],
            is_first=is_first,
            question=question_of(finding) if finding else None,
        )


def question_of(finding: Finding) -> Question:
    """What to ask: a passed zero is answered here, any other fall needs an act."""
    entry, is_lower = finding.entry, Doubt.LOWER in finding.doubts
    words = ({ZERO} if is_lower or entry.passed_zero else set()) | (set() if is_lower else finding.doubts)
    volume = finding.rolled if is_lower else finding.volume
    return Question(
        doubts=doubt_words(finding.doubts),
        volume=amount_words(volume) if volume is not None else "",
        suggestion=value_words((finding.suggestion,), entry.meter) if finding.suggestion is not None else "",
        answer=""
        if is_lower and finding.rolled is None
        else f"{written(entry.values, entry.meter)}|{','.join(sorted(words))}",
        is_lower=is_lower,
    )


def names_of(meter: Meter) -> list[str]:
    """The names of a meter's fields, one per zone."""
    return [f"{zone}_{meter.pk}" for zone in ZONES[: meter.zones]]


def name_of_field(meter: Meter, name: str) -> str:
    """«12, Cold water № 0123456-19, T1»: what a screen reader says of the field."""
    where = meter.account.unit.label if meter.account else str(_("House"))
    zone = f", {name.partition('_')[0].upper()}" if meter.zones > 1 else ""
    return f"{where}, {meter}{zone}"


def written(values: Zones, meter: Meter) -> str:
    """The values as an answer names them."""
    return "/".join(f"{value.quantize(quantum(meter.decimals)):f}" for value in values)


class EntryMixin(DeskAdmin):
    """The page of the company's own readings."""

    def enter_view(self, request: HttpRequest) -> HttpResponse:
        """Choose the place by GET, send the values by POST to the same address."""
        self.allowed_or_404(request, ENTER)
        houses = self.scoped(request, House.objects.select_related("organization"), ENTER)
        place = PlaceForm(request.GET, houses)
        if not (place.is_bound and place.is_valid()):
            return self._table(request, place, status=422 if place.is_bound else 200)
        now = timezone.now()
        house: House = place.cleaned_data["house"]
        today = house.organization.day(now)
        page = Paginator(place.meters(today), METERS_PER_PAGE).get_page(request.GET.get("p"))
        meters: list[Meter] = list(page.object_list)
        data = request.POST if request.method == "POST" else None
        form = EntryForm(meters, today, data, prefilled(request.GET, meters))
        if data is not None and self._saved(request, form, now):
            return redirect(request.get_full_path())
        rules = SubmissionWindow.objects.of_house(house)
        period = windows.period_of(rules.window, chosen_day(form, today))
        return self._table(
            request, place, status=422 if data is not None else 200, form=form, page=page, period=period,
            lines=form.lines(known_of(meters, period)), others=urlencode({
                name: value for name, value in request.GET.items() if name != "p"}),
        )  # fmt: skip

    def _table(self, request: HttpRequest, place: PlaceForm, *, status: int = 200, **more: Any) -> HttpResponse:
        return self.drawn(
            request,
            "reading/enter",
            status=status,
            title=_("Enter readings"),
            place=place,
            acts=self.may_act(request),
            **more,
        )

    def _saved(self, request: HttpRequest, form: EntryForm, at: datetime) -> bool:
        if not form.is_valid():  # what can be read is looked at, too: everything wrong is told at once
            form.judge(look_at(form.entries, source=Source.COMPANY, at=at))
            return False
        try:
            outcomes = submit(form.entries, source=Source.COMPANY, by=request.user, at=at)  # type: ignore[arg-type]
        except NotAcceptable as no:
            form.judge(no.findings)
            return False
        except MetersAreBusy as busy:
            form.add_error(None, str(busy.message))
            return False
        say(request, outcomes)
        return True


def entry_url(meter: Meter, **more: Any) -> str:
    """The page of the company's readings, open at the flat of this meter."""
    where = {"house": meter.house_id, "flat": meter.account.unit.label if meter.account else ""}
    return f"{reverse('admin:meters_reading_enter')}?{urlencode(where | more)}"


def say(request: HttpRequest, outcomes: Sequence[Outcome]) -> None:
    """What became of the readings."""
    saved = sum(one.result != Result.OUTRANKED for one in outcomes)
    if saved:
        words = ngettext("%(count)d reading is saved.", "%(count)d readings are saved.", saved)
        messages.success(request, words % {"count": saved})
    for one in outcomes:
        if one.result == Result.OUTRANKED:
            kept = _("%(meter)s: kept as history, because an act counts for this month.")
            messages.warning(request, kept % {"meter": one.entry.meter})


def prefilled(query: QueryDict, meters: Iterable[Meter]) -> dict[str, Any]:
    """What a link brings along: values of meters on the page, and the day."""
    names = [name for meter in meters for name in names_of(meter)]
    return {name: query[name] for name in [*names, "day"] if name in query}


def chosen_day(form: EntryForm, today: date) -> date:
    """The day for which the table shows what is known."""
    given = form.cleaned_data.get("day") if form.is_bound else form.initial.get("day")
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given)
        except ValueError:
            given = None
    return min(given, today) if given else today
