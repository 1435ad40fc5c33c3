"""«This was not me»: one tap of those who hold an account, or of the contact the company has on file."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.models import User
from accounts.once import once
from accounts.zones import speak_time_of
from premises import actions
from premises.actions.telling import link_of_token
from premises.models import AccountLink
from premises.views.pages import person


@login_required
@once
def link_dispute(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """For those who hold the same account or, once its grade rose, another account of the same flat; 404 for everybody
    else and for the person of the link."""
    link = get_object_or_404(AccountLink.objects.with_account(), public_id=link_id)
    own = AccountLink.objects.active().of(request.user).exclude(user_id=link.user_id)
    same = own.filter(account_id=link.account_id).first()
    if same is None and not (link.raised_at and own.filter(account__unit_id=link.account.unit_id).exists()):
        raise Http404
    trusted = same is not None and same.is_full
    return _dispute(request, link, by=person(request), trusted=trusted, knows_number=same is not None)


@once
def contact_dispute(request: HttpRequest, token: str) -> HttpResponse:
    """For the contact on file, who got the address by SMS or e-mail and may have no profile."""
    link = link_of_token(token)
    if link is None:
        raise Http404
    return _dispute(request, link, by=None, trusted=True)


def _dispute(
    request: HttpRequest, link: AccountLink, *, by: User | None, trusted: bool, knows_number: bool = True
) -> HttpResponse:
    """Show which account was added or better proved and how (never by whom), and take the dispute."""
    if request.method == "POST":
        actions.dispute(link, by=by, trusted=trusted, at=timezone.now())
        return redirect(request.path)
    speak_time_of(request, link.account.organization.time_zone)
    late = timezone.now() > link.dispute_until
    return render(
        request,
        "premises/dispute.html",
        {"link": link, "flat": link.account, "late": late, "knows_number": knows_number},
    )
