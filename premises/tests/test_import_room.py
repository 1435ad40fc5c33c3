"""The import room of the admin: upload, report, import; who may and who may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from portal.testing import Cast
from premises.actions import imports
from premises.models import ImportRun, Organization, PersonalAccount, StaffMember
from premises.tasks import apply_import

Enter = Callable[[User], Client]
ADD = "/admin/premises/importrun/add/"
GOOD = "account;address;flat\n10117;г. Волгодонск, ул. Садовая, 1;17\n"

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F2", "F4")]


@pytest.fixture
def media(settings: Any) -> Path:
    """Where this test's files are kept."""
    return Path(settings.MEDIA_ROOT)


def upload(client: Client, organization: Organization, text: str | bytes = GOOD, **fields: Any) -> Any:
    content = text.encode("cp1251") if isinstance(text, str) else text
    file = SimpleUploadedFile("реестр.csv", content)
    return client.post(ADD, {"organization": organization.pk, "kind": "accounts", "file": file} | fields)


def do_import(client: Client, run: ImportRun) -> Any:
    return client.post(reverse("admin:premises_importrun_import", args=[run.pk]))


@pytest.mark.parametrize("name", ["mark", "anna"])
def test_an_employee_checks_reads_and_imports(cast: Cast, enter: Enter, name: str) -> None:
    client = enter(getattr(cast, name))
    response = upload(client, cast.company)
    run = ImportRun.objects.get()
    assert (run.state, run.by, run.created) == ("checked", getattr(cast, name), 1)
    page = client.get(response["Location"]).content.decode()
    assert reverse("admin:premises_importrun_import", args=[run.pk]) in page
    assert not PersonalAccount.objects.filter(number="10117").exists()
    do_import(client, run)
    assert PersonalAccount.objects.get(number="10117").organization == cast.company
    page = client.get(response["Location"]).content.decode()
    assert reverse("admin:premises_importrun_import", args=[run.pk]) not in page


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("accounts", "account;address;flat"),
        ("documents", "period;account;doc_no;service_code;service;accrued;payable"),
        ("payments", "account;date;number;amount"),
        ("meters", "meter_no;account;resource"),
        ("readings", "account;meter_no;resource;date;value"),
    ],
)
def test_a_file_with_nothing_below_its_header_is_refused(cast: Cast, enter: Enter, kind: str, header: str) -> None:
    upload(enter(cast.mark), cast.company, f"{header}\n\n", kind=kind)
    run = ImportRun.objects.get()
    assert (run.state, run.rows) == ("refused", 0)
    assert "The file has no rows." in [one.message for one in run.problems]


