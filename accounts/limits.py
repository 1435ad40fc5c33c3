"""How often things may be done: every limit of the portal, counted in PostgreSQL, with or without Redis.

A view takes what it needs before it acts: `take([(LINK_ADDRESS_HOUR, user), (LINK_ADDRESS_NETWORK, network)], at=now)`.
All of the hits are counted or none. They are counted for good: `take` refuses to run inside a transaction that a refusal
would roll back, so it is called by views (also under `@once`), never by an action.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.digests import digest
from accounts.models import LimitHit
from lib.errors import Refusal

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most `count` hits in any `window`. A `soft` one asks for the human check instead of refusing.

    `gaps` are the waits after the first, second, … hit of the window; the last one repeats. A `rough` one counts the whole
    portal: parallel takers do not wait for each other, so a few more may pass.
    """

    name: str
    count: int
    window: timedelta
    sentence: str | Promise  # says when again as %(time)s and what else to do
    soft: bool = False
    gaps: tuple[timedelta, ...] = ()
    rough: bool = False

    def key(self, value: object) -> str:
        """The digest under which hits on this value are counted."""
        return digest("limit", self.name, str(value))


class Hit(NamedTuple):
    """One event to count; with an `item` only different items count («5 numbers», not «5 sends»)."""

    limit: Limit
    value: object
    item: str = ""

    @property
    def key(self) -> str:
        return self.limit.key(self.value)

    @property
    def item_key(self) -> str:
        return digest("item", self.key, self.item)


class LimitReached(Refusal):
    """Too often: says when again and what else to do."""

    status = 429

    def __init__(self, limit: Limit, until: datetime, *, at: datetime) -> None:
        super().__init__(str(limit.sentence) % {"time": moment(until, at)}, limit=limit.name)
        self.limit, self.until = limit, until


OTHER_WAY = _("You can ask again after %(time)s. Until then use another way to get the code, or call your company.")
CODES_ENOUGH = _("Enough codes were sent here. You can ask again after %(time)s. Until then use another way.")
SMS_ONCE = _(
    "An SMS with a code was sent to this number from here. If it does not come, choose a call, "
    "or ask for another SMS after %(time)s."
)
SMS_SPENT = _("Codes cannot be sent by SMS until %(time)s. Choose a call, or sign in with your e-mail.")
NOT_NOW = _("This was tried many times from here. Try again after %(time)s, or call your company.")
TRIES_ENOUGH = _("There were too many wrong codes. Try again after %(time)s. If you need help, call your company.")
PASSWORD_ENOUGH = _("There were too many tries. Try again after %(time)s, or sign in with a code.")
FACTOR_ENOUGH = _("There were too many tries. Try again after %(time)s, or call the person who runs the portal.")
LINK_ENOUGH = _(
    "There were too many tries. Try again after %(time)s, or use the code from your bill, or ask your company."
)
LINK_CLOSED = _(
    "This account cannot be added by its address until %(time)s. Use the code from the bill or ask your company."
)
SLOW_DOWN = _("That was many times in a row. Please continue after %(time)s.")

# --- Codes: sending -------------------------------------------------------------------------------------------------
RESEND = Limit("resend", 1000, HOUR, OTHER_WAY, gaps=(MINUTE, 2 * MINUTE, 5 * MINUTE))
SMS_HOUR = Limit("sms hour", 3, HOUR, CODES_ENOUGH)
SMS_DAY = Limit("sms day", 6, DAY, CODES_ENOUGH)
VOICE_HOUR = Limit("voice hour", 2, HOUR, CODES_ENOUGH)
VOICE_DAY = Limit("voice day", 4, DAY, CODES_ENOUGH)
EMAIL_HOUR = Limit("email hour", 5, HOUR, CODES_ENOUGH)
EMAIL_DAY = Limit("email day", 15, DAY, CODES_ENOUGH)
DEVICE_HOUR = Limit("device hour", 5, HOUR, CODES_ENOUGH)  # SMS asked by one browser
DEVICE_NUMBER = Limit("device number", 1, HOUR, SMS_ONCE)  # SMS to one number from a browser that has not proved it
BLOCK_HOUR = Limit("number block hour", 15, HOUR, CODES_ENOUGH)  # of 1000 neighbouring numbers: SMS pumping
NETWORK_NUMBERS = Limit("network numbers", 5, HOUR, NOT_NOW, soft=True)
NETWORK_SENDS = Limit("network sends", 20, DAY, NOT_NOW, soft=True)  # a carrier's NAT: never a plain block
NETWORK_HARD = Limit("network hard", 200, DAY, NOT_NOW)
# The purse of the deployment, its floor: accounts/purse.py raises it to what is usual. Reaching it is logged as an error.
ALL_SMS_DAY = Limit("all sms", 200, DAY, SMS_SPENT)
SMS_ALARM = Limit("sms alarm", 1, 15 * MINUTE, SMS_SPENT)  # how often the breaker of SMS codes cries
CALLS_FROM, CALLS_UNTIL = 8, 21  # hours of the deployment's day when a call may ring

