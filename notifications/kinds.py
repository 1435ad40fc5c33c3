"""The registry of what can be told. Each app declares its kinds in its own `notices.py`, imported at start."""

from dataclasses import dataclass
from datetime import timedelta

from notifications.models import Channel, Delivery


@dataclass(frozen=True)
class Kind:
    """What the post room must know of one kind of notice.

    `name` is «app.word»; its templates are templates/<app>/mail/<word>.txt (first line = subject), .html (optional),
    templates/<app>/sms/<word>.txt, templates/<app>/voice/<word>.txt and templates/<app>/inbox/<word>.txt (first line =
    title). `event` groups kinds in a person's preferences: such a kind leaves the portal only where
    the person agreed. Without an event it goes out in any case.
    """

    name: str
    event: str = ""
    channels: tuple[str, ...] = (Channel.INBOX, Channel.EMAIL)
    lane: str = Delivery.Lane.PERSONAL
    lifetime: timedelta | None = None

    @property
    def app(self) -> str:
        return self.name.split(".")[0]

    @property
    def word(self) -> str:
        return self.name.split(".")[1]


KINDS: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Put a kind into the registry and return it; the same name twice is a bug."""
    if kind.name in KINDS:
        raise ValueError(f"{kind.name} is declared twice")
    KINDS[kind.name] = kind
    return kind
