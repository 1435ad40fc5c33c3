"""The staff's pages of readings: the list, and the queue of doubtful ones. Readings are never edited or deleted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from meters import consumption
from meters.actions import review
from meters.admin_base import ENTER, EXPORT, PEOPLE, REVIEW, found_by, place_of
from meters.admin_entry import EntryMixin, entry_url
from meters.admin_exports import READINGS, STATES, ExportMixin, Layout
from meters.history import MONTHS, Known, known_of, months_before
from meters.models import Reading, Source
from meters.wording import amount_words, doubt_words, reading_words, value_words
from premises.admin_scope import ACCOUNTANT, MANAGER, VIEW
from premises.models import House

RESIDENTS = frozenset({Source.OWNER, Source.COUNCIL})
DOUBTS_PER_PAGE = 25


class PeriodFilter(admin.SimpleListFilter):
    """The month to which a reading counts: the last thirteen, and all."""

    title = _("period")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        months = [months_before(timezone.localdate(), back) for back in range(-1, MONTHS)]
        return [(f"{month:%Y-%m}", date_format(month, "F Y")) for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = month_of(self.value() or "")
        return queryset if period is None else queryset.filter(period=period)


class DoubtFilter(admin.SimpleListFilter):
    """Readings that look wrong, and whether somebody has looked at them."""

    title = _("doubts")
    parameter_name = "doubt"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("open", _("To look at")), ("seen", _("Looked at"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.doubtful()  # type: ignore[attr-defined,no-any-return]
        return queryset.filter(reviewed_at__isnull=False) if self.value() == "seen" else queryset


def month_of(text: str) -> date | None:
    """«2026-10» as the first day of the month; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


@dataclass(frozen=True)
class Doubtful:
    """A doubtful reading as the queue shows it."""

    reading: Reading
    place: str
    previous: str
    previous_on: date
    value: str
    volume: str
    usual: str
    doubts: Sequence[str]

    @property
    def enter_url(self) -> str:
        """Where the company enters a corrected reading."""
        return entry_url(self.reading.meter)


def doubtful_rows(readings: Iterable[Reading]) -> list[Doubtful]:
    """Everything a person needs to judge these readings, two queries for each month among them."""
    rows = list(readings)
    by_period: dict[date, list[Reading]] = defaultdict(list)
    for row in rows:
        by_period[row.period].append(row)
    known: dict[int, Known] = {}
    for period, some in by_period.items():
        found = known_of([one.meter for one in some], period)
        known |= {one.pk: found[one.meter_id] for one in some}
    return [_doubtful(row, known[row.pk]) for row in rows]


def _doubtful(reading: Reading, known: Known) -> Doubtful:
    used = known.used
    return Doubtful(
        reading, place_of(reading.meter), value_words(known.previous, reading.meter), known.previous_on,
        reading_words(reading), amount_words(used.total if used else None), amount_words(usual_of(known), reading.meter.decimals),
        doubt_words(reading.doubt_words),
    )  # fmt: skip


def usual_of(known: Known) -> Decimal | None:
    """The usual month of a meter: the median of the last six, all zones together."""
    return consumption.median([consumption.monthly(one.total, one.days) for one in known.steps()])


