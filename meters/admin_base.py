"""What the staff's pages of meters share: the rights of jobs, pages of our own beside the stock ones, photos."""

from collections.abc import Callable
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from accounts import sessions
from accounts.confirm import confirm_address
from accounts.once import once
from lib.text import account_key, search_key
from meters.models import Meter
from premises.admin_scope import VIEW, ScopedAdmin, is_chief

# Rights of their own beside view, add, change and delete; see docs/permissions.md.
ENTER = "enter"  # readings for the company
ACT = "act"  # acts: check, replace, remove, verify, seal
BREAK = "break"  # say that a meter is broken or works again
REVIEW = "review"  # say that a doubtful reading is right
ANSWER = "answer"  # answer what residents tell
EXPORT = "export"
BALANCE = "balance"  # house meters beside the flats
PEOPLE = "people"  # see who sent a reading or told something
EVERY = "every"  # every kind of report, not only of broken meters

Page = Callable[..., Any]


class DeskAdmin(ScopedAdmin):
    """A scoped admin class with pages of its own."""

    def own_page(self, route: str, view: Page, name: str) -> URLPattern:
        """The address of a page of our own; its POST is accepted once."""
        label = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(once(view)), name=label)

    def own_row(self, request: HttpRequest, pk: int, right: str) -> Any:
        """The row, if this employee's job has the right on it; else it does not exist."""
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None or not self._allowed(request, right, row):
            raise Http404
        return row

    def allowed_or_404(self, request: HttpRequest, right: str) -> None:
        """Some job of this employee has the right; else the page does not exist."""
        if not self._allowed(request, right, None):
            raise Http404

    def confirm_first(self, request: HttpRequest) -> str:
        """Where an employee confirms that it is them before a file is taken from this page; empty if they just did."""
        return (
            "" if sessions.is_fresh(request, at=timezone.now()) else confirm_address(request, request.get_full_path())
        )

    def drawn(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """A page of our own in the look of the staff room."""
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "site_admin": self.admin_site, **context}
        return render(request, f"admin/{self.opts.app_label}/{template}.html", whole, status=status)

    def with_names(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Mark the rows whose people this employee may see: `shows_people`."""
        here: Any = Value(True)
        if not is_chief(request):
            own = Q(**{f"{self.organization_path}__in": self.organizations(request, VIEW, PEOPLE)})
            here = Case(When(own, then=here), default=Value(False))
        marked: QuerySet[Any] = queryset.annotate(shows_people=here)
        return marked

    def photo_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The photo of one row; it was drawn anew when it came."""
        row = self.own_row(request, pk, VIEW)
        if not row.photo:
            raise Http404
        return FileResponse(row.photo.open("rb"), content_type="image/jpeg")

    def may_act(self, request: HttpRequest) -> bool:
        """Whether this employee enters acts: what pages of readings lead to."""
        meters: Any = self.admin_site.get_model_admin(Meter)
        return bool(meters._allowed(request, ACT, None))

    def may_here(self, request: HttpRequest, *rights: str) -> dict[str, bool]:
        """Which of these rights some job of this employee has: what a template offers."""
        return {right: self._allowed(request, right, None) for right in rights}


def found_by(queryset: QuerySet[Any], typed: str, meter: str = "") -> QuerySet[Any]:
    """Rows whose meter (at this path) has every word in its number, its account, its flat or its address."""
    for word in search_key(typed).split():
        key = account_key(word)
        fits = {
            "serial_search__contains": key, "account__number_search__startswith": key,
            "house__address_search__contains": word, "account__unit__label_search": word,
        }  # fmt: skip
        queryset = queryset.filter(Q(*((meter + path, value) for path, value in fits.items()), _connector=Q.OR))
    return queryset


def place_of(meter: Meter) -> str:
    """The flat, or the house of a house meter."""
    return str(meter.account.unit if meter.account else meter.house)
