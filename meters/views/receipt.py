"""What became of one submission, and taking a reading of it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.once import once
from meters import actions
from meters.history import Known, known_of, step
from meters.models import Reading, Source, SubmissionWindow
from meters.prices import prices_of
from meters.sheet import Cost, Group, Prices, cost_of, window_of
from premises.access import account_or_404, links_of
from premises.models import PersonalAccount
from premises.views.pages import person

STAMP = "%Y%m%d%H%M%S%f"


def stamp(moment: datetime) -> str:
    """A moment as an address names it, in UTC."""
    return moment.astimezone(UTC).strftime(STAMP)


def read_stamp(text: str) -> datetime | None:
    """The moment of an address, or None."""
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class Line:
    """One reading of a receipt. `rival` is the reading of a higher source that counts instead."""

    reading: Reading
    volume: Decimal | None
    cost: Cost | None
    rival: Reading | None
    window: Group

    @property
    def can_be_changed(self) -> bool:
        return self.reading.is_current and self.window.is_taken and self.window.period == self.reading.period


@login_required
@require_safe
def readings_receipt(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The receipt of one's own submission of one account."""
    account, link = account_or_404(request, public_id)
    here = reverse("readings", args=[public_id])
    return _receipt(request, [account], {"account": account, "link": link, "here": here})


@login_required
@require_safe
def readings_all_receipt(request: HttpRequest) -> HttpResponse:
    """The receipt of one's own submission of several accounts."""
    accounts = [link.account for link in links_of(person(request))]
    return _receipt(request, accounts, {"here": reverse("readings_all"), "is_all": True})


def _receipt(request: HttpRequest, accounts: Sequence[PersonalAccount], context: dict[str, Any]) -> HttpResponse:
    sent_at = read_stamp(request.GET.get("at", ""))
    lines = lines_of(accounts, by=person(request), sent_at=sent_at, at=timezone.now()) if sent_at else []
    if not lines:
        return redirect(context["here"])
    open_until = min((line.window.closes for line in lines if line.can_be_changed), default=None)
    return render(
        request, "meters/receipt.html", context | {"lines": lines, "sent_at": sent_at, "open_until": open_until}
    )


def lines_of(accounts: Sequence[PersonalAccount], *, by: User, sent_at: datetime, at: datetime) -> list[Line]:
    """What this person sent at one moment for these accounts; nothing of anybody else."""
    wanted = {account.pk: account for account in accounts}
    rows = Reading.objects.filter(author=by, created_at=sent_at, source=Source.OWNER, meter__account__in=wanted)
    found = list(rows.select_related("meter__organization").order_by("meter__account_id", "meter__resource", "pk"))
    for one in found:
        one.meter.account = wanted[one.meter.account_id or 0]
    rules = SubmissionWindow.objects.of_houses([account.unit.house for account in wanted.values()])
    prices = prices_of(wanted.values()) if found else {}
    known = _known(found)
    lines = []
    for one in found:
        account = wanted[one.meter.account_id or 0]
        window = window_of(account, rules[account.unit.house_id], at=at)
        lines.append(_line(one, known[one.meter_id], prices, window))
    return lines


def _known(readings: Sequence[Reading]) -> dict[int, Known]:
    """What is known of each reading's meter for the reading's own period."""
    found: dict[int, Known] = {}
    for period in {one.period for one in readings}:
        found |= known_of([one.meter for one in readings if one.period == period], period)
    return found


def _line(reading: Reading, known: Known, prices: Prices, window: Group) -> Line:
    used = step(reading.meter, reading, known.before[0] if known.before else None).total
    rival = known.current if known.is_closed_to(Source.OWNER) else None
    if rival:
        rival.meter = reading.meter
    return Line(reading, used, cost_of(reading.meter, used, prices), rival, window)


@login_required
@once
def reading_take_back(request: HttpRequest, public_id: UUID, reading_id: UUID) -> HttpResponse:
    """Take one's own reading back while its window is open; asks first."""
    account, link = account_or_404(request, public_id)
    own = Reading.objects.filter(author=person(request), source=Source.OWNER, meter__account=account)
    reading = get_object_or_404(own.select_related("meter__organization"), public_id=reading_id)
    if request.method == "POST":
        actions.take_back(reading, by=person(request), at=timezone.now())
        messages.success(request, _("The reading is taken back. You may send another."))
        return redirect("readings", public_id)
    return render(request, "meters/take_back.html", {"account": account, "link": link, "reading": reading})
