"""Sums entered by hand in the staff room: what waits for a second person, the page where that person confirms it."""

from typing import Any, cast

from django.contrib import admin
from django.contrib import messages as said
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.by_hand import confirm, note_author, shown
from billing.models import ByHand
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, ALL, MANAGER, Rights

CONFIRM = "confirm"
AT_ONCE = 100
KEEPERS: Rights = {MANAGER: ALL | {CONFIRM}, ACCOUNTANT: ALL | {CONFIRM}}


class SecondFilter(admin.SimpleListFilter):
    """What a month does not count yet."""

    title = _("second person")
    parameter_name = "second"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waits", _("Waits for a second person"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unconfirmed() if self.value() == "waits" else queryset


class ByHandAdmin(DeskAdmin):
    """Rows with a sum. The author's own page says for whom it waits; anybody else of the same jobs may confirm it."""

    may = KEEPERS
    actions = ("confirm_chosen",)

    @admin.display(description=_("second person"))
    def second(self, row: ByHand) -> str:
        """For whom the sum waits, or who confirmed it."""
        if row.is_unconfirmed:
            text = gettext("Not counted: waits for a manager or accountant other than %(author)s")
            return text % {"author": row.by or "—"}
        return gettext("Confirmed by %(person)s") % {"person": row.confirmed_by} if row.confirmed_by else "—"

    def get_urls(self) -> list[URLPattern]:
        return [self.own_page("confirm/", self.confirm_view, "confirm"), *super().get_urls()]

    @admin.action(description=_("Confirm the chosen sums as the second person"), permissions=["view"])
    def confirm_chosen(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse:
        chosen = "&".join(f"row={pk}" for pk in rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        return HttpResponseRedirect(f"{self._page('confirm')}?{chosen}")

    def confirm_view(self, request: HttpRequest, **_words: Any) -> HttpResponse:
        """The sums once more (GET); the second person agrees to what was shown (POST)."""
        self.allowed_or_404(request, CONFIRM)
        given = request.POST if request.method == "POST" else request.GET
        pks = [int(one) for one in given.getlist("row")[:AT_ONCE] if one.isascii() and one.isdigit()]
        rows = [one for one in self._own(request, pks) if self._allowed(request, CONFIRM, one)]
        if not rows:
            raise Http404
        if request.method == "POST":
            by, seen = cast(User, request.user), {row.pk: request.POST.get(f"shown_{row.pk}", "") for row in rows}
            count = confirm(rows, seen=seen, by=by)
            for row in rows:
                self.log_change(request, row, [{"changed": {"fields": ["confirmed by"]}}])
            text = ngettext("%(count)d sum is confirmed.", "%(count)d sums are confirmed.", count)
            said.success(request, text % {"count": count})
            return HttpResponseRedirect(self._page("changelist"))
        own = [row for row in rows if row.by_id == request.user.pk]
        context: dict[str, Any] = {
            "title": _("Confirm as the second person"), "rows": [(row, shown(row)) for row in rows], "own": own,
        }  # fmt: skip
        return self.drawn(request, "by_hand/confirm", **context)

    def _own(self, request: HttpRequest, pks: list[int]) -> Any:
        rows = self.get_queryset(request).unconfirmed().filter(pk__in=pks)  # type: ignore[attr-defined]
        return rows.select_related("account__organization", "by").order_by("pk")

    def _page(self, word: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{word}")

    def note(self, request: HttpRequest, row: ByHand, changed: list[str]) -> None:
        """Before a row is saved whose sum, account or month was written; afterwards the page says what it waits for."""
        if not set(changed) & set(row.MONEY):
            return
        note_author(row, by=cast(User, request.user))
        if row.needs_second:
            text = gettext("The sum is not counted before another manager or accountant confirms it: “%(list)s”.")
            said.warning(request, format_html("{}", text % {"list": self.opts.verbose_name_plural}))
