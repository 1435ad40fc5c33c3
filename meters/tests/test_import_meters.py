"""A company's register of meters: what becomes a meter, what a later file may change, what stays."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from lib.errors import Refusal
from lib.tables import csv_file, xlsx_file
from meters.actions import mark_broken
from meters.exchange.written import meters_table
from meters.models import Meter, MeterEvent
from meters.testing import make_house_meter, make_meter, make_reading
from portal.testing import Cast, make_account, make_house
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import ImportRun

HEAD = "meter_no;account;resource;model;int_digits;decimals;installed;verified;next_verification;sealed;initial\n"
SEED = "0123456-19;10117;HW;СГВ-15;5;3;12.03.2019;12.03.2019;12.03.2023;П-778;0,012\n"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("G10")]


def line(**cells: str) -> str:
    """A meter of Olga's flat, with other cells as told."""
    usual = {"meter_no": "5", "account": "10012", "resource": "CW", "model": "СВ-15", "int_digits": "5", "decimals": "3",
             "installed": "12.03.2020", "verified": "12.03.2020", "next_verification": "12.03.2026", "sealed": "П-1",
             "initial": "0,5"}  # fmt: skip
    return ";".join((usual | cells).values()) + "\n"


def check(cast: Cast, *lines: str, head: str = HEAD) -> ImportRun:
    file = BytesIO((head + "".join(lines)).encode())
    return check_file("meters", cast.company, file, name="приборы.csv", by=cast.mark, at=AT)


def take(cast: Cast, *lines: str, head: str = HEAD) -> ImportRun:
    run = check(cast, *lines, head=head)
    assert run.state == "checked", complaints(run)
    done = apply_file(run, by=cast.mark, at=AT)
    assert (done.created, done.updated, done.unchanged) == (run.created, run.updated, run.unchanged)
    return done


def complaints(run: ImportRun, level: str = "error") -> list[tuple[int, str, str]]:
    return [(one.row, one.field, one.message) for one in run.problems if one.level == level]


def test_the_row_of_the_handbook_becomes_a_meter(cast: Cast) -> None:
    account = make_account(cast.house, "17", "10117")
    run = take(cast, SEED)
    meter = Meter.objects.get()
    assert (meter.account, meter.house, meter.organization, meter.batch) == (account, cast.house, cast.company, run)
    assert (meter.resource, meter.unit, meter.serial, meter.serial_search) == ("hot", "m3", "0123456-19", "0123456-19")
    assert (meter.model, meter.int_digits, meter.decimals, meter.zones) == ("СГВ-15", 5, 3, 1)
    assert (meter.installed_on, meter.verified_on, meter.next_verification) == (
        date(2019, 3, 12), date(2019, 3, 12), date(2023, 3, 12)
    )  # fmt: skip
    assert (meter.seal, meter.initial) == ("П-778", (Decimal("0.012"),))
    assert (run.rows, run.created, run.totals) == (1, 1, {"Meters": "1"})


def test_the_check_writes_nothing(cast: Cast) -> None:
    assert check(cast, line()).created == 1
    assert not Meter.objects.exists()


def test_what_the_file_does_not_say_is_the_usual_of_the_resource(cast: Cast) -> None:
    head = "meter_no;account;resource;verified\n"
    take(cast, "1;10012;Электроэнергия;01.02.2024\n", "2;10012;heat;01.02.2024\n", head=head)
    power, heat = Meter.objects.order_by("serial")
    assert (power.unit, power.int_digits, power.decimals, power.initial) == ("kwh", 6, 1, (Decimal(0),))
    assert (heat.unit, heat.installed_on, heat.ratio) == ("gcal", date(2024, 2, 1), Decimal(1))


