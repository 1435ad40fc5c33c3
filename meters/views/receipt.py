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
from meters.actions import TooLateToTakeBack
from meters.history import Known, known_of, step
from meters.models import MeterState, Reading, ReadingState, Source, SubmissionWindow
from meters.prices import prices_of
from meters.sheet import Cost, Group, Prices, cost_of, window_of
from meters.wording import doubt_words, reading_words, who_said
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
    """One reading of a receipt. `rival` is the reading that counts instead, unless the person corrected it themselves."""

    reading: Reading
    volume: Decimal | None
    cost: Cost | None  # None also where the reading is not charged
    rival: Reading | None
    window: Group

    @property
    def came_after(self) -> bool:
        """Whether another reading counted already when this one came."""
        return self.rival is not None and self.rival.created_at <= self.reading.created_at

    @property
    def gives_way_to_own(self) -> bool:
        """Whether the person's own earlier value counts: that one may be charged and this one may not."""
        return self.rival is not None and self.rival.author_id == self.reading.author_id

    @property
    def counts(self) -> bool:
        return self.reading.is_current

    @property
    def doubts(self) -> list[str]:
        """What the person was asked about and confirmed."""
        return doubt_words(self.reading.doubt_words)

    @property
    def device(self) -> MeterState:
        """How it stood with the meter on the day of the reading: it says why one is not charged."""
        return self.reading.meter.state_on(self.reading.taken_on)

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
    context |= {
        "lines": lines, "sent_at": sent_at, "open_until": open_until, "has_costs": any(line.cost for line in lines),
        "is_sent": not all(line.came_after for line in lines),
    }  # fmt: skip
    return render(request, "meters/receipt.html", context)


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
    rival = _rival(reading, known.current)
    if rival:
        rival.meter = reading.meter
    is_charged = reading.is_current and reading.is_billable
    return Line(reading, used, cost_of(reading.meter, used, prices) if is_charged else None, rival, window)


def _rival(reading: Reading, current: Reading | None) -> Reading | None:
    """What counts instead of this reading; nothing where the person corrected or took it back themselves."""
    if current is None or reading.state != ReadingState.KEPT:
        return None
    is_own = current.source == reading.source and current.author_id == reading.author_id
    return None if is_own and current.created_at > reading.created_at else current


@login_required
@once
def reading_take_back(request: HttpRequest, public_id: UUID, reading_id: UUID) -> HttpResponse:
    """Take one's own reading back while its window is open; asks first."""
    account, link = account_or_404(request, public_id)
    own = Reading.objects.filter(author=person(request), source=Source.OWNER, meter__account=account)
    reading = get_object_or_404(own.select_related("meter__organization"), public_id=reading_id)
    now, house = timezone.now(), account.unit.house
    period = actions.period_to_read(house, SubmissionWindow.objects.of_house(house), at=now)
    heir = _heir(reading)
    context = {
        "account": account, "link": link, "reading": reading, "heir": heir, "is_late": reading.period != period,
        "can_tell": reading.is_disputable_by(person(request), period),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "meters/take_back.html", context)
    try:
        actions.take_back(reading, by=person(request), at=now)
    except TooLateToTakeBack as late:
        return render(request, "meters/take_back.html", context | {"is_late": True}, status=late.status)
    messages.success(request, _taken_back(heir, person(request)))
    return redirect("readings", public_id)


def _heir(reading: Reading) -> Reading | None:
    """The reading that counts once this person's own are taken back."""
    there = Reading.objects.standing().filter(meter=reading.meter_id, period=reading.period)
    others = there.exclude(source=Source.OWNER, author=reading.author_id).select_related("meter__organization")
    return others.order_by("-rank", "-is_billable", "-created_at", "-pk").first()


def _taken_back(heir: Reading | None, reader: User) -> str:
    if heir is None:
        return _("The reading is taken back. Nothing counts for this month now: you may send another.")
    said = _("The reading is taken back. Now %(value)s counts (%(who)s).")
    return said % {"value": reading_words(heir), "who": who_said(heir, reader)}
