"""Which ways of a notice a person wants."""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from notifications.kinds import Kind
from notifications.models import Channel, Preference


def allowed_channels(user: AbstractBaseUser, kind: Kind, only: Sequence[str] | None = None) -> tuple[str, ...]:
    """The channels on which this person is told of this kind, in the order of Channel; contacts are not looked at.

    The kind's own channels hold unless the person switched one off or another on; a kind without an event (a code, a
    warning about the account) cannot be switched off. The inbox always keeps what the kind puts there. `only` replaces
    the kind's channels; then switches can only take away.
    """
    base = set(kind.channels if only is None else only)
    if kind.event:
        for channel, is_on in Preference.objects.filter(user=user.pk, event=kind.event).values_list("channel", "is_on"):
            if not is_on and channel != Channel.INBOX:
                base.discard(channel)
            elif is_on and only is None:
                base.add(channel)
    return tuple(channel for channel in Channel.values if channel in base)
