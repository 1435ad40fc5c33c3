"""«This was not me»: one tap of those who hold an account, or of the contact the company has on file."""

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.models import User
from accounts.once import once
from premises import actions
from premises.actions.telling import is_dispute_token
from premises.models import AccountLink
from premises.views.pages import person


@once
def link_dispute(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Show which account was added and how (never by whom), and take the dispute."""
    token = request.GET.get("t", "")
    if not (request.user.is_authenticated or token):
        return redirect_to_login(request.get_full_path())
    link = AccountLink.objects.with_account().filter(public_id=link_id).first()
    if link is None:
        raise Http404
    by, trusted = _disputer(request, link, token)
    if request.method == "POST":
        actions.dispute(link, by=by, trusted=trusted, at=timezone.now())
        return redirect(request.get_full_path())
    late = timezone.now() > link.dispute_until
    return render(request, "premises/dispute.html", {"link": link, "flat": link.account, "late": late})


def _disputer(request: HttpRequest, link: AccountLink, token: str) -> tuple[User | None, bool]:
    """Who disputes and whether they are trusted; 404 for everybody else and for the person of the link."""
    if token and is_dispute_token(link, token):
        return None, True
    own = AccountLink.objects.active().of(request.user).filter(account_id=link.account_id).first()
    if own is None or own.pk == link.pk:
        raise Http404
    return person(request), own.is_full
