"""What an employee does only right after proving themselves: people, roles, bank details, and files that leave the portal.

Two tables name all of it. A new page of these kinds, and a new function that gives out a file, fails here until it is in one.
"""

import ast
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import models
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import billing.tests.town  # noqa: F401  (adds its rows)
import meters.tests.town  # noqa: F401  (adds its rows)
from accounts.models import User
from accounts.proved import ProvedMixin
from billing.models import Export, PrintBatch
from billing.tests.firm import NOV, issued, make_service
from portal.testing import Cast, prove
from premises import actions, tasks
from premises.models import CouncilSeat, StaffMember
from premises.tests.town import make_side

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]

# --- Forms ----------------------------------------------------------------------------------------------------------
PEOPLE = {"accounts.user", "premises.staffmember", "premises.councilseat"}
DETAILS = {
    "premises.organization", "billing.requisiteschange", "billing.provideraccount", "billing.providerchange",
    "billing.partnerlink", "billing.partnerchange",
}  # fmt: skip
READ_ONLY = {"billing.requisites"}  # the details in force: only a change that two people agree on writes them


def label_of(model: type[models.Model]) -> str:
    return model._meta.label_lower


def test_the_mixin_is_worn_where_people_rights_and_bank_details_are_written() -> None:
    worn = {label_of(model) for model, page in admin.site._registry.items() if isinstance(page, ProvedMixin)}
    assert worn == PEOPLE | DETAILS


@pytest.fixture
def sofia(cast: Cast, enter: Enter) -> Client:
    """The superuser, who came in long ago; there is a row of every model."""
    make_side("Маркер")
    return enter(cast.sofia)


def leads_to_proof(response: object, back: str) -> bool:
    """Whether the answer asks for a proof and, after it, leads to this page."""
    there = urlsplit(response.get("Location", ""))  # type: ignore[attr-defined]
    return there.path == reverse("factor") and parse_qs(there.query).get("next") == [back]


def row_of(label: str, cast: Cast) -> models.Model:
    """A row that the superuser may change: not the superuser."""
    rows = apps.get_model(label)._default_manager.order_by("pk")
    return cast.dima if label == "accounts.user" else rows.first()


def doors_of(label: str, row: models.Model, cast: Cast) -> Iterator[str]:
    """The pages of a row that write, in every dress the stock admin has for them."""
    page = admin.site._registry[apps.get_model(label)]
    name = f"admin:{label.replace('.', '_')}"
    change = reverse(f"{name}_change", args=[row.pk])
    request = type("Request", (), {"user": cast.sofia})()
    yield change
    yield f"{change}?_popup=1"
    yield f"{change}?_to_field=id"
    if page.has_add_permission(request):
        yield reverse(f"{name}_add")
        yield reverse(f"{name}_add") + "?_popup=1&_to_field=id"
    if page.has_delete_permission(request):
        yield reverse(f"{name}_delete", args=[row.pk])


@pytest.mark.parametrize("label", sorted(PEOPLE | DETAILS))
def test_a_form_asks_when_it_is_opened_and_carries_nothing_out_before(cast: Cast, sofia: Client, label: str) -> None:
    row = row_of(label, cast)
    before, count = model_to_dict(row), type(row)._default_manager.count()
    for door in doors_of(label, row, cast):
        assert leads_to_proof(sofia.get(door), door), door
        assert leads_to_proof(sofia.post(door, {"post": "yes"}), urlsplit(door).path), door
    row.refresh_from_db()
    assert (model_to_dict(row), type(row)._default_manager.count()) == (before, count)
    prove(sofia)
    for door in doors_of(label, row, cast):
        assert sofia.get(door).status_code == 200, door


@pytest.mark.parametrize("label", sorted(PEOPLE | DETAILS))
def test_lists_and_the_history_are_read_without_it(cast: Cast, sofia: Client, label: str) -> None:
    name = f"admin:{label.replace('.', '_')}"
    assert sofia.get(reverse(f"{name}_changelist")).status_code == 200
    assert sofia.get(reverse(f"{name}_history", args=[row_of(label, cast).pk])).status_code == 200


@pytest.mark.parametrize("label", sorted(PEOPLE | DETAILS))
def test_chosen_rows_are_not_deleted_before(cast: Cast, sofia: Client, label: str) -> None:
    """«Delete selected»: asks first; afterwards it is there only where a job may delete."""
    row, url = row_of(label, cast), reverse(f"admin:{label.replace('.', '_')}_changelist")
    form = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert leads_to_proof(sofia.post(url, form), url)
    assert type(row)._default_manager.filter(pk=row.pk).exists()
    prove(sofia).post(url, form)
    may_go = label in {"premises.councilseat", "billing.partnerlink"}
    assert type(row)._default_manager.filter(pk=row.pk).exists() != may_go


