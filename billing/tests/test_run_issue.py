"""A calculated month becomes documents: numbered without gaps, frozen, in the book, told to those who live there."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from billing.actions.calculate import calculate
from billing.actions.closing import OtherFigures, recalculate, start_issue
from billing.actions.issuing import Office, issue
from billing.actions.ledger import post_documents, post_payments, reverse_entries
from billing.invoice_pdf import draw
from billing.models import (
    BillingTerms,
    Charge,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    PenaltyCharge,
    QualityCase,
    Recalculation,
    Requisites,
    Subsidy,
    Tariff,
)
from billing.testing import make_invoice, make_payment
from billing.tests.firm import AT, NOV, calculated, ignore, issued, line, make_details, make_fact, make_service
from lib.errors import Refusal
from lib.money import rounded
from meters.models import Estimate
from meters.testing import make_house_meter, make_meter, make_reading, make_readings
from notifications.models import Notice
from portal.testing import Cast, make_account, make_house
from premises.actions import connect_code_for
from premises.models import ConnectCode, PersonalAccount

pytestmark = pytest.mark.feature("B11")
MAIN = "24.36"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T09:00").replace(tzinfo=UTC)


def papers(account: PersonalAccount, period: date = NOV) -> dict[tuple[str, str], Invoice]:
    return {(one.kind, one.recipient): one for one in Invoice.objects.filter(account=account, period=period)}


def the(account: PersonalAccount, period: date = NOV) -> Invoice:
    return Invoice.objects.get(account=account, period=period)


def pay(account: PersonalAccount, on: str, amount: str, **fields: object) -> None:
    post_payments([make_payment(account, on, amount, **fields)])


def test_a_document_says_everything_it_was_made_of(cast: Cast) -> None:
    PersonalAccount.objects.filter(pk=cast.account.pk).update(zhku="60ЕХ209700-10")
    make_details(cast.company)
    make_fact(cast.house)
    make_service(
        cast.house, "cold", "meter", "43.57", resource="cold", name="Холодная вода", unit="м3", position=2,
        norms={"person": "4.745", "common": "0.0352"}, vat_percent=Decimal(20),
    )  # fmt: skip
    make_service(
        cast.house, "common", "common", "43.57", resource="cold", name="ХВС СОИ", unit="м3", position=3, group="Жилищные",
        norms={"common": "0.0352"},
    )  # fmt: skip
    make_service(cast.house, "main", "area", MAIN, name="Содержание", unit="м2", position=1, group="Жилищные")
    make_readings(make_meter(cast.account), date(2026, 10, 1), "148.102", "152.347")
    make_readings(make_house_meter(cast.house), date(2026, 10, 1), "0", "1250")
    Subsidy.objects.create(account=cast.account, period=NOV, amount=Decimal("150.00"))
    issued(cast.company, NOV, by=cast.anna)
    bill = the(cast.account)
    assert [(one.position, one.group, one.service, one.accrued, one.accrued_common) for one in bill.lines.all()] == [
        (1, "Жилищные", "Содержание", Decimal("1485.96"), Decimal(0)),
        (2, "", "Холодная вода", Decimal("184.95"), Decimal(0)),
        (3, "Жилищные", "ХВС СОИ", Decimal(0), Decimal("15.60")),
    ]
    assert (bill.accrued, bill.subsidy, bill.payable) == (Decimal("1686.51"), Decimal("150.00"), Decimal("1536.51"))
    assert (bill.form, bill.due_on, bill.issued_on) == ("ru43", date(2026, 12, 15), date(2026, 12, 1))
    assert (bill.vat, bill.document_id) == (Decimal("30.83"), "60ЕХ209700-10-6111")
    assert (bill.payer["name"], bill.requisites["bic"]) == ("Олина Ольга Олеговна", "044525225")
    [reading] = bill.readings
    assert (reading["serial"], reading["previous"], reading["current"], reading["volume"]) == (
        "0123456-19", "148.102", "152.347", "4.245",
    )  # fmt: skip
    cold, common = bill.reference
    assert (cold["service"], cold["norm"]) == ("Холодная вода", "4.745")
    assert (common["norm_common"], common["house_volume"], common["common_volume"]) == ("0.0352", "1250", "28.6")
    assert (bill.instalments, len(bill.digest)) == ([], 64)


@pytest.mark.feature("B10")
def test_two_tariffs_of_a_month_are_printed_with_their_volumes(cast: Cast, enter: Any) -> None:
    """1.846 m³ at 54.89 to the 15th and at 60 from the 16th are 50.66 + 55.38; at the old tariff alone it was 101.33."""
    service = make_service(cast.house, "cold", "meter", "54.89", resource="cold", name="Холодная вода", unit="м3")
    Tariff.objects.update(until=date(2026, 11, 15))
    Tariff.objects.create(service=service, since=date(2026, 11, 16), rate=Decimal(60))
    make_service(cast.house, "main", "area", MAIN)
    make_readings(make_meter(cast.account), date(2026, 10, 1), "10", "11.846")
    issued(cast.company, NOV, by=cast.anna)
    bill = the(cast.account)
    cold = bill.lines.get(code="cold")
    assert (cold.volume, cold.accrued) == (Decimal("1.846"), Decimal("106.04"))
    half = Decimal("0.923")
    assert cold.by_tariff == [(half, Decimal("54.89"), Decimal("50.66")), (half, Decimal(60), Decimal("55.38"))]
    assert bill.lines.get(code="main").parts == []
    page = enter(cast.olga).get(reverse("bill", args=[cast.account.public_id, bill.public_id])).content.decode()
    for words in ("0.923 м³ × 54.89 = 50.66", "0.923 м³ × 60.00 = 55.38"):
        assert words in page.replace("&nbsp;", " ").replace("\xa0", " ")
    text = " ".join(one.extract_text() for one in PdfReader(BytesIO(draw(bill))).pages).replace("\xa0", " ")
    for words in ("0,923 54,89 50,66", "0,923 60,00 55,38"):
        assert words in " ".join(text.split())


def test_numbers_have_no_gaps_and_go_on_next_month(cast: Cast) -> None:
    make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "repair", "area", "5.50", kind="repair")
    for month in (9, 10):
        issued(cast.company, date(2026, month, 1), by=cast.anna)
    make_service(cast.house, "intercom", "account", "90.00", kind="other")
    issued(cast.company, NOV, by=cast.anna)
    for kind, mark, last in (("main", "", 9), ("repair", "К", 9), ("other", "Д", 3)):
        numbers = Invoice.objects.filter(kind=kind).order_by("pk").values_list("number", flat=True)
        assert list(numbers) == [f"{number}{mark}" for number in range(1, last + 1)]
    bills = Invoice.objects.filter(account=cast.account, period=NOV)
    assert len({str(one) for one in bills}) == len({one.file_name for one in bills}) == 3  # none is taken for another
    assert not Invoice.objects.filter(organization=cast.other_company).exists()


def test_issued_documents_are_frozen_and_issuing_again_changes_nothing(cast: Cast) -> None:
    make_service(cast.house, "main", "area", MAIN)
    run = issued(cast.company, NOV, by=cast.anna)
    before = list(Invoice.objects.values_list()), list(LedgerEntry.objects.values_list())
    start_issue(run, by=cast.mark, at=AT, later=ignore)
    assert not issue(run.pk, now=lambda: AT)
    assert (list(Invoice.objects.values_list()), list(LedgerEntry.objects.values_list())) == before
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.update(payable=1)


def test_opening_and_paid_are_those_of_the_book_over_three_months(cast: Cast) -> None:
    """Each document begins where the one before ended, less what was paid since; the book and the documents agree."""
    make_service(cast.house, "main", "area", MAIN)
    pay(cast.account, "03.09.2026", "1000.00")
    issued(cast.company, date(2026, 9, 1), by=cast.anna, at=at("2026-10-01"))
    pay(cast.account, "12.10.2026", "485.96")
    issued(cast.company, date(2026, 10, 1), by=cast.anna, at=at("2026-11-01"))
    pay(cast.account, "05.11.2026", "2000.00")
    pay(cast.account, "02.12.2026", "1.00")
    issued(cast.company, NOV, by=cast.anna)
    rows = Invoice.objects.filter(account=cast.account).order_by("period").values_list("opening", "paid", "payable")
    assert list(rows) == [
        (Decimal("0.00"), Decimal("1000.00"), Decimal("485.96")),
        (Decimal("485.96"), Decimal("485.96"), Decimal("1485.96")),
        (Decimal("1485.96"), Decimal("2000.00"), Decimal("971.92")),
    ]
    book = LedgerEntry.objects.filter(account=cast.account)
    assert book.balance(date(2026, 11, 30)) == Decimal("971.92")
    assert book.balance() == Decimal("970.92")
    assert not book.filter(kind="brought_in").exists()


def test_two_accounts_of_one_recipient_have_a_document_each(cast: Cast) -> None:
    """Heating is paid into an account of its own under the same name: its money, its debt and its penalty stay apart."""
    make_details(cast.company, account="40702810338000000001")
    heat = make_details(cast.company, account="40702810338000000077", is_main=False)
    make_service(cast.house, "main", "account", "100.00")
    make_service(cast.house, "heat", "account", "2000.00", requisites=heat, position=200)
    issued(cast.company, date(2026, 9, 1), by=cast.anna, at=at("2026-10-01"))
    issued(cast.company, date(2026, 10, 1), by=cast.anna, at=at("2026-11-01"))
    rows = Invoice.objects.filter(account=cast.account).order_by("period", "payable")
    assert [(one.requisites["account"][-4:], one.accrued, one.opening, one.payable) for one in rows] == [
        ("0001", Decimal("100.00"), Decimal("0.00"), Decimal("100.00")),
        ("0077", Decimal("2000.00"), Decimal("0.00"), Decimal("2000.00")),
        ("0001", Decimal("100.00"), Decimal("100.00"), Decimal("200.00")),
        ("0077", Decimal("2000.00"), Decimal("2000.00"), Decimal("4000.00")),
    ]
    run = issued(cast.company, NOV, by=cast.anna)
    fines = dict(PenaltyCharge.objects.filter(run=run, account=cast.account).values_list(
        "invoice__requisites__account").annotate(Sum("amount")))  # fmt: skip
    last = {one.requisites["account"]: one.penalty for one in Invoice.objects.filter(account=cast.account, period=NOV)}
    assert fines == last
    assert last["40702810338000000077"] > last["40702810338000000001"] > 0


def test_a_debt_follows_its_recipient_to_a_new_account(cast: Cast) -> None:
    own, vodokanal = make_details(cast.company), make_details(cast.company, "МУП «Водоканал»", is_main=False)
    make_service(cast.house, "main", "account", "100.00", requisites=own)
    make_service(cast.house, "water", "account", "500.00", requisites=vodokanal)
    issued(cast.company, date(2026, 10, 1), by=cast.anna, at=at("2026-11-01"))
    Requisites.objects.filter(pk=own.pk).update(account="40702810338000000077")
    issued(cast.company, NOV, by=cast.anna)
    found = papers(cast.account)
    assert found["main", own.recipient].opening == Decimal("100.00")
    assert found["main", vodokanal.recipient].opening == Decimal("500.00")


def test_a_section_and_a_recipient_have_a_document_each(cast: Cast) -> None:
    own, vodokanal = make_details(cast.company), make_details(cast.company, "МУП «Водоканал»", is_main=False)
    fund = make_details(cast.company, "Фонд капитального ремонта", kind="repair")
    make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "water", "account", "500.00", requisites=vodokanal)
    make_service(cast.house, "repair", "area", "5.50", kind="repair")
    issued(cast.company, date(2026, 10, 1), by=cast.anna, at=at("2026-11-01"))
    pay(cast.account, "10.11.2026", "1000.00")
    pay(cast.account, "11.11.2026", "335.50", kind="repair")
    issued(cast.company, NOV, by=cast.anna)
    found = papers(cast.account)
    main, water, repair = (found["main", own.recipient], found["main", vodokanal.recipient],
                           found["repair", fund.recipient])  # fmt: skip
    assert (main.opening, water.opening, repair.opening) == (Decimal("1485.96"), Decimal("500.00"), Decimal("335.50"))
    assert main.paid + water.paid == Decimal("1000.00")
    assert (main.paid, repair.payable) == (Decimal("748.23"), Decimal("335.50"))
    assert main.payable + water.payable == Decimal("1985.96") * 2 - Decimal("1000.00")


def test_an_advance_goes_to_the_largest_document(cast: Cast) -> None:
    own, vodokanal = make_details(cast.company), make_details(cast.company, "МУП «Водоканал»", is_main=False)
    make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "water", "account", "500.00", requisites=vodokanal)
    pay(cast.account, "10.10.2026", "3000.00")
    issued(cast.company, NOV, by=cast.anna)
    found = papers(cast.account)
    assert found["main", own.recipient].opening == Decimal("-3000.00")
    assert found["main", vodokanal.recipient].opening == 0


def test_a_penalty_grows_from_the_31st_day_and_each_month_adds_what_is_new(cast: Cast) -> None:
    """3680.39 of February, due on 16 March: by 30 April 15 days of 1/300 at 9.5 %, by 31 May 46 days. It bears none itself."""
    make_service(cast.house, "main", "account", "3680.39", until=date(2026, 2, 28))
    for month in range(2, 6):
        issued(cast.company, date(2026, month, 1), by=cast.anna, at=at(f"2026-{month + 1:02}-01"))
    debt, rate = Decimal("3680.39"), Decimal("9.5") / 100
    april, may = rounded(debt * rate * 15 / 300), rounded(debt * rate * 46 / 300)
    bills = Invoice.objects.filter(account=cast.account).order_by("period")
    assert list(bills.values_list("period__month", "opening", "accrued", "penalty")) == [
        (2, Decimal(0), debt, Decimal(0)), (4, debt, Decimal(0), april), (5, debt + april, Decimal(0), may - april),
    ]  # fmt: skip
    fine = bills[1].lines.get()
    assert (fine.penalty, fine.accrued, fine.payable) == (april, Decimal(0), april)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == debt + may
    assert set(PenaltyCharge.objects.values_list("invoice__period", flat=True)) == {date(2026, 2, 1)}


def test_who_paid_in_thirty_days_bears_none_and_on_the_31st_day_one(cast: Cast) -> None:
    """Vectors P1 and P2: the day of payment counts."""
    make_service(cast.house, "main", "account", "3680.39", until=date(2026, 2, 28))
    make_service(cast.house, "little", "account", "0.50", since=date(2026, 3, 1))
    issued(cast.company, date(2026, 2, 1), by=cast.anna, at=at("2026-03-01"))
    pay(cast.account, "15.04.2026", "3680.39")
    pay(cast.nina_account, "16.04.2026", "3680.39")
    issued(cast.company, date(2026, 4, 1), by=cast.anna, at=at("2026-05-01"))
    sums = [the(one, date(2026, 4, 1)).penalty for one in (cast.account, cast.nina_account)]
    assert sums == [Decimal("0.00"), Decimal("1.17")]


def fines(account: PersonalAccount) -> list[str]:
    """What each month added for documents paid late."""
    rows = PenaltyCharge.objects.filter(account=account).order_by("run__period", "invoice__period")
    return [str(amount) for amount in rows.values_list("amount", flat=True)]


def test_money_that_came_late_into_the_book_gives_a_penalty_back(cast: Cast) -> None:
    """September's 3680.39, due on 15 October, was paid on 20 November; November was closed before the bank's register came."""
    make_service(cast.house, "main", "account", "3680.39", until=date(2026, 10, 31))
    for month in (9, 10, 11):
        issued(cast.company, date(2026, month, 1), by=cast.anna, at=at(f"2026-{month + 1:02}-01"))
    assert fines(cast.account) == ["18.65"]  # to 30 November
    pay(cast.account, "20.11.2026", "7360.78")
    pay(cast.account, "05.12.2026", "18.65")
    issued(cast.company, date(2026, 12, 1), by=cast.anna, at=at("2027-01-01"))
    assert fines(cast.account) == ["18.65", "-11.66"]  # 6.99 is right
    issued(cast.company, date(2027, 1, 1), by=cast.anna, at=at("2027-02-01"))
    assert fines(cast.account) == ["18.65", "-11.66"]


def test_days_between_an_early_closing_and_a_payment_are_charged_next_month(cast: Cast) -> None:
    """November was closed with the 20th, the debt was paid on the 25th."""
    make_service(cast.house, "main", "account", "3680.39", until=date(2026, 9, 30))
    issued(cast.company, date(2026, 9, 1), by=cast.anna, at=at("2026-10-01"))
    issued(cast.company, NOV, by=cast.anna, at=at("2026-11-20"))
    pay(cast.account, "25.11.2026", "3687.38")
    pay(cast.nina_account, "14.11.2026", "3680.39")
    issued(cast.company, date(2026, 12, 1), by=cast.anna, at=at("2027-01-01"))
    assert fines(cast.account) == ["6.99", "5.83"]  # 11 days


def test_a_payment_that_was_taken_back_after_the_closing_bears_its_days(cast: Cast) -> None:
    """Paid in time, as November's closing saw it; it was another flat's money, and the right one came on 28 November."""
    make_service(cast.house, "main", "account", "3680.39", until=date(2025, 9, 30))
    issued(cast.company, date(2025, 9, 1), by=cast.anna, at=at("2025-10-01"))
    pay(cast.account, "20.10.2025", "3680.39")
    november = date(2025, 11, 1)
    issued(cast.company, november, by=cast.anna, at=at("2025-12-01"))
    assert fines(cast.account) == []
    reverse_entries(LedgerEntry.objects.filter(account=cast.account, kind="payment"))
    pay(cast.account, "28.11.2025", "3680.39")
    issued(cast.company, date(2025, 12, 1), by=cast.anna, at=at("2026-01-01"))
    assert fines(cast.account) == ["22.14"]  # due on 10 October: 19 days


@pytest.mark.parametrize(
    ("since", "november", "december"),
    [
        (None, "219.23", "445.77"),  # from 1 November, over 90 days late: 30 and 61 days of 1/130
        (date(2026, 11, 16), "109.62", "336.15"),  # 15 and 46 days of 1/130
        (date(2026, 12, 1), None, "226.54"),  # 31 days of 1/130
        (date(2026, 6, 1), "760.00", "986.54"),  # 60 days of 1/300, 78 and 109 of 1/130
    ],
)
def test_an_imported_debt_bears_a_penalty_from_the_cut_over_on(
    cast: Cast, since: date | None, november: str | None, december: str
) -> None:
    """10 000 at 9.5 %, due on 15 June; the register brought a penalty of its own, which changes nothing here."""
    BillingTerms.objects.create(organization=cast.company, penalty_since=since)
    make_service(cast.house, "main", "area", MAIN)
    sums: dict[str, Any] = {"accrued": Decimal(10000), "payable": Decimal(10000), "due_on": date(2026, 6, 15)}
    old = make_invoice(cast.account, date(2026, 5, 1), **sums | {"penalty": Decimal(10), "payable": Decimal(10010)})
    plain = make_invoice(cast.nina_account, date(2026, 5, 1), **sums)
    paid = make_invoice(cast.nina_account, date(2026, 4, 1), **sums | {"due_on": date(2026, 5, 15)})
    post_documents([old, paid, plain])
    pay(cast.nina_account, "31.10.2026", "10000.00")
    for month in (11, 12):
        issued(cast.company, date(2026, month, 1), by=cast.anna, at=datetime(2027, 1, 1, 9, tzinfo=UTC))
    fines = PenaltyCharge.objects.order_by("run__period").values_list("invoice", "run__period__month", "amount")
    first = Decimal(november) if november else None
    expected = [(11, first)] * bool(first) + [(12, Decimal(december) - (first or 0))]
    for bill in (old, plain):
        assert [(month, amount) for pk, month, amount in fines if pk == bill.pk] == expected
    # The debt of April, paid on 31 October: 60 days of 1/300 and 79 of 1/130, or nothing of it was owed any more.
    assert sum(amount for pk, _month, amount in fines if pk == paid.pk) == Decimal(
        "767.31" if since == date(2026, 6, 1) else 0
    )


def test_the_reasons_of_recalculations_are_printed(cast: Cast) -> None:
    main = make_service(cast.house, "main", "area", MAIN, name="Содержание")
    Recalculation.objects.create(
        account=cast.account, service=main, period=date(2026, 9, 1), amount=Decimal("-96.48"), reason="акт 5"
    )
    QualityCase.objects.create(house=cast.house, service=main, period=NOV, kind="percent", percent=Decimal(10))
    issued(cast.company, NOV, by=cast.anna)
    bill = the(cast.account)
    assert bill.recalculated == Decimal("-245.08")
    assert {(one["period"], one["amount"], one["service"]) for one in bill.recalculations} == {
        ("2026-09-01", "-96.48", "Содержание"), ("2026-11-01", "-148.60", "Содержание"),
    }  # fmt: skip


def test_everybody_with_a_full_link_is_told_once_and_old_codes_end(cast: Cast) -> None:
    make_service(cast.house, "main", "area", MAIN)
    make_service(cast.house, "repair", "area", "5.50", kind="repair")
    connect_code_for(cast.account, date(2026, 10, 1), at=AT)
    issued(cast.company, NOV, by=cast.anna)
    told = Notice.objects.filter(kind="billing.bill_issued")
    assert set(told.values_list("user_id", flat=True)) == {cast.olga.pk, cast.oleg.pk, cast.nina.pk, cast.vera.pk}
    assert told.get(user_id=cast.olga.pk).context["payable"] == Decimal("1821.46")
    assert ConnectCode.objects.get().voided_at is not None


def test_a_ukrainian_company_prints_its_form_and_day(cast: Cast) -> None:
    type(cast.company).objects.filter(pk=cast.company.pk).update(country="UA")
    cast.company.refresh_from_db()
    make_service(cast.house, "main", "area", MAIN)
    issued(cast.company, NOV, by=cast.anna)
    bill = the(cast.account)
    assert (bill.form, bill.currency, bill.due_on) == ("ua", "UAH", date(2026, 12, 31))


def test_a_form_of_the_companys_choice(cast: Cast) -> None:
    BillingTerms.objects.create(organization=cast.company, form="ru924")
    make_service(cast.house, "main", "area", MAIN)
    issued(cast.company, NOV, by=cast.anna)
    assert the(cast.account).form == "ru924"


def test_issuing_costs_as_many_queries_for_a_hundred_documents_as_for_ten(cast: Cast) -> None:
    """Numbers in the statements apart: the more rows the longer they are, not the more."""
    counts = []
    for period, number in ((date(2026, 9, 1), 3), (date(2026, 10, 1), 10), (NOV, 100)):
        house = make_house(cast.company, f"{number}")
        make_service(house, f"main{number}", "area", MAIN, since=period)
        for flat in range(number):
            make_account(house, str(flat), f"{number}-{flat}", opened_on=period)
        run = calculated(cast.company, period, by=cast.anna)
        start_issue(run, by=cast.anna, at=AT, later=ignore)
        with CaptureQueriesContext(connection) as seen:
            issue(run.pk, now=lambda: AT)
        assert InvoiceLine.objects.filter(invoice__run=run).count() >= number
        counts.append(len([one for one in seen if not re.match("SAVEPOINT|RELEASE", one["sql"])]))
    assert counts[1] == counts[2]  # the first month also makes the counter of the year


def test_a_register_that_came_since_the_calculation_keeps_the_month_from_being_issued(cast: Cast) -> None:
    make_service(cast.house, "main", "area", MAIN)
    run = calculated(cast.company, NOV, by=cast.anna)
    brought = make_invoice(cast.nina_account, NOV)
    with pytest.raises(Refusal, match="came by a register"):
        start_issue(run, by=cast.anna, at=AT, later=ignore)
    Invoice.objects.filter(pk=brought.pk).update(voided_at=AT)
    assert start_issue(run, by=cast.anna, at=AT, later=ignore).state == "issuing"


def test_a_run_is_issued_only_with_the_figures_that_were_seen(cast: Cast) -> None:
    """Calculated anew between the look and the press: also where every sum of the company is the same again."""
    make_service(cast.house, "main", "area", MAIN)
    seen = calculated(cast.company, NOV, by=cast.anna)
    again = recalculate(seen, by=cast.mark, at=AT, later=ignore)
    calculate(again.pk, now=lambda: AT + timedelta(minutes=1))
    with pytest.raises(OtherFigures, match="have changed"):
        start_issue(seen, by=cast.anna, at=AT, later=ignore, seen=seen.figures)
    again.refresh_from_db()
    assert (again.state, again.totals) == ("calculated", seen.totals)
    assert start_issue(seen, by=cast.anna, at=AT, later=ignore, seen=again.figures).state == "issuing"


def test_a_reading_that_came_between_the_calculation_and_the_issue_is_settled_next_month(cast: Cast) -> None:
    """Charged by the average while the window was open, 184.45; the reading of 9.870 m³ is worth 430.04."""
    make_service(cast.house, "cold", "meter", "43.57", resource="cold")
    meter, other = make_meter(cast.account), make_meter(cast.account, serial="OTHER")
    values = ["100", "104.1", "108", "112.4", "117.6", "121.6", "125.4"]  # the mean of six months is 4.233333
    make_readings(meter, date(2026, 4, 1), *values)
    make_readings(other, date(2026, 4, 1), *["0"] * 7)
    make_reading(other, NOV, "0", created_at=at("2026-11-18"))
    run = calculated(cast.company, NOV, by=cast.anna, at=at("2026-11-20"))
    make_reading(meter, NOV, "135.27", created_at=at("2026-11-22"))
    start_issue(run, by=cast.anna, at=at("2026-11-23"), later=ignore)
    assert issue(run.pk, now=lambda: at("2026-11-23"))
    assert the(cast.account).accrued == Decimal("184.45")
    assert list(Estimate.objects.values_list("meter", "t1", "method")) == [(meter.pk, Decimal("4.233333"), "O")]
    december = date(2026, 12, 1)
    make_reading(meter, december, "140.27")
    run = issued(cast.company, december, by=cast.anna, at=at("2026-12-31"))
    found = line(run, cast.account, "cold")
    assert (found.accrued, found.recalculated) == (Decimal("217.85"), Decimal("245.59"))


def test_the_last_reading_of_a_closed_account_is_settled_when_it_comes(cast: Cast) -> None:
    make_service(cast.house, "cold", "meter", "43.57", resource="cold")
    meter = make_meter(cast.account)
    make_readings(meter, date(2026, 5, 1), "0", "4", "8", "12", "16")
    october = date(2026, 10, 1)
    PersonalAccount.objects.filter(pk=cast.account.pk).update(closed_on=date(2026, 10, 31))
    issued(cast.company, october, by=cast.anna, at=at("2026-11-01"))
    assert the(cast.account, october).accrued == Decimal("174.28")
    make_reading(meter, october, "17", created_at=at("2026-11-05"))
    issued(cast.company, NOV, by=cast.anna)
    assert (the(cast.account).recalculated, the(cast.account).accrued) == (Decimal("-130.71"), Decimal(0))
    assert not Charge.objects.filter(
        account=cast.account, run=issued(cast.company, date(2026, 12, 1), by=cast.anna, at=at("2027-01-01"))
    ).exists()


def test_a_subsidy_that_is_deleted_before_its_document_is_written_is_in_none(cast: Cast, monkeypatch: Any) -> None:
    """It was read for the document, then an accountant took it back: the documents are laid out once more."""
    make_service(cast.house, "main", "account", "1000.00")
    Subsidy.objects.create(account=cast.account, period=NOV, amount=Decimal("500.00"))
    run = calculated(cast.company, NOV, by=cast.anna)
    start_issue(run, by=cast.anna, at=AT, later=ignore)
    with monkeypatch.context() as patch:
        patch.setattr(Office, "_settle", lambda office, papers: Subsidy.objects.all().delete())
        assert not issue(run.pk, now=lambda: AT)
    Subsidy.objects.all().delete()
    assert issue(run.pk, now=lambda: AT)
    assert the(cast.account).subsidy == 0
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("1000.00")


def test_a_subsidy_is_credited_once_with_the_next_document_that_there_is(cast: Cast) -> None:
    """Entered after its month was issued, then changed; the neighbour has no document in October."""
    make_service(cast.house, "main", "account", "1000.00")
    october, december = date(2026, 10, 1), date(2026, 12, 1)
    PersonalAccount.objects.filter(pk=cast.nina_account.pk).update(opened_on=NOV)
    Subsidy.objects.create(account=cast.nina_account, period=october, amount=Decimal("80.00"))
    Subsidy.objects.create(account=cast.account, period=date(2026, 8, 1), amount=Decimal("7.00"))  # not closed here
    issued(cast.company, october, by=cast.anna, at=at("2026-11-01"))
    late = Subsidy.objects.create(account=cast.account, period=october, amount=Decimal("150.00"))
    Subsidy.objects.create(account=cast.account, period=NOV, amount=Decimal("100.00"))
    issued(cast.company, NOV, by=cast.anna)
    assert (the(cast.account).subsidy, the(cast.nina_account).subsidy) == (Decimal("250.00"), Decimal("80.00"))
    Subsidy.objects.filter(pk=late.pk).update(amount=Decimal("120.00"))
    issued(cast.company, december, by=cast.anna, at=at("2027-01-01"))
    last = the(cast.account, december)
    assert (last.subsidy, last.opening) == (Decimal("-30.00"), Decimal("1750.00"))
    assert last.payable - last.penalty == Decimal("2780.00")
    assert LedgerEntry.objects.filter(account=cast.account).balance() == last.payable
    assert the(cast.nina_account, december).subsidy == 0