def test_zones_come_from_their_values_or_their_number(cast: Cast) -> None:
    head = "meter_no;account;resource;installed;initial;initial2;initial3;zones;unit;ratio;place\n"
    take(
        cast,
        "1;10012;EL;01.02.2024;10,5;7;;;кВт·ч;40;кухня\n",
        "2;10012;EL;01.02.2024;;;;3;;;\n",
        head=head,
    )
    two, three = Meter.objects.order_by("serial")
    assert (two.zones, two.initial, two.ratio, two.place) == (2, (Decimal("10.5"), Decimal(7)), Decimal(40), "кухня")
    assert (three.zones, three.initial) == (3, (Decimal(0),) * 3)


def test_a_house_meter_stands_at_an_address(cast: Cast) -> None:
    head = "meter_no;account;resource;address;installed\n"
    take(cast, f"ОДПУ-1;;CW;{cast.house.address};01.02.2020\n", head=head)
    meter = Meter.objects.get()
    assert (meter.account, meter.house, meter.serial_search) == (None, cast.house, "ОДПУ-1")


@pytest.mark.parametrize(
    ("cells", "field", "words"),
    [
        ({"account": "99999"}, "account", "no account"),
        ({"account": "77005"}, "account", "no account"),  # of another company
        ({"account": ""}, "account", "or the address"),
        ({"meter_no": ""}, "meter_no", "filled in"),
        ({"resource": "вино"}, "resource", "not known"),
        ({"int_digits": "0"}, "int_digits", "at least one digit"),
        ({"int_digits": "12"}, "int_digits", "between"),
        ({"decimals": "5"}, "decimals", "between"),
        ({"initial": "0,0001"}, "initial", "after the comma"),
        ({"initial": "100000"}, "initial", "before the comma"),
        ({"initial": "-1"}, "initial", "between"),
        ({"installed": "", "verified": ""}, "installed", "day when the meter was installed"),
        ({"next_verification": "12.03.2020"}, "next_verification", "later than the last"),
        ({"installed": "31.02.2020"}, "installed", "no such day"),
        ({"installed": "25.11.2026"}, "installed", "not come yet"),
        ({"installed": "", "verified": "25.11.2026", "next_verification": ""}, "verified", "not come yet"),
        ({"installed": "31.12.1949"}, "installed", "too long ago"),
    ],
)
def test_a_wrong_row_is_named_and_refuses_the_file(cast: Cast, cells: dict[str, str], field: str, words: str) -> None:
    run = check(cast, line(meter_no="1"), line(**cells))
    [error] = complaints(run)
    assert error[:2] == (3, field)
    assert words in error[2]
    with pytest.raises(Refusal):
        apply_file(run, by=None, at=AT)
    assert not Meter.objects.exists()


@pytest.mark.parametrize(
    ("cells", "field"),
    [("1;10012;CW;kWh;1;;", "unit"), ("1;10012;HEAT;Gcal;0;;", "ratio"), ("1;10012;EL;kWh;1;1;1", "zones"),
     ("1;;CW;m3;1;;", "address")],
)  # fmt: skip
def test_a_wrong_cell_of_a_column_that_few_send_is_named(cast: Cast, cells: str, field: str) -> None:
    head = "meter_no;account;resource;unit;ratio;zones;initial2;installed;address\n"
    run = check(cast, f"{cells};01.02.2020;г. Волгодонск, ул. Чужая, 9\n", head=head)
    assert [error[1] for error in complaints(run)] == [field]


# --- Again ------------------------------------------------------------------------------------------------------------


def test_the_same_row_twice_and_the_same_file_again_change_nothing(cast: Cast) -> None:
    run = take(cast, line(), line(), line(meter_no="6"))
    assert (run.rows, run.created, run.unchanged) == (3, 2, 1)
    again = take(cast, line(), line(meter_no="6"))
    assert (again.created, again.unchanged) == (0, 2)
    assert Meter.objects.count() == 2


def test_two_rows_that_say_something_else_of_one_meter_contradict(cast: Cast) -> None:
    assert complaints(check(cast, line(), line(model="СВ-20"))) == [
        (3, "meter_no", "Row 2 says something else of this meter.")
    ]


