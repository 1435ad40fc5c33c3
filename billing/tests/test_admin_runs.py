"""Closing a month in the staff room: who may, what is shown before, while and after, and what one press does."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_run
from billing.actions.ledger import post_payments
from billing.actions.prints import documents_of
from billing.models import (
    BillingRun,
    Export,
    Invoice,
    PrintBatch,
    Recalculation,
    Service,
    Tariff,
)
from billing.readiness import rows_of, whole_of
from billing.testing import make_invoice, make_payment, reprint
from billing.tests.firm import (
    AT,
    NOV,
    calculated,
    ignore,
    in_russian,
    issued,
    make_fact,
    make_service,
    page,
    press_issue,
)
from meters.testing import make_meter, make_readings
from portal.testing import Cast, make_account, make_house
from premises.models import Organization, Unit

pytestmark = [pytest.mark.feature("B10"), pytest.mark.usefixtures("december", "fresh")]
Enter = Callable[[User], Client]
State = BillingRun.State


ADD = "admin:billing_billingrun_add"


def test_the_months_to_close_are_those_of_the_company_s_own_day(
    firm: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import timezone

    late = datetime(2026, 11, 30, 23, 30, tzinfo=ZoneInfo("Europe/Kyiv"))  # 1 December in Moscow
    monkeypatch.setattr(timezone, "now", lambda: late)
    Organization.objects.filter(pk=firm.company.pk).update(time_zone="Europe/Kyiv")
    months = enter(firm.anna).get(reverse(ADD)).context["form"].fields["month"].choices
    assert months[0][0] == "2026-11"


def test_the_page_before_says_what_will_not_be_charged(firm: Cast, enter: Enter) -> None:
    make_service(firm.house, "waste", "person", name="Вывоз ТКО")
    make_service(firm.house, "heat", "heat_season", "2245.68", name="Отопление")
    make_fact(firm.house)
    make_readings(make_meter(firm.account), date(2026, 10, 1), "1", "2")
    make_meter(firm.nina_account, serial="N")
    issued(firm.company, date(2026, 10, 1), by=firm.anna)
    text = enter(firm.anna).get(reverse(ADD)).content.decode()
    assert "November 2026" in text
    assert "1 of 2 (50 %)" in text
    assert "no tariff" in text
    assert "no norm" in text
    assert "4,457.88" in text
    assert "Calculate</button>" in text


def test_from_one_press_to_the_issued_documents(
    firm: Cast, enter: Enter, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """Anna calculates, looks at the totals, is asked once more, and issues; the worker does it in between."""
    anna = enter(firm.anna)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        answer = anna.post(reverse(ADD), {"organization": firm.company.pk, "month": "2026-11"})
    run = BillingRun.objects.get()
    assert answer.url == page(run)  # type: ignore[attr-defined]
    text = anna.get(page(run)).content.decode()
    assert "Calculated, not issued" in text
    assert "4,457.88" in text
    assert not Invoice.objects.exists()
    text = anna.get(page(run, "issue")).content.decode()
    assert "3 documents for November 2026 will be issued, together 4,457.88" in text
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        press_issue(anna, run)
    run.refresh_from_db()
    assert (run.state, run.issued_by) == (State.ISSUED, firm.anna)
    text = anna.get(page(run)).content.decode()
    assert "3 documents" in text
    assert f"?run__id__exact={run.pk}" in text
    assert (
        len(
            anna.get(reverse("admin:billing_invoice_changelist") + f"?run__id__exact={run.pk}")
            .context["cl"]
            .result_list
        )
        == 3
    )
    assert Invoice.objects.filter(run=run).count() == 3


def test_the_second_person_comes_to_the_same_run(firm: Cast, enter: Enter) -> None:
    fields = {"organization": firm.company.pk, "month": "2026-11"}
    first = enter(firm.anna).post(reverse(ADD), fields)
    second = enter(firm.mark).post(reverse(ADD), fields)
    assert first.url == second.url  # type: ignore[attr-defined]
    assert BillingRun.objects.get().by == firm.anna
    assert "has a run already" in enter(firm.mark).get(reverse(ADD)).content.decode()


def test_a_run_under_way_shows_a_bar_without_scripts(firm: Cast, enter: Enter) -> None:
    run = start_run(firm.company, NOV, by=firm.anna, at=AT, later=ignore)
    anna = enter(firm.anna)
    assert "The worker has not begun yet." in anna.get(page(run)).content.decode()
    BillingRun.objects.update(done=1500, total=3000)
    text = anna.get(page(run)).content.decode()
    assert '<progress value="1500" max="3000"' in text
    assert "1,500 of 3,000." in text
    assert "Issue the documents" not in text


def test_totals_stand_beside_those_of_last_month_and_anomalies_lead_to_the_account(firm: Cast, enter: Enter) -> None:
    issued(firm.company, date(2026, 10, 1), by=firm.anna)
    Tariff.objects.update(rate=Decimal("50.00"))
    run = calculated(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    text = anna.get(page(run)).content.decode()
    assert "9,150.00" in text
    assert "4,692.12" in text  # the difference
    assert "More than twice as much as last month" in text
    assert "1,485.96 last month, 3,050.00 now" in text
    assert reverse("admin:billing_billingrun_account", args=[run.pk, firm.account.pk]) in text
    assert "Nothing is charged" not in anna.get(page(run) + "?what=more").content.decode()
    answer = anna.post(page(run, "anomalies"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["10012", "10013", "10001"]
    assert Export.objects.get().rows == 3


def test_calculate_again_and_drop(firm: Cast, enter: Enter) -> None:
    run = calculated(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    assert anna.get(page(run, "again")).status_code == 405
    anna.post(page(run, "again"))
    run.refresh_from_db()
    assert (run.state, run.cursor) == (State.CALCULATING, -1)
    body = anna.get(page(run)).content.decode()
    assert f'action="{page(run, "drop")}"' not in body
    asked = anna.get(page(run, "drop"))
    run.refresh_from_db()
    assert (asked.status_code, run.state) == (200, State.CALCULATING)
    assert "Nothing of it was issued" in asked.content.decode()
    anna.post(page(run, "drop"))
    run.refresh_from_db()
    assert run.state == State.DROPPED
    assert "this run cannot be calculated" in anna.post(page(run, "again")).content.decode().lower()


def test_a_correction_needs_a_reason_and_shows_the_differences(
    firm: Cast, enter: Enter, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    run = issued(firm.company, NOV, by=firm.anna)
    Tariff.objects.update(rate=Decimal("24.00"))
    Recalculation.objects.create(
        account=firm.account,
        service=Service.objects.get(),
        period=NOV,
        amount=Decimal("-300.00"),
        reason="по заявлению",
    )
    anna = enter(firm.anna)
    assert anna.get(page(run, "correct")).status_code == 200
    assert anna.post(page(run, "correct"), {"reason": "x"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        anna.post(page(run, "correct"), {"reason": "неверный тариф"})
    correction = BillingRun.objects.get(kind="correction")
    text = anna.get(page(correction)).content.decode()
    assert "3 accounts differ from what was issued, together by −65.88" in text
    whole = anna.get(page(correction)).context["differences"]
    assert [(row.name, row.accounts, row.issued, row.now, row.amount) for row in whole] == [
        (name, 3, Decimal("4457.88"), Decimal("4392.00"), Decimal("-65.88")) for name in ("Содержание", "")
    ]
    assert "Last month" not in text
    assert "Differs from what was issued" in text
    assert "1,485.96 issued, 1,464.00 now" in text
    assert firm.account.number in text
    assert "the next month" in anna.get(page(correction, "issue")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        press_issue(anna, correction)
    found = Recalculation.objects.exclude(source="manual")
    assert set(found.values_list("amount", "reason")) == {(Decimal("-21.96"), "неверный тариф")}
    assert "неверный тариф" in anna.get(page(run)).content.decode()


def test_a_month_that_cannot_be_closed_says_why(firm: Cast, enter: Enter) -> None:
    issued(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    fields: dict[str, str | int] = {"organization": firm.company.pk, "month": "2026-10"}
    text = anna.get(reverse(ADD), fields).content.decode()
    assert "A later month is issued already" in text
    assert "Calculate</button>" not in text
    assert anna.post(reverse(ADD), fields).status_code == 409
    assert anna.post(reverse(ADD), fields | {"month": "2027-01"}).status_code == 422


def test_the_print_file_of_a_house(
    firm: Cast, enter: Enter, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    run = issued(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    assert str(firm.house) in anna.get(page(run, "prints")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        anna.post(page(run, "prints"), {"house": firm.house.pk})
        anna.post(page(run, "prints"), {"house": firm.house.pk})
    batch = PrintBatch.objects.get()
    assert (batch.state, batch.documents, batch.by) == (PrintBatch.State.READY, 3, firm.anna)
    url = reverse("admin:billing_billingrun_print", args=[batch.pk])
    assert url in anna.get(page(run, "prints")).content.decode()
    assert anna.get(url).status_code == 405
    assert not Export.objects.exists()
    assert b"".join(anna.post(url).streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    taken = Export.objects.get()
    assert (taken.what, taken.rows, taken.by) == ("prints", 3, firm.anna)
    assert taken.query == f"2026-11 {firm.house}"[:300]
    assert anna.post(page(run, "prints"), {"house": firm.other_house.pk}).status_code == 404
    assert enter(firm.pavel).post(url).status_code == 404
    assert enter(firm.dima).post(url).status_code == 404


def test_a_print_file_is_made_anew_when_the_documents_are_others(
    firm: Cast, enter: Enter, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    """As many as before, but one was taken back and came again: the old file would print the old one."""
    run = issued(firm.company, NOV, by=firm.anna)
    anna, house = enter(firm.anna), {"house": firm.house.pk}
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        anna.post(page(run, "prints"), house)
    old = PrintBatch.objects.get()
    assert "Make the file" not in anna.get(page(run, "prints")).content.decode()
    later = AT + timedelta(days=1)
    Invoice.objects.filter(account=firm.account).update(voided_at=later)
    make_invoice(firm.account, NOV, accrued="77.00", created_at=later)
    body = anna.get(page(run, "prints")).content.decode()
    assert "Make the file" in body
    assert reverse("admin:billing_billingrun_print", args=[old.pk]) not in body
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        anna.post(page(run, "prints"), house)
        anna.post(page(run, "prints"), house)
    assert PrintBatch.objects.exclude(pk=old.pk).count() == 1


def test_a_print_file_holds_the_documents_of_its_company_only(firm: Cast) -> None:
    """Of a house that another company has taken over, the old company's documents are no longer its to print."""
    invoice = make_invoice(firm.account, NOV)
    assert documents_of(firm.company, firm.house, NOV) == [invoice.pk]
    assert documents_of(firm.other_company, firm.house, NOV) == []


