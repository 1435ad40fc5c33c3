"""The page of the sandbox bank: another site that happens to stand here. Never in production."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.models import SandboxPayment
from billing.providers import is_known
from billing.providers.sandbox import decide, give_back, notification
from billing.tasks import bank_notifies, nudge_one
from billing.views.paying import SeeOther

LATER = timedelta(seconds=30)
State = SandboxPayment.State
# Buttons: how the payment ends, the reason, how often the shop is told, whether the browser goes back.
PAY, DECLINE, STAY, LEAVE, LATE, REPEAT, FORGE, BACK = (
    "pay", "decline", "stay", "leave", "late", "repeat", "forge", "chargeback",
)  # fmt: skip
TOLD = {PAY: 1, DECLINE: 1, STAY: 0, LEAVE: 0, LATE: 1, REPEAT: 3, FORGE: 1, BACK: 1}


@require_http_methods(["GET", "HEAD", "POST"])
def bank(request: HttpRequest, token: UUID) -> HttpResponse:
    """One payment at the bank: what it is, and a button for everything that may happen to it."""
    if not is_known("sandbox"):
        raise Http404
    payment = get_object_or_404(SandboxPayment, token=token)
    if request.method == "POST":
        return press(payment, request.POST.get("press", ""), at=timezone.now())
    return render(request, "bank/payment.html", page(payment, request))


def page(payment: SandboxPayment, request: HttpRequest) -> dict[str, Any]:
    """What the page says; `left` where the browser was to stay."""
    return {
        "payment": payment, "total": payment.amount + payment.fee, "left": request.GET.get("left", ""),
        "back": way_back(payment), "can_charge_back": payment.state == State.SUCCEEDED and not payment.refunded,
    }  # fmt: skip


def way_back(payment: SandboxPayment) -> str:
    """The shop's page: on this very site, whatever was written down."""
    return urlsplit(payment.return_url).path


def press(payment: SandboxPayment, button: str, *, at: datetime) -> HttpResponse:
    """Do what the button says, tell the shop as often as it says, and lead on."""
    if button not in TOLD:
        return redirect("bank", payment.token)
    if button == LATE:
        decide(payment.token, State.SUCCEEDED, at=at + LATER)
    elif button in (PAY, STAY, REPEAT):
        decide(payment.token, State.SUCCEEDED, at=at)
    elif button == DECLINE:
        decide(payment.token, State.CANCELED, reason="insufficient_funds", at=at)
    elif button == BACK:
        give_back(str(payment.token), payment.amount, key=str(uuid4()), is_chargeback=True)
    tell(payment.token, button, at=at)
    if button in (STAY, LEAVE, FORGE, BACK):
        return redirect(reverse("bank", args=[payment.token], query={"left": button}))
    return SeeOther(way_back(payment))


def tell(token: UUID, button: str, *, at: datetime) -> None:
    """Write to the shop; a forged word says «paid» whatever is true, a late one comes when the payment is through."""
    word = {DECLINE: "canceled", BACK: "refunded"}.get(button, "succeeded")
    letter = notification(token, word, at=at).decode()
    for _time in range(TOLD[button]):
        nudge_one(bank_notifies, letter, after=LATER if button == LATE else None)
