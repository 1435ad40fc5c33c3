"""Signing in and out, and the list of places where a person is signed in. Sessions live in PostgreSQL."""

from datetime import UTC, datetime, timedelta

from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.models import Login
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import alerts, browser, notices
from accounts.devices import device_name
from accounts.digests import digest
from accounts.limits import FRESH, RESIDENT_SESSION, STAFF_SESSION, SessionLimit
from accounts.locks import changed_meanwhile, lock_same
from accounts.models import User
from notifications.actions import notify

VISIT = timedelta(hours=1)
# In the session: when its person last proved a second factor, and whose proof that was.
FACTOR, FACTOR_OF = "factor", "factor_of"
MOVED, FOLLOWED_FOR = "moved", timedelta(minutes=1)
SEEN_EVERY, STAFF_SEEN_EVERY = timedelta(minutes=5), timedelta(minutes=1)


def begin_visit(request: HttpRequest) -> None:
    """A short session for somebody who is about to enter, so that a second click finds what the first one left."""
    if not request.session.session_key:
        request.session.set_expiry(int(VISIT.total_seconds()))


@transaction.atomic
def sign_in(
    request: HttpRequest, user: User, *, method: str, at: datetime, is_new: bool = False, remember: bool = True
) -> None:
    """Open a session for this person, who has just proved it by a «code» or a «password».

    The session's key changes; the oldest sessions over the limit end; a known person on an unknown device is told.
    Without `remember` the session ends with the browser. The person is locked: who changes their rights meanwhile waits,
    and then ends this session too. Raises ProfileClosed or ChangedMeanwhile.
    """
    user = lock_same(user)
    addresses = [address for address in (user.phone, user.email) if address]
    unknown_device = not any(browser.knows(request, address) for address in addresses)
    _forget_factor(request)
    forget_place(request)
    record_authentication(request, user, method=method)
    perform_login(request, Login(user=user, redirect_url="/"))
    request.session["began"] = request.session["seen"] = at.timestamp()
    request.session.set_expiry(None if remember else 0)
    for address in addresses:
        browser.remember(request, address)
    _end_oldest(user)
    device = device_name(request.META.get("HTTP_USER_AGENT", ""))
    if user.is_superuser:
        alerts.superuser_signed_in(user, device=device, by_passkey=method == "passkey", at=at)
    if unknown_device and not is_new:
        notify(notices.NEW_DEVICE, user=user, subject=f"device:{at.timestamp()}", context={"device": device}, at=at)


def confirm(request: HttpRequest, user: User, *, method: str) -> None:
    """Note that the person has proved themselves again in this session."""
    record_authentication(request, user, method=method, reauthenticated=True)


@transaction.atomic
def pass_factor(request: HttpRequest, user: User, *, kind: str, at: datetime) -> None:
    """Note that the signed-in person has proved a second factor: «totp», «webauthn» or «recovery_codes».

    The session's key changes, so that a copy of the old one stays where it was: before the second factor. Raises
    ProfileClosed or ChangedMeanwhile.
    """
    user = _lock_in(request, user)
    record_authentication(request, user, method="mfa", type=kind, reauthenticated=True)
    request.session[FACTOR], request.session[FACTOR_OF] = at.timestamp(), user.pk
    change_key(request, user, at=at)


def has_passed_factor(request: HttpRequest) -> bool:
    """Whether this very person has proved a second factor in this session."""
    session = request.session
    return session.get(FACTOR_OF) == request.user.pk is not None and isinstance(session.get(FACTOR), int | float)


def _forget_factor(request: HttpRequest) -> None:
    for mark in (FACTOR, FACTOR_OF):
        request.session.pop(mark, None)


def is_fresh(request: HttpRequest, *, at: datetime) -> bool:
    """Whether this session's person proved themselves in the last ten minutes: an employee, by a second factor only."""
    user = request.user
    if not user.is_authenticated:
        return False
    if user.is_staff:
        return has_passed_factor(request) and _is_new(request.session[FACTOR], at)
    records = get_authentication_records(request, user)
    return bool(records) and _is_new(records[-1]["at"], at)


def _is_new(stamp: float, at: datetime) -> bool:
    return abs(at.timestamp() - float(stamp)) <= FRESH.total_seconds()


