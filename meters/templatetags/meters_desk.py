"""What of meters waits for an employee: shown on the first page of the staff room and on a house's page."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest
from django.template import Context

from meters.admin_base import BALANCE, ENTER, REVIEW
from meters.models import Meter, MeterReport, Reading
from premises.admin_scope import VIEW

register = template.Library()


def _page(model: Any) -> Any:
    return admin.site.get_model_admin(model)


@register.inclusion_tag("admin/meters/_desk.html", takes_context=True)
def meters_desk(context: Context) -> dict[str, Any]:
    """Queues with their counts, and the pages of everyday work, as far as the job allows."""
    request: HttpRequest = context["request"]
    meters, readings, reports = _page(Meter), _page(Reading), _page(MeterReport)
    waiting = reports.get_queryset(request).filter(state=MeterReport.State.NEW).order_by("created_at")
    return {
        **readings.may_here(request, ENTER, REVIEW),
        **meters.may_here(request, BALANCE),
        "doubts": readings.doubtful(request).count() if readings.may_here(request, REVIEW)[REVIEW] else 0,
        "reads_reports": reports.may_here(request, VIEW)[VIEW],
        "reports": waiting.count(),
        "oldest": waiting.values_list("created_at", flat=True).first(),
    }


@register.inclusion_tag("admin/meters/_house.html", takes_context=True)
def meters_of_house(context: Context, house: Any) -> dict[str, Any]:
    """The ways from a house's page to its balance and to the entry of its readings."""
    request: HttpRequest = context["request"]
    return {
        "house": house, **_page(Reading).may_here(request, ENTER), **_page(Meter).may_here(request, BALANCE),
    }  # fmt: skip
