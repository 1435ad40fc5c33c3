"""Jobs: begun, changed, ended. Each of these ends all sessions of the person, who is told.

The first job lets the person into the staff room, the end of the last one makes them a resident again; a superuser stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.models import User
from accounts.rights import guard_own, set_staff
from lib.errors import Refusal
from notifications.actions import notify
from premises import notices
from premises.models import Organization, StaffMember


class AlreadyEmployed(Refusal):
    """One person has one job at one company."""


class ProfileIsClosed(Refusal):
    """Nobody can sign in to this profile."""


@transaction.atomic
def employ(user: User, organization: Organization, role: str, *, by: User | None, at: datetime) -> StaffMember:
    """Give the person a job; `by` is None for a command of the operator."""
    user = _locked(user, by)
    _guard_open(user)
    with _one_live_job():
        job = StaffMember.objects.create(user=user, organization=organization, role=role)
    _settle(job, user, "begun", at=at)
    return job


@transaction.atomic
def change_job(
    job: StaffMember, *, role: str, organization: Organization, by: User | None, at: datetime
) -> StaffMember:
    """Another role or company; a job that ended begins again. What is as it was changes nothing."""
    user = _locked(job.user, by)
    job = StaffMember.objects.select_for_update().get(pk=job.pk)
    if job.is_active and (job.role, job.organization_id) == (role, organization.pk):
        return job
    _guard_open(user)
    what: Literal["begun", "changed"] = "changed" if job.is_active else "begun"
    job.role, job.organization, job.is_active = role, organization, True
    with _one_live_job():
        job.save(update_fields=["role", "organization", "is_active"])
    _settle(job, user, what, at=at)
    return job


@transaction.atomic
def dismiss(job: StaffMember, *, by: User | None, at: datetime) -> StaffMember:
    """The job ends; a second click changes nothing."""
    user = _locked(job.user, by)
    job = StaffMember.objects.select_for_update().get(pk=job.pk)
    if job.is_active:
        job.is_active = False
        job.save(update_fields=["is_active"])
        _settle(job, user, "ended", at=at)
    return job


def _locked(user: User, by: User | None) -> User:
    """The person's row, locked: of two jobs that end at once the second one sees that it is the last."""
    guard_own(user, by)
    return User.objects.select_for_update().get(pk=user.pk)


def _guard_open(user: User) -> None:
    if not user.is_active:
        raise ProfileIsClosed(_("This profile is closed. Choose another one."))


@contextmanager
def _one_live_job() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise AlreadyEmployed(_("This person has a job at this company already. Change that one.")) from None


def _settle(job: StaffMember, user: User, what: Literal["begun", "changed", "ended"], *, at: datetime) -> None:
    """The way into the staff room follows the jobs; all sessions end; the person is told."""
    works = StaffMember.objects.filter(user=user, is_active=True).exists()
    removed = set_staff(user, works or user.is_superuser)
    sessions.end_sessions(user)
    notify(
        notices.JOB_CHANGED, user=user, subject=f"job:{job.pk}:{at.timestamp()}", at=at,
        context={"what": what, "company": job.organization.short_name, **removed},
    )  # fmt: skip
