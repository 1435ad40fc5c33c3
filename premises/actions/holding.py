"""What every verb about a link does: lock it in one order, change its grade in one way, write its history, end it."""

from datetime import datetime

from accounts.models import User
from premises.actions.telling import tell_of_grade
from premises.models import AccountLink, AccountLinkEvent, PersonalAccount


def lock_account(account_id: int) -> PersonalAccount:
    """The account, locked before its links and letters, in this order everywhere; with what notices print.

    A deleted profile locks its user before its links, which is why that lock leaves the user's key free (accounts.locks).
    """
    accounts = PersonalAccount.objects.select_for_update(of=("self",))
    return accounts.select_related("organization", "unit__house__organization").get(pk=account_id)


def locked(link: AccountLink) -> AccountLink:
    """The link as it stands now, with its account, both locked."""
    account = lock_account(link.account_id)
    link = AccountLink.objects.select_for_update(of=("self",)).select_related("user").get(pk=link.pk)
    link.account = account
    return link


def record(link: AccountLink, what: str, *, by: User | None, at: datetime, note: str = "") -> AccountLinkEvent:
    """Write one line of the link's history with the grade and state it has now."""
    return AccountLinkEvent.objects.create(
        link=link, what=what, grade=link.grade, state=link.state, by=by, at=at, note=note[:200]
    )


def raise_grade(
    link: AccountLink, grade: str, method: str, *, what: str, by: User | None, at: datetime, note: str = ""
) -> None:
    """Every better proof comes here: write it down and, when the grade changed, tell the others of the flat, once."""
    before = link.grade
    link.rise(grade, method, at=at)
    event = record(link, what, by=by, at=at, note=note)
    if link.grade != before:
        tell_of_grade(link, event, at=at)
    if link.grade == AccountLink.Grade.OWNER:
        withdraw_waiting(link, at=at)  # there is nothing left to judge


def end(link: AccountLink, state: str, what: str, *, reason: str, by: User | None, at: datetime) -> None:
    """The link ends, and what waited for the company with it."""
    link.end(state, reason=reason[:200], at=at)
    record(link, what, by=by, at=at, note=reason)
    withdraw_waiting(link, at=at)


def withdraw_waiting(link: AccountLink, *, at: datetime) -> None:
    """What waits to be judged about this link does not wait any more."""
    for proof in link.owner_proofs.waiting().select_for_update():
        proof.withdraw(at=at)
