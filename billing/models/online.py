"""Paying online: what a person meant to pay, what the provider said, money that went back."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.digests import digest
from accounts.models import User
from billing.models.agreed import AgreedChange, FitsNoMore, one_waiting, second_person
from billing.models.ledger import Payment
from billing.models.seen import OfAccountQuerySet, OfOrganizationQuerySet
from lib.money import format_money, format_number
from notifications.sealing import unseal
from premises.models import AccountLink, Organization, PersonalAccount

FEE_PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(20))]


class Shop(models.Model):
    """Where online money goes: the company's shop at a provider, and what paying there costs. The secret is sealed."""

    class Provider(models.TextChoices):
        SANDBOX = "sandbox", _("Sandbox bank (for trying out)")
        YOOKASSA = "yookassa", "ЮKassa"

    class Vat(models.IntegerChoices):
        """The rates of a fiscal cheque as ЮKassa numbers them (`vat_code`; 11 and 12 since 2026)."""

        NONE = 1, _("no VAT")
        ZERO = 2, "0 %"
        TEN = 3, "10 %"
        TWENTY = 4, "20 %"
        OF_TEN = 5, "10/110"
        OF_TWENTY = 6, "20/120"
        FIVE = 7, "5 %"
        SEVEN = 8, "7 %"
        OF_FIVE = 9, "5/105"
        OF_SEVEN = 10, "7/107"
        TWENTY_TWO = 11, "22 %"
        OF_TWENTY_TWO = 12, "22/122"

    class TaxSystem(models.IntegerChoices):
        """The tax systems of a fiscal cheque as ЮKassa numbers them (`tax_system_code`)."""

        GENERAL = 1, _("general")
        INCOME = 2, _("simplified, income")
        INCOME_LESS_COSTS = 3, _("simplified, income less costs")
        IMPUTED = 4, _("imputed income")
        FARMERS = 5, _("agricultural")
        PATENT = 6, _("patent")

    provider = models.CharField(_("provider"), max_length=10, choices=Provider)
    shop_id = models.CharField(_("shop id"), max_length=60, blank=True)
    secret = models.BinaryField(null=True, editable=False)  # notifications.sealing
    wallet_fee = models.DecimalField(
        _("fee of a wallet, %"), max_digits=5, decimal_places=2, validators=FEE_PERCENT, default=Decimal(0)
    )
    card_fee = models.DecimalField(
        _("fee of a card, %"), max_digits=5, decimal_places=2, validators=FEE_PERCENT, default=Decimal(1)
    )

    cheque_vat = models.PositiveSmallIntegerField(
        _("VAT in cheques"), choices=Vat, null=True, blank=True,
        help_text=_("ЮKassa only: with a rate it makes the fiscal cheque of each payment. Empty: cheques are made elsewhere."),
    )  # fmt: skip
    cheque_tax_system = models.PositiveSmallIntegerField(
        _("tax system in cheques"), choices=TaxSystem, null=True, blank=True,
        help_text=_("Only where the company's cash register asks for it."),
    )  # fmt: skip

    CHEQUES = ("cheque_vat", "cheque_tax_system")
    TERMS = ("wallet_fee", "card_fee", *CHEQUES)  # one person changes them
    WORDS = ("provider", "shop_id", *TERMS)

    class Meta:
        abstract = True

    @property
    def shop(self) -> str:
        """The provider and the company's name there."""
        return f"{self.get_provider_display()} {self.shop_id}".strip()


class ProviderAccountQuerySet(OfOrganizationQuerySet["ProviderAccount"]):
    def of_shop(self, one: "ProviderAccount | ProviderChange") -> Self:
        """The rows of this very shop of the company, the newest first: each renewed secret has made one."""
        shop = {"organization_id": one.organization_id, "provider": one.provider, "shop_id": one.shop_id}
        return self.filter(**shop).order_by("-pk")


