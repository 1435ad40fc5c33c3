"""Paying online in the staff room: payments and what they wait for, money that goes back."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.confirm import confirmed_recently
from accounts.models import User
from billing.actions.paying import refresh
from billing.actions.refunding import ask_refund, record_chargeback
from billing.declines import what_differs, why
from billing.models import Invoice, Payment, PaymentIntent, ProviderEvent, Refund
from billing.providers import ProviderError
from billing.tasks import nudge_refund
from lib.errors import Refusal
from lib.money import format_money, format_number
from meters.admin_base import DeskAdmin
from premises.admin_scope import ACCOUNTANT, MANAGER, VIEW, ScopedAdmin, is_chief

ASK = "ask"  # the provider, how a payment ended
RETURN = "return"  # money
Kind = Refund.Kind


@admin.register(PaymentIntent)
class PaymentIntentAdmin(DeskAdmin):
    """What people began to pay. Never edited: what does not fit is cleared up with the provider, then asked again."""

    may = {MANAGER: {VIEW, ASK}, ACCOUNTANT: {VIEW, ASK}}
    list_display = ("created_at", "account", "amount", "method", "state", "why_not", "paid_at")
    list_filter = ("state", "method", "organization")
    list_select_related = ("account",)
    search_fields = ("provider_id", "account__number_search", "public_id")
    search_help_text = _("Number of the account or id at the provider")
    sortable_by = ("created_at", "amount")
    fields = (
        "organization", "account", "amount", "fee", "method", "parts", "state", "why_not", "provider_id", "tries",
        "created_at", "asked_at", "paid_at", "entered", "ask",
    )  # fmt: skip
    readonly_fields = ("parts", "why_not", "entered", "ask")

    @admin.display(description=_("why it was not paid"))
    def why_not(self, intent: PaymentIntent) -> str:
        return what_differs(intent.failure) if intent.state == PaymentIntent.State.MISMATCH else why(intent.failure)

    @admin.display(description=_("parts"))
    def parts(self, intent: PaymentIntent) -> str:
        parts = intent.sections.items()
        return ", ".join(
            f"{Invoice.Kind(section).label}: {_written(Decimal(amount), intent.currency)}" for section, amount in parts
        )

    @admin.display(description=_("payments"))
    def entered(self, intent: PaymentIntent) -> str:
        return ", ".join(str(payment) for payment in intent.payments.all()) or "—"

    @admin.display(description=_("ask the provider"))
    def ask(self, intent: PaymentIntent) -> str:
        if not intent.provider_id:
            return gettext("It was never sent to the provider.")
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:billing_paymentintent_ask", args=[intent.pk]),
            gettext("Ask the provider now how it ended"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(
            self.ask_view
        )  # not `once`: nothing slow inside a transaction; it is safe to repeat
        return [path("<int:pk>/ask/", view, name="billing_paymentintent_ask"), *super().get_urls()]

    def ask_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is known and a button (GET); ask (POST)."""
        intent = self.own_row(request, pk, ASK)
        if request.method == "POST":
            try:
                found = refresh(intent, at=timezone.now())
            except ProviderError as error:
                messages.error(request, gettext("The provider did not answer: %(why)s") % {"why": error})
            else:
                messages.success(
                    request, gettext("The provider answered: %(state)s") % {"state": found.get_state_display()}
                )
            return redirect("admin:billing_paymentintent_change", pk)
        return drawn(self, request, "ask", intent=intent, why=self.why_not(intent), title=gettext("Ask the provider"))


def _written(amount: Decimal, currency: str) -> str:
    return format_money(amount, currency, get_language() or "en")


def drawn(page: ScopedAdmin, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """A page of our own in the look of the staff room."""
    whole = {**page.admin_site.each_context(request), "opts": page.opts, **context}
    return render(request, f"admin/billing/online/{template}.html", whole, status=status)


class RefundForm(forms.Form):
    """How much of a payment goes back, and why."""

    kind = forms.ChoiceField(
        label=_("What happened"),
        choices=[
            (Kind.REFUND, _("We return money to the payer through the provider")),
            (Kind.CHARGEBACK, _("The payer's bank has taken money back already")),
        ],
        initial=Kind.REFUND,
        widget=forms.RadioSelect,
    )
    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), max_digits=13, decimal_places=2)
    reason = forms.CharField(label=_("Reason, told to the payer"), max_length=200, min_length=3)

    def __init__(self, data: Any, left: Decimal) -> None:
        super().__init__(data, initial={"amount": left})
        self.left = left

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount > self.left:
            left = format_number(self.left, get_language() or "en", 2)
            raise ValidationError(_("At most %(left)s can go back."), params={"left": left})
        return amount


