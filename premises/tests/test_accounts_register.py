"""A company's register of accounts: what the check says and what the import writes."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from lib.errors import Refusal
from portal.testing import Cast, make_account, make_house, make_organization
from premises.actions.registers import apply_register, check_register
from premises.models import House, ImportRun, Organization, Ownership, PersonalAccount, Unit
from premises.registers import accounts as columns_of

pytestmark = pytest.mark.django_db

HEADER = "account;els;izhku;address;flat;area_total;area_heated;residents;registered;owner;share;opened;closed\n"
ADDRESS = "г. Волгодонск, ул. 100 стрелковой дивизии, 1"
SEED = (
    f"10117;60ЕХ209700;60ЕХ209700-10;{ADDRESS};17;61,00;61,00;0;0;Мартынович Александр Владимирович;1/1;01.01.2015;\n"
)


def line(account: str = "1", **cells: str) -> str:
    values = dict.fromkeys(HEADER.strip().split(";"), "")
    return ";".join((values | {"account": account, "address": ADDRESS, "flat": account} | cells).values()) + "\n"


def check(organization: Organization, *lines: str, encoding: str = "utf-8", header: str = HEADER) -> ImportRun:
    file = io.BytesIO("".join([header, *lines]).encode(encoding))
    return check_register(organization, file, name="реестр.csv", by=None, at=timezone.now())


def take(organization: Organization, *lines: str, **options: str) -> ImportRun:
    run = check(organization, *lines, **options)
    assert run.state == "checked", [problem.message for problem in run.problems]
    return apply_register(run, by=None, at=timezone.now())


def errors(run: ImportRun) -> list[tuple[int, str]]:
    return [(problem.row, problem.field) for problem in run.problems if problem.level == "error"]


@pytest.fixture
def company(db: None) -> Organization:
    return make_organization()


@pytest.mark.feature("F4", "B4")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866"])
def test_the_seed_row_becomes_house_unit_account_and_owner(company: Organization, encoding: str) -> None:
    run = take(company, SEED, encoding=encoding)
    account = PersonalAccount.objects.select_related("unit__house").get()
    assert (account.number, account.els, account.zhku) == ("10117", "60ЕХ209700", "60ЕХ209700-10")
    assert (account.holder, account.residents, account.opened_on) == (
        "Мартынович Александр Владимирович", 0, date(2015, 1, 1)
    )  # fmt: skip
    assert (account.unit.label, account.unit.area_total) == ("17", Decimal("61.00"))
    assert (account.unit.house.city, account.unit.house.street) == ("г. Волгодонск", "ул. 100 стрелковой дивизии")
    assert account.unit.house.number == "1"
    ownership = Ownership.objects.get()
    assert (ownership.owner, ownership.share) == ("Мартынович Александр Владимирович", Fraction(1))
    assert (run.state, run.rows, run.created, run.warnings) == ("applied", 1, 1, 1)
    assert run.totals == {"Accounts": "1", "Houses": "1", "Flats": "1", "Total area, m²": "61.00", "Residents": "0"}


def test_the_check_writes_nothing_but_its_report(company: Organization) -> None:
    run = check(company, SEED)
    assert (run.state, run.created) == ("checked", 1)
    assert not House.objects.exists()
    assert not PersonalAccount.objects.exists()
    [warning] = run.problems
    assert (warning.row, warning.level) == (2, "warning")
    assert ADDRESS in warning.message


def test_a_house_already_there_is_found_whatever_the_case_and_yo(company: Organization) -> None:
    house = make_house(company, "7/2", city="г. Орёл", street="ул. Зелёная")
    take(company, line(address="Г. ОРЕЛ, УЛ. ЗЕЛЕНАЯ, 7/2"))
    assert PersonalAccount.objects.get().unit.house == house
    assert House.objects.count() == 1


@pytest.mark.feature("F4")
def test_the_same_file_is_imported_once_and_says_so(company: Organization) -> None:
    take(company, SEED)
    again = check(company, SEED)
    assert again.state == "refused"
    assert "already imported" in again.problems[0].message
    with pytest.raises(Refusal):
        apply_register(again, by=None, at=timezone.now())
    assert PersonalAccount.objects.count() == Ownership.objects.count() == 1


def test_a_run_is_applied_once(company: Organization) -> None:
    run = take(company, SEED)
    with pytest.raises(Refusal, match="already imported"):
        apply_register(run, by=None, at=timezone.now())


def test_a_changed_file_updates_only_what_differs(company: Organization) -> None:
    take(company, line("1", residents="2"), line("2", residents="3"))
    before = {account.number: account.pk for account in PersonalAccount.objects.all()}
    run = take(company, line("1", residents="2"), line("2", residents="4"), line("3"))
    assert (run.created, run.updated, run.unchanged) == (1, 1, 1)
    assert before == {account.number: account.pk for account in PersonalAccount.objects.exclude(number="3")}
    assert PersonalAccount.objects.get(number="2").residents == 4
    back = take(company, line("1", residents="2"), line("2", residents="3"))
    assert (back.updated, back.unchanged) == (1, 1)


def test_a_column_that_the_file_lacks_is_left_alone(company: Organization) -> None:
    take(company, SEED)
    run = take(company, f"10117;{ADDRESS};17;62,5\n", header="account;address;flat;area_total\n")
    account = PersonalAccount.objects.get()
    assert (run.updated, account.holder, account.unit.area_total) == (
        1,
        "Мартынович Александр Владимирович",
        Decimal("62.5"),
    )
    assert take(company, f"10117;{ADDRESS};17\n", header="account;address;flat\n").unchanged == 1


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([line("1"), line("1")], [(3, "account")]),
        ([line("1"), line("2"), line(" 1 ")], [(4, "account")]),
        ([line("1", els="60Х209700")], [(2, "els")]),
        ([line("1", els="60ЕХ209700", izhku="60ЕХ209701-10")], [(2, "izhku")]),
        ([line("1", izhku="60ЕХ209700")], [(2, "izhku")]),
        ([line("1", address="Волгодонск Садовая 1")], [(2, "address")]),
        ([line("1", flat="")], [(2, "flat")]),
        ([line("1", flat="—!")], [(2, "flat")]),
        ([line("1", area_total="0")], [(2, "area_total")]),
        ([line("1", opened="01.01.2020", closed="01.01.2019")], [(2, "closed")]),
        ([line("1", owner="А", share="3/2")], [(2, "share")]),
        ([line("1", owner="А", share="2/3"), line("1", owner="Б", share="1/2")], [(2, "share")]),
        ([line("1", residents="-1")], [(2, "residents")]),
        ([line("1", residents="1000")], [(2, "residents")]),
        ([line("", flat="1")], [(2, "account")]),
    ],
)
def test_an_error_names_its_row_and_refuses_the_whole_file(
    company: Organization, lines: list[str], found: list[tuple[int, str]]
) -> None:
    run = check(company, line("900"), *lines)
    assert run.state == "refused"
    assert errors(run) == [(row + 1, field) for row, field in found]
    with pytest.raises(Refusal):
        apply_register(run, by=None, at=timezone.now())
    assert not PersonalAccount.objects.exists()


def test_an_account_at_another_flat_is_an_error(company: Organization) -> None:
    make_account(make_house(company, "5"), "1", "10")
    assert errors(check(company, line("10"))) == [(2, "account")]


def test_the_other_companys_numbers_and_houses_do_not_matter(cast: Cast) -> None:
    number, house = cast.other_account.number, cast.other_house
    take(cast.company, line(number, address=house.address))
    assert PersonalAccount.objects.filter(number=number).count() == 2
    cast.other_account.refresh_from_db()
    assert cast.other_account.holder == "Чужой Человек"
    assert House.objects.filter(organization=cast.company, address_search=house.address_search).exists()


def test_what_changed_between_check_and_import_is_met_again(company: Organization) -> None:
    run = check(company, line("1"), line("10"))
    make_account(make_house(company, "5"), "1", "10")
    refused = apply_register(run, by=None, at=timezone.now())
    assert (refused.state, errors(refused)) == ("refused", [(3, "account")])
    assert list(PersonalAccount.objects.values_list("number", flat=True)) == ["10"]
    assert ImportRun.objects.get().state == "refused"


def test_leading_zeros_come_back_when_all_numbers_are_equally_long(company: Organization) -> None:
    import openpyxl

    make_account(make_house(company), "1", "0667000001", holder="Старый")
    book = openpyxl.Workbook()
    book.active.append(["Лицевой счёт", "Адрес", "Квартира", "ФИО"])
    book.active.append([667000001, "г. Волгодонск, ул. Садовая, 1", 1, "Новый"])
    file = io.BytesIO()
    book.save(file)
    run = check_register(company, file, name="реестр.xlsx", by=None, at=timezone.now())
    assert (run.state, run.updated) == ("checked", 1)
    apply_register(run, by=None, at=timezone.now())
    assert PersonalAccount.objects.get().holder == "Новый"


# --- Owners ---------------------------------------------------------------------------------------------------------


def in_force() -> set[tuple[str, Fraction]]:
    return {(row.owner, row.share) for row in Ownership.objects.current(timezone.localdate())}


def test_co_owners_stand_in_rows_under_each_other(company: Organization) -> None:
    run = take(company, line("1", owner="Иванов И", share="1/3"), line("1", owner="Иванова А", share="2/3"), line("2"))
    assert (run.rows, run.created) == (3, 2)
    assert in_force() == {("Иванов И", Fraction(1, 3)), ("Иванова А", Fraction(2, 3))}
    assert PersonalAccount.objects.get(number="1").holder == "Иванов И"


def test_owners_are_written_only_where_the_pair_changes(company: Organization) -> None:
    take(company, line("1", owner="Иванов И", share="1/2"), line("1", owner="Иванова А", share="1/2"))
    kept = Ownership.objects.get(owner="Иванов И").pk
    take(company, line("1", owner="ИВАНОВ И", share="1/2"), line("1", owner="Петров П", share="1/2"))
    assert in_force() == {("Иванов И", Fraction(1, 2)), ("Петров П", Fraction(1, 2))}
    assert Ownership.objects.get(owner="Иванов И").pk == kept
    assert Ownership.objects.filter(owner="Иванова А", until__lt=timezone.localdate()).exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # never on one day with each other
def test_a_share_ends_the_day_before_today_where_the_house_stands(company: Organization, zone: str) -> None:
    company.time_zone = zone
    company.save()
    take(company, line("1", owner="Иванов И", share="1/1"))
    take(company, line("1", owner="Петров П", share="1/1"))
    today = company.day(timezone.now())
    assert Ownership.objects.get(owner="Иванов И").until == today - timedelta(days=1)
    assert [one.owner for one in Ownership.objects.current(today)] == ["Петров П"]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_empty_owner_leaves_the_owners_alone(company: Organization) -> None:
    take(company, line("1", owner="Иванов И", share="1/1"))
    take(company, line("1"))
    assert in_force() == {("Иванов И", Fraction(1))}


def test_two_accounts_of_one_flat_share_its_owners(company: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("premises.actions.registers.CHUNK", 1)
    rows = [line(n, flat="7", owner=owner, share="1/2") for n, owner in (("1", "А"), ("2", "Б"), ("3", "А"))]
    take(company, *rows)
    assert in_force() == {("А", Fraction(1, 2)), ("Б", Fraction(1, 2))}
    take(company, *rows, line("4"))
    assert Ownership.objects.count() == 2
    assert Unit.objects.filter(label="7").count() == 1


def test_rooms_of_one_flat_with_other_areas_are_a_warning(company: Organization) -> None:
    run = take(company, line("1", flat="7", area_total="60"), line("2", flat="7", area_total="20"))
    assert run.warnings == 2
    assert Unit.objects.get().area_total == 60
    assert run.totals["Total area, m²"] == "60"


# --- All or nothing -------------------------------------------------------------------------------------------------


def test_errors_are_counted_past_the_thousand_that_are_kept(company: Organization) -> None:
    run = check(company, line("1"), *[line(str(n), els="нет") for n in range(2, 1205)])
    assert (run.errors, len(run.report)) == (1203, 1000)
    assert {problem.level for problem in run.problems} == {"error"}


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"account;flat\n1;2\n", b"PK\x03\x04"])
def test_a_broken_file_is_a_refused_run_with_a_reason(company: Organization, text: bytes) -> None:
    run = check_register(company, io.BytesIO(text), name="x.csv", by=None, at=timezone.now())
    assert run.state == "refused"
    assert run.problems[0].message


def in_parallel(count: int, work: Callable[[], object]) -> list[object]:
    """Run the work in threads that start together; return what each gave or raised."""
    start, results = threading.Barrier(count), list[object]()

    def one() -> None:
        start.wait()
        try:
            results.append(work())
        except Refusal as refusal:
            results.append(refusal)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_imports_of_one_file_write_it_once() -> None:
    company = make_organization()
    run = check(company, *[line(str(n), owner=f"Владелец {n}", share="1/1") for n in range(300)])
    results = in_parallel(50, lambda: apply_register(run, by=None, at=timezone.now()))
    assert len(results) == 50
    assert len([result for result in results if isinstance(result, ImportRun)]) == 1
    assert PersonalAccount.objects.count() == Unit.objects.count() == Ownership.objects.count() == 300
    assert House.objects.count() == 1


KILLED = """
import os, signal, django
django.setup()
from django.db import connections
connections.databases["default"]["NAME"] = os.environ["TEST_DATABASE"]
from django.utils import timezone
from premises.actions import registers
from premises.models import ImportRun, PersonalAccount
registers.CHUNK = 100
save = registers.AccountBook._save_owners
def die_in_the_third_chunk(book, entries):
    save(book, entries)
    if PersonalAccount.objects.count() >= 300:
        os.kill(os.getpid(), signal.SIGKILL)
