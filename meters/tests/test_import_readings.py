"""A company's register of readings: what the check says, what the import writes, what is lost and what is not."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from threading import Thread
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse

from accounts.models import User
from lib.errors import Refusal
from meters.actions import submit
from meters.actions.import_readings import ReadingBook
from meters.examining import Entry
from meters.models import Drop, Meter, Reading, ReadingState, Source, SubmissionWindow
from meters.testing import enter as enter_reading
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from notifications.models import Notice
from portal.testing import Cast, make_account, make_cast, make_house
from premises.actions.imports import apply_file, check_file, undo_import
from premises.models import ImportRun, PersonalAccount

HEAD = "account;meter_no;resource;zone;date;value;source\n"
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SEP, OCT, NOV = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("G10")]


def line(**cells: str) -> str:
    """A reading of Olga's cold water, with other cells as told."""
    usual = {"account": "10012", "meter_no": "0123456-19", "resource": "CW", "zone": "1", "date": "22.11.2026",
             "value": "7,5", "source": "company"}  # fmt: skip
    return ";".join((usual | cells).values()) + "\n"


def check(cast: Cast, *lines: str, head: str = HEAD) -> ImportRun:
    file = BytesIO((head + "".join(lines)).encode("cp1251"))
    return check_file("readings", cast.company, file, name="показания.csv", by=cast.mark, at=AT)


def take(cast: Cast, *lines: str, head: str = HEAD) -> ImportRun:
    run = check(cast, *lines, head=head)
    assert run.state == "checked", complaints(run)
    done = apply_file(run, by=cast.mark, at=AT)
    assert (done.created, done.updated, done.unchanged) == (run.created, run.updated, run.unchanged)
    return done


def complaints(run: ImportRun, level: str = "error") -> list[tuple[int, str, str]]:
    return [(one.row, one.field, one.message) for one in run.problems if one.level == level]


def shown(meter: Meter) -> list[tuple[date, str, str, str]]:
    """Every reading: period, value, source and state, in the order in which they came."""
    return [(one.period, f"{one.t1.normalize():f}", one.source, one.state) for one in meter.readings.order_by("pk")]


@pytest.fixture
def meter(cast: Cast) -> Meter:
    return make_meter(cast.account)


# --- The two layouts --------------------------------------------------------------------------------------------------


def test_the_row_of_the_handbook_becomes_a_reading(cast: Cast) -> None:
    account = make_account(cast.house, "17", "10117")
    hot = make_meter(account, "hot", "0123456-19")
    run = take(cast, "10117;0123456-19;HW;1;24.10.2026;152,347;owner\n")
    reading = Reading.objects.get()
    assert (reading.meter, reading.period, reading.taken_on) == (hot, OCT, date(2026, 10, 24))
    assert (reading.t1, reading.source, reading.batch, reading.author) == (Decimal("152.347"), "owner", run, None)
    assert (run.rows, run.created, run.totals) == (1, 1, {"Readings": "1", "Meters": "1"})


def test_the_check_writes_nothing(cast: Cast, meter: Meter) -> None:
    run = check(cast, line())
    assert (run.state, run.created) == ("checked", 1)
    assert not Reading.objects.exists()


def test_what_the_company_sends_carries_the_employee(cast: Cast, meter: Meter) -> None:
    take(cast, line(source=""))
    reading = meter.readings.get()
    assert (reading.source, reading.author, reading.is_current) == ("company", cast.mark, True)


@pytest.mark.parametrize(
    ("word", "source"),
    [("supplier", "supplier"), ("РСО", "supplier"), ("автоматически", "automatic"), ("Акт", "controlled"),
     ("собственник", "owner"), ("Власник", "owner"), ("council", "council"), ("УК", "company")],
)  # fmt: skip
def test_sources_are_told_by_their_words(cast: Cast, meter: Meter, word: str, source: str) -> None:
    take(cast, line(source=word))
    assert meter.readings.get().source == source