@admin.register(Refund)
class RefundAdmin(DeskAdmin):
    """Money that went back or is on its way. A new one begins on the page of its payment."""

    organization_path = "payment__organization"
    may = {MANAGER: {VIEW, RETURN}, ACCOUNTANT: {VIEW, RETURN}}
    list_display = ("created_at", "payment", "kind", "amount", "state", "by", "done_on")
    list_filter = ("state", "kind", "payment__organization")
    list_select_related = ("payment", "by")
    search_fields = ("payment__number", "payment__account__number_search", "reason")
    search_help_text = _("Number of the payment or of the account, or the reason")
    sortable_by = ("created_at", "amount")
    fields = ("payment", "kind", "amount", "reason", "state", "provider_id", "by", "created_at", "done_on")

    def get_urls(self) -> list[URLPattern]:
        return [self.own_page("of/<int:payment>/", self.begin_view, "begin"), *super().get_urls()]

    def begin_view(self, request: HttpRequest, payment: int) -> HttpResponse:
        """Return money of one online payment of one's own company, or write a chargeback down.

        For somebody who has just proved that it is them; what is typed is shown once more before it is done.
        """
        own = Payment.objects.live().filter(intent__isnull=False).select_related("account", "organization")
        if not is_chief(request):
            own = own.filter(organization__in=self.organizations(request, RETURN))
        found = own.filter(pk=payment).first()
        if found is None:
            raise Http404
        return confirmed_recently(self._begin)(request, found)

    def _begin(self, request: HttpRequest, payment: Payment) -> HttpResponse:
        """The form (GET), what it comes to (a first POST), the deed (a second one, which carries the same words)."""
        left = payment.amount - payment.refunded
        form = RefundForm(request.POST if request.method == "POST" else None, left)
        context: dict[str, Any] = {"form": form, "payment": payment, "left": left, "title": gettext("Return money")}
        if form.is_valid():
            if "sure" not in request.POST:
                is_refund = form.cleaned_data["kind"] == Kind.REFUND
                rest = left - form.cleaned_data["amount"]
                return drawn(self, request, "refund_sure", is_refund=is_refund, rest=rest, **context)
            try:
                return self._begun(request, payment, form.cleaned_data)
            except Refusal as no:
                form.add_error(None, str(no.message))
        status = 422 if form.is_bound else 200
        return drawn(self, request, "refund", status=status, refunds=payment.refunds.all(), **context)

    def _begun(self, request: HttpRequest, payment: Payment, words: dict[str, Any]) -> HttpResponse:
        by, now = cast(User, request.user), timezone.now()
        act = record_chargeback if words["kind"] == Kind.CHARGEBACK else ask_refund
        refund = act(payment, amount=words["amount"], reason=words["reason"], by=by, at=now)
        self.log_addition(request, refund, f"{refund.get_kind_display()}: {refund.amount}")
        if refund.state == Refund.State.ASKED:
            transaction.on_commit(lambda: nudge_refund(refund.pk))
            messages.success(
                request, gettext("The provider is being asked to return the money. The payer is told when it is done.")
            )
        else:
            messages.success(request, gettext("Written down. The sum is owed again, and the payer is told."))
        return redirect("admin:billing_refund_change", refund.pk)


@admin.register(ProviderEvent)
class ProviderEventAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Notifications as they came: the superuser looks for what went wrong; nobody changes them."""

    list_display = ("received_at", "provider", "outcome", "times")
    list_filter = ("provider", "outcome")
    search_fields = ("body",)
    ordering = ("-received_at", "-pk")
    show_full_result_count = False
    fields = ("received_at", "provider", "outcome", "times", "body")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderEvent]:
        rows = super().get_queryset(request)
        return rows if is_chief(request) else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_chief(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_chief(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
