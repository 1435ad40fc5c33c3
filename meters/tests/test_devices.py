"""What happens to a meter leaves lines that are never rewritten."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from meters.actions import (
    MeterIsGone,
    NewMeter,
    check_meter,
    install,
    mark_broken,
    mark_repaired,
    remove_meter,
    replace_meter,
    seal_meter,
    verify_meter,
)
from meters.models import Meter, MeterEvent, MeterState, Source
from meters.testing import enter, make_meter, make_reading
from portal.testing import Cast

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


def told(meter: Meter) -> list[str]:
    return list(meter.events.values_list("what", flat=True))


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"next_verification": None}, MeterState.ACTIVE),
        ({"next_verification": date(2027, 1, 20)}, MeterState.ACTIVE),  # 61 days
        ({"next_verification": date(2027, 1, 19)}, MeterState.DUE),  # 60 days
        ({"next_verification": DAY}, MeterState.DUE),
        ({"next_verification": date(2026, 11, 19)}, MeterState.EXPIRED),
        ({"broken_on": DAY}, MeterState.BROKEN),
        ({"broken_on": date(2026, 11, 21)}, MeterState.ACTIVE),
        ({"removed_on": DAY, "broken_on": DAY}, MeterState.REMOVED),
    ],
)
def test_the_state_comes_from_the_dates(cast: Cast, fields: dict[str, Any], state: MeterState) -> None:
    assert make_meter(cast.account, **fields).state_on(DAY) == state


def test_a_replacement_keeps_the_chain_and_both_values(cast: Cast) -> None:
    old = make_meter(cast.account, place="кухня")
    make_reading(old, date(2026, 10, 1), "854.320")
    new = replace_meter(
        old, (Decimal("857.100"),), NewMeter("N-2", (Decimal("0.012"),), next_verification=date(2032, 11, 20)),
        on=DAY, act="А-17", by=cast.mark, at=AT,
    )  # fmt: skip
    old.refresh_from_db()
    assert (old.state_on(DAY), new.replaces, new.place) == (MeterState.REMOVED, old, "кухня")
    assert (told(old), told(new)) == (["checked", "removed"], ["installed"])
    assert old.readings.get(source=Source.CONTROLLED).note == "А-17"
    with pytest.raises(MeterIsGone):
        remove_meter(old, (Decimal("857.100"),), on=DAY, act="А-18", by=cast.mark, at=AT)


def test_an_act_stands_above_what_the_company_entered(cast: Cast) -> None:
    meter = make_meter(cast.account)
    enter(meter, "10", source=Source.COMPANY, by=cast.mark, at=AT)
    check_meter(meter, (Decimal(9),), on=DAY, act="1", by=cast.mark, at=AT)
    assert meter.readings.current().get().t1 == 9


def test_a_verification_makes_readings_count_again(cast: Cast) -> None:
    meter = make_meter(cast.account, next_verification=date(2026, 11, 1))
    verify_meter(meter, on=DAY, next_verification=date(2032, 11, 20), act="П-1", seal="С-9", by=cast.mark, at=AT)
    meter.refresh_from_db()
    assert (meter.state_on(DAY), meter.seal, told(meter)) == (MeterState.ACTIVE, "С-9", ["verified"])
    assert enter(meter, "10", at=AT).reading.is_billable


def test_broken_and_repaired_and_sealed(cast: Cast) -> None:
    meter = make_meter(cast.account)
    mark_broken(meter, on=DAY, by=cast.mark, at=AT)
    mark_broken(meter, on=DAY, by=cast.mark, at=AT)
    mark_repaired(meter, on=DAY, by=cast.mark, at=AT)
    seal_meter(meter, "П-778", on=DAY, act="2", by=cast.mark, at=AT)
    assert told(meter) == ["broken", "repaired", "sealed"]


def test_installing_begins_the_history_in_the_house_of_the_account(cast: Cast) -> None:
    """A wrong house or company in the row is put right: a flat's meter is where its account is."""
    meter = Meter(
        organization=cast.other_company, house=cast.other_house, account=cast.account, resource="gas", serial="Г-1",
        installed_on=DAY,
    )  # fmt: skip
    install(meter, by=cast.mark, at=AT)
    assert (meter.organization_id, meter.house_id, told(meter)) == (cast.company.pk, cast.house.pk, ["installed"])


def test_lines_of_history_are_only_added(cast: Cast) -> None:
    meter = make_meter(cast.account)
    mark_broken(meter, on=DAY, by=cast.mark, at=AT)
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        MeterEvent.objects.update(note="другое")


@pytest.mark.parametrize(
    "fields",
    [
        {"unit": "kwh"}, {"zones": 2}, {"initial_t2": 1}, {"int_digits": 0}, {"decimals": 5}, {"ratio": 0},
        {"removed_on": date(2019, 1, 1)}, {"initial_t1": -1},
    ],
)  # fmt: skip
def test_the_database_refuses_a_meter_that_cannot_be(cast: Cast, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_meter(cast.account, **fields)


def test_one_number_per_flat_and_resource(cast: Cast) -> None:
    make_meter(cast.account, serial="0123 456")
    make_meter(cast.account, "hot", serial="0123456")
    make_meter(cast.nina_account, serial="0123456")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_meter(cast.account, serial="0123456")


def test_twins_of_former_days_leave_the_number_to_the_meter_in_place(cast: Cast) -> None:
    """What the migration does with numbers of the state system that were typed twice."""
    migration = import_module("meters.migrations.0003_gis_number_is_one")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_meter_per_number_of_the_state_system")
        gone = make_meter(cast.account, serial="1", gis_number="86", removed_on=DAY)
        first = make_meter(cast.account, serial="2", gis_number="86")
        newest = make_meter(cast.nina_account, serial="3", gis_number="86")
        elsewhere = make_meter(cast.other_account, serial="4", gis_number="86")
        cursor.execute(migration.TAKE_TWINS_AWAY)
    numbers = dict(Meter.objects.values_list("pk", "gis_number"))
    assert numbers == {gone.pk: "", first.pk: "", newest.pk: "86", elsewhere.pk: "86"}
