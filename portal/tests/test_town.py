"""The demo town: the same every time, figures that follow from each other, built through the companies' own imports."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from billing.charging import allocation
from billing.charging.penalty import Terms, penalty
from billing.models import Invoice, LedgerEntry
from portal.town import books, registers
from portal.town.build import build_company
from portal.town.flats import HOLDERS, Habit, accounts_register, flats
from portal.town.places import COMPANIES, RUSSIAN, UKRAINIAN, Company
from premises.models import ImportRun

TODAY = date(2026, 11, 21)


def test_the_town_has_two_companies_five_houses_and_three_hundred_flats() -> None:
    assert [company.country for company in COMPANIES] == ["RU", "UA"]
    assert sum(len(company.blocks) for company in COMPANIES) == 5
    assert sum(len(list(flats(company))) for company in COMPANIES) == 300


def test_two_years_of_documents_end_with_the_newest_bill() -> None:
    months = books.months(TODAY)
    assert (months[0], months[-1], len(months)) == (date(2024, 11, 1), date(2026, 10, 1), 24)
    assert books.months(date(2026, 11, 4))[-1] == date(2026, 9, 1)  # October's bill comes on the 5th


def test_the_day_to_pay_moves_from_a_weekend() -> None:
    assert books.due("RU", date(2026, 7, 1)) == date(2026, 8, 17)  # the 15th is a Saturday
    assert books.due("UA", date(2026, 10, 1)) == date(2026, 11, 20)


def test_who_signs_in_holds_the_account_in_the_register_too() -> None:
    """Bills are imported with the holder of the register: nobody is renamed afterwards."""
    owners = {flat.account: (flat.owner, flat.shares) for company in COMPANIES for _block, flat in flats(company)}
    for account, name in HOLDERS.items():
        assert owners[account] == (name, ((name, "1/1"),))


@pytest.mark.parametrize("company", COMPANIES)
def test_every_document_opens_where_the_last_one_closed(company: Company) -> None:
    for _block, flat in list(flats(company))[:25]:
        closing = Decimal(0)
        for paper in books.book(company.country, flat, "main", TODAY):
            if isinstance(paper, books.Document):
                assert paper.opening == closing
                closing = paper.payable
            else:
                assert Decimal(0) < paper.amount
                assert paper.on <= TODAY


@pytest.mark.parametrize("company", COMPANIES)
def test_a_penalty_belongs_to_no_service_and_only_a_volume_has_a_mark(company: Company) -> None:
    """Floor area and a fixed fee were never averaged; heat by area goes by the norm."""
    lines = [
        line
        for _block, flat in flats(company)
        for paper in books.book(company.country, flat, "main", TODAY)
        if isinstance(paper, books.Document)
        for line in paper.lines
    ]
    assert {line.code for line in lines if line.penalty} == {"PENALTY"}
    marks = {(line.code, line.method) for line in lines if line.code in ("UPKEEP", "FEE", "HEAT", "PENALTY")}
    assert marks <= {("UPKEEP", ""), ("FEE", ""), ("HEAT", "N"), ("PENALTY", "")}


@pytest.mark.parametrize("company", COMPANIES)
def test_a_penalty_is_what_the_law_of_issued_bills_gives(company: Company) -> None:
    """All fines of a book together are what has grown by its last month, as `billing.charging` reckons it."""
    fined = 0
    for _block, flat in list(flats(company))[:60]:
        papers = list(books.book(company.country, flat, "main", TODAY))
        documents = [one for one in papers if isinstance(one, books.Document)]
        printed = [sum((line.penalty for line in one.lines), Decimal(0)) for one in documents]
        upto = books.after(documents[-1].month) - timedelta(days=1)
        bills = [
            allocation.Document(
                one.month, one.month, books.after(one.month) - timedelta(days=1), books.due(company.country, one.month),
                sum((line.payable - line.penalty for line in one.lines), Decimal(0)), fine,
            )
            for one, fine in zip(documents, printed, strict=True)
        ]  # fmt: skip
        money = [allocation.Payment(one.on, one.on, one.amount) for one in papers if isinstance(one, books.Receipt)]
        covered = allocation.allocate(bills, [one for one in money if one.on <= upto])
        grown = Decimal(0)
        for one in bills:
            if one.due < upto:
                terms = Terms.of(books.LAW, company.country, one.due)
                grown += penalty(covered.portions(one.key), one.due, upto, terms)
        assert abs(sum(printed, Decimal(0)) - grown) <= Decimal("0.02") * len(bills), flat.account
        fined += grown > 0
    assert fined


@pytest.mark.parametrize("company", COMPANIES)
def test_the_town_is_the_same_every_time(company: Company) -> None:
    def written() -> bytes:
        found = list(flats(company))
        papers = [paper for _block, flat in found[:10] for paper in books.book(company.country, flat, "main", TODAY)]
        documents = [paper for paper in papers if isinstance(paper, books.Document)]
        return accounts_register(company, found) + registers.documents_register(company, documents)

    assert written() == written()


def test_households_pay_in_different_ways() -> None:
    habits = {flat.habit for _block, flat in flats(RUSSIAN)}
    assert habits == set(Habit)


@pytest.mark.django_db
@pytest.mark.feature("B10", "B11", "G10")
def test_a_company_is_built_through_its_own_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is taken without errors, and the book of every account ends where its papers say."""
    monkeypatch.setattr(books, "MONTHS", 3)
    organization = build_company(UKRAINIAN, today=TODAY, at=timezone.now())
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"applied"}
    assert not ImportRun.objects.filter(kind="documents", warnings__gt=0).exists()
    assert organization.accounts.count() == 100
    for account in organization.accounts.all()[:10]:
        last = Invoice.objects.filter(account=account).latest("period")
        paid = sum(payment.amount for payment in account.payments.filter(paid_on__gt=last.last_day))
        assert LedgerEntry.objects.filter(account=account).balance() == last.payable - paid


def test_the_town_is_not_for_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("demo_town")
