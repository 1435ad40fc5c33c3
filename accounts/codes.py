"""One-time codes: made, sent through the post room, and checked.

A code is six digits from the system's generator, lives ten minutes, may be tried five times and used once, and is bound to
the browser that asked, to one purpose and one address. It is stored as a slow hash under a pepper that is not in the database.
"""

import logging
import secrets
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import browser, limits, purse
from accounts.addresses import is_phone
from accounts.digests import digest
from accounts.limits import Hit, LimitReached, take
from accounts.models import Challenge, User
from accounts.notices import CODE
from lib.errors import Refusal
from notifications.actions import is_opted_out, notify
from notifications.kinds import Kind

log = logging.getLogger("accounts.codes")
DIGITS = 6


class WrongCode(Refusal):
    """These digits are not the code; the challenge may still be open."""

    status = 422


class DeadCode(Refusal):
    """No digits would be right any more: expired, used, or tried too often. A new code helps."""

    status = 422


class SmsRests(Refusal):
    """So few SMS codes were used lately that only browsers which proved a number before get one; other ways stay open."""

    status = 429


class HumanCheckNeeded(Refusal):
    """So much came from this network that a person must answer a question first (P: /in/check/)."""

    status = 429


def send_code(
    purpose: str,
    address: str,
    channel: str,
    *,
    request: HttpRequest,
    at: datetime,
    user: User | None = None,
    instead: Kind | None = None,
) -> Challenge:
    """Make a code, hand it to the post room and bind it to this browser; an earlier code for the purpose dies.

    `address` is E.164 or a lower-case e-mail and fits the channel. Raises LimitReached, HumanCheckNeeded or, for a call at
    night, a Refusal. Takes limits, so it must not be called inside an action's transaction. With `instead` that notice goes
    to the address and the code to nobody: the asker sees the same pages, the owner of the address is told.
    """
    if is_phone(address) == (channel == Challenge.Channel.EMAIL):
        raise ValueError("the channel does not fit the address")
    _not_at_night(channel, at)
    _not_blocked(request, address, at)
    _not_pumped(request, address, channel, at)
    _take_sending(request, address, channel, at)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    with transaction.atomic():
        void(request, purpose, at=at)
        challenge = Challenge(
            purpose=purpose, channel=channel, address=address, user=user, sent_at=at, expires_at=at + Challenge.LIFETIME
        )
        challenge.code_hash = make_password(_secret_of(challenge, code))
        challenge.save(force_insert=True)
        _hand_over(challenge, code, instead)
    request.session[_bound_to(purpose)] = str(challenge.pk)
    return challenge


def _hand_over(challenge: Challenge, code: str, instead: Kind | None) -> None:
    subject, language = f"code:{challenge.pk}", translation.get_language() or ""
    where = {
        "at": challenge.sent_at,
        "address": challenge.address,
        "channels": [challenge.channel],
        "language": language,
    }
    if instead:
        notify(instead, subject=subject, **where)  # type: ignore[arg-type]
    else:
        notify(CODE, subject=subject, secret=code, context={"purpose": challenge.purpose}, **where)  # type: ignore[arg-type]


def pending(request: HttpRequest, purpose: str) -> Challenge | None:
    """The newest challenge this browser asked for, open or not; None when it asked for none."""
    pk = request.session.get(_bound_to(purpose))
    return Challenge.objects.filter(pk=pk, purpose=purpose).first() if pk else None


def again_at(request: HttpRequest, challenge: Challenge, *, at: datetime) -> datetime | None:
    """When the next code may be sent the same way; None if it may now."""
    place, device = _place_of(request, challenge.address), browser.device_of(request)
    moments = [limits.free_at(limits.RESEND, f"{challenge.channel}:{place}", at=at)]
    if challenge.channel == Challenge.Channel.SMS and not _is_own(request, challenge.address):
        moments.append(limits.free_at(limits.DEVICE_NUMBER, f"{device}:{place}", at=at))
    return max((moment for moment in moments if moment), default=None)


def void(request: HttpRequest, purpose: str, *, at: datetime) -> None:
    """End this browser's open challenge for the purpose."""
    pk = request.session.pop(_bound_to(purpose), None)
    if pk:
        Challenge.objects.filter(pk=pk, used_at=None, expires_at__gt=at).update(expires_at=at)


def check_code(challenge: Challenge, typed: str, *, request: HttpRequest, at: datetime) -> None:
    """Accept the right code once, or raise WrongCode, DeadCode, LimitReached or HumanCheckNeeded.

    The try is counted for good before the answer is known to anybody: parallel guesses wait for each other on the row.
    The challenge must be this browser's own (`pending`), for the same purpose and person.
    """
    if request.session.get(_bound_to(challenge.purpose)) != str(challenge.pk) or not _same_person(challenge, request):
        raise DeadCode(_("This code was asked for elsewhere. Get a new one here."))
    code = _digits(typed)
    taken = _take_try(request, challenge.address, at)
    with transaction.atomic():
        row = Challenge.objects.select_for_update().get(pk=challenge.pk)
        dead = None if row.is_open(at) else _why_dead(row, at)
        right = dead is None and check_password(_secret_of(row, code), row.code_hash)
        if right:
            row.used_at = at
        elif dead is None:
            row.failed += 1
        row.save(update_fields=["used_at", "failed"])
    if right or dead:
        taken.give_back()
    if dead:
        raise DeadCode(dead)
    if not right:
        raise _wrong(row)
    challenge.used_at = at


def _secret_of(challenge: Challenge, code: str) -> str:
    return digest("code", str(challenge.pk), challenge.purpose, challenge.address, code)


