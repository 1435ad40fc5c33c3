"""The home page of a personal account, and the rule that leads a person to the right one."""

import uuid
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from billing.debts import late_since, standing_of
from billing.models import Invoice, Payment, PaymentIntent
from lib.phones import display_phone
from meters.models import Meter
from meters.standing import Standing, standing
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.next_action import Facts, next_step
from premises.access import account_context, seats_of
from premises.models import AccountLink, PersonalAccount
from premises.views.pages import person

LAST_ACCOUNT = "account"  # the cookie with the public id of the account that was looked at last
LATEST = 3


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the account looked at last, or the only one, or the list; staff to work; others to linking the first."""
    links = AccountLink.objects.live().of(request.user)
    found = list(links.values_list("state", "account__public_id"))
    active = [str(account) for state, account in found if state == AccountLink.State.ACTIVE]
    last = request.COOKIES.get(LAST_ACCOUNT, "")
    if last in active or len(active) == 1:
        return redirect("account_home", last if last in active else active[0])
    if not found and admin.site.has_permission(request):
        return redirect("admin:index")
    return redirect("accounts" if found else "account_add")


@login_required
@require_safe
def account_home(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One thing to do next, what is owed, the facts of the account and the latest of everything (P08)."""
    context = account_context(request, public_id)
    account, link = context["account"], context["link"]
    meters = standing(account, at=timezone.now())
    context |= money(account, link, meters, today=account.organization.day(timezone.now()))
    context |= {
        "meters": meters,
        "notices": latest_notices(link.user_id),
        "facts": facts(account, link),
        "blocks": blocks(account, link, meters),
        "seats": seats_of(person(request)),
        "has_others": AccountLink.objects.active().of(request.user).exclude(pk=link.pk).exists(),
    }
    response = render(request, "portal/account_home.html", context)
    if request.COOKIES.get(LAST_ACCOUNT) != str(public_id):
        remember(response, public_id)
    return response


def remember(response: HttpResponse, public_id: uuid.UUID) -> None:
    """Keep which account was looked at last, so that `home` leads back to it."""
    response.set_cookie(
        LAST_ACCOUNT, str(public_id), max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=settings.PRODUCTION
    )


def latest_notices(user_id: int) -> list[dict[str, Any]]:
    """Return the newest notices of the inbox with their titles."""
    found = Notice.objects.inbox_of(user_id)[:LATEST]
    return [{"notice": notice, "title": title_and_text(notice)[0]} for notice in found]


def money(account: PersonalAccount, link: AccountLink, meters: Standing, *, today: date) -> dict[str, Any]:
    """Return what the account owes by its book, the step that follows, and the latest documents and payments.

    A limited link gets the balance and nothing that tells the history.
    """
    now = standing_of(account)
    balance, due_on = now.balance, now.due if link.is_full else None
    documents = list(Invoice.objects.live().filter(account=account).in_brief()[: LATEST * 2]) if link.is_full else []
    payments = list(Payment.objects.live().filter(account=account).in_brief()[:LATEST]) if link.is_full else []
    step = next_step(
        Facts(
            is_limited=not link.is_full,
            balance=now.debt,
            due_on=due_on,
            has_book=bool(documents or payments or balance),
            today=today,
            readings_left=meters.days_left if meters.waiting else None,
        )
    )
    return {
        "balance": balance,
        "currency": account.organization.currency,
        "due_on": due_on,
        "late_since": late_since(due_on, today),
        "overdue": now.overdue(today) if link.is_full else None,
        "step": step,
        "documents": documents[:LATEST],
        "payments": payments,
        "waiting": PaymentIntent.objects.filter(account=account, user=link.user_id, state=PaymentIntent.State.SENT)
        .only("public_id", "amount")
        .order_by("-pk")
        .first(),
        "deadlines": deadlines(account, now.debt, now.next_due(today) if link.is_full else None, meters, today),
        "first_bill": next_month(today),
        "pay_url": reverse("pay", args=[account.public_id]) if now.debt > 0 else "",
    }


