"""What residents wait for from an employee: shown on the first page of the staff room."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest
from django.template import Context

from premises.models import AccountLink, LinkRequest, OwnerProof

register = template.Library()


@register.inclusion_tag("admin/premises/_desk.html", takes_context=True)
def people_desk(context: Context) -> dict[str, Any]:
    """Queues with their counts, as far as the job allows."""
    request: HttpRequest = context["request"]
    if not admin.site.get_model_admin(OwnerProof).has_view_permission(request):
        return {}
    rows = {
        model: admin.site.get_model_admin(model).get_queryset(request)
        for model in (OwnerProof, LinkRequest, AccountLink)
    }
    pending = rows[AccountLink].filter(state=AccountLink.State.PENDING)
    return {
        "works": True,
        "proofs": rows[OwnerProof].filter(state=OwnerProof.State.WAITING).count(),
        "requests": rows[LinkRequest].filter(state=LinkRequest.State.NEW).count(),
        "links": pending.filter(disputed_at=None).count(),
        "disputes": pending.exclude(disputed_at=None).count(),
    }
