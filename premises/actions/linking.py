"""Linking a personal account to a person: three ways to prove it, one way to write it down.

Every mismatch has one answer and costs the same: one query (a code two), and for a password one slow hash, whether or not
there is such an account. The limits are taken by the views, because a refusal must not give a counted try back.
"""

from datetime import date, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.digests import digest
from accounts.locks import lock_open
from accounts.models import User
from lib.errors import Refusal
from lib.identifiers import is_els, is_zhku, normal_gis
from lib.text import account_key, search_key
from premises import letter_codes
from premises.actions.connecting import end_connect_code
from premises.actions.holding import end, lock_account, locked, raise_grade, record
from premises.actions.proving import forget_proofs, prove_link
from premises.actions.telling import tell_about_link, tell_company_link_waits, tell_person
from premises.models import (
    AccessLetter,
    AccountLink,
    AccountLinkEvent,
    ConnectCode,
    House,
    Organization,
    PersonalAccount,
)

Grade, State, Method = AccountLink.Grade, AccountLink.State, AccountLink.Method
What = AccountLinkEvent.What
Paper = AccessLetter | ConnectCode  # what carries a code: a letter or a bill
LETTERS_PER_LOGIN = 5  # account numbers are unique within a company only; so many passwords are compared at most

ADDRESS_MISMATCH = gettext_lazy(
    "No account fits this flat and this number. Compare both with the bill: the number stands at the top of it."
)
PASSWORD_MISMATCH = gettext_lazy(
    "The login or the password did not fit. Look at the letter again: each password works once and for 90 days, "
    "and a newer letter replaces the older one."
)
CODE_MISMATCH = gettext_lazy(
    "This code does not work: it may be mistyped, used up, or replaced by a newer one. "
    "Take it from the newest letter or bill, or ask your company for a new one."
)


class Mismatch(Refusal):
    """The answers fit no account; which of them is wrong is not said."""

    status = 422


class DisputeIsLate(Refusal):
    """A dispute is answered at once for 72 hours; later the company decides."""


class Linked(NamedTuple):
    """The link and what became of it: «new», «raised» (a better proof) or «same» (it was there already)."""

    link: AccountLink
    change: str


# --- Three ways to prove it -----------------------------------------------------------------------------------------
def find_account(house: House, *, flat: str, number: str) -> PersonalAccount | None:
    """Return the open account that fits house, flat and number at once; one query, whatever is wrong.

    The number may also be the payer's ЕЛС or ИЖКУ.
    """
    return (
        PersonalAccount.objects.open()
        .filter(organization_id=house.organization_id, unit__house_id=house.pk)
        .filter(_named(number), unit__label_search=search_key(flat))
        .first()
    )


def link_by_address(user: User, house: House, *, flat: str, number: str, at: datetime) -> Linked:
    """Link by what stands on every envelope: limited, unless the contact on file is the person's own or the company decides otherwise.

    Raises Mismatch.
    """
    account = find_account(house, flat=flat, number=number)
    if account is None:
        raise Mismatch(ADDRESS_MISMATCH)
    grade, state = _worth_of_address(user, account)
    return join(user, account, grade=grade, state=state, method=Method.ADDRESS, at=at)


def recognise_letter(login: str, password: str, *, at: datetime) -> AccessLetter | None:
    """Return the letter whose login and unused password these are, without using it up; for the entry page.

    One query and the same hashing, found or not. The caller takes the limits.
    """
    letter = _letter_of(login, password, at=at)
    return None if letter is None or letter.password_used_at else letter


def link_by_password(user: User, *, login: str, password: str, at: datetime) -> Linked:
    """Link with the company's login and one-time password: confirmed. Raises Mismatch."""
    letter = _letter_of(login, password, at=at)
    if letter is None:
        raise Mismatch(PASSWORD_MISMATCH)
    return link_by_letter(user, letter, at=at)


@transaction.atomic
def link_by_letter(user: User, letter: AccessLetter, *, at: datetime) -> Linked:
    """Link with a letter whose password was already compared; uses the password up. Raises Mismatch.

    The person who used it may send the same form again; anybody else is refused.
    """
    account = lock_account(letter.account_id)
    letter = AccessLetter.objects.select_for_update().get(pk=letter.pk)
    mine_again = letter.password_used_by_id == user.pk
    usable = AccessLetter.objects.valid(at).filter(pk=letter.pk).exists() and _trusts(user, letter)
    if not usable or (letter.password_used_at and not mine_again):
        raise Mismatch(PASSWORD_MISMATCH)
    letter.password_used_at, letter.password_used_by = at, user
    letter.save(update_fields=["password_used_at", "password_used_by"])
    return join(user, account, grade=Grade.CONFIRMED, method=Method.PASSWORD, at=at)


