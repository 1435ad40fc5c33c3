"""P24: paying online. A person chooses a sum, checks it, goes to the provider and comes back; nothing here asks for a card."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.limits import PAY_USER, take
from accounts.models import User
from accounts.once import once
from accounts.zones import speak_time_of
from billing.actions.paying import (
    Changed,
    NotPayable,
    TooManyOpen,
    ask_once,
    call_off,
    go_on,
    is_full,
    provider_account_of,
    start_payment,
)
from billing.elsewhere import ways
from billing.models import Invoice, LedgerEntry, PartnerLink, Payment, PaymentIntent, Refund, Requisites
from billing.owed import Owed
from billing.pay_form import PayForm
from billing.providers import ProviderError, provider_of
from billing.tasks import nudge_intent
from billing.views.bills import picture
from lib.money import format_money
from premises.access import account_or_404
from premises.models import PersonalAccount
from premises.views.pages import person, posted, show

Is = PaymentIntent.State
TWICE = timedelta(minutes=30)  # a payment of the same sum so young is asked about
SOON = timedelta(seconds=60)  # so long a bank that says nothing yet is nothing to speak of


class SeeOther(HttpResponseRedirect):
    """After a POST to a page of its own, whatever it is."""

    status_code = 303


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@once
def pay(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Step 1: how much and which way. Any active link may pay; where the company takes no payments, the other ways."""
    account, link = account_or_404(request, account_id)
    user, now = person(request), timezone.now()
    if request.method != "POST":  # a form is held in a transaction, where nobody may be asked
        _ask_about_waiting(request, account, at=now)
    owed = Owed.by(account, is_full=link.is_full, invoice=request.GET.get("invoice", ""))
    till = provider_account_of(account.organization)
    context = {"account": account, "link": link, "owed": owed, "currency": account.organization.currency}
    context["partners"] = PartnerLink.objects.filter(organization=account.organization)
    if till is None:
        found = list(ways(account, owed, is_full=link.is_full))
        context |= {"ways": found, "drawn": [(way, picture(way.code) if way.code else "") for way in found]}
        return render(request, "billing/pay/elsewhere.html", context | _waiting(account, user))
    if is_full(account):
        return render(request, "billing/pay/full.html", context | _waiting(account, user), status=_full_status(request))
    form = PayForm(owed, till, account.organization.currency, posted(request), email=user.email or "")
    twin = None
    if form.is_valid():
        twin = _twin(account, user, form, now)
        if not form.doubt(_similar(twin, form)):
            _count(account, user, now)
            intent = start_payment(
                account, amount=form.cleaned_data["sum"], method=form.cleaned_data["method"],
                email=form.cleaned_data["email"], period=form.period, debts=form.debts, by=user, at=now,
            )  # fmt: skip
            return redirect("pay_intent", account_id, intent.public_id)
    context |= {"form": form, "twin": twin, "parts": named_parts(account, dict(owed.balances))}
    context |= _waiting(account, user)
    if form.doubts:
        return render(request, "billing/pay/amount.html", context, status=422)
    return show(request, "billing/pay/amount.html", context)


def _ask_about_waiting(request: HttpRequest, account: PersonalAccount, *, at: datetime) -> None:
    """Before the debt is shown: how the person's own payments ended, so that nobody who never returned pays twice.

    There are three of them at the most; once the provider is slow, the others are left to the worker.
    """
    own = PaymentIntent.objects.visible_to(person(request)).filter(account=account).waiting()
    is_slow = False
    for one in own.exclude(provider_id="").select_related("provider_account"):
        if is_slow:
            nudge_intent(one.pk)
            continue
        found = _ask(one, at=at)
        is_slow = found is None
        if found and found.state == Is.PAID:
            money = format_money(found.amount, found.currency, get_language() or "en")
            messages.success(
                request, _("Your payment of %(sum)s has arrived and is taken off the debt.") % {"sum": money}
            )


def _full_status(request: HttpRequest) -> int:
    """A form that was filled in before the third payment began is refused; who only looks is told."""
    return TooManyOpen.status if request.method == "POST" else 200


def _waiting(account: PersonalAccount, user: User) -> dict[str, Any]:
    """The person's own payments that wait for the bank, and when the last place taken by somebody else is free again."""
    every = PaymentIntent.objects.filter(account=account).waiting().select_related("provider_account")
    own = set(PaymentIntent.objects.visible_to(user).filter(account=account).waiting().values_list("pk", flat=True))
    waiting = [{"intent": one, "can_cancel": _can_cancel(one)} for one in every if one.pk in own]
    return {"waiting": waiting, "others": [one for one in every if one.pk not in own]}


def _can_cancel(found: PaymentIntent) -> bool:
    """Whether a waiting payment can be cancelled: one that never reached the provider always can."""
    try:
        return not found.provider_id or provider_of(found.provider_account).can_cancel
    except ProviderError:
        return False


def _count(account: PersonalAccount, user: User, now: datetime) -> None:
    """Ten payments an hour; what was begun and never sent is not a new one."""
    if not PaymentIntent.objects.filter(account=account).unsent_of(user).exists():
        take([(PAY_USER, user)], at=now)


def _twin(account: PersonalAccount, user: User, form: PayForm, now: datetime) -> PaymentIntent | None:
    """The person's own payment of the same sum that still waits for the bank, or was paid a moment ago."""
    same = PaymentIntent.objects.visible_to(user).filter(account=account, amount=form.cleaned_data["sum"])
    return same.filter(state__in=(Is.SENT, Is.PAID), created_at__gt=now - TWICE).first()


