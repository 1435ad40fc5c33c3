"""Files of the lists of meters and readings: what the list shows now, in the layouts that the import room takes."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.confirm import confirm_first
from lib.tables import Kind, download
from meters.admin_base import EXPORT, DeskAdmin
from meters.exchange.written import Table, gis_table, meters_table, readings_table, states_table
from meters.models import Reading, ReadingState
from premises.admin_scope import is_chief

log = logging.getLogger("meters.exports")
# A CSV of 200 000 rows takes some seconds; a workbook about half a second for each thousand rows of a busy machine.
MOST: Mapping[str, int] = {"csv": 200_000, "xlsx": 20_000}


@dataclass(frozen=True)
class Layout:
    """One way to write the rows of a list into a file."""

    button: str | Promise
    kind: Kind
    write: Callable[[QuerySet[Any]], Table]
    of: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows  # which rows of the list


def counting(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Only what counts: taken back into the import room, such a file changes nothing."""
    return readings.filter(state=ReadingState.CURRENT)


METERS = {"csv": Layout("CSV", "csv", meters_table), "xlsx": Layout("XLSX", "xlsx", meters_table)}
GIS = Layout(_("For ГИС ЖКХ"), "xlsx", gis_table, counting)
READINGS = {
    "csv": Layout("CSV", "csv", readings_table, counting),
    "xlsx": Layout("XLSX", "xlsx", readings_table, counting),
    "gis": GIS,
}
STATES = {"csv": Layout("CSV", "csv", states_table), "xlsx": Layout("XLSX", "xlsx", states_table), "gis": GIS}


class ExportMixin(DeskAdmin):
    """Buttons on the list, each a file of what the list shows now."""

    layouts: ClassVar[Mapping[str, Layout]] = {}

    def layouts_of(self, request: HttpRequest) -> Mapping[str, Layout]:
        """The layouts for what the list shows now."""
        return self.layouts

    def export_page(self) -> URLPattern:
        return self.own_page("export/<str:layout>/", self.export_view, "export")

    def exports(self, request: HttpRequest) -> list[tuple[str, str | Promise]]:
        """The buttons: address and word. The address keeps the filters, the search and the order."""
        if not self._allowed(request, EXPORT, None):
            return []
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_export"
        return [(reverse(name, args=[key]) + query, layout.button) for key, layout in self.layouts_of(request).items()]

    def export_view(self, request: HttpRequest, layout: str) -> HttpResponse:
        """The filtered list as a file, of the organizations whose data this employee may take along.

        Whoever has to confirm first comes back to the list: a file would leave them on the page of the code.
        """
        self.allowed_or_404(request, EXPORT)
        chosen = self.layouts_of(request).get(layout)
        if chosen is None:
            raise Http404
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if not sessions.is_fresh(request, at=timezone.now()):
            return confirm_first(request, f"{back}?{request.GET.urlencode()}" if request.GET else back)
        try:
            rows: QuerySet[Any] = self.get_changelist_instance(request).queryset.prefetch_related(None)
        except IncorrectLookupParameters:
            return redirect(back)
        if not is_chief(request):
            rows = rows.filter(**{f"{self.organization_path}__in": self.organizations(request, EXPORT)})
        rows = chosen.of(rows)
        count, most = rows.count(), MOST[chosen.kind]
        if count > most:
            messages.error(request, _too_many(count, most))
            return redirect(f"{back}?{request.GET.urlencode()}")
        log.info("user %s took %s rows of %s as %s", request.user.pk, count, self.opts.model_name, layout)
        header, body = chosen.write(rows)
        return download(chosen.kind, f"{self.opts.model_name}s-{timezone.localdate():%Y-%m-%d}", header, body)


def _too_many(count: int, most: int) -> str:
    words = gettext(
        "The list has %(count)s rows, and such a file takes at most %(most)s. Choose a month or a house, or take CSV."
    )
    return words % {"count": count, "most": most}