def test_a_day_after_the_close_counts_to_the_next_month(cast: Cast, meter: Meter) -> None:
    """Domain vector M6: the 26th of October counts to November; a window of the house's own moves the day."""
    take(cast, line(date="25.10.2026"), line(date="26.10.2026", value="8"))
    assert [one[0] for one in shown(meter)] == [OCT, NOV]
    SubmissionWindow.objects.create(organization=cast.company, house=cast.house, opens=1, closes=28)
    other = make_meter(cast.account, serial="2")
    take(cast, line(meter_no="2", date="26.10.2026"))
    assert shown(other)[0][0] == OCT


@pytest.mark.parametrize(
    ("period", "counts"),
    [
        ("09.2026", False),
        ("10.2026", True),
        ("11.2026", True),
        ("12.2026", True),
        ("01.2027", False),
        ("12.2027", False),
    ],
)
def test_a_period_far_from_its_day_is_an_error(cast: Cast, meter: Meter, period: str, counts: bool) -> None:
    run = check(cast, line(period=period), head=HEAD.strip() + ";period\n")
    if counts:
        assert apply_file(run, by=None, at=AT).state == "applied"
        assert f"{meter.readings.get().period:%m.%Y}" == period
    else:
        assert complaints(run) == [
            (2, "period", f"A reading of 22.11.2026 counts to 11.2026; it cannot count to {period}. Check the date and "
                          "the period.")
        ]  # fmt: skip


def gis_file(*rows: list[Any]) -> BytesIO:
    """A workbook of the state system: a title, headers with breaks and a Cyrillic Т, then the rows."""
    book = openpyxl.Workbook()
    book.active.append(["Показания приборов учета"])
    book.active.append([])
    book.active.append(
        ["Период", "Номер прибора учета\nв ГИС ЖКХ", "Вид коммунального ресурса", "Показание Т1", "Показание T2",
         "Показание T3", "Дата снятия показания", "Примечание"]
    )  # fmt: skip
    for row in rows:
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    return file


def test_a_workbook_of_the_state_system_is_read_by_its_headers(cast: Cast) -> None:
    by_gis = make_meter(cast.account, "hot", "A-1", gis_number="86371234")
    by_serial = make_meter(cast.nina_account, "power", "00158", zones=2, initial_t2=0, decimals=1)
    file = gis_file(
        [
            "11.2026",
            "86371234",
            "Горячая вода",
            12.5,
            None,
            None,
            datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None),
            "x",
        ],
        ["11.2026", "00158", "Электрическая энергия", "187,0", "92", None, "20.11.2026", None],
    )
    run = apply_file(check_file("readings", cast.company, file, name="g.xlsx", by=None, at=AT), by=None, at=AT)
    assert (run.state, run.created, run.warnings) == ("applied", 2, 1), run.report
    assert by_gis.readings.get().values == (Decimal("12.5"),)
    assert by_serial.readings.get().values == (Decimal("187.0"), Decimal("92.0"))


def test_sub_headers_and_months_in_words_of_the_state_system(cast: Cast) -> None:
    """Three columns under one merged header, hints below the others."""
    power = make_meter(cast.account, "power", "86", zones=2, initial_t2=0, decimals=1)
    cold = make_meter(cast.account, "cold", "87")
    book = openpyxl.Workbook()
    for row in (
        ["Номер прибора учета в ГИС ЖКХ", "Вид коммунального ресурса", "Показание", None, None, "Дата снятия показания",
         "Период"],
        [None, "из справочника", "T1", "T2", "T3", "ДД.ММ.ГГГГ", "обязательно"],
        ["86", "Электрическая энергия", 187, 92, None, "20.11.2026", "Ноябрь 2026"],
        ["87", "Холодная вода", 5, None, None, "20.11.2026 10:30:00", "ЛИСТОПАД 2026"],
    ):  # fmt: skip
        book.active.append(row)
    file = BytesIO()
    book.save(file)
    run = apply_file(check_file("readings", cast.company, file, name="g.xlsx", by=None, at=AT), by=None, at=AT)
    assert (run.state, run.rows, run.created, run.warnings) == ("applied", 2, 2, 0), run.report
    assert power.readings.get().values == (Decimal(187), Decimal(92))
    assert (cold.readings.get().taken_on, cold.readings.get().period) == (date(2026, 11, 20), NOV)


