"""What several pages share."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import User
from premises.actions import Linked
from premises.models import AccountLink


def person(request: HttpRequest) -> User:
    """The signed-in person; views that call it are `@login_required`."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("nobody is signed in")
    return request.user


def posted(request: HttpRequest) -> QueryDict | None:
    """What binds a form: the posted answers, also when there are none, or nothing on GET."""
    return request.POST if request.method == "POST" else None


def show(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """Draw a page; with errors in its `form` the status is 422."""
    form = context.get("form")
    return render(request, template, dict(context), status=422 if form is not None and form.errors else 200)


def welcome(request: HttpRequest, linked: Linked) -> HttpResponse:
    """Say what became of the link and go on: to the account, to the proof it still lacks, or to the list."""
    link = linked.link
    messages.success(request, _outcome(linked))
    if link.state == AccountLink.State.PENDING:
        return redirect("accounts")
    if link.grade == AccountLink.Grade.LIMITED:
        return redirect("link_upgrade", link.account.public_id)
    return redirect("account_home", link.account.public_id)


def _outcome(linked: Linked) -> str:
    link, change = linked
    if link.state == AccountLink.State.PENDING:
        return _("Your company checks the link within three working days. We will tell you.")
    if change == "same":
        return _("This account is in your list already.")
    if change == "raised":
        return _("The account is confirmed: now you see everything.")
    if link.is_full:
        return _("The account is added and confirmed.")
    return _("The account is added. You see the balance; to see bills and names, prove that it is yours.")
