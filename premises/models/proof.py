"""Proofs that a person confirmed by an identity service is the owner whom the register names, for the company to judge."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, VerifiedPerson
from lib.errors import Refusal
from premises.models.link import AccountLink
from premises.models.ownership import Ownership


class ProofIsAnswered(Refusal):
    """Another employee answered first, or the proof ended by itself."""


class OwnerProofQuerySet(models.QuerySet["OwnerProof"]):
    def waiting(self) -> Self:
        return self.filter(state=OwnerProof.State.WAITING)

    def refused(self) -> Self:
        return self.filter(state=OwnerProof.State.REFUSED)

    def accepted_at_once(self) -> Self:
        """Accepted by the company's policy: no employee looked."""
        return self.filter(state=OwnerProof.State.ACCEPTED, answered_by__isnull=True)


class OwnerProof(models.Model):
    """The name an identity service confirmed beside the name in the register, both as they were at that moment."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for the company")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Likeness(models.TextChoices):
        """Of lib.names; names that differ are no proof."""

        SAME = "same", _("The same")
        SIMILAR = "similar", _("Similar")

    link = models.ForeignKey(AccountLink, on_delete=models.CASCADE, related_name="owner_proofs", verbose_name=_("link"))
    ownership = models.ForeignKey(
        Ownership, null=True, on_delete=models.SET_NULL, related_name="proofs", verbose_name=_("ownership")
    )
    owner = models.CharField(_("owner in the register"), max_length=200)
    name = models.CharField(_("confirmed name"), max_length=250)
    service = models.CharField(_("identity service"), max_length=100)
    level = models.PositiveSmallIntegerField(_("level of assurance"), choices=VerifiedPerson.Level)
    likeness = models.CharField(_("likeness"), max_length=10, choices=Likeness)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("who")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    created_at = models.DateTimeField(_("proposed"), default=timezone.now)

    objects = OwnerProofQuerySet.as_manager()

    class Meta:
        verbose_name = _("proof of an owner")
        verbose_name_plural = _("proofs of owners")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="one_waiting_proof_per_link", fields=["link"], condition=Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.link.account} {self.created_at:%d.%m.%Y}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    def accept(self, *, by: User | None, at: datetime) -> None:
        """The names are of one person; `by` is empty where the company's policy said so."""
        self._end(self.State.ACCEPTED, answer="", by=by, at=at)

    def refuse(self, *, answer: str, by: User, at: datetime) -> None:
        """An employee says why not."""
        self._end(self.State.REFUSED, answer=answer[:200], by=by, at=at)

    def withdraw(self, *, at: datetime) -> None:
        """Nothing is left to judge: what it compared is gone, so the person's name is forgotten."""
        self.name = ""
        self._end(self.State.WITHDRAWN, answer="", by=None, at=at)

    def _end(self, state: str, *, answer: str, by: User | None, at: datetime) -> None:
        if not self.is_waiting:
            raise ProofIsAnswered(_("This proof has been answered already."))
        self.state, self.answer, self.answered_by, self.answered_at = state, answer, by, at
        self.save(update_fields=["state", "answer", "answered_by", "answered_at", "name"])