registers.AccountBook._save_owners = die_in_the_third_chunk
registers.apply_register(ImportRun.objects.get(), by=None, at=timezone.now())
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_nothing() -> None:
    company = make_organization()
    run = check(company, *[line(str(n), owner=f"Владелец {n}", share="1/1") for n in range(500)])
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not PersonalAccount.objects.exists()
    assert not House.objects.exists()
    applied = apply_register(run, by=None, at=timezone.now())
    assert (applied.state, PersonalAccount.objects.count()) == ("applied", 500)


# --- Addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (ADDRESS, ("г. Волгодонск", "ул. 100 стрелковой дивизии", "1")),
        ("347360, г. Волгодонск, ул. Садовая, д. 5", ("г. Волгодонск", "ул. Садовая", "5")),
        ("г. Волгодонск, ул. Садовая, дом 5а", ("г. Волгодонск", "ул. Садовая", "5а")),
        ("Ростовская обл., г. Волгодонск, ул. Садовая, 5, корп. 2", ("Ростовская обл., г. Волгодонск", "ул. Садовая", "5, корп. 2")),
        ("м. Львів, вул. Руська, буд. 7", ("м. Львів", "вул. Руська", "7")),
        ("м. Київ, просп. Дружби, 3-А", ("м. Київ", "просп. Дружби", "3-А")),
        ("г. Волгодонск, ул. Садовая", None),
        ("г. Волгодонск, ул. Садовая, без номера", None),
        ("", None),
    ],
)  # fmt: skip
def test_an_address_falls_into_city_street_and_house(text: str, parts: tuple[str, str, str] | None) -> None:
    assert columns_of.address_of(text) == parts


@pytest.mark.parametrize(("text", "label"), [("кв. 17", "17"), ("Квартира 5а", "5а"), ("н/п 3", "н/п 3"), ("17", "17")])
def test_a_flat_is_called_by_its_label(text: str, label: str) -> None:
    assert columns_of.flat_label(text) == label