def next_month(today: date) -> date:
    """Return the first day of the next month: bills come in its first days."""
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def deadlines(
    account: PersonalAccount, debt: Decimal, due_on: date | None, meters: Standing, today: date
) -> list[dict[str, Any]]:
    """Return the dates to keep, the nearest first: readings, the bill, verifications."""
    here = [account.public_id]
    found = []
    if meters.is_open and meters.waiting:
        found.append({"what": _("Send the readings"), "day": meters.closes, "icon": "meter", "name": "readings"})
    if due_on and debt >= 1 and due_on >= today:
        found.append({"what": _("Pay the bill"), "day": due_on, "icon": "bill", "name": "bills"})
    due = [(meter.next_verification, meter) for meter in meters.due_verifications]
    for day, some in groupby(due, key=itemgetter(0)):
        what = verification([meter for _day, meter in some])
        found.append({"what": what, "day": day, "icon": "meter", "name": "flat"})
    return [one | {"url": reverse(str(one["name"]), args=here)} for one in sorted(found, key=itemgetter("day"))]


def verification(meters: list[Meter]) -> str:
    """Name what is to be verified on one day: the meter, or how many."""
    if len(meters) == 1:
        meter = meters[0]
        name = ", ".join(filter(None, (str(meter.get_resource_display()), meter.place)))
        return _("Verify the meter: %(meter)s") % {"meter": name}
    return ngettext("Verify %(count)s meter", "Verify %(count)s meters", len(meters)) % {"count": len(meters)}


def facts(account: PersonalAccount, link: AccountLink) -> list[dict[str, Any]]:
    """Return what the card does not say yet; a limited link does not learn whose account it is or who lives there."""
    rows = [{"name": _("Company"), "value": account.organization.short_name}]
    if not link.is_full:
        return rows
    people = f"{people_count(account.residents)} / {people_count(account.registered)}"
    return [
        {"name": _("Account holder"), "value": account.holder},
        {"name": _("Phone"), "value": display_phone(account.unit.contact_phone or account.contact_phone)},
        {"name": _("Residents / registered"), "value": people},
        *rows,
    ]


def people_count(count: int | None) -> str:
    """An absent number is a dash: nobody has said that nobody lives there."""
    return "—" if count is None else str(count)


def blocks(account: PersonalAccount, link: AccountLink, meters: Standing) -> list[dict[str, Any]]:
    """Return the sections of the account as tiles; one without an address says why it does not open yet."""
    here = [account.public_id]
    bills, payments, statement = (reverse(name, args=here) for name in ("bills", "payments", "statement"))
    locked = "" if link.is_full else _("after you confirm the flat")
    coming = _("coming")
    return [
        {"title": _("Account and flat"), "icon": "key", "url": reverse("flat", args=here)},
        {"title": _("Payment documents"), "icon": "bill", "url": "" if locked else bills, "note": locked},
        {"title": _("Payments"), "icon": "wallet", "url": "" if locked else payments, "note": locked},
        {"title": _("Statement for a period"), "icon": "calendar", "url": "" if locked else statement, "note": locked},
        {"title": _("Services and tariffs"), "icon": "info", "url": reverse("services", args=here)},
        {"title": _("Notices"), "icon": "letter", "url": reverse("inbox")},
        {"title": _("Meters"), "icon": "meter", "url": reverse("readings", args=here), "note": meters_note(meters)},
        {"title": _("Appeals"), "icon": "chat", "url": "", "note": coming},
        {"title": _("Owners' meetings"), "icon": "people", "url": "", "note": coming},
    ]


def meters_note(meters: Standing) -> str:
    """What the tile says of the readings: until when, from when, or that they are sent."""
    if not meters.meters:
        return ""
    if not meters.is_open:
        return _("readings from %(day)s") % {"day": date_format(meters.opens, "j E")}
    if not meters.waiting:
        return _("readings are sent")
    return _("until %(day)s") % {"day": date_format(meters.closes, "j E")}