def test_a_later_file_changes_verification_and_seal_and_leaves_a_line(cast: Cast) -> None:
    take(cast, line())
    run = take(cast, line(verified="01.03.2026", next_verification="01.03.2032", sealed="П-2", model=""))
    meter = Meter.objects.get()
    assert (run.updated, meter.next_verification, meter.seal, meter.model) == (1, date(2032, 3, 1), "П-2", "СВ-15")
    lines = MeterEvent.objects.order_by("what")
    assert [(one.what, one.on, one.by) for one in lines] == [
        ("sealed", date(2026, 11, 24), cast.mark), ("verified", date(2026, 3, 1), cast.mark),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "field", "words"),
    [
        ({"verified": "25.11.2026", "next_verification": "25.11.2032"}, "verified", "not come yet"),
        ({"verified": "01.03.2026", "next_verification": "01.03.2026"}, "next_verification", "later than the last"),
        ({"verified": "01.04.2026", "next_verification": ""}, "next_verification", "later than the last"),
        ({"verified": "", "next_verification": "12.03.2020"}, "next_verification", "later than the last"),
        ({"installed": "25.11.2026"}, "installed", "not come yet"),
    ],
)
def test_a_later_file_may_not_bring_wrong_days_either(
    cast: Cast, cells: dict[str, str], field: str, words: str
) -> None:
    take(cast, line())
    run = check(cast, line(**cells), line(meter_no="6"))
    [error] = complaints(run)
    assert (error[:2], run.created, run.updated) == ((2, field), 1, 0)
    assert words in error[2]


def test_today_is_the_companys(cast: Cast) -> None:
    """At half past nine in the evening of London a meter is already installed tomorrow in Volgodonsk."""
    late = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    file = BytesIO((HEAD + line(installed="24.11.2026")).encode())
    assert check_file("meters", cast.company, file, name="приборы.csv", by=cast.mark, at=late).state == "checked"


def test_an_older_verification_does_not_come_back(cast: Cast) -> None:
    make_meter(cast.account, serial="5", model="СВ-15", seal="П-1", installed_on=date(2020, 3, 12), initial_t1="0.5",
               verified_on=date(2026, 3, 1), next_verification=date(2032, 3, 1))  # fmt: skip
    run = take(cast, line())
    assert (run.updated, run.unchanged) == (0, 1)
    assert "later verification" in complaints(run, "warning")[0][2]
    assert Meter.objects.get().next_verification == date(2032, 3, 1)


def test_what_readings_stand_on_stays_and_is_said(cast: Cast) -> None:
    take(cast, line())
    run = take(cast, line(initial="7", decimals="2", installed="01.01.2021"))
    assert run.unchanged == 1
    assert [one[1] for one in complaints(run, "warning")] == ["decimals", "initial", "installed"]
    assert Meter.objects.get().initial == (Decimal("0.5"),)


def test_one_number_of_the_state_system_is_one_meter(cast: Cast) -> None:
    make_meter(cast.nina_account, serial="1", gis_number="8637")
    own = make_meter(cast.account, serial="5", gis_number="77")
    head = "meter_no;account;resource;installed;gis\n"
    run = check(cast, "6;10012;HW;12.03.2020;8637\n", "7;10012;HW;12.03.2020;99\n", "8;10012;HW;12.03.2020;99\n",
                "5;10012;CW;12.03.2020;77\n", head=head)  # fmt: skip
    words = "Another meter of the company has this number in ГИС ЖКХ."
    assert complaints(run) == [(2, "gis", words), (4, "gis", words)]
    take(cast, "5;10012;CW;12.03.2020;78\n", head=head)
    own.refresh_from_db()
    assert own.gis_number == "78"


def test_a_removed_meter_is_not_touched(cast: Cast) -> None:
    make_meter(cast.account, serial="5", removed_on=date(2026, 1, 1))
    run = take(cast, line())
    assert (run.created, run.unchanged, run.warnings) == (0, 1, 1)


