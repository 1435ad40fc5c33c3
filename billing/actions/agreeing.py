"""What changes where a company's money goes: asked by one person, approved by another, in force a day later.

A swapped account number or shop sends everybody's money elsewhere, so nobody does it alone, and those who would notice (the
house councils, whoever signed the last change) are told before it happens. What is changed knows itself how it comes into
force (AgreedChange); the steps are the same for all.
"""

from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing import notices
from billing.models import AgreedChange, FitsNoMore, PartnerChange, ProviderChange, RequisitesChange
from lib.errors import Refusal
from notifications.actions import Told, notify_many
from notifications.kinds import Kind
from premises.models import CouncilSeat, Organization, StaffMember

State = AgreedChange.State
Change = TypeVar("Change", bound=AgreedChange)


class Telling(NamedTuple):
    """How one sort of change is told about: the first word of its subjects, and its notices."""

    word: str
    asked: Kind
    approved: Kind
    failed: Kind


TELLINGS: dict[type[AgreedChange], Telling] = {
    RequisitesChange: Telling(
        "requisites", notices.REQUISITES_ASKED, notices.REQUISITES_CHANGED, notices.REQUISITES_FAILED
    ),
    ProviderChange: Telling("provider", notices.PROVIDER_ASKED, notices.PROVIDER_CHANGED, notices.PROVIDER_FAILED),
    PartnerChange: Telling("partner", notices.PARTNER_ASKED, notices.PARTNER_CHANGED, notices.PARTNER_FAILED),
}


class NotYours(Refusal):
    """Whoever asked does not approve."""


class AlreadyDecided(Refusal):
    """The change is decided, or another one waits."""


@transaction.atomic
def ask(change: Change, *, by: User, at: datetime) -> Change:
    """Write down what should change; the other managers and accountants are told that it waits.

    Raises AlreadyDecided while another change of the same thing waits.
    """
    change.asked_by, change.asked_at = by, at
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError:
        raise AlreadyDecided(_("A change of these details waits already. Decide on it first.")) from None
    _tell(change, TELLINGS[type(change)].asked, _colleagues(change.organization, but=by), at=at)
    return change


@transaction.atomic
def approve_change(change: Change, *, by: User, at: datetime) -> Change:
    """The second person agrees: it is in force a day later; the councils and the last signatories are told.

    Raises NotYours for whoever asked, AlreadyDecided for a change that does not wait.
    """
    held = _hold(change, State.ASKED)
    if held.asked_by_id == by.pk:
        raise NotYours(_("Somebody else must approve what you asked for."))
    held.state, held.decided_by, held.decided_at = State.APPROVED, by, at
    held.effective_at = at + AgreedChange.DELAY
    held.save()
    _tell(held, TELLINGS[type(held)].approved, _watchers(held), at=at)
    return held


@transaction.atomic
def refuse_change(change: Change, *, by: User, at: datetime) -> Change:
    """Nothing changes. Whoever asked may refuse, too; an approved change may be stopped until its hour.

    Who approved it stays written beside who stopped it; what never came into force has no hour.
    """
    held = _hold(change, *AgreedChange.WAITING)
    held.stopped_by = by
    _stop(held, at)
    return held


def apply_due_changes(*, at: datetime) -> int:
    """Put approved changes whose hour has come in force; return how many. Safe to run twice and in parallel.

    One that does not fit any more (its details came there in another way meanwhile, its secret cannot be read) is refused
    and told about; it holds up nobody else's.
    """
    return sum(_apply_or_refuse(change, at) for model in TELLINGS for change in _due(model, at))


def _due(model: type[AgreedChange], at: datetime) -> list[AgreedChange]:
    due = model._default_manager.filter(state=State.APPROVED, effective_at__lte=at)
    return list(due.order_by("effective_at", "pk"))


def _apply_or_refuse(change: AgreedChange, at: datetime) -> bool:
    try:
        return _apply(change, at)
    except (IntegrityError, FitsNoMore):
        _give_up(change, at)
        return False


@transaction.atomic
def _apply(change: AgreedChange, at: datetime) -> bool:
    held = _locked(change)
    if held.state != State.APPROVED:
        return False
    held.put_in_force()
    held.state, held.applied_at = State.APPLIED, at
    held.forget()
    held.save()
    return True


@transaction.atomic
def _give_up(change: AgreedChange, at: datetime) -> None:
    """Refuse what cannot come into force; who approved it stays written. Everybody who expects it is told."""
    held = _locked(change)
    if held.state != State.APPROVED:
        return
    people = {person.pk: person for person in (*_colleagues(held.organization), *_watchers(held))}
    _tell(held, TELLINGS[type(held)].failed, list(people.values()), at=at)
    _stop(held, at)


def _stop(held: AgreedChange, at: datetime) -> None:
    held.state, held.stopped_at, held.effective_at = State.REFUSED, at, None
    held.forget()
    held.save()


def _locked(change: Change) -> Change:
    return type(change)._default_manager.select_for_update().get(pk=change.pk)


def _hold(change: Change, *states: str) -> Change:
    held = _locked(change)
    if held.state not in states:
        raise AlreadyDecided(_("This change is decided already. Nothing was changed."))
    return held


def _colleagues(organization: Organization, *, but: User | None = None) -> list[User]:
    """The managers and accountants of the company, any of whom may approve."""
    jobs = StaffMember.objects.filter(
        organization=organization, is_active=True, role__in=[StaffMember.Role.MANAGER, StaffMember.Role.ACCOUNTANT]
    )
    return [job.user for job in jobs.select_related("user") if job.user != but]


def _watchers(change: AgreedChange) -> list[User]:
    """The councils of the company's houses, and who asked for and approved what is in force until now."""
    seats = CouncilSeat.objects.current().filter(house__organization_id=change.organization_id)
    people = {seat.user_id: seat.user for seat in seats.select_related("user")}
    before = change.of_the_same().filter(state=State.APPLIED)
    last = before.select_related("asked_by", "decided_by").order_by("-applied_at").first()
    for signatory in (last.asked_by, last.decided_by) if last else ():
        if signatory is not None:
            people[signatory.pk] = signatory
    return list(people.values())


def _tell(change: AgreedChange, kind: Kind, people: list[User], *, at: datetime) -> None:
    company = change.organization
    context = {
        "company": company.short_name, "since": change.effective_at, "zone": company.time_zone, **change.facts,
    }  # fmt: skip
    subject = f"{TELLINGS[type(change)].word}:{change.pk}"
    notify_many(kind, [Told(person, subject, context) for person in people], at=at)
