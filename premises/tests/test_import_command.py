"""manage.py import_register: the report on the terminal and the exit code."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.testing import make_organization
from premises.models import ColumnProfile, ImportRun, Organization, PersonalAccount

GOOD = "account;address;flat\n10117;г. Волгодонск, ул. Садовая, 1;17\n"


@pytest.fixture
def company(db: None) -> Organization:
    return make_organization("Садовая")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text(GOOD, encoding="cp1251")
    return path


def run(*words: object) -> str:
    out = StringIO()
    call_command("import_register", *map(str, words), stdout=out)
    return out.getvalue()


@pytest.mark.feature("F4")
def test_without_apply_it_only_checks(company: Organization, file: Path) -> None:
    assert "1" in run("accounts", "Садовая", file)
    assert not PersonalAccount.objects.exists()


@pytest.mark.feature("F4")
def test_with_apply_it_imports_and_a_second_time_says_so(company: Organization, file: Path) -> None:
    run("accounts", company.pk, file, "--apply")
    assert PersonalAccount.objects.get().number == "10117"
    with pytest.raises(SystemExit):
        run("accounts", company.pk, file, "--apply")
    assert PersonalAccount.objects.count() == 1


def test_errors_are_printed_with_their_rows_and_end_with_1(company: Organization, file: Path) -> None:
    file.write_text(GOOD * 1 + "10117;г. Волгодонск, ул. Садовая, 1;18\n")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_register", "accounts", "Садовая", str(file), "--apply", stdout=out)
    assert ended.value.code == 1
    assert "3" in out.getvalue()
    assert ImportRun.objects.get().state == "refused"


@pytest.mark.parametrize("words", [("accounts", "Нет такой", "{file}"), ("accounts", "Садовая", "/no/such/file")])
def test_what_cannot_be_found_is_one_sentence(company: Organization, file: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*(word.format(file=file) for word in words))


def test_two_companies_of_one_name_are_told_apart_by_id(company: Organization, file: Path) -> None:
    make_organization("Садовая")
    with pytest.raises(CommandError, match="Several"):
        run("accounts", "Садовая", file)


@pytest.mark.feature("G10")
def test_a_file_is_read_through_a_profile_of_the_company(company: Organization, tmp_path: Path) -> None:
    path = tmp_path / "bank.txt"
    path.write_text("1180,70|10117|2019-03-11\n", encoding="cp1251")
    layout = {"columns": {"amount": 1, "account": 2, "date": 3}, "separator": "|"}
    ColumnProfile.objects.create(organization=company, kind="payments", name="Банк", layout=layout)
    run("payments", "Садовая", path, "--profile", "Банк")
    assert (ImportRun.objects.get().state, ImportRun.objects.get().layout) == ("checked", layout)
    with pytest.raises(CommandError, match="no column profile"):
        run("payments", "Садовая", path, "--profile", "Другой")