def test_details_in_force_have_no_form_for_anybody(cast: Cast, sofia: Client) -> None:
    for label in READ_ONLY:
        row = row_of(label, cast)
        url = reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])
        assert prove(sofia).post(url, {"account": "40702810000000000001"}).status_code == 403


@pytest.mark.parametrize("name", ["mark", "anna", "pavel"])
def test_an_employee_finds_no_people_behind_the_pages_of_the_stock_admin(cast: Cast, enter: Enter, name: str) -> None:
    """History, autocomplete and a pop-up know no more than the pages themselves, proved or not."""
    client = prove(enter(getattr(cast, name)))
    asked = [
        reverse("admin:accounts_user_history", args=[cast.olga.pk]),
        reverse("admin:accounts_user_change", args=[cast.olga.pk]) + "?_popup=1",
        reverse("admin:accounts_user_changelist") + "?_popup=1&_to_field=phone",
        reverse("admin:premises_staffmember_add") + "?_popup=1",
        reverse("admin:autocomplete") + "?app_label=premises&model_name=staffmember&field_name=user&term=",
        reverse("admin:autocomplete") + "?app_label=premises&model_name=councilseat&field_name=user&term=",
    ]
    for url in asked:
        response = client.get(url)
        assert response.status_code in {302, 403, 404}, url
        assert "Олина" not in response.content.decode(), url
    assert not StaffMember.objects.filter(user=cast.olga).exists()


def test_a_seat_is_given_only_after_a_proof(cast: Cast, enter: Enter) -> None:
    mark, url = enter(cast.mark), reverse("admin:premises_councilseat_add")
    form = {"user": cast.nina.pk, "house": cast.house.pk, "since": "2026-01-01"}
    mark.post(url, form)
    assert not CouncilSeat.objects.filter(user=cast.nina).exists()
    prove(mark).post(url, form)
    assert CouncilSeat.objects.filter(user=cast.nina).exists()


def test_a_dispatcher_who_only_looks_is_not_asked(cast: Cast, enter: Enter) -> None:
    page = enter(cast.dima).get(reverse("admin:premises_organization_change", args=[cast.company.pk]))
    assert page.status_code == 200


# --- Files ----------------------------------------------------------------------------------------------------------
# Every function that gives out a file. An employee's file with data of people or money asks first.
ASKS = {
    "meters/admin_exports.py:export_view", "billing/admin_collecting.py:_take", "billing/admin_debts.py:account_view",
    "billing/admin_debts.py:_pdf", "billing/admin_exports.py:_table", "billing/admin_exports.py:_gis",
    "billing/admin_exports.py:_file", "billing/admin_runs.py:anomalies_view", "billing/admin_runs.py:print_view",
    "premises/views/letters.py:letter_batch_file",
}  # fmt: skip
FREE = {
    "meters/admin_balance.py:balance_view": "sums of a house",
    "meters/admin_base.py:photo_view": "one photo, looked at",
    "billing/views/bills.py:invoice_file": "one document, looked at by its payer or an employee",
    "billing/views/statement.py:statement_file": "the person's own account",
    "meters/views/history.py:readings_export": "the person's own account",
    "meters/views/photo.py:reading_photo": "the person's own account",
}
GIVING = {"download", "stream", "streamed", "FileResponse", "StreamingHttpResponse"}


def givers() -> Iterator[str]:
    """The functions of the rooms that make an answer which is a file, as «file:function»."""
    for room in ("accounts", "premises", "meters", "billing", "appeals", "voting", "notifications", "portal"):
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*.py")):
            if {"tests", "migrations", "town"} & set(path.parts) or path.name in {"testing.py", "dev.py"}:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef) and any(_gives(one) for one in ast.walk(node)):
                    yield f"{path.relative_to(settings.BASE_DIR)}:{node.name}"