def test_a_csv_saved_by_excel_gets_the_zeros_of_the_accounts_back(cast: Cast) -> None:
    PersonalAccount.objects.filter(organization=cast.company).exclude(pk=cast.account.pk).update(
        number=Concat(Value("01"), "number"), number_search=Concat(Value("01"), "number_search")
    )
    PersonalAccount.objects.filter(pk=cast.account.pk).update(number="0667021", number_search="0667021")
    meter = make_meter(cast.account)
    take(cast, line(account="667021"))
    assert meter.readings.count() == 1


def test_a_number_that_two_meters_have_is_ambiguous_and_names_the_flats(cast: Cast) -> None:
    make_meter(cast.account, "cold", "77")
    make_meter(cast.nina_account, "cold", "77")
    make_meter(cast.nina_account, "hot", "77")
    file = gis_file(["11.2026", "77", "Холодная вода", 5, None, None, "20.11.2026", None])
    [error] = complaints(check_file("readings", cast.company, file, name="g.xlsx", by=None, at=AT))
    assert error[:2] == (4, "Номер прибора учета в ГИС ЖКХ")
    assert "10012; 10013" in error[2]
    file = gis_file(["11.2026", "77", "Горячая вода", 5, None, None, "20.11.2026", None])
    assert check_file("readings", cast.company, file, name="g.xlsx", by=None, at=AT).state == "checked"


def test_a_house_meter_has_no_account(cast: Cast) -> None:
    meter = make_house_meter(cast.house, serial="ОДПУ-1")
    take(cast, line(account="", meter_no="одпу-1", value="1250,000"))
    assert meter.readings.get().t1 == 1250


# --- Finding the meter ------------------------------------------------------------------------------------------------


def test_the_number_is_compared_without_spaces_case_and_the_zeros_that_excel_took(cast: Cast) -> None:
    first, second = make_meter(cast.account, serial="00 123 аб"), make_meter(cast.account, serial="000456")
    take(cast, line(meter_no=" 00123АБ "), line(meter_no="456", value="8"))
    assert (first.readings.count(), second.readings.count()) == (1, 1)


def test_other_houses_of_the_company_are_found_by_account(cast: Cast) -> None:
    meter = make_meter(make_account(make_house(cast.company, "9"), "1", "900"), serial="1")
    take(cast, line(account="900", meter_no="1"))
    assert meter.readings.count() == 1


def test_one_number_of_two_resources_is_two_meters(cast: Cast) -> None:
    cold, hot = make_meter(cast.account, "cold", "5"), make_meter(cast.account, "hot", "5")
    take(cast, line(meter_no="5", value="9"), line(meter_no="5", resource="ГВС", value="4"))
    assert (cold.readings.get().t1, hot.readings.get().t1) == (Decimal(9), Decimal(4))


