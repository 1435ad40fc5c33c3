"""What the tests of premises share: letters whose secrets are known, and what was told to whom."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone

from accounts.models import User
from notifications.models import Notice
from premises.actions import letters
from premises.letters_pdf import Draft
from premises.models import PersonalAccount

Issue = Callable[..., Draft]
Told = Callable[..., list[str]]


@pytest.fixture
def issue() -> Issue:
    """Issue one letter and return its readable secrets, as they would be printed."""

    def issued(account: PersonalAccount, by: User, at: datetime | None = None) -> Draft:
        at = at or timezone.now()
        draft = letters.draft(account)
        letters.write_letters([letters._letter(draft, by, at)], at=at)
        return draft

    return issued


@pytest.fixture
def told() -> Told:
    """The kinds of the notices a person (or an address) got, in order."""

    def kinds(user: User | None = None) -> list[str]:
        notices = Notice.objects.filter(user=user).order_by("pk")
        return list(notices.values_list("kind", flat=True))

    return kinds