def _gives(node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in GIVING
    return isinstance(node, ast.Constant) and node.value == "Content-Disposition"


def test_every_function_that_gives_out_a_file_is_in_a_table() -> None:
    assert set(givers()) == ASKS | set(FREE)


@dataclass(frozen=True)
class Taking:
    """How a file is taken, and the page that leads there."""

    url: str
    back: str
    data: Mapping[str, object] | None = None  # of a POST; None for a GET

    def ask(self, client: Client) -> object:
        return client.get(self.url) if self.data is None else client.post(self.url, self.data)


def takings(cast: Cast) -> dict[str, Taking]:
    """One of every file, of the company that has issued November."""
    make_service(cast.house, "main", "area", "24.36", name="Содержание")
    run = issued(cast.company, NOV, by=cast.anna)
    batch = PrintBatch.objects.create(
        organization=cast.company, house=cast.house, period=NOV, state=PrintBatch.State.READY, documents=1,
        file=ContentFile(b"%PDF-", "bills.pdf"), created_at=timezone.now(),
    )  # fmt: skip
    letters = actions.order_letters(cast.house, [cast.account], by=cast.mark, at=timezone.now())
    tasks.make_letters(letters.pk)
    book, month = "admin:billing_ledgerentry", {"reason": "for the bank"}
    debtors = f"{reverse(f'{book}_debtors')}?organization={cast.company.pk}"
    account = reverse(f"{book}_account", args=[cast.account.pk])
    exports = reverse(f"{book}_exports")
    order = {"organization": cast.company.pk, "sort": "balances", "period": "2026-11", "kind": "csv"}
    meters, readings = (reverse(f"admin:meters_{one}_changelist") for one in ("meter", "reading"))
    return {
        "meters": Taking(reverse("admin:meters_meter_export", args=["csv"]), meters),
        "readings": Taking(reverse("admin:meters_reading_export", args=["xlsx"]) + "?o=1", f"{readings}?o=1"),
        "debtors": Taking(debtors, debtors, month | {"file": "csv"}),
        "act": Taking(account, account, month | {"file": "pdf"}),
        "act as a table": Taking(account, account, month | {"file": "xlsx"}),
        "for the bank": Taking(
            exports, exports, order | month | {"number": 1, "encoding": "cp1251"}
        ),
        "anomalies": Taking(
            reverse("admin:billing_billingrun_anomalies", args=[run.pk]),
            reverse("admin:billing_billingrun_change", args=[run.pk]), {},
        ),
        "prints": Taking(
            reverse("admin:billing_billingrun_print", args=[batch.pk]),
            reverse("admin:billing_billingrun_prints", args=[run.pk]), {"run": run.pk},
        ),
        "letters": Taking(
            reverse("letter_batch_file", args=[letters.public_id]), reverse("letter_batch", args=[letters.public_id]), {}
        ),
    }  # fmt: skip


def test_every_file_asks_first_and_is_given_after(cast: Cast, enter: Enter) -> None:
    mark = enter(cast.mark)
    for name, taking in takings(cast).items():
        taken = Export.objects.count()
        assert leads_to_proof(taking.ask(mark), taking.back), name
        assert Export.objects.count() == taken, name
        fresh = prove(enter(cast.mark))
        assert fresh.get(taking.back).status_code == 200, name
        response = taking.ask(fresh)
        assert response.status_code == 200, name  # type: ignore[attr-defined]
        assert "attachment" in response["Content-Disposition"], name  # type: ignore[index]


def test_pages_of_debts_are_read_without_it_and_lead_to_it(cast: Cast, enter: Enter) -> None:
    """Nothing is typed in vain: instead of the reason there is the way to the proof."""
    mark, all_of_them = enter(cast.mark), takings(cast)
    for name in ("debtors", "act"):
        page = mark.get(all_of_them[name].back).content.decode()
        assert "Confirm, then take the file" in page, name
        assert 'name="reason"' not in page, name
        page = prove(enter(cast.mark)).get(all_of_them[name].back).content.decode()
        assert "Confirm, then take the file" not in page, name
        assert 'name="reason"' in page, name


def test_letters_are_ordered_only_after_a_proof_and_the_flats_are_kept(cast: Cast, enter: Enter) -> None:
    mark, url = enter(cast.mark), reverse("letters_issue", args=[cast.house.public_id])
    form = {"flats": "12, 13", "idem": str(uuid.uuid4())}
    response = mark.post(url, form)
    check = reverse("letters_check", args=[cast.house.public_id])
    assert leads_to_proof(response, f"{check}?flats=12%2C+13")
    assert not cast.house.letter_batches.exists()
    assert prove(mark).post(url, form).status_code == 302  # the very same form: it was not accepted before
    assert cast.house.letter_batches.count() == 1


def test_a_filter_that_no_address_can_carry_leads_back_to_the_list(cast: Cast, enter: Enter) -> None:
    url = reverse("admin:meters_meter_export", args=["csv"])
    response = enter(cast.mark).get(url, {"q": "руб/ль"})
    assert leads_to_proof(response, reverse("admin:meters_meter_changelist"))


@pytest.mark.parametrize("name", ["dima", "pavel", "olga"])
def test_others_are_not_even_asked(cast: Cast, enter: Enter, name: str) -> None:
    everything, client = takings(cast), enter(getattr(cast, name))
    for what in ("debtors", "act", "anomalies", "prints", "letters"):
        response = everything[what].ask(client)
        assert not leads_to_proof(response, everything[what].back), what
        assert response.status_code != 200, what  # type: ignore[attr-defined]
    assert not Export.objects.exists()


@pytest.mark.parametrize("name", ["exports", "debtors"])
def test_a_files_form_that_was_sent_too_late_says_so(cast: Cast, enter: Enter, name: str) -> None:
    anna, url = enter(cast.anna), reverse(f"admin:billing_ledgerentry_{name}")
    assert "The form was not sent" not in anna.get(url, follow=True).content.decode()
    assert "The form was not sent" in anna.post(url, {"reason": "Для банка"}, follow=True).content.decode()
