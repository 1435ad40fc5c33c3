"""Asking for another place for online payments of a company. The second person and the day: `billing/actions/agreeing.py`."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.actions.agreeing import ask
from billing.models import ProviderAccount, ProviderChange
from lib.errors import Refusal
from notifications.sealing import seal


class InUseAlready(Refusal):
    """The company takes payments at this shop, and nothing of it would change."""

    def __init__(self) -> None:
        super().__init__(
            _("The company takes payments at this shop already. Fees are changed without a second person.")
        )


def ask_shop(change: ProviderChange, *, secret: str = "", by: User, at: datetime) -> ProviderChange:
    """Write down where online payments should go (`change`, filled in and not saved); a second person decides.

    The secret is sealed here; without one, the newest that is kept for this shop goes on. Raises InUseAlready where nothing
    would change, AlreadyDecided while another change of the company waits.
    """
    if not secret and is_in_use(change):
        raise InUseAlready
    change.secret = seal(secret) if secret else kept_secret(change)
    return ask(change, by=by, at=at)


@transaction.atomic
def change_terms(account: ProviderAccount, names: Iterable[str]) -> None:
    """Save these fields of a shop, as one manager may: fees, cheques, switched off. `account` has their new values.

    A renewed secret of this shop that waits takes the new terms along; otherwise it would bring back the old ones.
    """
    if terms := {name: getattr(account, name) for name in names if name in ProviderAccount.TERMS}:
        ProviderChange.objects.waiting_for(account).update(
            **terms
        )  # first: one that comes into force now is waited for
    account.save(update_fields=list(names))


def is_in_use(change: ProviderChange) -> bool:
    """Whether the company takes payments at this shop now."""
    return ProviderAccount.objects.of_shop(change).filter(is_active=True).exists()


def kept_secret(change: ProviderChange) -> bytes | None:
    """The sealed secret that is kept for this shop; None if there is none."""
    last = ProviderAccount.objects.of_shop(change).filter(secret__isnull=False).first()
    return bytes(last.secret) if last and last.secret else None