def _bound_to(purpose: str) -> str:
    return f"challenge:{purpose}"


def _same_person(challenge: Challenge, request: HttpRequest) -> bool:
    return challenge.user_id is None or challenge.user_id == request.user.pk


def _digits(typed: str) -> str:
    """The six digits without spaces and dashes; another number of digits costs no try."""
    code = "".join(sign for sign in typed if not sign.isspace() and sign not in "-–—\u2011")
    if not code:
        raise WrongCode(_("Enter the code from the message."))
    if not (code.isascii() and code.isdigit()):
        raise WrongCode(_("The code has only digits. Enter the six digits from the message."))
    if len(code) != DIGITS:
        given = ngettext("You entered %(count)d digit.", "You entered %(count)d digits.", len(code)) % {
            "count": len(code)
        }
        six = _("The code has six.")
        raise WrongCode(f"{given} {six}")
    return code


def _wrong(challenge: Challenge) -> Refusal:
    left = challenge.tries_left
    if not left:
        return DeadCode(_("That was the last try, and this code is now void. Get a new one."))
    tries = ngettext("%(count)d try is left.", "%(count)d tries are left.", left) % {"count": left}
    wrong = _("This is not the code from the last message.")
    return WrongCode(f"{wrong} {tries}")


def _why_dead(challenge: Challenge, at: datetime) -> str | Promise:
    if challenge.used_at:
        return _("This code was used already. Get a new one.")
    if challenge.tries_left == 0:
        return _("This code is void after five wrong tries. Get a new one.")
    return _("This code is too old: a code lives ten minutes. Get a new one.")


def may_call(at: datetime) -> bool:
    """Whether a call may ring at this hour of the deployment's day."""
    return limits.CALLS_FROM <= timezone.localtime(at, timezone.get_default_timezone()).hour < limits.CALLS_UNTIL


def _not_at_night(channel: str, at: datetime) -> None:
    if channel == Challenge.Channel.VOICE and not may_call(at):
        raise Refusal(_("We call between 8:00 and 21:00. Now choose SMS or e-mail."))


def _not_blocked(request: HttpRequest, address: str, at: datetime) -> None:
    """The owner of the address pressed «this was not me»: strangers cannot have codes sent there for a while."""
    if is_opted_out(address, at) and not _is_own(request, address):
        raise Refusal(_("The owner of this number or e-mail asked us not to send codes there. Use another one."))


def _not_pumped(request: HttpRequest, address: str, channel: str, at: datetime) -> None:
    """While SMS rest, only a browser that proved this number gets one: who has a profile does not matter and does not show."""
    if channel == Challenge.Channel.SMS and not _is_own(request, address) and purse.sms_rests(at):
        raise SmsRests(_("Codes cannot be sent by SMS for a while. Choose a call, or sign in with your e-mail."))


def _take_sending(request: HttpRequest, address: str, channel: str, at: datetime) -> None:
    """Count one sending against the address, the device, the network and the deployment."""
    network, place = browser.network_of(request), _place_of(request, address)
    hits = [Hit(limits.RESEND, f"{channel}:{place}"), Hit(limits.NETWORK_HARD, network)]
    if channel == Challenge.Channel.SMS:
        device = browser.device_of(request)
        hits += [Hit(limits.SMS_HOUR, place), Hit(limits.SMS_DAY, place), Hit(purse.sms_limit(at), "all")]
        hits += [Hit(limits.DEVICE_HOUR, device), Hit(limits.BLOCK_HOUR, address[:-3])]
        if not _is_own(request, address):
            hits.append(Hit(limits.DEVICE_NUMBER, f"{device}:{place}"))
    elif channel == Challenge.Channel.VOICE:
        hits += [Hit(limits.VOICE_HOUR, place), Hit(limits.VOICE_DAY, place)]
    else:
        hits += [Hit(limits.EMAIL_HOUR, place), Hit(limits.EMAIL_DAY, place)]
    soft = [Hit(limits.NETWORK_NUMBERS, network, item=address), Hit(limits.NETWORK_SENDS, network)]
    _take_soft(request, hits, soft, at)


def _place_of(request: HttpRequest, address: str) -> str:
    """Under what an address is counted: strangers cannot use up what the owner's own device may ask."""
    return f"own:{address}" if _is_own(request, address) else address


def _is_own(request: HttpRequest, address: str) -> bool:
    """Whether this browser proved the address before, or is signed in as its owner now."""
    return browser.knows(request, address) or (request.user.is_authenticated and request.user.phone == address)


def _take_try(request: HttpRequest, address: str, at: datetime) -> limits.Taken:
    hits = [Hit(limits.WRONG_HOUR, address), Hit(limits.WRONG_DAY, address)]
    soft = [Hit(limits.WRONG_NETWORK, browser.network_of(request)), Hit(limits.WRONG_ALL, "all")]
    return _take_soft(request, hits, soft, at)


def _take_soft(request: HttpRequest, hits: list[Hit], soft: list[Hit], at: datetime) -> limits.Taken:
    """Take all; over a soft limit a person who has just passed the human check goes on without it."""
    try:
        return take([*hits, *soft], at=at)
    except LimitReached as reached:
        if reached.limit.name in (limits.WRONG_ALL.name, limits.ALL_SMS_DAY.name):
            log.error("limit reached for the whole portal: %s, until %s", reached.limit.name, reached.until)
        if not reached.limit.soft:
            raise
        if not request.session.pop("human", False):
            raise HumanCheckNeeded(
                _("Please answer one question first, so that we know you are a person.")
            ) from reached
    return take(hits, at=at)
