"""Changing a company's bank details: asked by one person, approved by another, in force a day later.

A swapped account number sends everybody's money elsewhere, so nobody does it alone, and those who would notice (the house
councils, whoever signed the last change) are told before it happens.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.models import Requisites, RequisitesChange
from billing.notices import REQUISITES_ASKED, REQUISITES_CHANGED, REQUISITES_FAILED
from lib.errors import Refusal
from notifications.actions import Told, notify_many
from notifications.kinds import Kind
from premises.models import CouncilSeat, Organization, StaffMember

State = RequisitesChange.State


class NotYours(Refusal):
    """Whoever asked does not approve."""


class AlreadyDecided(Refusal):
    """The change is decided, or another one waits."""


class ThereAlready(Refusal):
    """Another row of the company has this recipient and account."""

    def __init__(self) -> None:
        super().__init__(_("The company has these bank details already: ask for a change of that row."))


@transaction.atomic
def ask_change(
    organization: Organization,
    values: Mapping[str, str],
    *,
    kind: str,
    requisites: Requisites | None = None,
    is_main: bool = True,
    by: User,
    at: datetime,
) -> RequisitesChange:
    """Write down what the details should become; the other managers and accountants are told that it waits.

    `values` are checked words of Requisites.WORDS. Raises AlreadyDecided while another change of the same details waits,
    ThereAlready for details that another row has.
    """
    words = {name: values.get(name, "") for name in Requisites.WORDS}
    if is_there(organization, words, kind=kind, but=requisites):
        raise ThereAlready
    try:
        with transaction.atomic():
            change = RequisitesChange.objects.create(
                organization=organization, requisites=requisites, kind=kind, is_main=is_main, values=words,
                asked_by=by, asked_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyDecided(_("A change of these details waits already. Decide on it first.")) from None
    _tell(change, REQUISITES_ASKED, _colleagues(organization, but=by), at=at)
    return change


def is_there(organization: Organization, words: Mapping[str, Any], *, kind: str, but: Requisites | None) -> bool:
    """Whether a row other than the one to be changed has this recipient and account."""
    rows = Requisites.objects.filter(organization=organization).same_as(words, kind)
    return (rows.exclude(pk=but.pk) if but else rows).exists()


@transaction.atomic
def approve_change(change: RequisitesChange, *, by: User, at: datetime) -> RequisitesChange:
    """The second person agrees: the details are in force a day later; the councils and the last signatories are told.

    Raises NotYours for whoever asked, AlreadyDecided for a change that does not wait.
    """
    held = _hold(change)
    if held.asked_by_id == by.pk:
        raise NotYours(_("Somebody else must approve what you asked for."))
    held.state, held.decided_by, held.decided_at = State.APPROVED, by, at
    held.effective_at = at + RequisitesChange.DELAY
    held.save()
    _tell(held, REQUISITES_CHANGED, _watchers(held), at=at)
    return held


@transaction.atomic
def refuse_change(change: RequisitesChange, *, by: User, at: datetime) -> RequisitesChange:
    """Nothing changes. Whoever asked may refuse, too; an approved change may be stopped until its hour."""
    held = _hold(change, State.ASKED, State.APPROVED)
    held.state, held.decided_by, held.decided_at = State.REFUSED, by, at
    held.save()
    return held


def apply_due_changes(*, at: datetime) -> int:
    """Put approved changes whose hour has come in force; return how many. Safe to run twice and in parallel.

    One that the table does not take (its details came there in another way meanwhile) is refused and told about; it holds up
    nobody else's.
    """
    due = RequisitesChange.objects.filter(state=State.APPROVED, effective_at__lte=at).order_by("effective_at", "pk")
    return sum(_apply_or_refuse(pk, at) for pk in due.values_list("pk", flat=True))


def _apply_or_refuse(pk: int, at: datetime) -> bool:
    try:
        return _apply(pk, at)
    except IntegrityError:
        _give_up(pk, at)
        return False


@transaction.atomic
def _give_up(pk: int, at: datetime) -> None:
    """Refuse what cannot come into force; who approved it stays written. Everybody who expects it is told."""
    change = RequisitesChange.objects.select_for_update().get(pk=pk)
    if change.state != State.APPROVED:
        return
    change.state = State.REFUSED
    change.save()
    people = {person.pk: person for person in (*_colleagues(change.organization), *_watchers(change))}
    _tell(change, REQUISITES_FAILED, list(people.values()), at=at)


@transaction.atomic
def _apply(pk: int, at: datetime) -> bool:
    change = RequisitesChange.objects.select_for_update().get(pk=pk)
    if change.state != State.APPROVED:
        return False
    row = change.requisites or Requisites(organization_id=change.organization_id, kind=change.kind)
    if change.is_main and (row.pk is None or not row.is_main):
        Requisites.objects.filter(organization_id=change.organization_id, kind=change.kind).update(is_main=False)
    row.is_main = change.is_main
    for name in Requisites.WORDS:
        setattr(row, name, change.values[name])
    row.save()
    change.requisites, change.state, change.applied_at = row, State.APPLIED, at
    change.save()
    return True


def _hold(change: RequisitesChange, *states: str) -> RequisitesChange:
    held = RequisitesChange.objects.select_for_update().get(pk=change.pk)
    if held.state not in (states or (State.ASKED,)):
        raise AlreadyDecided(_("This change is decided already. Nothing was changed."))
    return held


def _colleagues(organization: Organization, *, but: User | None = None) -> list[User]:
    """The managers and accountants of the company, any of whom may approve."""
    jobs = StaffMember.objects.filter(
        organization=organization, is_active=True, role__in=[StaffMember.Role.MANAGER, StaffMember.Role.ACCOUNTANT]
    )
    return [job.user for job in jobs.select_related("user") if job.user != but]


def _watchers(change: RequisitesChange) -> list[User]:
    """The councils of the company's houses, and who asked for and approved the details in force until now."""
    seats = CouncilSeat.objects.current().filter(house__organization_id=change.organization_id)
    people = {seat.user_id: seat.user for seat in seats.select_related("user")}
    before = RequisitesChange.objects.filter(
        organization_id=change.organization_id, kind=change.kind, state=State.APPLIED
    )
    last = before.select_related("asked_by", "decided_by").order_by("-applied_at").first()
    for signatory in (last.asked_by, last.decided_by) if last else ():
        if signatory is not None:
            people[signatory.pk] = signatory
    return list(people.values())


def _tell(change: RequisitesChange, kind: Kind, people: list[User], *, at: datetime) -> None:
    context = {
        "company": change.organization.short_name, "recipient": change.values["recipient"],
        "account": change.values["account"],
        "since": change.effective_at,
    }  # fmt: skip
    notify_many(kind, [Told(person, f"requisites:{change.pk}", context) for person in people], at=at)