def _similar(twin: PaymentIntent | None, form: PayForm) -> str:
    if twin is None:
        return ""
    words = {"sum": form.money(twin.amount), "time": f"{timezone.localtime(twin.created_at):%H:%M}"}
    if twin.state == Is.PAID:
        return _("You paid the same sum at %(time)s: %(sum)s.") % words
    return _("A payment of the same sum, begun at %(time)s, still waits for the bank: %(sum)s.") % words


def named_parts(account: PersonalAccount, sections: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a sum with the names of their sections and of those who receive them."""
    mains = Requisites.objects.filter(organization=account.organization, is_main=True)
    names = dict(mains.values_list("kind", "recipient"))
    return [
        {"name": Invoice.Kind(kind).label, "recipient": names.get(kind) or account.organization.name, "amount": amount}
        for kind, amount in sections.items()
    ]


def _intent(request: HttpRequest, account_id: UUID, intent_id: UUID) -> PaymentIntent:
    """The person's own payment, or 404."""
    own = PaymentIntent.objects.visible_to(person(request)).select_related(
        "account__unit__house__organization", "account__organization", "organization", "provider_account", "user"
    )
    found: PaymentIntent = get_object_or_404(own, account__public_id=account_id, public_id=intent_id)
    speak_time_of(request, found.account.organization.time_zone)
    return found


@login_required
@require_safe
def intent(request: HttpRequest, account_id: UUID, intent_id: UUID) -> HttpResponse:
    """Steps 2 and 4: what will be paid and where one is taken; afterwards how it ended, asked of the bank there and then."""
    found, now = _intent(request, account_id, intent_id), timezone.now()
    if found.state in (Is.SENT, Is.EXPIRED) and found.provider_id:
        _ask(found, at=now)
        found = _intent(request, account_id, intent_id)
    host, form_hosts = _where(found)
    returns = list(Refund.objects.filter(payment__intent=found, state=Refund.State.DONE).order_by("done_on", "pk"))
    context = {
        "account": found.account, "link": account_or_404(request, account_id)[1], "intent": found,
        "currency": found.currency, "host": host,
        "parts": named_parts(found.account, found.sections), "returns": returns,
        "payments": Payment.objects.visible_to(person(request)).filter(intent=found).order_by("pk"),
        "kept": found.amount - sum(one.amount for one in returns),
        "is_soon": found.created_at > now - SOON, "can_cancel": found.state == Is.SENT and _can_cancel(found),
    }  # fmt: skip
    template = "check" if found.state == Is.CREATED else "result"
    if template == "check":
        due = Owed(LedgerEntry.objects.balances_by_section(found.account)).debt
        context |= {"due": due, "over": found.amount - due}
    response = render(request, f"billing/pay/{template}.html", context)
    if form_hosts:  # browsers ask the policy about the address that a form is led on to, too
        response._csp_update = {"form-action": list(form_hosts)}  # type: ignore[attr-defined]
    return response


def _ask(found: PaymentIntent, *, at: datetime) -> PaymentIntent | None:
    """Ask the provider how it ended; one that is slow to answer (None) is left to the worker, who has more patience."""
    try:
        return ask_once(found, at=at)
    except ProviderError:
        nudge_intent(found.pk)
        return None


def _where(found: PaymentIntent) -> tuple[str, tuple[str, ...]]:
    """Where the person is taken; nowhere once it is over, or where the provider is not used any more."""
    if found.state in (Is.PAID, Is.MISMATCH):
        return "", ()
    try:
        provider = provider_of(found.provider_account)
    except ProviderError:
        return "", ()
    return provider.host, provider.form_hosts


@login_required
@require_POST
def pay_go(request: HttpRequest, account_id: UUID, intent_id: UUID) -> HttpResponse:
    """Step 3: to the provider. Pressing again, Back and a second tab lead to the same payment; a failed one begins anew."""
    found, now = _intent(request, account_id, intent_id), timezone.now()
    if found.state in (Is.FAILED, Is.EXPIRED):
        take([(PAY_USER, person(request))], at=now)
    try:
        found = go_on(found, shown=request.POST.get("shown", ""), at=now)
    except Changed as changed:
        messages.warning(request, str(changed))
        return SeeOther(reverse("pay_intent", args=[account_id, intent_id]))
    except TooManyOpen:
        return SeeOther(reverse("pay", args=[account_id]))
    except NotPayable as no:
        messages.warning(request, str(no))
        return SeeOther(reverse("pay", args=[account_id]))
    except ProviderError:
        messages.warning(request, _("The bank does not answer now. Nothing was paid. Try again in a few minutes."))
        return redirect("pay_intent", account_id, intent_id)
    if found.pay_url and found.state not in (Is.PAID, Is.MISMATCH):
        return SeeOther(found.pay_url)
    return SeeOther(reverse("pay_intent", args=[account_id, intent_id]))


@login_required
@require_POST
def pay_cancel(request: HttpRequest, account_id: UUID, intent_id: UUID) -> HttpResponse:
    """End a payment that waits for the bank; what is paid meanwhile is shown as paid."""
    found = _intent(request, account_id, intent_id)
    try:
        found = call_off(found, at=timezone.now())
    except ProviderError:
        messages.warning(request, _("The bank has not answered yet"))
        return SeeOther(reverse("pay_intent", args=[account_id, intent_id]))
    if found.state != Is.FAILED:
        if found.state == Is.SENT:
            messages.warning(request, _("The bank does not let this payment be cancelled now."))
        return SeeOther(reverse("pay_intent", args=[account_id, intent_id]))
    messages.success(request, _("The payment was cancelled. Nothing was paid."))
    return SeeOther(reverse("pay", args=[account_id]))
