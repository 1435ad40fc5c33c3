"""Who is told what about readings and meters."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.models import User
from meters.consumption import quantum
from meters.models import Meter, MeterReport, Reading, Source
from meters.notices import OVERRULED, REPORT_ANSWERED, REPORT_WAITS
from notifications.actions import Told, notify, notify_many
from premises.models import StaffMember


def facts_of(meter: Meter) -> dict[str, Any]:
    """What a notice says of a meter. The resource is a code: its word comes in the reader's language."""
    return {
        "resource": meter.resource,
        "serial": meter.serial,
        "meter_place": meter.place,
        "place": meter.account.place if meter.account else str(meter.house),
    }


def facts_of_reading(reading: Reading, meter: Meter) -> dict[str, Any]:
    """What a notice says of a reading: its values with the meter's decimals, zones separated by a slash."""
    digits = quantum(meter.decimals)
    values = " / ".join(str(value.quantize(digits)) for value in reading.values)
    return {"values": values, "source": reading.source, "taken_on": reading.taken_on.isoformat()}


def tell_overruled(pairs: Iterable[tuple[Reading, Reading | None]], *, at: datetime) -> None:
    """Tell the residents whose readings do not count that somebody else's do, in a constant number of queries.

    Pairs: (theirs, the one that counts).
    """
    lost = [
        (theirs, counts)
        for theirs, counts in pairs
        if counts and theirs.source == Source.OWNER and theirs.author_id
        if counts.source != Source.OWNER or counts.author_id != theirs.author_id
    ]
    if not lost:
        return
    meters = Meter.objects.select_related("account__unit__house").in_bulk({theirs.meter_id for theirs, _counts in lost})
    authors = User.objects.in_bulk({theirs.author_id for theirs, _counts in lost})
    told = [_overruled(authors[theirs.author_id], meters[theirs.meter_id], theirs, counts) for theirs, counts in lost]
    notify_many(OVERRULED, told, at=at)


def _overruled(author: User, meter: Meter, theirs: Reading, counts: Reading) -> Told:
    mine, other = facts_of_reading(theirs, meter), facts_of_reading(counts, meter)
    url = reverse("readings", args=[meter.account.public_id]) if meter.account else ""
    return Told(author, f"reading:{theirs.public_id}", facts_of(meter) | {"mine": mine["values"]} | other, url)


def tell_managers(report: MeterReport, *, at: datetime) -> None:
    """Tell the company's managers that a report waits."""
    managers = StaffMember.objects.filter(
        organization_id=report.meter.organization_id, is_active=True, role=StaffMember.Role.MANAGER
    ).select_related("user")
    for manager in managers:
        notify(
            REPORT_WAITS, subject=f"report:{report.public_id}", at=at, user=manager.user,
            context=facts_of(report.meter) | {"what": report.kind},
            url=reverse("admin:meters_meterreport_change", args=[report.pk]),
        )  # fmt: skip


def tell_reporter(report: MeterReport, *, at: datetime) -> None:
    """Tell the resident what the company answered."""
    account = report.meter.account
    notify(
        REPORT_ANSWERED, subject=f"report:{report.public_id}:answer", at=at, user=report.by,
        context=facts_of(report.meter) | {"what": report.kind, "state": report.state, "answer": report.answer},
        url=reverse("readings", args=[account.public_id]) if account else "",
    )  # fmt: skip
