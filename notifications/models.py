"""The post room's rows: what a person is told (Notice), how it travels (Delivery), and what they want (Preference)."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import plain


class Channel(models.TextChoices):
    INBOX = "inbox", _("In the portal")
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    VOICE = "voice", _("Call")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def inbox_of(self, user_id: int | None) -> Self:
        """What this person may read in the inbox, newest first; codes and letters to addresses are not there."""
        return self.filter(user_id=user_id, deliveries__channel=Channel.INBOX).order_by("-created_at", "-pk")

    def unread(self) -> Self:
        """Not yet marked as read."""
        return self.filter(read_at__isnull=True)

    def with_old_secret(self, at: datetime) -> Self:
        """Whose sealed secret nobody may use any more."""
        return self.filter(secret__isnull=False, expires_at__lte=at)


class Notice(models.Model):
    """One thing told to one recipient: written in the transaction of what it tells about, unique per kind and subject."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    subject = models.CharField(_("about"), max_length=100)  # «link:5f0c…:v1»; part of the unique key
    recipient = models.CharField(max_length=70)  # «user:17», or «to:» and a keyed digest of an address without a user
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="notices", verbose_name=_("user")
    )
    language = models.CharField(_("language"), max_length=2)
    # plain values for the kind's templates
    context = models.JSONField(default=dict, encoder=plain.Encoder, decoder=plain.Decoder)
    secret = models.BinaryField(null=True)  # a sealed code; erased once sent or too old
    url = models.CharField(_("address in the portal"), max_length=200, blank=True)  # where in the portal it leads
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"), null=True)
    read_at = models.DateTimeField(_("read"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(name="notice_secret", fields=["expires_at"], condition=Q(secret__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_notice_per_kind_subject_recipient", fields=["kind", "subject", "recipient"]
            ),
            models.CheckConstraint(
                name="notice_secret_has_an_end", condition=Q(secret__isnull=True) | Q(expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> Self:
        """Neither sent nor given up."""
        return self.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])

    def due(self, at: datetime) -> Self:
        """May be claimed now: its time has come, or whoever was sending it has not answered in time."""
        return self.open().filter(next_at__lte=at)

    def too_late(self, at: datetime) -> Self:
        """Due, but what they say is no longer true."""
        return self.due(at).filter(notice__expires_at__lte=at)

    def resendable(self, at: datetime) -> Self:
        """Given up or refused by the gateway, still worth saying, and still sayable: an erased code is not."""
        ended = self.filter(state__in=[Delivery.State.FAILED, Delivery.State.DEAD])
        fresh = ended.filter(Q(notice__expires_at__isnull=True) | Q(notice__expires_at__gt=at))
        return fresh.exclude(stop_token__isnull=False, notice__secret__isnull=True).exclude(address="")

    def ended_before(self, at: datetime) -> Self:
        """Long over, and still naming their receiver."""
        ended = self.exclude(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING]).filter(next_at__lt=at)
        return ended.exclude(address="", stop_token__isnull=True)


class Delivery(models.Model):
    """One way of one notice to its reader: claimed, sent and recorded by a worker, retried until it is dead."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waits")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Not delivered")
        DEAD = "dead", _("Given up")
        EXPIRED = "expired", _("Too late")

    class Lane(models.TextChoices):
        URGENT = "urgent", _("Codes and emergencies")
        PERSONAL = "personal", _("Personal")
        BULK = "bulk", _("To many")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("notice"))
    channel = models.CharField(_("channel"), max_length=5, choices=Channel)
    address = models.CharField(_("address"), max_length=254, blank=True)
    lane = models.CharField(_("lane"), max_length=8, choices=Lane, default=Lane.PERSONAL)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)  # while being sent: the end of the lease
    nudged_at = models.DateTimeField(null=True)  # when the sweep last put it into a queue
    lease = models.UUIDField(null=True)  # who is sending it now; a late answer of an old lease is ignored
    gateway_id = models.CharField(_("number at the gateway"), max_length=80, blank=True, db_index=True)
    stop_token = models.CharField(max_length=22, null=True, unique=True)  # the «not you?» link of a code
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(name="delivery_due", fields=["lane", "next_at"], condition=Q(state__in=["queued", "sending"])),
            models.Index(name="delivery_sms", fields=["created_at"], condition=Q(channel="sms")),  # what a day cost
        ]
        constraints = [models.UniqueConstraint(name="one_delivery_per_channel", fields=["notice", "channel"])]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"

    @property
    def masked_address(self) -> str:
        """The address as it may be shown: +7912•••67, o•••@example.com."""
        name, sign, host = self.address.partition("@")
        if sign:
            return f"{name[:1]}•••@{host}"
        return f"{self.address[:5]}•••{self.address[-2:]}" if self.address else ""


class Preference(models.Model):
    """A person's «yes» or «no» to one event, or to every one («*»), on one channel; without a row it is «no»."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    event = models.CharField(max_length=40)
    channel = models.CharField(max_length=5, choices=Channel)
    is_on = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_preference_per_event_channel", fields=["user", "event", "channel"])
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.channel} {self.is_on}"


class OptOut(models.Model):
    """«This was not me, do not write to me»: codes to an address stop until a date. `key` is a keyed digest."""

    key = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.until:%d.%m.%Y}"


class TrayMessage(models.Model):
    """What a receiver would see, in the demo only: an SMS, a call or an e-mail that did not leave the machine."""

    channel = models.CharField(max_length=5, choices=Channel)
    address = models.CharField(max_length=254, db_index=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.channel} {self.at:%H:%M:%S}"