def paper_of_code(code: str, *, at: datetime) -> Paper | None:
    """Return the letter or the bill whose code this is, with its account; two queries, found or not."""
    typed = letter_codes.read(code)
    loaded = ("account__organization", "account__unit__house__organization")
    letters = AccessLetter.objects.with_code(at).filter(code_digest=digest("letter", typed)).select_related(*loaded)
    bills = ConnectCode.objects.with_code(at).filter(code_digest=digest("connect", typed)).select_related(*loaded)
    letter, bill = letters.first(), bills.first()
    return letter or bill


@transaction.atomic
def link_by_code(user: User, *, code: str, at: datetime) -> Linked:
    """Link with the code of a letter or an invoice: confirmed. Each new link uses it once, five times at most. Raises Mismatch."""
    found = paper_of_code(code, at=at)
    if found is None:
        raise Mismatch(CODE_MISMATCH)
    account = lock_account(found.account_id)
    paper = paper_of_code(code, at=at)  # it may have ended while we waited for the account
    if paper is None or not _trusts(user, paper):
        raise Mismatch(CODE_MISMATCH)
    linked = join(user, account, grade=Grade.CONFIRMED, method=Method.CODE, at=at)
    if linked.change != "same":
        paper.code_uses += 1
        paper.save(update_fields=["code_uses"])
    return linked


@transaction.atomic
def confirm_by_contact(link: AccountLink, *, address: str, at: datetime) -> Linked:
    """Raise a limited link: the person proved the phone that the company has on file at this moment. Raises Mismatch."""
    account = lock_account(link.account_id)
    if not address or address != account.contact_phone:
        raise Mismatch(_("The company changed the phone on file meanwhile. Start again."))
    return join(link.user, account, grade=Grade.CONFIRMED, method=Method.CONTACT, at=at)


# --- One way to write it down ---------------------------------------------------------------------------------------
@transaction.atomic
def join(
    user: User, account: PersonalAccount, *, grade: str, method: str, at: datetime, state: str = State.ACTIVE,
    by: User | None = None,
) -> Linked:  # fmt: skip
    """Write the link, or raise the one that is there; tell those who hold the account. `by` is an employee, if one did it."""
    account = lock_account(account.pk)
    link = AccountLink.objects.live().select_for_update().filter(user=user, account=account).first()
    if link is None:
        return Linked(_create(user, account, grade=grade, state=state, method=method, by=by, at=at), "new")
    link.account, link.user = account, user
    if not link.would_rise(grade, state):
        return Linked(link, "same")
    raise_grade(link, grade, method, what=What.RAISED, by=by or user, at=at)
    prove_link(link, at=at)
    return Linked(link, "raised")


# --- Undoing it -----------------------------------------------------------------------------------------------------
@transaction.atomic
def unlink(link: AccountLink, *, by: User, at: datetime) -> None:
    """The person removes the account from their own list; the account and other people's links stay as they are."""
    end(locked(link), State.REVOKED, What.UNLINKED, reason="", by=by, at=at)


@transaction.atomic
def dispute(link: AccountLink, *, by: User | None, trusted: bool, at: datetime) -> AccountLink:
    """«This was not me»: a limited link disputed by somebody trusted shows nothing more until the company decides.

    So does one that a name made owner without an employee, and it loses that grade: a code opens the link, not the grade.
    Trusted are holders of grade confirmed or owner and the contact on file (`by` is None). Other disputes are flagged to
    the company. A second dispute changes nothing. Raises DisputeIsLate after 72 hours.
    """
    link = locked(link)
    if link.disputed_at or not link.is_live:
        return link
    if at > link.dispute_until:
        raise DisputeIsLate(_("More than 72 hours have passed. Call your company: it can end this link at any time."))
    by_name = link.method == Method.IDENTITY and link.owner_proofs.accepted_at_once().exists()
    suspended = trusted and (link.grade == Grade.LIMITED or by_name)
    if suspended:
        if by_name:
            link.take_back_owner()
        link.suspend(at=at)
        tell_person(link, "suspended", at=at)
    else:
        link.flag(at=at)
    record(link, What.SUSPENDED if suspended else What.DISPUTED, by=by, at=at)
    if trusted and link.method == Method.CODE:
        end_connect_code(link.account, at=at)  # somebody else may hold the bill
    tell_company_link_waits(link, "suspended" if suspended else "disputed", at=at)
    return link


@transaction.atomic
def approve(link: AccountLink, *, grade: str, by: User, at: datetime) -> AccountLink:
    """An employee checked the proof or the dispute: the link is active, with at least this grade."""
    link = locked(link)
    link.settle(at=at)
    raise_grade(link, grade, Method.STAFF, what=What.APPROVED, by=by, at=at)
    tell_person(link, "approved", at=at)
    prove_link(link, at=at)
    return link


