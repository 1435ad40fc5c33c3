"""Column profiles: entered field by field, checked in words, frozen with the file that they read."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.models import Invoice, Payment
from portal.testing import Cast
from premises.models import ColumnProfile, ImportRun

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("G10")
ADD = reverse("admin:premises_columnprofile_add")
UPLOAD = reverse("admin:premises_importrun_add")
ROWS = "Договор|Когда|Рублей|Чек\n10012|2019-03-11|1180,70|A1\n"


def profile(cast: Cast, **changes: str) -> dict[str, str]:
    values = {
        "organization": str(cast.company.pk), "name": "Банк", "column_account": "Договор", "column_date": "Когда",
        "column_amount": "Рублей", "column_operation": "4", "separator": "|", "encoding": "windows-1251",
        "decimal": ",", "date_order": "ymd", "has_header": "on", "is_quoted": "on", "footer": "none", "batch_mark": "",
    } | changes  # fmt: skip
    return {name: value for name, value in values.items() if value != "-"}


def make_profile(cast: Cast, kind: str = "payments", **fields: Any) -> ColumnProfile:
    layout = {
        "columns": {"account": "Договор", "date": "Когда", "amount": "Рублей", "operation": 4}, "separator": "|",
        "has_header": True,
    }  # fmt: skip
    values: dict[str, Any] = {"organization": cast.company, "kind": kind, "name": "Банк", "layout": layout} | fields
    return ColumnProfile.objects.create(**values)


def upload(client: Client, cast: Cast, content: str = ROWS, **fields: Any) -> Any:
    file = SimpleUploadedFile("reg.txt", content.encode("cp1251"))
    return client.post(UPLOAD, {"organization": cast.company.pk, "kind": "payments", "file": file} | fields)


@pytest.mark.parametrize("name", ["anna", "mark"])
def test_an_employee_enters_a_profile_and_reads_a_file_through_it(cast: Cast, enter: Enter, name: str) -> None:
    client = enter(getattr(cast, name))
    answer = client.post(ADD, profile(cast))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = ColumnProfile.objects.get()
    assert (row.kind, row.layout["columns"], row.layout["separator"]) == (
        "payments", {"account": "Договор", "date": "Когда", "amount": "Рублей", "operation": 4}, "|"
    )  # fmt: skip
    page = client.get(reverse("admin:premises_columnprofile_change", args=[row.pk])).content.decode()
    assert 'value="Договор"' in page
    answer = upload(client, cast, profile=row.pk)
    run = ImportRun.objects.get()
    assert (run.state, run.layout) == ("checked", row.layout), run.report
    row.delete()  # what becomes of the profile is nothing to the file
    client.post(reverse("admin:premises_importrun_import", args=[run.pk]))
    assert str(Payment.objects.get().amount) == "1180.70"
    page = client.get(answer["Location"]).content.decode()
    assert "read through a column profile" in page
    assert str(run.file.name).endswith(".txt")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"column_account": ""}, "required"),
        ({"column_operation": "500"}, "from 1 to 200"),
        ({"column_operation": "Договор"}, "Two fields stand in one column"),
        ({"has_header": "-"}, "must be a number"),
        ({"has_batches": "on"}, "control line under each"),
        ({"separator": "x"}, "valid choice"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_profile_is_an_error_in_words(cast: Cast, enter: Enter, changes: dict[str, str], words: str) -> None:
    answer = enter(cast.anna).post(ADD, profile(cast, **changes))
    form = answer.context["adminform"].form
    assert words in str(form.errors) + str(form.non_field_errors())
    assert not ColumnProfile.objects.exists()


def test_a_name_is_used_once(cast: Cast, enter: Enter) -> None:
    make_profile(cast)
    answer = enter(cast.anna).post(ADD, profile(cast))
    assert "already has a profile" in str(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("usual", ["sberbank", "ukrainian", "centre"])
def test_one_begins_with_what_is_usual(cast: Cast, enter: Enter, usual: str) -> None:
    page = enter(cast.anna).get(ADD, {"usual": usual}).content.decode()
    assert 'name="column_account"' in page
    assert {"sberbank": 'value="6"', "ukrainian": "особовий_рахунок", "centre": 'value="#"'}[usual] in page


def test_a_profile_is_tried_on_a_file_and_nothing_is_kept(cast: Cast, enter: Enter) -> None:
    row, client = make_profile(cast), enter(cast.anna)
    page = reverse("admin:premises_columnprofile_try", args=[row.pk])
    answer = client.post(page, {"file": SimpleUploadedFile("f.txt", ROWS.encode())})
    assert "1180,70" in answer.content.decode() or "1180.70" in answer.content.decode()
    answer = client.post(page, {"file": SimpleUploadedFile("f.txt", ROWS.replace("11|1180", "11|Ы").encode())})
    assert "Row 2" in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_a_profile_of_another_company_or_register_is_no_choice(cast: Cast, enter: Enter) -> None:
    own, theirs = make_profile(cast), make_profile(cast, organization=cast.other_company)
    of_documents = make_profile(cast, "documents", name="Чужой расчёт")
    client = enter(cast.mark)
    assert upload(client, cast, profile=theirs.pk).status_code == 422
    assert "another register" in upload(client, cast, profile=of_documents.pk).content.decode()
    for user in (cast.pavel, cast.dima, cast.olga):
        for name in ("change", "try"):
            address = reverse(f"admin:premises_columnprofile_{name}", args=[own.pk])
            assert enter(user).get(address).status_code in (302, 403, 404)


def test_charges_of_a_company_that_calculates_elsewhere_are_read_through_a_profile(cast: Cast, enter: Enter) -> None:
    client = enter(cast.anna)
    columns = {"period": 1, "account": 2, "doc_no": 3, "service": 4, "accrued": 5, "payable": 6}
    values = profile(cast, **{f"column_{name}": str(place) for name, place in columns.items()}, name="Расчёт",
                     column_date="-", column_amount="-", column_operation="-", has_header="-", separator=";")  # fmt: skip
    answer = client.post(f"{ADD}?kind=documents", values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = ColumnProfile.objects.get()
    assert row.kind == "documents"
    rows = "02.2019;10012;5531;Вода;100,00;100,00\n02.2019;10012;5531;Тепло;50,00;50,00\n"
    upload(client, cast, rows, profile=row.pk, kind="documents")
    run = ImportRun.objects.get()
    client.post(reverse("admin:premises_importrun_import", args=[run.pk]))
    invoice = Invoice.objects.get()
    assert (str(invoice.payable), [str(line) for line in invoice.lines.all()]) == ("150.00", ["Вода", "Тепло"])


def test_columns_that_are_known_by_their_places_are_called_in_words(cast: Cast, enter: Enter) -> None:
    """The report said «amount» and «operation»: codes of ours that the employee never typed."""
    columns = {"account": 1, "date": 2, "amount": 3, "operation": 4}
    layout = {"columns": columns, "separator": "|", "has_header": False}
    row, client = make_profile(cast, layout=layout), enter(cast.anna)
    rows = "10012|2019-03-11|Ы|A1\n99999|2019-03-11|5,00|\n"
    answer = upload(client, cast, rows, profile=row.pk)
    run = ImportRun.objects.get()
    found = {(one.row, one.column) for one in run.problems}
    assert found == {(1, "sum of the payment (column 3)"), (2, "number of the account (column 1)")}
    page = client.get(answer["Location"]).content.decode()
    assert "sum of the payment (column 3)" in page
    tried = client.post(
        reverse("admin:premises_columnprofile_try", args=[row.pk]), {"file": SimpleUploadedFile("f.txt", rows.encode())}
    )
    assert "Row 1, sum of the payment (column 3): " in tried.content.decode()


def test_a_profile_of_places_and_headers_calls_each_column_as_the_reader_knows_it(cast: Cast, enter: Enter) -> None:
    client = enter(cast.anna)
    columns = {"account": "Договор", "date": 2, "amount": "Рублей"}
    row = make_profile(cast, layout={"columns": columns, "separator": "|", "has_header": True})
    upload(client, cast, ROWS.replace("1180,70", "Ы").replace("03-11", "33-11"), profile=row.pk)
    found = {one.column for one in ImportRun.objects.get().problems}
    assert found == {"Рублей", "day of the payment (column 2)"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"column_operation": "500"}, "The column of «Operation, its id at the bank» must be a number from 1 to 200."),
        ({"has_header": "-"}, "Without a header the column of «Number of the account» must be a number."),
    ],
)
def test_what_is_wrong_with_a_profile_names_its_fields_in_words(
    cast: Cast, enter: Enter, changes: dict[str, str], words: str
) -> None:
    form = enter(cast.anna).post(ADD, profile(cast, **changes)).context["adminform"].form
    assert words in [one for some in form.errors.values() for one in some]
