"""Change of phone and e-mail: a code to the new one, a notice to the old one."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, browser, codes
from accounts.confirm import confirmed_recently
from accounts.forms import CodeForm, EmailForm, PhoneForm
from accounts.models import Challenge, User
from accounts.next_page import safe_path
from accounts.notices import CONTACT_TAKEN
from accounts.once import once
from accounts.people import person, posted
from accounts.views import code_page
from lib.errors import Refusal
from notifications.kinds import Kind

CHANGE = Challenge.Purpose.CHANGE_CONTACT
NEXT = "contact_next"  # in the session


@require_http_methods(["GET", "POST"])
@confirmed_recently
@once
def profile_phone(request: HttpRequest) -> HttpResponse:
    """A new phone."""
    request.session.pop(NEXT, None)
    return _change(request, PhoneForm(posted(request)), "phone")


@require_http_methods(["GET", "POST"])
@confirmed_recently
@once
def profile_email(request: HttpRequest) -> HttpResponse:
    """A new e-mail; `?next=` is the page of the portal that asked for it, and to which its code leads back."""
    wish = safe_path(request.GET.get("next"))
    if request.method == "GET" and wish != request.session.get(NEXT, ""):
        request.session[NEXT] = wish
    return _change(request, EmailForm(posted(request)), "email")


def _change(request: HttpRequest, form: PhoneForm | EmailForm, field: str) -> HttpResponse:
    user, status = person(request), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _send(request, user, form, at=timezone.now())
            except codes.HumanCheckNeeded:
                raise
            except Refusal as refusal:
                form.add_error("address", str(refusal.message))
                status = refusal.status
    context = {"form": form, "field": field, "current": getattr(user, field), "can_remove": user.phone and user.email}
    return render(request, "accounts/contact.html", context, status=status)


def _send(request: HttpRequest, user: User, form: PhoneForm | EmailForm, *, at: datetime) -> HttpResponse:
    address = form.cleaned_data["address"]
    if address in (user.phone, user.email):
        messages.info(request, _("This is what you have already. Nothing was changed."))
        return redirect("profile")
    channel = form.cleaned_data.get("channel", Challenge.Channel.EMAIL.value)
    codes.send_code(CHANGE, address, channel, request=request, user=user, at=at, instead=_instead(user, address))
    return redirect("contact_code")


def _instead(user: User, address: str) -> Kind | None:
    """Somebody else's address: its owner is told, the asker sees the same pages and never gets a code."""
    return CONTACT_TAKEN if User.objects.with_address(address).exclude(pk=user.pk).exists() else None


@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
@once
def contact_code(request: HttpRequest) -> HttpResponse:
    """The code that came to the new phone or e-mail."""
    challenge, user, at = codes.pending(request, CHANGE), person(request), timezone.now()
    if challenge is None or challenge.user_id != user.pk:
        return redirect("profile")
    form = CodeForm(posted(request))
    if request.method == "POST" and code_page.is_right(request, challenge, form, at=at):
        actions.change_contact(user, challenge.address, at=at)
        browser.remember(request, challenge.address)
        messages.success(request, _("Saved. From now on you sign in with it."))
        return redirect(safe_path(request.session.pop(NEXT, ""), reverse("profile")))
    change = reverse("profile_phone" if challenge.channel != Challenge.Channel.EMAIL else "profile_email")
    if wish := request.session.get(NEXT):
        change = f"{change}?next={wish}"
    again = reverse("contact_again")
    return code_page.show(request, challenge, form, again=again, change=change, submit=_("Confirm"), at=at)


@login_required
@require_POST
@once
def contact_again(request: HttpRequest) -> HttpResponse:
    """Another code to the new phone or e-mail."""
    challenge = codes.pending(request, CHANGE)
    instead = _instead(person(request), challenge.address) if challenge else None
    return code_page.send_again(request, challenge, back=reverse("contact_code"), at=timezone.now(), instead=instead)


@confirmed_recently
@require_http_methods(["GET", "POST"])
def contact_remove(request: HttpRequest, field: str) -> HttpResponse:
    """Forget the phone or the e-mail; the last one stays."""
    user = person(request)
    if request.method == "POST":
        actions.remove_contact(user, field, at=timezone.now())
        messages.success(request, _("Removed."))
        return redirect("profile")
    return render(request, "accounts/contact_remove.html", {"field": field, "current": getattr(user, field)})
