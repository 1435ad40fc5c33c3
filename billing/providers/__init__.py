"""Payment providers behind one small interface, and the list of those that are known.

A notification is a hint: money is believed only when `fetch` says so. Every call here goes to another machine: never make
one inside a transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from billing.models import PaymentIntent, ProviderAccount, Refund

# ЮKassa takes a repeated request for a new one 24 hours after the first
# (https://yookassa.ru/developers/using-api/interaction-format#idempotence); an hour less, for clocks and slow answers.
KEY_HOLDS = timedelta(hours=23)


class ProviderError(Exception):
    """The provider did not answer, or not what was asked. `is_final`: the same question would be refused again."""

    def __init__(self, words: str, *, is_final: bool = False) -> None:
        super().__init__(words)
        self.is_final = is_final


class Status(StrEnum):
    """What a provider says of a payment or of money that goes back."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Created(NamedTuple):
    """A payment at the provider, and the page where the person pays."""

    id: str
    pay_url: str


class Returned(NamedTuple):
    """Money on its way back."""

    id: str
    status: Status


@dataclass(frozen=True)
class Back:
    """One return of money as the provider knows it; `key` is ours if we asked for it."""

    id: str
    amount: Decimal
    status: Status
    is_chargeback: bool = False


@dataclass(frozen=True)
class State:
    """What the provider says now. `amount` is all that left the payer; `reference` and `merchant` are what we sent."""

    id: str
    status: Status
    amount: Decimal
    currency: str
    reference: str
    merchant: str
    method: str = ""
    reason: str = ""
    paid_at: datetime | None = None
    refunds: tuple[Back, ...] = field(default=())


class Provider(Protocol):
    """What the portal asks of a provider, for one company's account there."""

    @property
    def host(self) -> str:
        """Said to the person before they leave."""

    @property
    def form_hosts(self) -> tuple[str, ...]:
        """Where the browser is sent to, for the CSP; empty where it stays with us."""

    @property
    def can_cancel(self) -> bool:
        """Whether a payment that waits for its payer can be cancelled from here."""

    def create(self, intent: PaymentIntent, return_url: str) -> Created:
        """Make the payment of the present try; the same key again gives the same payment."""

    def fetch(self, intent: PaymentIntent, *, is_brief: bool = False) -> State:
        """Ask for the payment by the id we keep; `is_brief`: a person waits, give up after a few seconds."""

    def cancel(self, intent: PaymentIntent, *, at: datetime) -> None:
        """Cancel a payment that waits; one that has ended meanwhile stays as it is."""

    def refund(self, refund: Refund) -> Returned:
        """Return money; the same refund again gives the same answer while KEY_HOLDS."""

    def returns(self, intent: PaymentIntent) -> tuple[Back, ...]:
        """All that went back of a payment, is on its way or was refused."""


Maker = Callable[[ProviderAccount], Provider]
Reader = Callable[[bytes], str]  # the id of the payment that a notification speaks of; ValueError if it is none


def makers() -> Mapping[str, tuple[Maker, Reader]]:
    """Every provider that may be used here: a sandbox is none in production."""
    from billing.providers import sandbox, yookassa

    known: dict[str, tuple[Maker, Reader]] = {ProviderAccount.Provider.YOOKASSA: (yookassa.YooKassa, yookassa.read)}
    if settings.DEV_PAGES:
        known[ProviderAccount.Provider.SANDBOX] = (sandbox.SandboxBank, sandbox.read)
    return known


def is_known(name: str) -> bool:
    """Whether notifications of this provider are taken and its payments are made here."""
    return name in makers()


def provider_of(account: ProviderAccount) -> Provider:
    """The provider of a company's account; ProviderError where it may not be used here."""
    if account.provider not in makers():
        raise ProviderError(f"{account.provider} is not used here", is_final=True)
    maker, _reader = makers()[account.provider]
    return maker(account)


def payment_named_in(name: str, body: bytes) -> str:
    """The provider's id of the payment that a notification speaks of; ValueError if it cannot be read."""
    return makers()[name][1](body)


def is_allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a page address lies at one of these hosts (or under «*.host»), by https, on the usual port.

    >>> is_allowed("https://yoomoney.ru/checkout", ("yoomoney.ru",))
    True
    >>> is_allowed("https://yoomoney.ru@evil.example/", ("yoomoney.ru",))
    False
    """
    if any(sign in url for sign in "\\\r\n\t ") or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or port not in (None, 443):
        return False
    host = parts.hostname or ""
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts)
