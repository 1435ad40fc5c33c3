"""Removing an account from a person's list; the list itself shows money, too, and is in portal/accounts_page.py."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.once import once
from premises import actions
from premises.models import AccountLink
from premises.views.pages import person


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