@pytest.mark.parametrize("who", ["pavel", "dima"])
def test_others_find_nothing(firm: Cast, enter: Enter, who: str) -> None:
    """Pavel works for another company, Dima dispatches."""
    run = calculated(firm.company, NOV, by=firm.anna)
    client = enter(getattr(firm, who))
    for name in ("issue", "correct", "prints"):
        assert client.get(page(run, name)).status_code == 404
    assert client.get(page(run)).status_code in {302, 404}
    for name in ("again", "drop", "issue", "correct", "anomalies", "prints"):
        assert client.post(page(run, name), {"reason": "причина", "house": firm.house.pk}).status_code == 404
    run.refresh_from_db()
    assert run.state == State.CALCULATED
    if who == "pavel":
        assert "Уютный" not in client.get(reverse("admin:billing_billingrun_changelist")).content.decode()
        fields = {"organization": firm.company.pk, "month": "2026-11"}
        assert client.post(reverse(ADD), fields).status_code == 422
    else:
        assert client.get(reverse(ADD)).status_code == 404


def test_the_page_of_a_run_asks_as_often_for_many_anomalies_and_services(firm: Cast, enter: Enter) -> None:
    anna = enter(firm.anna)
    house = make_house(firm.company, "3")
    run = calculated(firm.company, NOV, by=firm.anna)
    anna.get(page(run))

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert anna.get(page(run)).status_code == 200
        return len(seen)

    few = count()
    accounts = [make_account(house, str(number), f"3{number}") for number in range(10)]
    BillingRun.objects.update(
        anomalies=[{"account": one.pk, "what": "norm", "facts": {"service": "x"}} for one in accounts]
    )
    assert count() <= few + 1