@pytest.mark.parametrize(
    ("cells", "field", "words"),
    [
        ({"account": "99999"}, "account", "no account"),
        ({"account": "77005"}, "account", "no account"),  # of another company
        ({"meter_no": "1"}, "meter_no", "no meter"),
        ({"resource": "HW"}, "meter_no", "no meter"),
        ({"account": ""}, "meter_no", "no meter"),  # not the meter of a house
        ({"resource": "вино"}, "resource", "not known"),
        ({"resource": ""}, "resource", "filled in"),
        ({"source": "сосед"}, "source", "not known"),
        ({"zone": "4"}, "zone", "between"),
        ({"zone": "0"}, "zone", "1, 2 or 3"),
        ({"zone": "2"}, "zone", "1 zones"),
        ({"date": ""}, "date", "filled in"),
        ({"date": "31.02.2026"}, "date", "no such day"),
        ({"date": "25.11.2026"}, "", "not come yet"),
        ({"date": "01.01.2019"}, "", "not installed"),
        ({"value": ""}, "value", "filled in"),
        ({"value": "-5"}, "value", "between"),
        ({"value": "1,234.5"}, "value", "not clear"),
        ({"value": "семь"}, "value", "not a number"),
        ({"value": "12345678901234567890"}, "value", "too many digits"),
        ({"value": "123456"}, "", "before the comma"),
        ({"value": "7,1234"}, "", "after the comma"),
    ],
)
def test_a_wrong_row_is_named_and_refuses_the_file(
    cast: Cast, meter: Meter, cells: dict[str, str], field: str, words: str
) -> None:
    run = check(cast, line(date="20.10.2026", value="5"), line(**cells))
    [error] = complaints(run)
    assert error[:2] == (3, field)
    assert words in error[2]
    assert run.rows == 2
    with pytest.raises(Refusal):
        apply_file(run, by=None, at=AT)
    assert not Reading.objects.exists()


def test_the_other_companys_meter_is_nobodys(cast: Cast) -> None:
    meter = make_meter(cast.other_account, serial="77")
    head = "meter_no;resource;date;value\n"
    assert "no meter" in complaints(check(cast, "77;CW;20.11.2026;5\n", head=head))[0][2]
    assert not meter.readings.exists()


def test_a_file_without_values_says_so(cast: Cast) -> None:
    assert complaints(check(cast, "10012;5;CW;20.11.2026\n", head="account;meter_no;resource;date\n")) == [
        (
            0,
            "value",
            "The file has no such column. Write one of these words into the header: "
            "value, показание, показания, показання, значение, значення.",
        )
    ]


# --- Zones ------------------------------------------------------------------------------------------------------------


def test_rows_of_zones_become_one_reading_wherever_they_stand(cast: Cast) -> None:
    power = make_meter(cast.account, "power", "3Z", zones=3, initial_t2=0, initial_t3=0, decimals=1)
    cold = make_meter(cast.account)
    run = take(
        cast,
        *[line(meter_no="3Z", resource="EL", zone=zone, value=f"{zone}0,5") for zone in "31"],
        line(),
        line(meter_no="3Z", resource="EL", zone="2", value="20,5"),
    )
    assert power.readings.get().values == (Decimal("10.5"), Decimal("20.5"), Decimal("30.5"))
    assert cold.readings.count() == 1
    assert (run.rows, run.created) == (4, 2)


def test_a_missing_zone_is_an_error_that_says_which_are_there(cast: Cast) -> None:
    make_meter(cast.account, "power", "3Z", zones=3, initial_t2=0, initial_t3=0)
    run = check(cast, *[line(meter_no="3Z", resource="EL", zone=zone) for zone in "13"])
    assert complaints(run) == [(2, "zone", "This meter has 3 zones, the file gives zones 1, 3 of this day.")]


# --- What is lost and what is not -------------------------------------------------------------------------------------


def test_a_zero_month_is_not_lost(cast: Cast, meter: Meter) -> None:
    """The same value a month later is a reading of its own: nothing was used."""
    make_reading(meter, SEP, "7.5", source="company")
    run = take(cast, line(date="20.10.2026"), line(date="20.11.2026"))
    assert (run.created, run.unchanged) == (2, 0)
    assert [(one[0], one[1]) for one in shown(meter)] == [(SEP, "7.5"), (OCT, "7.5"), (NOV, "7.5")]


def test_a_later_day_with_the_same_value_is_kept_too(cast: Cast, meter: Meter) -> None:
    take(cast, line(date="20.11.2026"), line(date="22.11.2026"))
    assert [one[3] for one in shown(meter)] == ["kept", "current"]
    assert meter.readings.current().get().taken_on == date(2026, 11, 22)


