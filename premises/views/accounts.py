"""The list of a person's accounts, and removing one from it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.once import once
from premises import actions
from premises.access import shown_links
from premises.models import AccountLink, LinkRequest
from premises.views.pages import person


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account of the person: number, address, how it stands, what is missing, and what to do."""
    user = person(request)
    requests = LinkRequest.objects.waiting().filter(user=user, link__isnull=True).select_related("house")
    return render(request, "premises/accounts.html", {"links": shown_links(user), "requests": requests})


@login_required
@once
def unlink(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask, then remove the account from this person's list only."""
    mine = AccountLink.objects.live().of(request.user).with_account()
    link = get_object_or_404(mine, account__public_id=public_id)
    if request.method == "POST":
        actions.unlink(link, by=person(request), at=timezone.now())
        messages.success(request, _("The account is removed from your list."))
        return redirect("accounts")
    return render(request, "premises/unlink.html", {"account": link.account, "link": link})
