"""Which ways of a notice a person wants."""

from collections.abc import Iterable, Sequence

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
    return channels_of_many([user], kind, only)[user.pk]


def channels_of_many(
    users: Iterable[AbstractBaseUser], kind: Kind, only: Sequence[str] | None = None
) -> dict[int, tuple[str, ...]]:
    """The same for many people, by their ids, in one query."""
    base = set(kind.channels if only is None else only)
    wanted = {user.pk for user in users}
    asked = bool(kind.event and base - {Channel.INBOX})
    agreed = _agreed(wanted, kind.event) if asked else {}
    return {
        pk: tuple(one for one in Channel.values if one in (base & {Channel.INBOX, *agreed[pk]} if asked else base))
        for pk in wanted
    }


def _agreed(users: set[int], event: str) -> dict[int, set[str]]:
    words: dict[int, dict[tuple[str, str], bool]] = {pk: {} for pk in users}
    for row in Preference.objects.filter(user__in=users, event__in=[EVERY, event]):
        words[row.user_id][row.event, row.channel] = row.is_on
    return {
        pk: {channel for channel in Channel.values if said.get((event, channel), said.get((EVERY, channel), False))}
        for pk, said in words.items()
    }
