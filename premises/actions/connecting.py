"""The codes on bills: one lives per account, on its newest bills only."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from accounts.digests import digest
from premises import letter_codes
from premises.models import ConnectCode, PersonalAccount


@transaction.atomic
def connect_code_for(account: PersonalAccount, month: date, *, at: datetime) -> str:
    """Return the code that the account's bills of this month print; the code of an earlier month stops working.

    The code follows from the account and the month under CODE_PEPPER, so the same sheet drawn again shows the same signs
    and nobody keeps them. Returns '' where they would not work: a later month has a code, or this one was ended, used up
    or is older than 90 days.
    """
    PersonalAccount.objects.select_for_update().get(pk=account.pk)
    code = letter_codes.derived(digest("bill", str(account.public_id), f"{month:%Y-%m}"))
    mine = ConnectCode.objects.filter(account=account)
    if not mine.filter(month__gte=month).exists():
        fresh = {
            "month": month, "code_digest": digest("connect", code), "issued_at": at,
            "expires_at": at + ConnectCode.LIFETIME, "code_uses": 0, "voided_at": None,
        }  # fmt: skip
        mine.update_or_create(account=account, defaults=fresh)
    return code if mine.with_code(at).filter(code_digest=digest("connect", code)).exists() else ""


def retire_connect_codes(accounts: Collection[int], *, before: date, at: datetime) -> int:
    """Newer bills came: the codes of earlier months stop working, printed or not; return how many. One query."""
    return _end(account__in=accounts, month__lt=before, at=at)


def end_connect_code(account: PersonalAccount, *, at: datetime) -> bool:
    """The code on the newest bill stops working at once; the next month's bill brings another. Return whether there was one."""
    return bool(_end(account=account, at=at))


def _end(*, at: datetime, **which: object) -> int:
    return ConnectCode.objects.filter(voided_at__isnull=True, **which).update(voided_at=at)