def test_one_number_may_stand_in_two_flats_and_for_two_resources(cast: Cast) -> None:
    take(cast, line(), line(resource="HW"), line(account="10013"))
    assert Meter.objects.filter(serial="5").count() == 3


def test_chunks_change_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meters.actions.import_meters.CHUNK", 1)
    take(cast, line(), line(meter_no="6"))
    run = take(cast, line(sealed="П-2"), line(meter_no="6", sealed="П-3"), line(meter_no="7"), line(meter_no="7"))
    assert (run.created, run.updated, run.unchanged) == (1, 2, 1)
    assert list(Meter.objects.order_by("serial").values_list("seal", flat=True)) == ["П-2", "П-3", "П-1"]


# --- Taken back -------------------------------------------------------------------------------------------------------


def test_new_meters_are_taken_back_and_may_come_again(cast: Cast) -> None:
    make_meter(cast.account, serial="там")
    run = take(cast, line(), line(meter_no="6"))
    undone = undo_import(run, by=cast.mark, at=AT)
    assert (undone.state, undone.totals["Meters taken back"]) == ("undone", "2")
    assert [one.serial for one in Meter.objects.all()] == ["там"]
    assert take(cast, line(), line(meter_no="6")).created == 2


def test_a_meter_with_a_reading_stays_and_so_does_its_import(cast: Cast) -> None:
    run = take(cast, line(), line(meter_no="6"))
    make_reading(Meter.objects.get(serial="6"), date(2026, 11, 1), "1")
    with pytest.raises(Refusal, match="№ 6"):
        undo_import(run, by=cast.mark, at=AT)
    assert Meter.objects.count() == 2


def test_a_meter_with_a_history_stays(cast: Cast) -> None:
    run = take(cast, line())
    mark_broken(Meter.objects.get(), on=date(2026, 11, 1), by=cast.mark, at=AT)
    with pytest.raises(Refusal, match="has happened"):
        undo_import(run, by=cast.mark, at=AT)
    assert Meter.objects.count() == 1


def test_a_file_that_changed_meters_is_not_taken_back(cast: Cast) -> None:
    take(cast, line())
    run = take(cast, line(sealed="П-2"), line(meter_no="6"))
    with pytest.raises(Refusal, match="changed meters"):
        undo_import(run, by=cast.mark, at=AT)
    assert Meter.objects.count() == 2


# --- There and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_written_may_be_imported_again_and_changes_nothing(cast: Cast, kind: str) -> None:
    make_meter(cast.account, "hot", "0123", model="=СГВ", seal="П-1", verified_on=date(2024, 1, 1), gis_number="86")
    make_meter(cast.nina_account, "power", "00158", zones=2, initial_t1="10.5", initial_t2="7", decimals=1, ratio=40)
    make_meter(cast.nina_account, "heat", "-7", unit="gj", place="кухня")
    make_house_meter(cast.house, serial="ОДПУ-1")
    make_meter(cast.account, "power", "old", initial_t1="999999999.9999", int_digits=9, ratio="999999.999",
               installed_on=date(1931, 5, 1), verified_on=date(2027, 5, 1), next_verification=date(2020, 1, 1))  # fmt: skip
    make_meter(cast.account, "gas", "full", initial_t1="100000", decimals=2, model="СВ  15", place="=" + "я" * 59)
    odd = make_house(cast.company, "Литер А", street="наб. Реки, у моста, левый берег")
    make_house_meter(odd, "heat", "ОДПУ-2", unit="gcal", initial_t1="0.0005", decimals=3)
    header, rows = meters_table(Meter.objects.all())
    body = b"".join(csv_file(header, rows)) if kind == "csv" else xlsx_file("t", header, rows)
    run = check_file("meters", cast.company, BytesIO(body), name="back", by=None, at=AT)
    assert (run.state, run.created, run.updated, run.unchanged, run.warnings) == ("checked", 0, 0, 7, 0), run.report