def test_the_same_row_twice_in_a_file_is_one_reading(cast: Cast, meter: Meter) -> None:
    run = take(cast, line(), line(), line(value="7,500", zone=""))
    assert (run.rows, run.created, run.unchanged) == (3, 1, 2)
    assert meter.readings.count() == 1


def test_the_same_rows_in_another_file_are_unchanged(cast: Cast, meter: Meter) -> None:
    take(cast, line())
    run = take(cast, line(), line(date="20.10.2026", value="5"))
    assert (run.created, run.unchanged) == (1, 1)
    assert meter.readings.count() == 2


def test_two_values_of_one_day_contradict_each_other(cast: Cast, meter: Meter) -> None:
    run = check(cast, line(), line(value="8"))
    assert complaints(run) == [(3, "value", "Row 2 has another value of this meter on the same day.")]


def test_a_corrected_file_takes_the_place_of_the_first(cast: Cast, meter: Meter) -> None:
    take(cast, line())
    run = take(cast, line(value="8"))
    assert (run.created, run.updated) == (0, 1)
    assert shown(meter) == [(NOV, "7.5", "company", "kept"), (NOV, "8", "company", "current")]


def test_years_of_an_old_system_come_in_one_file_in_any_order(cast: Cast, meter: Meter) -> None:
    months = [(year, month) for year in (2024, 2025) for month in range(1, 13)]
    rows = [
        line(date=f"20.{month:02}.{year}", value=str(3 * n), source="owner") for n, (year, month) in enumerate(months)
    ]
    run = take(cast, *reversed(rows))
    assert (run.created, run.warnings) == (24, 0)
    counted = meter.readings.current().order_by("period")
    assert [one.t1 for one in counted] == [3 * n for n in range(24)]


# --- Precedence -------------------------------------------------------------------------------------------------------


def test_the_company_takes_the_place_of_a_resident_and_the_resident_is_told(cast: Cast, meter: Meter) -> None:
    enter_reading(meter, "7", by=cast.olga, at=AT)
    take(cast, line(value="8"))
    assert shown(meter) == [(NOV, "7", "owner", "kept"), (NOV, "8", "company", "current")]
    notice = Notice.objects.get(user_id=cast.olga.pk, kind="meters.overruled")
    assert (notice.context["mine"], notice.context["values"]) == ("7.000", "8.000")


def test_the_same_value_from_the_company_troubles_nobody(cast: Cast, meter: Meter) -> None:
    enter_reading(meter, "7.5", by=cast.olga, at=AT)
    take(cast, line())
    assert meter.readings.current().get().source == "company"
    assert not Notice.objects.filter(kind="meters.overruled").exists()


def test_a_lower_source_is_kept_as_history_and_the_report_says_so(cast: Cast, meter: Meter) -> None:
    make_reading(meter, NOV, "9", source="controlled")
    run = take(cast, line())
    assert shown(meter) == [(NOV, "9", "controlled", "current"), (NOV, "7.5", "company", "kept")]
    assert "higher source" in complaints(run, "warning")[0][2]
    again = take(cast, line(), "\n")
    assert (again.created, again.unchanged, meter.readings.count()) == (0, 1, 2)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"value": "123456"}, "before the comma"),
        ({"value": "7,1234"}, "after the comma"),
        ({"value": "4"}, "lower than 5,000 of 20.10.2026"),
        ({"value": "7", "date": "19.10.2026", "period": "11.2026"}, "later than this day"),
        ({"value": "7", "date": "25.11.2026"}, "not come yet"),
    ],
)
def test_below_a_higher_source_errors_are_errors_all_the_same(
    cast: Cast, meter: Meter, cells: dict[str, str], words: str
) -> None:
    make_reading(meter, OCT, "5")
    make_reading(meter, NOV, "9", source="controlled")
    [error] = complaints(check(cast, line(**{"period": "11.2026"} | cells), head=HEAD.strip() + ";period\n"))
    assert words in error[2]


