"""Links that join people to personal accounts: how each was proved, how it stands, and everything that happened to it."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lib.errors import Refusal
from premises.models.account import FULL_GRADES, LinkGrade, LinkState, PersonalAccount
from premises.models.house import House


class LinkIsOver(Refusal):
    """Somebody else changed the link meanwhile, so that the asked step makes no sense any more."""


class AccountLinkQuerySet(models.QuerySet["AccountLink"]):
    def live(self) -> Self:
        """Pending and active links: those that stand in the way of a second link of the same person."""
        return self.filter(state__in=AccountLink.LIVE_STATES)

    def active(self) -> Self:
        return self.filter(state=AccountLink.State.ACTIVE)

    def full(self) -> Self:
        """Links of a grade that may see names, documents and history."""
        return self.filter(grade__in=AccountLink.FULL_GRADES)

    def of(self, user: User | AnonymousUser) -> Self:
        """This person's links; nobody's for somebody who is not signed in."""
        return self.filter(user_id=user.pk) if user.pk else self.none()

    def ended_by_company(self) -> Self:
        """Links that an employee refused or ended; a link that its own person removed has no reason."""
        return self.filter(state__in=[AccountLink.State.REFUSED, AccountLink.State.REVOKED]).exclude(reason="")

    def with_account(self) -> Self:
        """Load what a page about an account prints: the unit, its house and both organizations."""
        return self.select_related("account__organization", "account__unit__house__organization")


class AccountLink(models.Model):
    """Joins a person to a personal account, with a grade of proof and a state."""

    Grade, State = LinkGrade, LinkState

    class Method(models.TextChoices):
        PASSWORD = "password", _("Login and password from the company")
        ADDRESS = "address", _("Address and account number")
        CODE = "code", _("Code from a letter or an invoice")
        CONTACT = "contact", _("Code to the phone on file")
        STAFF = "staff", _("An employee")
        IDENTITY = "identity", _("Confirmed identity and the register of owners")

    FULL_GRADES = FULL_GRADES
    LIVE_STATES = (LinkState.PENDING, LinkState.ACTIVE)
    RANK = {LinkGrade.LIMITED: 1, LinkGrade.CONFIRMED: 2, LinkGrade.OWNER: 3}
    DISPUTE_WINDOW = timedelta(hours=72)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="links", verbose_name=_("user")
    )
    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="links", verbose_name=_("personal account")
    )
    grade = models.CharField(_("grade"), max_length=10, choices=LinkGrade)
    state = models.CharField(_("state"), max_length=10, choices=LinkState)
    method = models.CharField(_("how it was linked"), max_length=10, choices=Method)
    created_at = models.DateTimeField(_("linked"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    raised_at = models.DateTimeField(
        _("grade raised"), null=True, blank=True
    )  # a raise may be disputed like a new link
    disputed_at = models.DateTimeField(_("disputed"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = AccountLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("account link")
        verbose_name_plural = _("account links")
        constraints = [
            models.UniqueConstraint(
                name="one_live_link_per_person",
                fields=["user", "account"],
                condition=Q(state__in=["pending", "active"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} — {self.account} ({self.get_grade_display()})"

    @property
    def is_full(self) -> bool:
        """Whether the person may see names, documents and history."""
        return self.state == self.State.ACTIVE and self.grade in self.FULL_GRADES

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE_STATES

    @property
    def dispute_until(self) -> datetime:
        return max(self.created_at, self.raised_at or self.created_at) + self.DISPUTE_WINDOW

    def would_rise(self, grade: str, state: str) -> bool:
        """Whether this proof is better than what the link has."""
        better = self.RANK[LinkGrade(grade)] > self.RANK[LinkGrade(self.grade)]
        return better or (state == self.State.ACTIVE and self.state == self.State.PENDING and grade in self.FULL_GRADES)

    def rise(self, grade: str, method: str, *, at: datetime) -> None:
        """A better proof: the grade goes up (never down) and a link that waited becomes active."""
        self._must_live()
        better = self.RANK[LinkGrade(grade)] - self.RANK[LinkGrade(self.grade)]
        if better >= 0:
            self.grade, self.method = grade, method
        if better > 0:
            self.raised_at = at
        self.state, self.changed_at = self.State.ACTIVE, at
        self.save(update_fields=["grade", "method", "state", "changed_at", "raised_at"])

    def suspend(self, *, at: datetime) -> None:
        """A dispute: the link waits for the company and shows nothing meanwhile."""
        self._must_live()
        self.state, self.disputed_at, self.changed_at = self.State.PENDING, at, at
        self.save(update_fields=["state", "disputed_at", "changed_at"])

    def take_back_owner(self) -> None:
        """The name gave the grade and is doubted: the link keeps the least, until the company says what it is worth."""
        self.grade = self.Grade.LIMITED
        self.save(update_fields=["grade"])

    def flag(self, *, at: datetime) -> None:
        """A dispute of a proved link: it stays, and the company looks at it."""
        self._must_live()
        self.disputed_at = at
        self.save(update_fields=["disputed_at"])

    def settle(self, *, at: datetime) -> None:
        """The company looked at the dispute and leaves the link as it is."""
        self._must_live()
        self.state, self.disputed_at, self.changed_at = self.State.ACTIVE, None, at
        self.save(update_fields=["state", "disputed_at", "changed_at"])

    def end(self, state: str, *, reason: str, at: datetime) -> None:
        """Refused or revoked: the person's next request finds no account."""
        self._must_live()
        self.state, self.reason, self.changed_at = state, reason, at
        self.save(update_fields=["state", "reason", "changed_at"])

    def _must_live(self) -> None:
        if not self.is_live:
            raise LinkIsOver(_("This link has ended already. Open the list of accounts to see how it stands now."))


