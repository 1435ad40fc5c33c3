"""Proving a link better: a code to the phone on file, a printed code, the company's check, or a verified identity."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import addresses
from accounts.codes import DeadCode, WrongCode, check_code, pending, send_code
from accounts.identity.linking import verified_person
from accounts.models import Challenge
from accounts.once import once
from accounts.zones import speak_time_of
from lib.errors import Refusal
from premises import actions
from premises.forms import LinkCodeForm
from premises.models import AccountLink
from premises.views.pages import person, posted, show, welcome

UPGRADE = Challenge.Purpose.UPGRADE_LINK
NOBODY = "register_names_nobody"  # the session's: the account just compared in vain
COMPARED = {
    actions.Outcome.GRANTED: gettext_lazy("You are confirmed as an owner."),
    actions.Outcome.WAITS: gettext_lazy("Your company looks at the register and answers within three working days."),
    actions.Outcome.REFUSED: gettext_lazy("Your company refused this name before. Ask the company."),
    actions.Outcome.NOBODY: gettext_lazy("The register names nobody like you: ask the company."),
}


@login_required
@require_safe
def link_upgrade(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the link does not show yet, and the ways to prove more."""
    link = _link(request, public_id)
    phone = link.account.contact_phone
    context = {
        "account": link.account, "link": link, "asked": link.requests.waiting().exists(),
        "phone_end": phone[-2:] if addresses.is_phone(phone) else "",
    }  # fmt: skip
    if actions.can_be_owner(link):
        context |= _owner_card(link) | {"nobody": request.session.pop(NOBODY, "") == str(public_id)}
    return render(request, "premises/link_upgrade.html", context)


@login_required
@require_POST
@once
def upgrade_owner(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Compare the person's confirmed name with the register of owners, and say in words what came of it."""
    link = _link(request, public_id)
    if verified_person(link.user) is None:
        return redirect("link_upgrade", public_id)
    outcome = actions.prove_link(link, at=timezone.now())
    if outcome == actions.Outcome.NOBODY:
        request.session[NOBODY] = str(public_id)
    level = messages.SUCCESS if outcome in {actions.Outcome.GRANTED, actions.Outcome.WAITS} else messages.WARNING
    messages.add_message(request, level, COMPARED[outcome])
    return redirect("link_upgrade", public_id)


@login_required
@require_POST
def upgrade_send(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send a code to the phone on file."""
    link = _link(request, public_id)
    if link.is_full or not addresses.is_phone(link.account.contact_phone):
        raise Refusal(_("The company has no phone on file for this account. Choose another way."))
    now = timezone.now()
    send_code(UPGRADE, link.account.contact_phone, "sms", request=request, at=now, user=person(request))
    return redirect("upgrade_code", public_id)


@login_required
def upgrade_code(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take the code that came to the phone on file."""
    link = _link(request, public_id)
    challenge = pending(request, UPGRADE)
    if challenge is None or challenge.address != link.account.contact_phone:
        return redirect("link_upgrade", public_id)
    form = LinkCodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            check_code(challenge, form.cleaned_data["code"], request=request, at=now)
        except (WrongCode, DeadCode) as wrong:
            form.add_error("code", str(wrong.message))
        else:
            return welcome(request, actions.confirm_by_contact(link, address=challenge.address, at=now))
    context = {"form": form, "account": link.account, "link": link, "phone_end": challenge.address[-2:]}
    return show(request, "premises/upgrade_code.html", context)


@login_required
@require_POST
@once
def upgrade_ask(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask the company to check the papers."""
    link = _link(request, public_id)
    unit = link.account.unit
    actions.ask_to_link(
        person(request), unit.house, flat=unit.label, message="", link=link, at=timezone.now()
    )  # fmt: skip
    messages.success(request, _("Your request is sent. The company answers within three working days."))
    return redirect("accounts")


def _link(request: HttpRequest, public_id: UUID) -> AccountLink:
    """The person's own live link, also one that waits for the company."""
    mine = AccountLink.objects.live().of(request.user).with_account()
    link: AccountLink = get_object_or_404(mine, account__public_id=public_id)
    speak_time_of(request, link.account.organization.time_zone)
    return link


def _owner_card(link: AccountLink) -> dict[str, Any]:
    """What stands on the way to grade owner: nobody confirmed the person, a button, or a proof that waits."""
    person = verified_person(link.user)
    proof = actions.proof_to_show(link)
    return {"can_be_owner": bool(person or settings.IDENTITY_SERVICES or proof), "person": person, "proof": proof}
