"""What of money waits for an employee: shown on the first page of the staff room."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest
from django.template import Context

from billing.models import LedgerEntry, RequisitesChange, StrayPayment
from premises.admin_scope import VIEW

register = template.Library()


@register.inclusion_tag("admin/billing/_desk.html", takes_context=True)
def billing_desk(context: Context) -> dict[str, Any]:
    """Pages of everyday work with their counts, as far as the job allows."""
    request: HttpRequest = context["request"]
    book: Any = admin.site.get_model_admin(LedgerEntry)
    changes: Any = admin.site.get_model_admin(RequisitesChange)
    if not book.may_here(request, VIEW)[VIEW]:
        return {"reads_money": False}
    return {
        "reads_money": True,
        "changes": changes.get_queryset(request).filter(state=RequisitesChange.State.ASKED).count(),
        "strays": StrayPayment.objects.staffed_by(request.user).filter(state=StrayPayment.State.OPEN).count(),  # type: ignore[arg-type]
    }