class AccountLinkEvent(models.Model):
    """One line of a link's history. `by` is empty where nobody signed in did it (a letter to the contact on file)."""

    class What(models.TextChoices):
        LINKED = "linked", _("Linked")
        RAISED = "raised", _("Proved better")
        DISPUTED = "disputed", _("Disputed")
        SUSPENDED = "suspended", _("Suspended after a dispute")
        APPROVED = "approved", _("Approved by an employee")
        REFUSED = "refused", _("Refused by an employee")
        UNLINKED = "unlinked", _("Removed by the person")
        REVOKED = "revoked", _("Ended by an employee")
        ERASED = "erased", _("Ended with the profile")

    link = models.ForeignKey(AccountLink, on_delete=models.CASCADE, related_name="events")
    what = models.CharField(_("what"), max_length=10, choices=What)
    grade = models.CharField(_("grade"), max_length=10, choices=LinkGrade)
    state = models.CharField(_("state"), max_length=10, choices=LinkState)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("line of a link's history")
        verbose_name_plural = _("history of links")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.at:%d.%m.%Y %H:%M}"


class RequestIsAnswered(Refusal):
    """Another employee answered the request first."""


class LinkRequestQuerySet(models.QuerySet["LinkRequest"]):
    def waiting(self) -> Self:
        return self.filter(state=LinkRequest.State.NEW)


class LinkRequest(models.Model):
    """«None of these ways fits», or «check my proof»: a person asks the company to link or to confirm their flat."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        DONE = "done", _("Linked")
        REFUSED = "refused", _("Refused")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="link_requests", verbose_name=_("user")
    )
    house = models.ForeignKey(House, on_delete=models.PROTECT, related_name="link_requests", verbose_name=_("house"))
    unit_label = models.CharField(_("flat"), max_length=20)
    link = models.ForeignKey(
        AccountLink, null=True, blank=True, on_delete=models.PROTECT, related_name="requests",
        verbose_name=_("link to confirm"),
    )  # fmt: skip
    message = models.CharField(_("message"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    account = models.ForeignKey(
        PersonalAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("personal account"),
    )  # fmt: skip
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)

    objects = LinkRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to link a flat")
        verbose_name_plural = _("requests to link a flat")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_request_per_flat", fields=["user", "house", "unit_label"], condition=Q(state="new")
            )
        ]

    def __str__(self) -> str:
        return f"{self.house}, {self.unit_label}"

    def close(self, state: str, *, answer: str, by: User, at: datetime) -> None:
        """Linked or refused, once."""
        if self.state != self.State.NEW:
            raise RequestIsAnswered(_("This request has been answered already."))
        self.state, self.answer, self.answered_by, self.answered_at = state, answer, by, at
        self.save(update_fields=["state", "answer", "answered_by", "answered_at", "account"])
