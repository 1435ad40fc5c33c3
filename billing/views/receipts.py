"""E9: bills by e-mail: the switch of an account, and the page that ends a subscription without signing in."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing.actions.receipts import stop, subscribe, unsubscribe
from billing.models import ReceiptSubscription
from billing.views.asked import SignedIn, account_asked


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def receipts(request: SignedIn, account_id: UUID) -> HttpResponse:
    """Whether bills of this account come by e-mail, and the switch."""
    account, user = account_asked(request, account_id), request.user
    if request.method == "POST":
        if request.POST.get("on") == "1":
            subscribe(account, by=user, at=timezone.now())
            messages.success(request, _("New bills will come to %(email)s.") % {"email": user.email})
        else:
            unsubscribe(account, by=user, at=timezone.now())
            messages.success(request, _("Bills will no longer come by e-mail."))
        return redirect("receipts", account_id)
    live = ReceiptSubscription.objects.filter(account=account, user=user, ended_at=None).first()
    add_email = f"{reverse('profile_email')}?next={request.path}"
    return render(request, "billing/receipts.html", {"account": account, "live": live, "add_email": add_email})


@csrf_exempt  # a mail program posts here by itself (RFC 8058); the token is the right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receipts_stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the bills by e-mail that a letter belongs to. An unknown token answers as a live one does."""
    ended = ReceiptSubscription.objects.filter(token=token, ended_at__isnull=False).exists()
    if request.method == "POST":
        stop(token, at=timezone.now())
    return render(request, "billing/receipts_stop.html", {"ended": ended, "done": request.method == "POST"})
