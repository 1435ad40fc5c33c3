"""Which ways of a notice a person wants."""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from notifications.kinds import Kind
from notifications.models import Channel, Preference

EVERY = "*"  # the event of a preference that holds for all events without one of their own


def allowed_channels(user: AbstractBaseUser, kind: Kind, only: Sequence[str] | None = None) -> tuple[str, ...]:
    """The channels on which this person is told of this kind, in the order of Channel; contacts are not looked at.

    A kind without an event (a code, a warning about the account) goes out on all of its channels. A kind with an event goes
    to the inbox, and elsewhere only where the person has agreed to it: a word about this event counts more than one about
    every event, and silence is a no. `only` replaces the kind's channels; the same rules hold for them.
    """
    base = set(kind.channels if only is None else only)
    if kind.event and base - {Channel.INBOX}:
        base &= {Channel.INBOX, *_agreed(user, kind.event)}
    return tuple(channel for channel in Channel.values if channel in base)


def _agreed(user: AbstractBaseUser, event: str) -> set[str]:
    said = Preference.objects.filter(user=user.pk, event__in=[EVERY, event])
    words = {(row.event, row.channel): row.is_on for row in said}
    return {channel for channel in Channel.values if words.get((event, channel), words.get((EVERY, channel), False))}