# --- Codes: checking ------------------------------------------------------------------------------------------------
WRONG_HOUR = Limit("wrong hour", 10, HOUR, TRIES_ENOUGH)
WRONG_DAY = Limit("wrong day", 20, DAY, TRIES_ENOUGH)
WRONG_NETWORK = Limit("wrong network", 30, HOUR, NOT_NOW, soft=True)
WRONG_ALL = Limit(
    "wrong all", 200, 10 * MINUTE, NOT_NOW, soft=True, rough=True
)  # a spray over many numbers; logged as an error

# --- Passwords ------------------------------------------------------------------------------------------------------
PASSWORD_LOGIN = Limit("password login", 5, 10 * MINUTE, PASSWORD_ENOUGH)
PASSWORD_NETWORK = Limit("password network", 20, 10 * MINUTE, PASSWORD_ENOUGH)

# --- Identity services ----------------------------------------------------------------------------------------------
IDENTITY_NETWORK = Limit(
    "identity network", 120, 10 * MINUTE, NOT_NOW
)  # sign-ins begun; a carrier's NAT is one network

# --- Second factors -------------------------------------------------------------------------------------------------
FACTOR_USER = Limit("factor user", 5, 10 * MINUTE, FACTOR_ENOUGH)
FACTOR_NETWORK = Limit("factor network", 20, 10 * MINUTE, FACTOR_ENOUGH)
FACTOR_PAUSE = Limit(
    "factor pause", 1000, HOUR, FACTOR_ENOUGH,
    gaps=(timedelta(0), timedelta(seconds=10), timedelta(seconds=30), MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE),
)  # fmt: skip
FACTOR_RESET = Limit("factor reset", 5, HOUR, FACTOR_ENOUGH)  # the code that came after a lost factor

# --- Passkeys: what fails, and how often a browser may begin --------------------------------------------------------
PASSKEY_NETWORK = Limit("passkey network", 30, 10 * MINUTE, PASSWORD_ENOUGH)
PASSKEY_USER = Limit("passkey user", 10, 10 * MINUTE, PASSWORD_ENOUGH)  # of one person who is signed in
PASSKEY_BEGUN = Limit("passkey begun", 120, 10 * MINUTE, PASSWORD_ENOUGH)  # challenges for one network

# --- Linking an account ---------------------------------------------------------------------------------------------
LINK_ADDRESS_HOUR = Limit("link address hour", 5, HOUR, LINK_ENOUGH)  # per user
LINK_ADDRESS_DAY = Limit("link address day", 10, DAY, LINK_ENOUGH)  # per user
LINK_ADDRESS_ACCOUNT = Limit("link address account", 5, DAY, LINK_CLOSED)  # per target account
LINK_ADDRESS_HOUSE = Limit("link address house", 30, DAY, LINK_ENOUGH)  # per house: an alert, not a refusal
LINK_ADDRESS_NETWORK = Limit("link address network", 20, DAY, LINK_ENOUGH)
LINK_PASSWORD_USER = Limit("link password user", 5, 10 * MINUTE, LINK_ENOUGH)
LINK_PASSWORD_ACCOUNT = Limit("link password account", 10, DAY, LINK_ENOUGH)
LINK_CODE_USER = Limit("link code user", 10, HOUR, LINK_ENOUGH)

# --- Costly pages ---------------------------------------------------------------------------------------------------
PDF_USER = Limit("pdf", 30, 10 * MINUTE, SLOW_DOWN)
READINGS_USER = Limit("readings", 60, HOUR, SLOW_DOWN)

# --- Paying online --------------------------------------------------------------------------------------------------
PAY_USER = Limit("pay", 10, HOUR, SLOW_DOWN)  # payments begun by one person
PAY_NOTICE = Limit(
    "pay notice", 1200, 10 * MINUTE, SLOW_DOWN
)  # notifications from one network: a provider writes from a few
PAY_NOISE = Limit("pay noise", 60, 10 * MINUTE, SLOW_DOWN)  # those among them that name no payment of ours