def signed_in_by_code(request: HttpRequest) -> bool:
    """Whether the newest proof in this session was a code."""
    records = get_authentication_records(request, request.user) if request.user.is_authenticated else []
    return bool(records) and records[-1]["method"] == "code"


def limit_of(user: User) -> SessionLimit:
    """Staff are signed in for hours, residents for weeks."""
    return STAFF_SESSION if user.is_staff else RESIDENT_SESSION


def is_too_old(request: HttpRequest, user: User, *, at: datetime) -> bool:
    """Whether the session lasted too long, or nobody came for too long."""
    limit, session = limit_of(user), request.session
    began, seen = _moment(session.get("began"), at), _moment(session.get("seen"), at)
    return at - began > limit.absolute or at - seen > limit.idle


def note_visit(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Keep «last seen» roughly right: one write in a few minutes, not one per page."""
    session = request.session
    pause = STAFF_SEEN_EVERY if user.is_staff else SEEN_EVERY
    if "seen" in session and (_is_by_itself(request) or at - _moment(session["seen"], at) < pause):
        return
    session.setdefault("began", at.timestamp())
    session["seen"] = at.timestamp()
    note_place(request)


def _is_by_itself(request: HttpRequest) -> bool:
    """Whether a script asks how far the work is: nobody came, so the idle time goes on. It can only shorten a session."""
    return "X-Progress" in request.headers


def note_place(request: HttpRequest) -> None:
    """Put this session into the person's list."""
    UserSession.objects.create_from_request(request)


def forget_place(request: HttpRequest) -> None:
    """Take this session out of the list, before its key changes."""
    UserSession.objects.filter(session_key=request.session.session_key or "").delete()


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Where the person is signed in, the last used first."""
    found: QuerySet[UserSession] = UserSession.objects.filter(user=user)
    return found.order_by("-last_seen_at", "-pk")


@transaction.atomic
def change_key(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Give this session a new key: a copy of the old one opens nothing any more.

    The old key keeps a trace for a minute: a second click on the same form, whose first answer the browser threw away, finds
    the new key by it (`follow`). The session is written now, because the second click reads it before this answer is made.
    A session that was ended meanwhile gets none: raises ChangedMeanwhile.
    """
    _lock_in(request, user)
    old = request.session.session_key or ""
    forget_place(request)
    update_session_auth_hash(request, user)
    request.session.save()
    note_place(request)
    trace = SessionStore().encode({MOVED: [_form_of(request), request.session.session_key]})
    Session.objects.create(session_key=old, session_data=trace, expire_date=at + FOLLOWED_FOR)


def _lock_in(request: HttpRequest, user: User) -> User:
    """The person, locked, whom this session still holds: nobody ended it, or gave it another key, since it was read."""
    row, key = lock_same(user), request.session.session_key
    is_listed = sessions_of(row).filter(session_key=key).exists()
    if not is_listed or not Session.objects.filter(session_key=key).exists():
        raise changed_meanwhile()
    return row


def follow(request: HttpRequest) -> bool:
    """Whether this very form has just given the session a new key; then the request goes on with that one."""
    form, key = SessionStore(request.session.session_key).get(MOVED, ("", ""))
    if not form or form != _form_of(request):
        return False
    request.session = SessionStore(key)
    request.session.modified = True  # so that the cookie is sent
    return True


def _form_of(request: HttpRequest) -> str:
    """What only the page with this form in this browser knows; empty where the form has no such key."""
    idem = request.POST.get("idem", "")
    return digest("moved", idem, browser.device_of(request)) if idem else ""


def end_sessions(user: User, *, keep: str | None = None) -> int:
    """End all of the person's sessions but the one with the key `keep`; return how many."""
    ended = [session for session in sessions_of(user) if session.session_key != keep]
    for session in ended:
        session.end()
    return len(ended)


def sign_out(request: HttpRequest) -> None:
    """End this session, here and in the list."""
    forget_place(request)
    logout(request)


def _end_oldest(user: User) -> None:
    for session in list(sessions_of(user))[limit_of(user).count :]:
        session.end()


def _moment(stamp: object, default: datetime) -> datetime:
    return datetime.fromtimestamp(stamp, tz=UTC) if isinstance(stamp, int | float) else default