@transaction.atomic
def refuse(link: AccountLink, *, reason: str, by: User, at: datetime) -> AccountLink:
    """An employee refuses a link that waited; the reason is told to the person."""
    return _end(link, State.REFUSED, What.REFUSED, reason=reason, by=by, at=at)


@transaction.atomic
def revoke(link: AccountLink, *, reason: str, by: User, at: datetime) -> AccountLink:
    """An employee ends a link: the person's next request finds no account, and an older letter does not bring it back."""
    return _end(link, State.REVOKED, What.REVOKED, reason=reason, by=by, at=at)


@transaction.atomic
def close_links_before(account: PersonalAccount, day: date, *, by: User, at: datetime) -> int:
    """The flat has a new owner since `day`: end the links and void the letters that are older; return how many links ended.

    The day begins at midnight of the company's own clock. The code of the bill ends whatever its day is: whoever was
    linked could ask for that bill until now.
    """
    account = lock_account(account.pk)
    start = _midnight(day, account.organization)
    with translation.override(account.organization.language):
        reason = _("The owner changed.")
    links = list(AccountLink.objects.live().filter(account=account, created_at__lt=start))
    for link in links:
        revoke(link, reason=reason, by=by, at=at)
    account.letters.filter(voided_at__isnull=True, issued_at__lt=start).update(voided_at=at)
    end_connect_code(account, at=at)
    return len(links)


@transaction.atomic
def end_links_of(user: User, *, at: datetime) -> None:
    """The profile is erased: its links end, the accounts and what was charged stay (402-ФЗ, five years)."""
    for link in AccountLink.objects.live().select_for_update().filter(user=user).order_by("pk"):
        end(link, State.REVOKED, What.ERASED, reason="", by=None, at=at)
    forget_proofs(user)


# --- Pieces ---------------------------------------------------------------------------------------------------------
def _named(number: str) -> Q:
    """Accounts with this number; what has the shape of an ЕЛС or ИЖКУ is looked for there, too."""
    named, payer = Q(number_search=account_key(number)), normal_gis(number)
    if is_els(payer):
        named |= Q(els=payer)
    if is_zhku(payer):
        named |= Q(zhku=payer)
    return named


def _worth_of_address(user: User, account: PersonalAccount) -> tuple[str, str]:
    """Grade and state that address + number earn here."""
    policy = account.organization.link_policy
    if AccountLink.objects.of(user).filter(account=account).ended_by_company().exists():
        return (
            Grade.LIMITED,
            State.PENDING,
        )  # the company ended it once: only the company, or a new letter, opens it again
    if policy == Organization.LinkPolicy.REVIEW:
        return Grade.LIMITED, State.PENDING
    known = policy == Organization.LinkPolicy.CONFIRM or account.has_contact(user)
    return (Grade.CONFIRMED if known else Grade.LIMITED), State.ACTIVE


def _letter_of(login: str, password: str, *, at: datetime) -> AccessLetter | None:
    """The valid letter with this login and password, used or not. Every candidate is hashed, and at least one hash is made."""
    typed = letter_codes.read(password)
    letters = AccessLetter.objects.valid(at).filter(login_search=account_key(login)).order_by("-issued_at")
    candidates = list(letters[:LETTERS_PER_LOGIN])
    if not candidates:
        check_password(typed, _nobodys_hash())
    right = [letter for letter in candidates if check_password(typed, letter.password_hash)]
    return right[0] if right else None


@cache
def _nobodys_hash() -> str:
    return make_password(letter_codes.new_password())


def _trusts(user: User, paper: Paper) -> bool:
    """Whether the letter or bill is newer than the company's last «no» to this person."""
    links = AccountLink.objects.of(user).filter(account_id=paper.account_id).ended_by_company()
    return not links.filter(changed_at__gte=paper.issued_at).exists()


def _create(
    user: User, account: PersonalAccount, *, grade: str, state: str, method: str, by: User | None, at: datetime
) -> AccountLink:
    user = lock_open(user)  # a profile that is being deleted ends the links it finds: none may come after them
    link = AccountLink.objects.create(
        user=user, account=account, grade=grade, state=state, method=method, created_at=at, changed_at=at
    )
    record(link, What.LINKED, by=by or user, at=at)
    tell_about_link(link, at=at)
    if state == State.PENDING:
        tell_company_link_waits(link, "review", at=at)
    prove_link(link, at=at)
    return link


def _end(link: AccountLink, state: str, what: str, *, reason: str, by: User, at: datetime) -> AccountLink:
    link = locked(link)
    end(link, state, what, reason=reason, by=by, at=at)
    tell_person(link, state, at=at)
    return link


def _midnight(day: date, organization: Organization) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(organization.time_zone))