class ProviderAccount(Shop):
    """A company's account at a payment provider, made by an agreed change. Without a row residents pay elsewhere.

    Payments are asked about at the row they were sent to, so its shop and its secret stay as they are: another one is
    another row. Only the fees and the cheques change here, and it can be switched off.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="provider_accounts", verbose_name=_("company")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment provider")
        verbose_name_plural = _("payment providers")
        constraints = [
            models.UniqueConstraint(
                name="one_live_provider",
                fields=["organization"],
                condition=Q(is_active=True),
                violation_error_message=_("The company already uses a provider. Switch it off first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.get_provider_display()}"

    @property
    def renewed(self) -> "ProviderAccount | None":
        """The newest later row of this shop that has a secret: the provider may know no older one."""
        later = ProviderAccount.objects.of_shop(self).filter(pk__gt=self.pk, secret__isnull=False)
        return later.first()


class ProviderChangeQuerySet(OfOrganizationQuerySet["ProviderChange"]):
    def waiting_for(self, one: ProviderAccount) -> Self:
        """Changes that would put this very shop in force again, with another secret."""
        shop = {"organization_id": one.organization_id, "provider": one.provider, "shop_id": one.shop_id}
        return self.filter(state__in=AgreedChange.WAITING, **shop)


class ProviderChange(Shop, AgreedChange):
    """Another shop, or another secret of the same one, waits for a second person, then for its hour."""

    objects = ProviderChangeQuerySet.as_manager()

    class Meta(AgreedChange.Meta):
        verbose_name = _("change of the payment provider")
        verbose_name_plural = _("changes of payment providers")
        constraints = [
            one_waiting("one_waiting_change_of_provider", "organization"),
            second_person("provider_needs_a_second_person"),
        ]

    def __str__(self) -> str:
        return self.shop

    def put_in_force(self) -> None:
        """A new row takes the place of the one in use: what was sent to that is asked about, and returned, there."""
        if self.secret:
            try:
                unseal(self.secret)
            except InvalidToken as error:
                raise FitsNoMore from error
        ProviderAccount.objects.filter(organization_id=self.organization_id, is_active=True).update(is_active=False)
        words = {name: getattr(self, name) for name in (*Shop.WORDS, "secret")}
        ProviderAccount.objects.create(organization_id=self.organization_id, **words)

    def of_the_same(self) -> "OfOrganizationQuerySet[ProviderChange]":
        return ProviderChange.objects.filter(organization_id=self.organization_id)

    @property
    def facts(self) -> Mapping[str, Any]:
        with translation.override(self.organization.language):
            return {"shop": self.shop}

    @property
    def is_secret_kept(self) -> bool:
        """Whether it goes on with a secret that a row of this shop has already."""
        secret = bytes(self.secret or b"")
        return ProviderAccount.objects.of_shop(self).filter(secret=secret).exists()

    def forget(self) -> None:
        """The secret is with the row that is in force, or with nobody."""
        self.secret = None


class PaymentIntentQuerySet(OfAccountQuerySet["PaymentIntent"]):
    def visible_to(self, user: User) -> Self:
        """One's own, while the link to the account lives; any grade may pay."""
        return self.filter(user=user, account__links__user_id=user.pk, account__links__state=AccountLink.State.ACTIVE)

    def open(self) -> Self:
        """Neither credited nor over."""
        return self.filter(state__in=PaymentIntent.OPEN)

    def waiting(self) -> Self:
        """At the bank: these alone count against the limit of an account."""
        return self.filter(state=PaymentIntent.State.SENT)

    def unsent_of(self, user: User) -> Self:
        """What a person began and no provider has ever seen: it may still be changed."""
        return self.filter(user=user, state=PaymentIntent.State.CREATED, tries=1, provider_id="")

    def to_reconcile(self, at: datetime) -> Self:
        """Sent to the provider so long ago that its answer should be asked for."""
        return self.filter(state__in=PaymentIntent.OPEN, asked_at__lt=at - PaymentIntent.SILENCE)


