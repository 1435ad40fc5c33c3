"""Reminds residents: the days for readings have come or end soon, a verification runs out. Each word is said once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from meters import windows
from meters.models import Meter, SubmissionWindow
from meters.notices import VERIFICATION, WINDOW
from meters.standing import waiting_in
from meters.windows import Window
from notifications.actions import Told, notify_many
from premises.models import AccountLink, House, PersonalAccount

MORNING, NIGHT = 8, 22  # local hours: nobody is woken for a reading
SOON = 3  # days before the window closes
VERIFICATION_DAYS = (7, 30, 60)


def remind_houses(*, at: datetime) -> int:
    """Say in every house what is due; return how many notices were written.

    It may run at any hour and any number of times: at night it is silent, and what was said is not said again.
    """
    houses = list(House.objects.filter(pk__in=Meter.objects.of_flats().values("house")).select_related("organization"))
    rules = SubmissionWindow.objects.of_houses(houses)
    return sum(remind_house(house, rules[house.pk], at=at) for house in houses if is_daytime(house, at))


def is_daytime(house: House, at: datetime) -> bool:
    """Whether people of this house may be written to at this moment: from 8 to 22 by their clock."""
    return MORNING <= at.astimezone(ZoneInfo(house.organization.time_zone)).hour < NIGHT


def remind_house(house: House, rules: SubmissionWindow, *, at: datetime) -> int:
    """Say in one house what is due today, in a constant number of queries."""
    today = house.organization.day(at)
    return remind_of_window(house, rules, today, at=at) + remind_of_verifications(house, today, at=at)


def stage_of(window: Window, day: date) -> str | None:
    """Return which word about the window is due on this day: opened, soon, last or none.

    The day after a word's own day catches up what a clock that stood still has missed. A short window has no «soon».
    """
    period = windows.open_period(window, day)
    if period is None:
        return None
    passed, left = (day - windows.first_day(window, period)).days, (windows.last_day(window, period) - day).days
    if passed == 0:
        return "opened"
    if left == 0:
        return "last"
    if left <= SOON <= passed:
        return "soon"
    return "opened" if passed == 1 else None


def remind_of_window(house: House, rules: SubmissionWindow, today: date, *, at: datetime) -> int:
    """Tell those whose meters lack a reading, one notice per person and account, whatever the grade of the link."""
    stage = stage_of(rules.window, today)
    if stage is None:
        return 0
    period, waiting = windows.period_of(rules.window, today), defaultdict[int, int](int)
    for meter in waiting_in(house, rules, period=period, today=today):
        if meter.account_id:
            waiting[meter.account_id] += 1
    shared = {
        "stage": "opened" if stage == "opened" else "closing",
        "last_day": windows.last_day(rules.window, period).isoformat(),
    }
    told = [
        _told(link, f"window:{link.account_id}:{period:%Y-%m}:{stage}", shared | {"meters": waiting[link.account_id]})
        for link in _links_to(waiting)
    ]
    return notify_many(WINDOW, told, at=at)


def remind_of_verifications(house: House, today: date, *, at: datetime) -> int:
    """Tell 60, 30 and 7 days before; meters of one account with one day are told of together.

    Of several words that a clock that stood still has missed only the last is said.
    """
    rows = Meter.objects.filter(house=house, account__closed_on__isnull=True).of_flats().installed(today)
    last = today + timedelta(days=max(VERIFICATION_DAYS))
    due: dict[tuple[int | None, date], list[Meter]] = defaultdict(list)
    for meter in rows.filter(next_verification__range=(today, last), broken_on__isnull=True).in_order():
        if meter.next_verification:
            due[meter.account_id, meter.next_verification].append(meter)
    links = _links_to({account for account, _day in due})
    told = []
    for (account_id, day), meters in due.items():
        ahead = next(days for days in VERIFICATION_DAYS if (day - today).days <= days)
        names = [{"resource": meter.resource, "serial": meter.serial, "place": meter.place} for meter in meters]
        subject = f"verification:{account_id}:{day.isoformat()}:{ahead}"
        context = {"due": day.isoformat(), "meters": names}
        told += [_told(link, subject, context) for link in links if link.account_id == account_id]
    return notify_many(VERIFICATION, told, at=at)


def _links_to(accounts: Iterable[int | None]) -> list[AccountLink]:
    rows = AccountLink.objects.active().filter(account__in=[pk for pk in accounts if pk], user__is_active=True)
    return list(rows.select_related("user", "account__unit__house"))


def _told(link: AccountLink, subject: str, context: dict[str, Any]) -> Told:
    account: PersonalAccount = link.account
    return Told(link.user, subject, context | {"place": account.place}, _address(account))


def _address(account: PersonalAccount) -> str:
    return reverse("readings", args=[account.public_id])
