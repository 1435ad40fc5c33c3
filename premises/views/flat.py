"""The flat: what the register says of it, and what a resident may change. The page itself is of `portal`."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.once import once
from premises import actions
from premises.access import account_or_404
from premises.forms import FlatDataForm
from premises.models import AccountLink
from premises.views.pages import person, posted, show


def flat_context(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    """Area, rooms, floor; people and phones for a proved link; owners with shares for an owner."""
    account, link = account_or_404(request, public_id)
    unit = account.unit
    context: dict[str, Any] = {"account": account, "link": link}
    if link.is_full:
        context["edit"] = unit.edits.select_related("by").first()
    if link.grade == AccountLink.Grade.OWNER:
        context["owners"] = list(unit.ownerships.current(unit.house.organization.day(timezone.now())))
    else:
        context["proof"] = actions.proof_to_show(link)
    return context


@login_required
@once
def flat_edit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change the contact phone and the intercom note; who and when is remembered."""
    account, link = account_or_404(request, public_id, full=True)
    form = FlatDataForm(posted(request), instance=account.unit)
    if request.method == "POST" and form.is_valid():
        actions.change_flat(account.unit, **form.cleaned_data, by=person(request), at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("flat", public_id)
    return show(request, "premises/flat_edit.html", {"form": form, "account": account, "link": link})