def test_the_first_month_stands_beside_the_last_imported_one(firm: Cast, enter: Enter) -> None:
    """A company that moves here compares by the codes of the documents its old program printed."""
    for account in (firm.account, firm.nina_account):
        invoice = make_invoice(account, date(2026, 10, 1), accrued="1400.00")
        reprint(invoice, code="main", service="Содержание")
    run = calculated(firm.company, NOV, by=firm.anna)
    row = next(one for one in rows_of(run) if one.name == "Содержание")
    assert row.before == Decimal("2800.00")
    assert row.difference == row.total - Decimal("2800.00")
    assert "2,800.00" in enter(firm.anna).get(page(run)).content.decode()


def test_a_typed_mistake_is_removed_from_a_calculated_month(firm: Cast, enter: Enter) -> None:
    """What a run took may still be changed or deleted; the run is then not issued before it is calculated again."""
    service = Service.objects.get()
    values = {"account": firm.account, "service": service, "period": date(2026, 10, 1), "reason": "опечатка"}
    wrong = Recalculation.objects.create(amount=Decimal("-9000.00"), **values)
    run = calculated(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    fields = {"account": firm.account.pk, "service": service.pk, "period": "2026-10-01", "reason": "опечатка"}
    here = reverse("admin:billing_recalculation_change", args=[wrong.pk])
    assert anna.post(here, fields | {"amount": "-90.00"}).status_code == 302
    wrong.refresh_from_db()
    assert (wrong.run, wrong.amount) == (run, Decimal("-90.00"))
    assert "Calculate it again first" in anna.get(page(run)).content.decode()
    assert "Calculate it again first" in press_issue(anna, run, looked="on").content.decode()
    gone = anna.post(reverse("admin:billing_recalculation_delete", args=[wrong.pk]), {"post": "yes"})
    assert (gone.status_code, Recalculation.objects.count()) == (302, 0)
    assert press_issue(anna, run, looked="on").status_code == 409
    run.refresh_from_db()
    recalculate(run, by=firm.anna, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT)
    assert "Calculate it again first" not in anna.get(page(run)).content.decode()
    assert press_issue(anna, run).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.totals["recalculated"]) == (State.ISSUING, "0.00")
    late = Recalculation.objects.create(amount=Decimal("-1.00"), run=run, **values)
    gone = anna.post(reverse("admin:billing_recalculation_delete", args=[late.pk]), {"post": "yes"})
    assert (gone.status_code, Recalculation.objects.count()) == (403, 1)


