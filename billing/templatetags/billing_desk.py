"""What of money waits for an employee: shown on the first page of the staff room."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest
from django.template import Context

from billing.models import (
    AgreedChange,
    ByHand,
    LedgerEntry,
    PartnerChange,
    ProviderChange,
    Recalculation,
    RequisitesChange,
    StrayPayment,
    Subsidy,
)
from premises.admin_scope import VIEW

register = template.Library()


@register.inclusion_tag("admin/billing/_desk.html", takes_context=True)
def billing_desk(context: Context) -> dict[str, Any]:
    """Pages of everyday work with their counts, as far as the job allows."""
    request: HttpRequest = context["request"]
    book: Any = admin.site.get_model_admin(LedgerEntry)
    if not book.may_here(request, VIEW)[VIEW]:
        return {"reads_money": False}
    return {
        "reads_money": True,
        "changes": _asked(request, RequisitesChange),
        "shops": _asked(request, ProviderChange),
        "partners": _asked(request, PartnerChange),
        "recalculations": _unconfirmed(request, Recalculation),
        "subsidies": _unconfirmed(request, Subsidy),
        "strays": StrayPayment.objects.staffed_by(request.user).filter(state=StrayPayment.State.OPEN).count(),  # type: ignore[arg-type]
    }


def _asked(request: HttpRequest, model: type[AgreedChange]) -> int:
    """How many changes of the own company wait for a second person."""
    page: Any = admin.site.get_model_admin(model)
    return int(page.get_queryset(request).filter(state=AgreedChange.State.ASKED).count())


def _unconfirmed(request: HttpRequest, model: type[ByHand]) -> int:
    """How many sums of the own company wait for a second person."""
    page: Any = admin.site.get_model_admin(model)
    return int(page.get_queryset(request).unconfirmed().count())