def test_below_a_higher_source_a_removed_meter_takes_nothing(cast: Cast) -> None:
    meter = make_meter(cast.account, removed_on=date(2026, 11, 21))
    make_reading(meter, NOV, "9", source="controlled")
    assert "has been removed" in complaints(check(cast, line()))[0][2]


def test_the_same_reading_from_another_source_is_unchanged(cast: Cast, meter: Meter) -> None:
    make_reading(meter, NOV, "7.5", taken_on=date(2026, 11, 22))
    for source in ("company", "controlled", "owner"):
        run = take(cast, line(source=source))
        assert (run.created, run.updated, run.unchanged, run.warnings) == (0, 0, 1, 0)
    assert shown(meter) == [(NOV, "7.5", "owner", "current")]


def test_sources_within_one_file_end_by_the_same_order(cast: Cast, meter: Meter) -> None:
    take(cast, line(source="controlled", value="8"), line(source="company"), line(source="owner", value="7"))
    assert sorted((one[2], one[3]) for one in shown(meter)) == [
        ("company", "kept"), ("controlled", "current"), ("owner", "kept"),
    ]  # fmt: skip


def test_residents_values_of_an_old_system_need_no_open_window(cast: Cast, meter: Meter) -> None:
    take(cast, line(date="03.03.2026", source="owner"), line(date="03.04.2026", source="council", value="8"))
    assert [one[2] for one in shown(meter)] == ["owner", "council"]


# --- Plausibility -----------------------------------------------------------------------------------------------------


def test_a_value_below_the_one_before_is_an_error_with_both_values(cast: Cast, meter: Meter) -> None:
    make_reading(meter, OCT, "12.345")
    run = check(cast, line())
    assert complaints(run) == [(2, "value", "The value 7,500 is lower than 12,345 of 20.10.2026.")]


def test_a_value_above_the_one_after_is_an_error(cast: Cast, meter: Meter) -> None:
    make_reading(meter, NOV, "5")
    assert "later reading" in complaints(check(cast, line(date="20.10.2026")))[0][2]


def test_a_fall_inside_the_file_is_seen(cast: Cast, meter: Meter) -> None:
    run = check(cast, line(), line(date="20.10.2026", value="9"))
    assert [error[0] for error in complaints(run)] == [2]


def test_a_counter_that_passed_zero_is_believed_within_the_limit_and_said(cast: Cast, meter: Meter) -> None:
    """Domain vector M1: 99998.450 → 3.120 is 4.670."""
    make_reading(meter, OCT, "99998.450")
    run = take(cast, line(value="3,120"))
    reading = meter.readings.get(period=NOV)
    assert (reading.drop, reading.doubts) == (Drop.ROLLOVER, "")
    assert "passed zero: 3,120 after 99998,450" in complaints(run, "warning")[0][2]
    assert take(cast, line(value="3,12"), "\n").unchanged == 1


def test_only_an_act_corrects_downwards(cast: Cast, meter: Meter) -> None:
    make_reading(meter, OCT, "12")
    take(cast, line(source="controlled"))
    assert meter.readings.get(period=NOV).drop == Drop.ACT


def test_an_act_in_a_file_is_a_managers(cast: Cast, meter: Meter) -> None:
    """Anna, an accountant, may not enter acts by hand: not by a file either, and not by a file of Mark's."""
    act = line(source="controlled", value="0,5")

    def look(by: User | None) -> ImportRun:
        file = BytesIO((HEAD + act + line(date="23.10.2026", value="0,1")).encode("cp1251"))
        return check_file("readings", cast.company, file, name="показания.csv", by=by, at=AT)

    assert complaints(look(cast.anna)) == [
        (2, "source", "Readings by an act are entered by managers. Ask a manager to import this row.")
    ]
    assert [look(by).errors for by in (cast.pavel, cast.sofia, None)] == [1, 0, 0]
    by_mark = look(cast.mark)
    assert apply_file(by_mark, by=cast.anna, at=AT).state == "refused"
    assert not meter.readings.exists()
    done = apply_file(look(cast.mark), by=cast.mark, at=AT)
    assert meter.readings.get(source=Source.CONTROLLED).author == cast.mark
    with pytest.raises(Refusal, match="Ask a manager"):
        undo_import(done, by=cast.anna, at=AT)
    assert undo_import(done, by=cast.mark, at=AT).state == "undone"