def test_the_error_of_a_run_names_the_account_whose_figures_are_impossible(firm: Cast, enter: Enter) -> None:
    Unit.objects.exclude(pk=firm.account.unit_id).update(area_total=1)
    Tariff.objects.update(rate=Decimal("9000000"))
    run = start_run(firm.company, NOV, by=firm.anna, at=AT, later=ignore)
    assert not calculate(run.pk, now=lambda: AT)
    run.refresh_from_db()
    assert (run.state, run.lease, firm.account.number in run.error) == (State.FAILED, None, True)
    words = in_russian("The figures of account %(number)s are impossible. Put its data right.")
    assert words % {"number": "10012"} in enter(firm.anna).get(page(run)).content.decode()


def test_a_correction_that_finds_nothing_is_closed_and_a_second_one_leads_to_the_first(
    firm: Cast, enter: Enter, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    run = issued(firm.company, NOV, by=firm.anna)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        enter(firm.anna).post(page(run, "correct"), {"reason": "проверка"})
    correction = BillingRun.objects.get(kind="correction")
    mark = enter(firm.mark)
    assert mark.post(page(run, "correct"), {"reason": "ещё одна"}).url == page(correction)  # type: ignore[attr-defined]
    for text in (mark.get(page(correction)).content.decode(), mark.get(page(correction, "issue")).content.decode()):
        assert "Close the correction" in text
        assert "Charge the differences" not in text
    assert press_issue(mark, correction).status_code == 302


def test_the_last_row_of_the_table_adds_up(firm: Cast) -> None:
    make_service(firm.house, "lift", "account", "100.00")
    issued(firm.company, date(2026, 10, 1), by=firm.anna)
    Tariff.objects.filter(service__code="lift").update(rate=Decimal("110.00"))
    run = calculated(firm.company, NOV, by=firm.anna)
    whole = whole_of(run, rows_of(run))
    assert (whole.accounts, whole.total, whole.before, whole.difference) == (
        3, Decimal("4787.88"), Decimal("4757.88"), Decimal("30.00"),
    )  # fmt: skip


def test_the_page_before_says_from_which_day_imported_debts_bear_a_penalty(firm: Cast, enter: Enter) -> None:
    assert "Imported debts" not in enter(firm.anna).get(reverse(ADD)).content.decode()
    make_invoice(firm.account, date(2026, 5, 1))
    answer = enter(firm.anna).get(f"{reverse(ADD)}?organization={firm.company.pk}&month=2026-11")
    assert "penalty here from Nov. 1, 2026 on" in answer.content.decode()


def test_a_service_that_grew_as_a_whole_is_named_before_and_at_the_issue(firm: Cast, enter: Enter) -> None:
    make_service(firm.house, "heat", "area", "10.00", name="Отопление")
    issued(firm.company, date(2026, 10, 1), by=firm.anna)
    Tariff.objects.filter(service__code="heat").update(rate=Decimal("15.10"))
    run = calculated(firm.company, NOV, by=firm.anna)
    for name in ("change", "issue"):
        text = enter(firm.anna).get(page(run, name)).content.decode()
        assert "Services that changed by more than a half" in text
        assert "Отопление: 1,830.00\xa0RUB last month, 2,763.30\xa0RUB now (+51 %)" in text
        assert "Содержание: " not in text


def test_an_account_without_readings_stands_once_among_what_to_look_at(firm: Cast) -> None:
    for resource in ("cold", "hot"):
        make_service(
            firm.house, resource, "meter", "40.00", resource=resource, norms={"person": "4.745"}, name=resource
        )
        make_meter(firm.account, resource)
    run = calculated(firm.company, NOV, by=firm.anna)
    rows = [one for one in run.anomalies if one["account"] == firm.account.pk and one["what"] == "no_reading"]
    assert [one["facts"] for one in rows] == [{"service": "cold, hot"}]
    assert run.totals["anomalies"]["no_reading"] == 1


def test_an_account_paid_far_ahead_is_named_before_the_issue(firm: Cast, enter: Enter) -> None:
    for account, amount in ((firm.account, "150000.00"), (firm.nina_account, "3000.00")):
        post_payments([make_payment(account, "20.11.2026", amount, number=amount, operation=amount)])
    run = calculated(firm.company, NOV, by=firm.anna)
    assert [one["account"] for one in run.anomalies if one["what"] == "overpaid"] == [firm.account.pk]
    text = enter(firm.anna).get(page(run)).content.decode()
    assert "Paid for more than a year ahead" in text
    assert "−150,000.00 in the book, 1,485.96 this month" in text


def test_what_one_account_will_be_charged_is_read_before_the_issue(firm: Cast, enter: Enter) -> None:
    Recalculation.objects.create(
        account=firm.account, service=Service.objects.get(), period=date(2026, 10, 1), amount=Decimal("-90.00"),
        reason="по акту",
    )  # fmt: skip
    run = calculated(firm.company, NOV, by=firm.anna)
    here = reverse("admin:billing_billingrun_account", args=[run.pk, firm.account.pk])
    text = enter(firm.anna).get(here).content.decode()
    for words in ("Содержание", "24.36", "1,485.96", "−90.00", "1,395.96", "по акту"):
        assert words in text
    theirs = reverse("admin:billing_billingrun_account", args=[run.pk, firm.other_account.pk])
    assert enter(firm.anna).get(theirs).status_code == 404
    assert enter(firm.pavel).get(here).status_code == 404
    assert enter(firm.dima).get(here).status_code == 404


def test_every_tariff_of_a_month_is_read_with_its_volume_and_sum(firm: Cast, enter: Enter) -> None:
    """61 m² × 24.36 × 10 / 30 = 495.32 and 61 × 30.00 × 20 / 30 = 1220.00."""
    Tariff.objects.update(until=date(2026, 11, 10))
    Tariff.objects.create(service=Service.objects.get(), since=date(2026, 11, 11), rate=Decimal(30))
    run = calculated(firm.company, NOV, by=firm.anna)
    here = reverse("admin:billing_billingrun_account", args=[run.pk, firm.account.pk])
    text = enter(firm.anna).get(here).content.decode()
    for words in ("1,715.32", "20.333333", "24.36", "495.32", "40.666667", "30.00", "1,220.00"):
        assert words in text
    assert text.count("of which") == 2
    assert text.count("24.36") == 1  # not beside the whole volume too