@admin.register(Reading)
class ReadingAdmin(EntryMixin, ExportMixin):
    """What was said of meters, by whom, and which of it counts."""

    organization_path = "meter__organization"
    may = {MANAGER: {VIEW, ENTER, REVIEW, EXPORT, PEOPLE}, ACCOUNTANT: {VIEW, ENTER, REVIEW, EXPORT}}
    layouts = READINGS
    list_display = ("meter", "where", "month", "shown", "taken_on", "source", "who", "created_at", "state", "looked_at")
    list_filter = ("state", "source", PeriodFilter, DoubtFilter, "meter__house")
    list_select_related = ("meter__account__unit__house", "meter__house", "author")
    search_fields = ("meter__serial_search", "meter__account__number_search", "meter__house__address_search")
    search_help_text = _("Number of the meter or of the account, or the address")
    ordering = ("-period", "-created_at", "-pk")
    sortable_by = ("month", "taken_on", "created_at")
    fields = readonly_fields = (
        "meter", "where", "month", "shown", "taken_on", "source", "who", "created_at", "state", "is_billable", "drop",
        "note", "odd", "picture", "reviewed_at", "batch",
    )  # fmt: skip

    @admin.display(description=_("flat or house"))
    def where(self, reading: Reading) -> str:
        return place_of(reading.meter)

    @admin.display(description=_("period"), ordering="period")
    def month(self, reading: Reading) -> str:
        return date_format(reading.period, "m.Y")

    @admin.display(description=_("value"))
    def shown(self, reading: Reading) -> str:
        return reading_words(reading)

    @admin.display(description=_("who"))
    def who(self, reading: Reading) -> str:
        """Employees by name; residents only to those who see the people of the house elsewhere, too."""
        if reading.author is None:
            return "—"
        if reading.source in RESIDENTS and not getattr(reading, "shows_people", False):
            return str(Source(reading.source).label)
        return str(reading.author)

    @admin.display(description=_("doubts"))
    def odd(self, reading: Reading) -> str:
        return " ".join(doubt_words(reading.doubt_words)) or "—"

    @admin.display(description=_("doubts"))
    def looked_at(self, reading: Reading) -> str:
        if not reading.doubts:
            return "—"
        return str(_("Looked at") if reading.reviewed_at else _("To look at"))

    @admin.display(description=_("photo"))
    def picture(self, reading: Reading) -> str:
        if not reading.photo:
            return "—"
        url = reverse("admin:meters_reading_photo", args=[reading.pk])
        return format_html(
            '<a href="{0}"><img class="desk-photo" src="{0}" alt="{1}"></a>', url, _("Photo of the meter")
        )

    def get_urls(self) -> list[URLPattern]:
        return [
            self.own_page("enter/", self.enter_view, "enter"),
            self.export_page(),
            self.own_page("doubts/", self.doubts_view, "doubts"),
            self.own_page("<int:pk>/photo/", self.photo_view, "photo"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.with_names(request, super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return found_by(queryset, search_term, "meter__"), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with the ways to the other pages of readings."""
        more = {**self.may_here(request, ENTER, REVIEW), "exports": self.exports(request), **(extra_context or {})}
        return super().changelist_view(request, more)

    def layouts_of(self, request: HttpRequest) -> Mapping[str, Layout]:
        """Files hold what counts; who asks the list for a state gets what it shows, with the states."""
        return STATES if any(name.startswith("state") for name in request.GET) else READINGS

    # --- The queue of doubtful readings ------------------------------------------------------------------------------

    def doubtful(self, request: HttpRequest) -> QuerySet[Any]:
        """The queue of this employee, oldest first."""
        found = self.scoped(request, Reading.objects.doubtful(), REVIEW)
        return found.select_related(*self.list_select_related).order_by("created_at", "pk")

    def doubts_view(self, request: HttpRequest) -> HttpResponse:
        """Look through doubtful readings; those that are right leave the queue together, after a look at the count."""
        self.allowed_or_404(request, REVIEW)
        if request.method == "POST":
            return self._reviewed(request)
        waiting = self.doubtful(request)
        houses = self.scoped(request, House.objects.all(), REVIEW).filter(meters__readings__in=waiting).distinct()
        house = request.GET.get("house", "")
        if house.isdigit():
            waiting = waiting.filter(meter__house=int(house))
        page = Paginator(waiting, DOUBTS_PER_PAGE).get_page(request.GET.get("p"))
        return self.drawn(
            request, "reading/doubts", title=_("Readings to look at"), page=page, rows=doubtful_rows(page.object_list),
            houses=houses, house=house, acts=self.may_act(request),
        )  # fmt: skip

    def _reviewed(self, request: HttpRequest) -> HttpResponse:
        ids = [int(pk) for pk in request.POST.getlist("reading") if pk.isdigit()]
        chosen = self.doubtful(request).filter(pk__in=ids)
        if not ids:
            messages.warning(request, _("Choose at least one reading."))
        elif "sure" not in request.POST:
            rows = doubtful_rows(chosen)
            return self.drawn(request, "reading/review", title=_("Looked at, it is right"), rows=rows)
        else:
            done = review(chosen.order_by(), by=request.user, at=timezone.now())  # type: ignore[arg-type]
            words = ngettext("%(count)d reading was looked at.", "%(count)d readings were looked at.", done)
            messages.success(request, words % {"count": done})
        return redirect("admin:meters_reading_doubts")
