"""What people are told about their second factors."""

from datetime import datetime

from accounts import notices
from accounts.models import User
from notifications.actions import notify


def tell_added(user: User, what: str, *, at: datetime) -> None:
    """An «app» or a «passkey» can now prove that it is them."""
    notify(notices.FACTOR_ADDED, user=user, subject=f"{what}:{at.timestamp()}", context={"what": what}, at=at)


def tell_removed(user: User, what: str, *, at: datetime) -> None:
    """An «app», a «passkey» or «all» of them prove nothing any more."""
    notify(notices.FACTOR_REMOVED, user=user, subject=f"{what}:{at.timestamp()}", context={"what": what}, at=at)


def tell_recovery_used(user: User, left: int, *, at: datetime) -> None:
    """Somebody entered with a recovery code; so many are left."""
    notify(notices.RECOVERY_USED, user=user, subject=f"recovery:{at.timestamp()}", context={"left": left}, at=at)