def test_a_doubtful_value_is_a_warning_and_waits_in_the_queue(cast: Cast, meter: Meter) -> None:
    make_readings(meter, date(2026, 5, 1), "1", "4", "7", "10", "13", "16")
    make_meter(cast.nina_account, serial="9")
    run = take(cast, line(value="60"), line(account="10013", meter_no="9"))
    assert [(one[0], one[2]) for one in complaints(run, "warning")] == [
        (2, "Much more than usual was used: 44,000.")
    ]  # fmt: skip
    assert [one.meter for one in Reading.objects.doubtful()] == [meter]


def test_hot_water_far_above_cold_is_doubted_as_on_the_pages(cast: Cast, meter: Meter) -> None:
    hot = make_meter(cast.account, "hot", "H")
    make_reading(meter, OCT, "1")
    make_reading(hot, OCT, "1")
    take(cast, line(value="2"), line(meter_no="H", resource="HW", value="9"))
    assert (meter.readings.get(period=NOV).doubts, hot.readings.get(period=NOV).doubts) == ("", "hot_over_cold")


def test_what_the_import_finds_is_what_the_page_would_have_found(cast: Cast) -> None:
    """The same value by hand and by file: the same doubts, state and use for charges."""
    histories = [("1", "4", "7", "10", "13", "16"), ("16",) * 6, ("1", "2", "3", "4", "5", "6")]
    for n, (history, value) in enumerate((history, value) for history in histories for value in ("16", "60", "16000")):
        by_hand, by_file = (
            make_meter(cast.account, serial=f"{way}{n}", next_verification=date(2026, 11, 1) if n % 2 else None)
            for way in "HF"
        )
        for one in (by_hand, by_file):
            make_readings(one, date(2026, 5, 1), *history)
        submit([Entry(by_hand, (Decimal(value),), date(2026, 11, 22))], source=Source.COMPANY, by=None, at=AT,
               must_confirm=False)  # fmt: skip
        take(cast, line(meter_no=f"F{n}", value=value))
        hand, file = (one.readings.get(period=NOV) for one in (by_hand, by_file))
        assert (hand.doubts, hand.drop, hand.state, hand.is_billable) == (
            file.doubts, file.drop, file.state, file.is_billable,
        )  # fmt: skip


def test_an_expired_meter_is_stored_and_not_charged(cast: Cast) -> None:
    meter = make_meter(cast.account, next_verification=date(2026, 10, 1))
    run = take(cast, line())
    assert not meter.readings.get().is_billable
    assert "not used for charges" in complaints(run, "warning")[0][2]


def test_a_removed_meter_takes_nothing(cast: Cast) -> None:
    make_meter(cast.account, removed_on=date(2026, 11, 1))
    assert "has been removed" in complaints(check(cast, line()))[0][2]


def test_the_report_is_in_the_order_of_the_file(cast: Cast, meter: Meter) -> None:
    make_meter(cast.nina_account, serial="9")
    run = check(
        cast, line(value="123456"), line(account="10013", meter_no="9", value="123456"), line(source="x"),
        line(meter_no="?"), line(date="20.10.2026", value="123456"),
    )  # fmt: skip
    assert [error[0] for error in complaints(run)] == [2, 3, 4, 5, 6]


# --- All or nothing, taken back ---------------------------------------------------------------------------------------


