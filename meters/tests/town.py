"""A marked row of every model of the meters' admin, for the crawl of the staff room."""

from datetime import date, timedelta

from django.utils import timezone

from meters.actions import install
from meters.models import ConsumptionNorm, Meter, MeterReport, SubmissionWindow
from meters.testing import make_house_meter, make_reading
from premises.tests.town import ROWS, Side


def write_meters(side: Side) -> None:
    """A meter of the flat and one of the house, a doubtful reading, a report, rules and a norm, all with the marker."""
    meter = Meter(
        account=side.account, resource="cold", serial=side.marker, model=side.marker, installed_on=date(2020, 3, 12)
    )
    install(meter, by=side.staff["manager"], at=timezone.now(), act=side.marker)
    make_house_meter(side.house, serial=f"H-{side.marker}")
    last_month = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    make_reading(meter, last_month, "5.125", doubts="high", author=side.resident, note=side.marker)
    for kind in MeterReport.Kind.values:
        MeterReport.objects.create(
            meter=meter,
            kind=kind,
            on=last_month,
            text=f"{side.marker}: {kind}",
            by=side.resident,
            new_serial=side.marker,
        )
    SubmissionWindow.objects.create(organization=side.organization, house=side.house)
    ConsumptionNorm.objects.create(
        organization=side.organization, house=side.house, resource="cold", since=date(2020, 1, 1), per_person=5,
        document=side.marker,
    )  # fmt: skip


ROWS.append(write_meters)