class PaymentIntent(models.Model):
    """One try to pay. The sum is fixed here, on the server; the same try is retried with the same key."""

    class Method(models.TextChoices):
        WALLET = "wallet", _("Wallet")
        CARD = "card", _("Bank card")

    class State(models.TextChoices):
        CREATED = "created", _("Not sent yet")
        SENT = "sent", _("Waits for the bank")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Not paid")
        EXPIRED = "expired", _("Too late")
        MISMATCH = "mismatch", _("Is being cleared up")  # the provider's sum, currency or reference is another

    OPEN = (State.CREATED, State.SENT)
    SILENCE = timedelta(minutes=15)
    LIFETIME = timedelta(hours=24)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # also the idempotence key
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="intents", verbose_name=_("company")
    )
    account = models.ForeignKey(
        PersonalAccount, on_delete=models.PROTECT, related_name="intents", verbose_name=_("personal account")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="intents", verbose_name=_("user")
    )
    provider_account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="intents")
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)
    fee = models.DecimalField(_("fee"), max_digits=13, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)
    method = models.CharField(_("way"), max_length=6, choices=Method)
    sections = models.JSONField(default=dict)  # how the sum falls to the sections of the book: {"main": "100.00"}
    period = models.DateField(_("for the period"), null=True, blank=True)  # the month the payer named, its first day
    email = models.EmailField(blank=True)  # where the receipt goes
    # What its fiscal cheque says beside the parts, as it was sent (billing/cheques.py); {} where none is made.
    cheque = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CREATED)
    provider_id = models.CharField(_("id at the provider"), max_length=64, blank=True)
    pay_url = models.URLField(max_length=500, blank=True)
    failure = models.CharField(_("why it was not paid"), max_length=60, blank=True)  # the provider's word for it
    tries = models.PositiveSmallIntegerField(_("tries"), default=1)  # a retry after a failure takes the same row
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    asked_at = models.DateTimeField(
        _("the provider was asked"), default=timezone.now
    )  # when the provider was asked last
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    objects = PaymentIntentQuerySet.as_manager()

    class Meta:
        verbose_name = _("online payment")
        verbose_name_plural = _("online payments")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "asked_at"], name="intent_state_asked")]
        constraints = [
            models.UniqueConstraint(
                name="one_intent_per_provider_payment",
                fields=["provider_account", "provider_id"],
                condition=~Q(provider_id=""),
            ),
            models.CheckConstraint(
                name="intent_sum_is_within_limits",
                condition=Q(amount__gte=Decimal("1.00")) & Q(amount__lte=Decimal("500000.00")) & Q(fee__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return format_money(self.amount, self.currency, get_language() or "en")

    @property
    def charged(self) -> Decimal:
        """What leaves the payer's card: the sum and the fee."""
        return self.amount + self.fee

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def over_at(self) -> datetime:
        """When it ends by itself at the latest."""
        return self.created_at + self.LIFETIME

    @property
    def facts(self) -> str:
        """A digest of everything that the page of step 2 shows: a press holds for exactly this."""
        shown = (
            self.amount,
            self.fee,
            self.currency,
            self.method,
            self.period,
            self.email,
            sorted(self.sections.items()),
        )
        return digest("payment", str(self.public_id), *(str(one) for one in shown))

    @property
    def key(self) -> str:
        """The idempotence key of the present try: a repeated request with it makes no second payment."""
        return f"{self.public_id}-{self.tries}"


class ProviderEvent(models.Model):
    """A notification as it came, kept before anything is done with it. A hint only: the truth is fetched."""

    class Outcome(models.TextChoices):
        NEW = "new", _("Not looked at yet")
        DONE = "done", _("Looked into")
        UNKNOWN = "unknown", _("No such payment")
        BROKEN = "broken", _("Not readable")

    provider = models.CharField(_("provider"), max_length=10, choices=ProviderAccount.Provider)
    digest = models.CharField(max_length=64)
    body = models.TextField(_("body"))
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome, default=Outcome.NEW)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    times = models.PositiveIntegerField(_("times"), default=1)
    asked_at = models.DateTimeField(null=True, editable=False)  # when the reconciliation took it up last

    class Meta:
        verbose_name = _("notification of a provider")
        verbose_name_plural = _("notifications of providers")
        ordering = ["-received_at", "-pk"]
        constraints = [models.UniqueConstraint(name="one_event_per_body", fields=["provider", "digest"])]

    def __str__(self) -> str:
        return f"{self.provider} {self.received_at:%d.%m.%Y %H:%M}"


class RefundQuerySet(models.QuerySet["Refund"]):
    def unanswered(self) -> Self:
        """Asked of the provider, which has not said yet under which id it returns them."""
        return self.filter(state=Refund.State.ASKED, provider_id="")


class Refund(models.Model):
    """Money of a payment that went back: by the company, or by the payer's bank (chargeback)."""

    class Kind(models.TextChoices):
        REFUND = "refund", _("Refund")
        CHARGEBACK = "chargeback", _("Chargeback of the bank")

    class State(models.TextChoices):
        ASKED = "asked", _("Asked of the provider")
        DONE = "done", _("Returned")
        FAILED = "failed", _("Not returned")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # also the idempotence key
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount = models.DecimalField(_("amount"), max_digits=13, decimal_places=2)
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.ASKED)
    provider_id = models.CharField(_("id at the provider"), max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_("employee"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    done_on = models.DateField(_("returned"), null=True, blank=True)
    asked_at = models.DateTimeField(null=True, editable=False)  # when the reconciliation took it up last

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_refund_per_provider_refund", fields=["payment", "provider_id"], condition=~Q(provider_id="")
            ),
            models.CheckConstraint(name="refund_is_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {format_number(self.amount, get_language() or 'en', 2)}"

    @property
    def is_unanswered(self) -> bool:
        return self.state == self.State.ASKED and not self.provider_id


class SandboxPayment(models.Model):
    """The other side of the sandbox bank: what a real bank would keep. Never in production."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waits")
        SUCCEEDED = "succeeded", _("Paid")
        CANCELED = "canceled", _("Declined")

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=80, unique=True)  # the shop's idempotence key
    reference = models.CharField(max_length=64)  # the shop's own id
    payee = models.CharField(max_length=200)
    description = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=13, decimal_places=2)
    fee = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=6, choices=PaymentIntent.Method)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=60, blank=True)
    return_url = models.URLField(max_length=500)
    refunded = models.DecimalField(max_digits=13, decimal_places=2, default=0)
    returns = models.JSONField(default=list)  # [{"id", "amount", "chargeback"}]; the id is the shop's key
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sandbox_returns_no_more_than_paid",
                condition=Q(refunded__gte=0) & Q(refunded__lte=models.F("amount")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount}"