def test_the_second_press_of_the_button_writes_nothing(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    upload(client, cast.company)
    run = ImportRun.objects.get()
    assert do_import(client, run).status_code == 302
    assert do_import(client, run).status_code == 409
    assert PersonalAccount.objects.filter(number="10117").count() == 1


def test_errors_come_first_and_the_button_is_gone(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    rows = "".join(f"{n};г. Волгодонск, ул. Новая, {n};1\n" for n in range(1, 130)) + "1;дом;1\n"
    page = client.get(upload(client, cast.company, "account;address;flat\n" + rows)["Location"])
    body = page.content.decode()
    run = ImportRun.objects.get()
    assert (run.state, run.errors, run.warnings) == ("refused", 2, 129)
    assert body.index("import-error") < body.index("import-warning")
    assert "?p=2" in body
    assert reverse("admin:premises_importrun_import", args=[run.pk]) not in body
    assert do_import(client, run).status_code == 409
    assert "ул. Новая, 129" in client.get(page.request["PATH_INFO"] + "?p=2").content.decode()


@pytest.mark.parametrize(("fields", "field"), [({"file": ""}, "file"), ({"kind": "houses"}, "kind")])
def test_a_wrong_form_is_told_beside_the_field(cast: Cast, enter: Enter, fields: dict[str, str], field: str) -> None:
    response = upload(enter(cast.mark), cast.company, **fields)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


@pytest.mark.parametrize("megabytes", [11, 50])
def test_a_huge_file_is_refused_and_stored_nowhere(cast: Cast, enter: Enter, media: Path, megabytes: int) -> None:
    response = upload(enter(cast.mark), cast.company, b"x" * (megabytes << 20))
    assert response.status_code == 422
    assert "10" in str(response.context["form"].errors["file"])
    assert not ImportRun.objects.exists()
    assert not list(media.rglob("*.csv"))


def test_a_file_just_over_the_limit_is_refused_too(cast: Cast, enter: Enter) -> None:
    response = upload(enter(cast.mark), cast.company, b"x" * ((10 << 20) + 1))
    assert response.status_code == 422
    assert upload(enter(cast.mark), cast.company, b"x" * (10 << 20)).status_code == 302


def test_the_file_is_kept_under_a_name_of_ours(cast: Cast, enter: Enter, media: Path) -> None:
    upload(enter(cast.mark), cast.company, file=SimpleUploadedFile("../../evil.html", GOOD.encode()))
    run = ImportRun.objects.get()
    assert run.file.name == f"imports/{run.public_id}.csv"
    assert [path.name for path in media.rglob("*") if path.is_file()] == [f"{run.public_id}.csv"]


def test_the_report_names_columns_as_the_file_does(cast: Cast, enter: Enter) -> None:
    """Anna's file has Russian headers: she reads them in the report, and which word to write where one is missing."""
    anna = enter(cast.anna)
    text = "Лицевой счёт;Адрес;Квартира;Площадь\n10117;г. Волгодонск, ул. Садовая, 1;17;много\n"
    page = anna.get(upload(anna, cast.company, text)["Location"]).content.decode()
    assert "<td>Площадь</td>" in page
    assert "area_total" not in page
    page = anna.get(upload(anna, cast.company, "Лицевой счёт;Адрес\n1;дом\n")["Location"]).content.decode()
    assert "Write one of these words into the header: flat, квартира" in page
    paid = "Лицевой счёт;Дата;Номер;Сумма\n10012;12.03.2019;1;сто\n"
    page = anna.get(upload(anna, cast.company, paid, kind="payments")["Location"]).content.decode()
    assert "<td>Сумма</td>" in page


# --- Others ---------------------------------------------------------------------------------------------------------


def test_the_other_company_is_not_offered_and_not_taken(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    assert cast.other_company.short_name not in client.get(ADD).content.decode()
    response = upload(client, cast.other_company)
    assert response.status_code == 422
    assert not ImportRun.objects.exists()


def test_the_other_company_neither_reads_nor_imports_the_run(cast: Cast, enter: Enter) -> None:
    upload(enter(cast.mark), cast.company)
    run, pavel = ImportRun.objects.get(), enter(cast.pavel)
    assert do_import(pavel, run).status_code == 404
    page = pavel.get(reverse("admin:premises_importrun_change", args=[run.pk]), follow=True).content.decode()
    assert "реестр" not in page
    run.refresh_from_db()
    assert run.state == "checked"


def test_a_dispatcher_does_not_import(cast: Cast, enter: Enter) -> None:
    upload(enter(cast.mark), cast.company)
    run, dima = ImportRun.objects.get(), enter(cast.dima)
    assert dima.get(ADD).status_code == 403
    assert upload(dima, cast.company).status_code == 403
    assert do_import(dima, run).status_code == 404


def test_the_import_is_a_post_and_its_address_opens_the_page_of_the_file(cast: Cast, enter: Enter) -> None:
    """Whoever reloads by address after «Import» sees the report, and imports nothing."""
    client = enter(cast.mark)
    report = upload(client, cast.company)["Location"]
    run = ImportRun.objects.get()
    address = reverse("admin:premises_importrun_import", args=[run.pk])
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, report)
    run.refresh_from_db()
    assert run.state == "checked"
    assert enter(cast.pavel).get(address).status_code == 404


def test_what_cannot_be_imported_is_said_on_the_page_of_the_file(cast: Cast, enter: Enter) -> None:
    client = enter(cast.mark)
    upload(client, cast.company)
    run = ImportRun.objects.get()
    do_import(client, run)
    response = do_import(client, run)
    assert (response.status_code, response.templates[0].name) == (409, "admin/premises/importrun/report.html")
    assert "already imported" in response.content.decode()


def test_extra_fields_change_nothing(cast: Cast, enter: Enter) -> None:
    upload(enter(cast.mark), cast.company, state="applied", by=str(cast.pavel.pk), errors="7", is_staff="1")
    run = ImportRun.objects.get()
    assert (run.state, run.by, run.errors) == ("checked", cast.mark, 0)


# --- The worker -----------------------------------------------------------------------------------------------------


def test_a_large_file_goes_to_the_worker_and_the_page_says_so(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    monkeypatch.setattr(apply_import, "delay", lambda *ids: sent.append(ids))
    client = enter(cast.mark)
    upload(client, cast.company)
    run = ImportRun.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        do_import(client, run)
    run.refresh_from_db()
    assert (run.state, sent) == ("applying", [(run.pk, cast.mark.pk)])
    page = client.get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()
    assert f'href="/admin/premises/importrun/{run.pk}/change/"' in page
    apply_import(*sent[0])
    run.refresh_from_db()
    assert (run.state, run.by) == ("applied", cast.mark)
    apply_import(*sent[0])
    assert PersonalAccount.objects.filter(number="10117").count() == 1


def test_without_the_broker_the_run_waits_and_can_be_started_again(
    cast: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*ids: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(imports, "AT_ONCE", 0)
    monkeypatch.setattr(apply_import, "delay", away)
    client = enter(cast.mark)
    upload(client, cast.company)
    run = ImportRun.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        assert do_import(client, run).status_code == 302
    page = client.get(reverse("admin:premises_importrun_change", args=[run.pk])).content.decode()
    assert reverse("admin:premises_importrun_import", args=[run.pk]) in page


def test_what_a_job_may_not_do_by_hand_it_does_not_do_by_a_file(cast: Cast, enter: Enter) -> None:
    """Meters are installed by managers: Anna, an accountant, brings no register of them and imports none of Mark's."""
    mark, anna = enter(cast.mark), enter(cast.anna)
    register = "meter_no;account;resource;installed\n77;10012;CW;12.03.2020\n"
    assert 'value="meters"' in mark.get(ADD).content.decode()
    assert 'value="meters"' not in anna.get(ADD).content.decode()
    assert 'value="readings"' in anna.get(ADD).content.decode()
    refused = upload(anna, cast.company, register, kind="meters")
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["kind"])
    page = upload(mark, cast.company, register, kind="meters")["Location"]
    run = ImportRun.objects.get()
    for verb in ("import", "undo"):
        address = reverse(f"admin:premises_importrun_{verb}", args=[run.pk])
        assert anna.post(address).status_code == 404
        assert address not in anna.get(page).content.decode()
    assert do_import(mark, run).status_code == 302
    run.refresh_from_db()
    assert run.state == "applied"


def test_two_jobs_bring_each_what_they_may(cast: Cast, enter: Enter) -> None:
    """Anna counts for her company and manages another: she brings meters to that one only."""
    StaffMember.objects.create(user=cast.anna, organization=cast.other_company, role=StaffMember.Role.MANAGER)
    anna = enter(cast.anna)
    register = "meter_no;account;resource;installed\n77;10012;CW;12.03.2020\n"
    refused = upload(anna, cast.company, register, kind="meters")
    assert refused.context["form"].errors == {"kind": ["Your job in this company does not bring this register."]}
    assert upload(anna, cast.other_company, register, kind="meters").status_code == 302
