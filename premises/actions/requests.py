"""«None of these ways fits»: a person asks, an employee links or refuses, the person is told."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_open
from accounts.models import User
from lib.errors import Refusal
from premises.actions.linking import Method, join
from premises.actions.telling import tell_asker, tell_company_of_request
from premises.models import AccountLink, House, LinkRequest, PersonalAccount


class AccountElsewhere(Refusal):
    """The chosen account is not in the house that was asked about."""


class AskedAlready(Refusal):
    """The same person has an open request about the same flat."""


@transaction.atomic
def ask_to_link(
    user: User, house: House, *, flat: str, message: str, at: datetime, link: AccountLink | None = None
) -> LinkRequest:
    """Ask the company to link a flat or, with `link`, to confirm a limited link. Raises AskedAlready."""
    user, flat = lock_open(user), " ".join(flat.split())
    if LinkRequest.objects.waiting().filter(user=user, house=house, unit_label=flat).exists():
        raise AskedAlready(_("You have asked about this flat already. The company answers within three working days."))
    request = LinkRequest.objects.create(
        user=user, house=house, unit_label=flat, message=message, link=link, created_at=at
    )
    tell_company_of_request(request, at=at)
    return request


@transaction.atomic
def accept_request(
    request: LinkRequest, account: PersonalAccount, *, by: User, at: datetime, grade: str = AccountLink.Grade.CONFIRMED
) -> LinkRequest:
    """An employee checked the papers: link the person to the chosen account of that house, confirmed or owner."""
    request = _locked(request)
    if account.unit.house_id != request.house_id:
        raise AccountElsewhere(_("This account is in another house. Choose an account of the house in the request."))
    request.account = account
    request.close(LinkRequest.State.DONE, answer="", by=by, at=at)
    join(request.user, account, grade=grade, method=Method.STAFF, by=by, at=at)
    tell_asker(request, at=at)
    return request


@transaction.atomic
def refuse_request(request: LinkRequest, *, answer: str, by: User, at: datetime) -> LinkRequest:
    """An employee refuses; the answer is told to the person."""
    request = _locked(request)
    request.close(LinkRequest.State.REFUSED, answer=answer, by=by, at=at)
    tell_asker(request, at=at)
    return request


def forget_requests_of(user: User, *, at: datetime) -> None:
    """The profile is erased: nobody waits for an answer any more, and what the person wrote goes."""
    requests = LinkRequest.objects.filter(user=user)
    requests.waiting().update(state=LinkRequest.State.REFUSED, answered_by=user, answered_at=at)
    requests.update(message="")


def _locked(request: LinkRequest) -> LinkRequest:
    requests = LinkRequest.objects.select_for_update(of=("self",))
    return requests.select_related("user", "house__organization").get(pk=request.pk)