def test_chunks_change_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meters.actions.import_readings.CHUNK", 1)
    monkeypatch.setattr("meters.matching.AT_ONCE", 1)
    accounts = (cast.account, cast.nina_account, cast.vera_account)
    meters = [make_meter(account, serial="5") for account in accounts]
    run = take(
        cast,
        *[
            line(account=account.number, meter_no="5", date=f"20.{month:02}.2026", value=str(month))
            for month in (9, 10, 11)
            for account in accounts
        ],
    )
    assert run.created == 9
    for meter in meters:
        assert [one.t1 for one in meter.readings.order_by("period")] == [9, 10, 11]


def test_an_import_is_taken_back_and_what_it_replaced_counts_again(cast: Cast, meter: Meter) -> None:
    enter_reading(meter, "7", by=cast.olga, at=AT)
    run = take(cast, line(value="8"), line(date="20.10.2026", value="5"))
    undone = undo_import(run, by=cast.mark, at=AT)
    assert (undone.state, undone.totals["Readings taken back"]) == ("undone", "2")
    assert sorted(shown(meter)) == [
        (OCT, "5", "company", "withdrawn"), (NOV, "7", "owner", "current"), (NOV, "8", "company", "withdrawn"),
    ]  # fmt: skip
    again = take(cast, line(value="8"), line(date="20.10.2026", value="5"))
    assert (again.created, again.updated) == (1, 1)
    assert meter.readings.current().get(period=NOV).t1 == 8


def test_what_later_readings_stand_on_is_not_taken_back(cast: Cast, meter: Meter) -> None:
    """Before the import the resident's value was the higher one; a later month was entered below it meanwhile."""
    make_reading(meter, OCT, "20")
    run = take(cast, line(date="20.10.2026", value="5"))
    make_reading(meter, NOV, "10", source=Source.COMPANY)
    with pytest.raises(Refusal, match="entered since then"):
        undo_import(run, by=cast.mark, at=AT)
    run.refresh_from_db()
    assert run.state == "applied"
    assert meter.readings.filter(state=ReadingState.WITHDRAWN).count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_resident_who_sends_during_the_import_waits_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    meter = make_meter(cast.account)
    run = check(cast, line(value="8"))
    store, results = ReadingBook._store, list[str]()

    def send() -> None:
        results.append(enter_reading(meter, "7", by=cast.olga, at=AT).result)
        connection.close()

    resident = Thread(target=send)

    def store_slowly(book: ReadingBook) -> None:
        resident.start()
        resident.join(0.5)
        assert resident.is_alive()  # waits for the lock of the meter
        store(book)

    monkeypatch.setattr(ReadingBook, "_store", store_slowly)
    apply_file(run, by=cast.mark, at=AT)
    resident.join()
    assert results == ["outranked"]
    assert meter.readings.current().get().t1 == 8


def test_mark_uploads_reads_the_report_imports_and_takes_it_back(
    cast: Cast, meter: Meter, enter: Callable[[User], Client]
) -> None:
    make_reading(meter, date(2026, 1, 1), "5")
    mark = enter(cast.mark)
    file = SimpleUploadedFile("показания.csv", (HEAD + line(date="20.02.2026")).encode("cp1251"))
    form = {"organization": cast.company.pk, "kind": "readings", "file": file}
    report = mark.post(reverse("admin:premises_importrun_add"), form)["Location"]
    run = ImportRun.objects.get()
    assert "new 1" in mark.get(report).content.decode()
    mark.post(reverse("admin:premises_importrun_import", args=[run.pk]))
    assert meter.readings.count() == 2
    assert "Take the import back" in mark.get(report).content.decode()
    undo = reverse("admin:premises_importrun_undo", args=[run.pk])
    assert "1 row:" in mark.get(undo).content.decode()
    mark.post(undo)
    assert meter.readings.current().count() == 1
    assert "Readings taken back" in mark.get(report).content.decode()