@dataclass(frozen=True)
class SessionLimit:
    """How long a sign-in lasts without a visit and at all, and how many one person may have."""

    idle: timedelta
    absolute: timedelta
    count: int


RESIDENT_SESSION = SessionLimit(idle=30 * DAY, absolute=90 * DAY, count=10)
STAFF_SESSION = SessionLimit(idle=20 * MINUTE, absolute=12 * HOUR, count=2)
FRESH = 10 * MINUTE  # how long a confirmation opens the important steps

KEPT = 2 * DAY  # hits, codes and accepted forms are forgotten after that; longer than the longest window


class Taken(list[int]):
    """The counted hits, so that a success can give back what only failures should cost."""

    def give_back(self) -> None:
        LimitHit.objects.filter(pk__in=self).delete()


def take(hits: Sequence[Hit | tuple[Limit, object]], *, at: datetime) -> Taken:
    """Count all these hits, or raise LimitReached and count none: for the one that stays full longest, so that nobody is
    told an hour that would be refused again. A hard limit comes before a soft one, which a person may pass.

    Parallel takers of one key wait for each other under an advisory lock, so that exactly `count` of them pass.
    """
    _must_survive_a_refusal()
    asked = [hit if isinstance(hit, Hit) else Hit(*hit) for hit in hits]
    with transaction.atomic():
        _lock(asked)
        new = [hit for hit in asked if not (hit.item and _seen(hit, at))]
        _check(new, at)
        rows = [LimitHit(key=hit.key, at=at) for hit in new]
        rows += [LimitHit(key=hit.item_key, at=at) for hit in new if hit.item]
        LimitHit.objects.bulk_create(rows)
    return Taken(row.pk for row in rows)


def used(limit: Limit, value: object, *, at: datetime) -> int:
    """How many hits the window holds now; for alerts and for «is this way closed»."""
    return LimitHit.objects.filter(key=limit.key(value), at__gt=at - limit.window).count()


def is_full(limit: Limit, value: object, *, at: datetime) -> bool:
    """Whether the next `take` would be refused."""
    return used(limit, value, at=at) >= limit.count


def free_at(limit: Limit, value: object, *, at: datetime) -> datetime | None:
    """When the next `take` would pass; None if it would pass now."""
    return _full_until(limit, limit.key(value), at)


def moment(when: datetime, now: datetime) -> str:
    """«14:32» of the whole minute not before `when`; with the date if that is not today."""
    whole = when + timedelta(seconds=-when.timestamp() % 60)
    local = timezone.localtime(whole)
    clock = formats.date_format(local, "H:i")
    return clock if local.date() == timezone.localdate(now) else f"{formats.date_format(local, 'j E')}, {clock}"


def _must_survive_a_refusal() -> None:
    """A bug, said at once: in this transaction a refusal would take the count back."""
    for block in connection.atomic_blocks:
        if not (getattr(block, "_from_testcase", False) or getattr(block, "keeps_refusals", False)):
            raise RuntimeError("A limit must be taken outside of the action's transaction.")


def _lock(hits: Sequence[Hit]) -> None:
    """Hold every key until the transaction ends; in one order for everybody, so that nobody waits in a circle."""
    keys = sorted({int(hit.key[:15], 16) for hit in hits if not hit.limit.rough})
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _seen(hit: Hit, at: datetime) -> bool:
    return LimitHit.objects.filter(key=hit.item_key, at__gt=at - hit.limit.window).exists()


def _check(hits: Sequence[Hit], at: datetime) -> None:
    found = [(hit.limit, until) for hit in hits if (until := _full_until(hit.limit, hit.key, at))]
    if found:
        hard = [one for one in found if not one[0].soft]
        limit, until = max(hard, key=itemgetter(1)) if hard else found[0]
        raise LimitReached(limit, until, at=at)


def _full_until(limit: Limit, key: str, at: datetime) -> datetime | None:
    """When the next hit is possible; None if it is now. Reads one row however many hits there are."""
    times = LimitHit.objects.filter(key=key, at__gt=at - limit.window).order_by("-at").values_list("at", flat=True)
    for oldest in times[limit.count - 1 : limit.count]:
        return oldest + limit.window
    newest = list(times[: len(limit.gaps)])
    if newest and at < newest[0] + limit.gaps[len(newest) - 1]:
        return newest[0] + limit.gaps[len(newest) - 1]
    return None
