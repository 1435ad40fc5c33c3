"""Who is told what when links change."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from accounts.digests import digest
from accounts.models import User
from notifications.actions import Told, notify, notify_many
from notifications.kinds import Kind
from premises import letter_codes
from premises.models import (
    AccountLink,
    AccountLinkEvent,
    House,
    LinkRequest,
    Organization,
    OwnerProof,
    PersonalAccount,
    StaffMember,
)
from premises.notices import (
    GRADE_CHANGED,
    LINK_ATTACK,
    LINK_CHANGED,
    LINK_WAITS,
    LINKED,
    LINKED_CONTACT,
    OWNER_ASKED,
    REQUEST_ANSWERED,
)


def dispute_token(link: AccountLink) -> str:
    """What lets the contact on file say «this was not me» without signing in; it names nobody and opens nothing else.

    Short enough for an SMS, with 60 bits that nobody guesses within the 72 hours of a dispute.
    """
    return f"{link.pk}-{letter_codes.derived(digest('dispute', str(link.public_id)))}"


def link_of_token(token: str) -> AccountLink | None:
    """Return the link whose dispute_token this is."""
    number = token.partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    link = AccountLink.objects.with_account().filter(pk=number).first()
    return link if link and constant_time_compare(token, dispute_token(link)) else None


def tell_about_link(link: AccountLink, *, at: datetime) -> None:
    """Tell everybody who holds the account, and the contact on file, that somebody linked it."""
    url = reverse("link_dispute", args=[link.public_id])
    subject, facts = f"link:{link.public_id}", facts_of(link)
    holders = User.objects.filter(links__account_id=link.account_id, links__state=AccountLink.State.ACTIVE)
    told = list(holders.exclude(pk=link.user_id))
    for holder in told:
        notify(LINKED, subject=subject, at=at, user=holder, context=facts, url=url)
    for address in _contacts_on_file(link.account, known_to=[*told, link.user]):
        notify(
            LINKED_CONTACT, subject=subject, at=at, address=address, language=link.account.organization.language,
            context=facts, url=reverse("contact_dispute", args=[dispute_token(link)]),
            channels=["email" if "@" in address else "sms"],
        )  # fmt: skip


def tell_of_grade(link: AccountLink, event: AccountLinkEvent, *, at: datetime) -> None:
    """Tell the others of the flat, whatever account of it they hold, that somebody proved more; never who, nor an account."""
    at_home = AccountLink.objects.active().filter(account__unit_id=link.account.unit_id).exclude(user_id=link.user_id)
    others = User.objects.filter(pk__in=at_home.values("user"))
    context = {"place": link.account.place, "method": link.method, "grade": link.grade}
    url = reverse("link_dispute", args=[link.public_id])
    notify_many(GRADE_CHANGED, [Told(user, f"grade:{event.pk}", context, url) for user in others], at=at)


def tell_person(link: AccountLink, outcome: str, *, at: datetime, reason: str = "") -> None:
    """Tell the person how their link stands now: approved, refused, revoked or suspended; owner, or why not owner."""
    notify(
        LINK_CHANGED, subject=f"link:{link.public_id}:{at.isoformat()}", at=at, user=link.user,
        context=facts_of(link) | {"outcome": outcome, "reason": reason or link.reason}, url=reverse("accounts"),
    )  # fmt: skip


def tell_owner_asked(proof: OwnerProof, *, at: datetime) -> None:
    """Tell the person, once per proof, that the company is asked to confirm them as an owner."""
    link = proof.link
    notify(
        OWNER_ASKED, subject=f"proof:{proof.pk}", at=at, user=link.user, context=facts_of(link),
        url=reverse("link_upgrade", args=[link.account.public_id]),
    )  # fmt: skip


def tell_asker(request: LinkRequest, *, at: datetime) -> None:
    """Tell the person what the company answered to their request."""
    notify(
        REQUEST_ANSWERED, subject=f"request:{request.pk}", at=at, user=request.user,
        context={"place": str(request), "done": request.state == request.State.DONE, "answer": request.answer},
        url=reverse("accounts"),
    )  # fmt: skip


def tell_company_link_waits(link: AccountLink, why: str, *, at: datetime) -> None:
    """Tell the managers that a link waits for their decision: «review», «disputed», «suspended» or «owner»."""
    _tell_managers(
        link.account.organization, LINK_WAITS, subject=f"link:{link.public_id}:{at.isoformat()}", at=at,
        context=facts_of(link) | {"why": why},
    )  # fmt: skip


def tell_company_of_request(request: LinkRequest, *, at: datetime) -> None:
    """Tell the managers that somebody asks them to link a flat."""
    _tell_managers(
        request.house.organization, LINK_WAITS, subject=f"request:{request.pk}", at=at,
        context={"place": str(request), "why": "request"},
    )  # fmt: skip


def tell_company_of_attack(house: House, flat: str, *, at: datetime) -> None:
    """Tell the managers, once a day, that somebody guesses account numbers: of one flat, or (no flat) over the house."""
    _tell_managers(
        house.organization, LINK_ATTACK, subject=f"attack:{house.public_id}:{flat}:{at.date()}"[:100], at=at,
        context={"house": house.address, "flat": flat},
    )  # fmt: skip


def facts_of(link: AccountLink) -> dict[str, Any]:
    """Where the link leads and how it was proved; never who the person is."""
    account: PersonalAccount = link.account
    return {"place": account.place, "number": account.number, "method": link.method, "grade": link.grade}


def _tell_managers(
    organization: Organization, kind: Kind, *, subject: str, at: datetime, context: Mapping[str, Any]
) -> None:
    job = Q(jobs__organization=organization, jobs__is_active=True, jobs__role=StaffMember.Role.MANAGER)
    for manager in User.objects.filter(job, is_active=True):
        notify(kind, subject=subject, at=at, user=manager, context=context, url="")


def _contacts_on_file(account: PersonalAccount, *, known_to: Iterable[User]) -> list[str]:
    """The phone, or else the e-mail, on file, unless its owner is told as a user or is the one who linked."""
    reached = {address for user in known_to for address in (user.phone, user.email) if address}
    on_file = [address for address in (account.contact_phone, account.contact_email.lower()) if address]
    return [] if reached.intersection(on_file) else on_file[:1]
