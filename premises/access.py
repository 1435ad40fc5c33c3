"""Who may: the questions about rights that more than one page asks. Other people's things do not exist: 404."""

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.zones import speak_time_of
from premises.models import AccountLink, CouncilSeat, House, PersonalAccount, StaffMember


def account_or_404(
    request: HttpRequest, public_id: uuid.UUID, *, full: bool = False
) -> tuple[PersonalAccount, AccountLink]:
    """Return the account and this person's active link to it, in one query; unit, house and organizations are loaded.

    The page speaks its company's time from here on.
    `full` asks for grade confirmed or owner: what a limited link may not see answers 404, as if it did not exist.
    """
    links = AccountLink.objects.active().of(request.user).with_account()
    link = get_object_or_404(links.full() if full else links, account__public_id=public_id)
    speak_time_of(request, link.account.organization.time_zone)
    return link.account, link


def account_context(request: HttpRequest, public_id: uuid.UUID, *, full: bool = False) -> dict[str, Any]:
    """Return what every account page starts its context with: `account` (for the context line) and `link`."""
    account, link = account_or_404(request, public_id, full=full)
    return {"account": account, "link": link}


def links_of(user: User) -> list[AccountLink]:
    """Return the person's active links with everything a list shows, oldest first."""
    return list(AccountLink.objects.active().of(user).with_account().order_by("created_at", "pk"))


def shown_links(user: User) -> list[AccountLink]:
    """Return what the list of accounts shows: live links, and the newest that the company refused or ended, per account."""
    mine = AccountLink.objects.of(user).with_account()
    live = list(mine.live().order_by("created_at", "pk"))
    newer = AccountLink.objects.of(user).filter(account_id=OuterRef("account_id"), pk__gt=OuterRef("pk"))
    return live + list(mine.ended_by_company().filter(~Exists(newer)).order_by("-changed_at"))


def seats_of(user: User) -> list[CouncilSeat]:
    """Return the person's seats whose term includes today, with their houses: what the council's pages are led to from."""
    return list(CouncilSeat.objects.held_by(user).select_related("house").order_by("since", "pk"))


def seat_or_404(user: User, house_id: uuid.UUID) -> CouncilSeat:
    """Return the person's seat on the council of this house, house and company loaded; any seat, while its term runs."""
    seats = CouncilSeat.objects.held_by(user).select_related("house__organization")
    return get_object_or_404(seats, house__public_id=house_id)


def houses_lettered_by(user: User) -> QuerySet[House]:
    """Houses for which this person may print access letters: a manager's, and the council chair's while the term runs."""
    if user.is_superuser:
        return House.objects.all()
    jobs = StaffMember.objects.filter(user=user, is_active=True, role=StaffMember.Role.MANAGER)
    seats = CouncilSeat.objects.held_by(user).filter(is_chair=True)
    return House.objects.filter(Q(organization__in=jobs.values("organization")) | Q(pk__in=seats.values("house")))
