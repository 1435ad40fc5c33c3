"""The demo town's meters: what they show follows from the bills, and on any day of the year there is something to do."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from accounts.models import User
from billing.models import InvoiceLine
from meters import windows
from meters.balance import balances
from meters.models import Estimate, Meter, MeterState, Reading, SubmissionWindow
from meters.volumes import volumes_of
from portal.town import books
from portal.town.build import build_company
from portal.town.dials import BILLED, LEFT_TO_VISITORS, Dial, Value, devices, months_read
from portal.town.flats import Flat, flats
from portal.town.metering import set_meters, window_of
from portal.town.places import COMPANIES, UKRAINIAN, Block, Company
from premises.models import PersonalAccount, StaffMember

TODAY = date(2026, 11, 21)
DAYS = [TODAY + timedelta(days=11 * step) for step in range(34)]  # a whole year
TELLING = (1, 7, 8, 12, 33, 40, 60, 80, 100, 153)  # flats with something of their own


def used(company: Company, flat: Flat, today: date) -> dict[tuple[str, date, str], Decimal]:
    """What the bills of a flat say was used."""
    papers = [one for one in books.book(company.country, flat, "main", today) if isinstance(one, books.Document)]
    return {
        (flat.account, paper.month, line.code.lower()): line.volume
        for paper in papers
        for line in paper.lines
        if line.volume is not None and line.code.lower() in BILLED[company.country]
    }


def months(company: Company, block: Block, flat: Flat, today: date) -> list[list[Value]]:
    """The months of each meter of a flat."""
    bills = used(company, flat, today)
    kit = devices(company.country, flat, today)
    return [list(Dial(company.country, one, window_of(company, block), bills, today).months()) for one in kit]


def telling(company: Company) -> Iterator[tuple[Block, Flat]]:
    return ((block, flat) for block, flat in flats(company) if flat.number in TELLING)


@pytest.mark.parametrize("company", COMPANIES)
def test_every_flat_has_its_meters(company: Company) -> None:
    kits = [list(devices(company.country, flat, TODAY)) for _block, flat in flats(company)]
    resources = [{one.resource for one in kit} for kit in kits]
    if company.country == "RU":
        assert all(found == {"cold", "hot", "power"} for found in resources)
        assert {len(kit) for kit in kits} >= {3, 5}
        assert {one.zones for kit in kits for one in kit} == {1, 2}
    else:
        assert {frozenset(found) for found in resources} == {frozenset({"cold", "gas"}), frozenset({"cold", "power"})}
    assert all(one.verified < one.due and one.installed < TODAY for kit in kits for one in kit)


@pytest.mark.parametrize("company", COMPANIES)
def test_the_meters_are_the_same_every_time(company: Company) -> None:
    block, flat = next(flats(company))
    assert months(company, block, flat, TODAY) == months(company, block, flat, TODAY)


@pytest.mark.parametrize("company", COMPANIES)
def test_what_ran_through_is_what_the_bills_say(company: Company) -> None:
    """Of every resource and month, all meters of a flat together, a replaced one with the one in its place."""
    for block, flat in telling(company):
        bills, sums = used(company, flat, TODAY), dict[tuple[str, date], Decimal]()
        for meter in months(company, block, flat, TODAY):
            for value in meter:
                key = value.device.resource, value.period
                sums[key] = sums.get(key, Decimal(0)) + sum(value.used, Decimal(0))
        for (resource, period), total in sums.items():
            if period in books.months(TODAY) and resource in BILLED[company.country]:
                broken = resource == "cold" and flat.number == 33
                assert total == bills.get((flat.account, period, resource), Decimal(0)) or broken


@pytest.mark.parametrize("today", DAYS)
@pytest.mark.parametrize("company", COMPANIES)
def test_readings_on_any_day_are_such_as_the_tables_take(company: Company, today: date) -> None:
    for block, flat in telling(company):
        for meter in months(company, block, flat, today):
            read = [value for value in meter if value.shown]
            assert [value.taken for value in read] == sorted({value.taken for value in read})
            assert all(value.taken <= today for value in read)
            assert all(value.taken >= value.device.installed for value in read)
            for earlier, later in itertools.pairwise(read):
                assert all(a <= b for a, b in zip(earlier.shown, later.shown, strict=True))
            closed = [value for value in meter if not value.shown]
            window = window_of(company, block)
            assert all(windows.last_day(window, value.period) < today for value in closed)


@pytest.mark.parametrize("today", DAYS)
def test_on_any_day_a_visitor_has_readings_to_send(today: date) -> None:
    """The window of the people's houses is open, the state of the meters is mixed, and this month is not sent yet."""
    for company in COMPANIES:
        visited = [(block, flat) for block, flat in flats(company) if flat.number in LEFT_TO_VISITORS[company.country]]
        for block, flat in visited:
            period = windows.open_period(window_of(company, block), today)
            sent = [value for meter in months(company, block, flat, today) for value in meter if value.period == period]
            assert not sent
        assert any(windows.open_period(window_of(company, block), today) for block, _flat in visited)


def test_the_months_go_from_before_the_first_bill_to_the_open_window() -> None:
    found = months_read(windows.Window(15, 25), TODAY)
    assert (found[0], found[-1], len(found)) == (date(2024, 10, 1), date(2026, 11, 1), 26)
    assert months_read(windows.Window(28, 3), TODAY)[-1] == date(2026, 10, 1)


@pytest.mark.django_db
@pytest.mark.feature("E5")
def test_a_company_gets_meters_that_agree_with_its_bills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MONTHS", 3)
    at = datetime(2026, 11, 21, 12, tzinfo=timezone(timedelta(hours=2)))
    organization = build_company(UKRAINIAN, today=TODAY, at=at)
    manager = User.objects.create_user(email="manager@example.com")
    StaffMember.objects.create(user=manager, organization=organization, role="manager")
    set_meters(UKRAINIAN, organization, today=TODAY, at=at)
    month = books.months(TODAY)[-1]
    billed = {
        line.invoice.account_id: line.volume
        for line in InvoiceLine.objects.filter(invoice__period=month, code="COLD").select_related("invoice")
    }
    accounts = PersonalAccount.objects.filter(organization=organization).select_related("unit__house__organization")
    volumes = volumes_of(accounts, month)
    for account in accounts:
        assert volumes[account.pk, "cold"].volume == billed.get(account.pk, Decimal(0))
    house = organization.houses.order_by("pk").first()
    assert house is not None
    cold = next(one for one in balances(house, month) if one.resource == "cold")
    assert cold.rest_share is not None
    assert Decimal(0) < cold.rest_share < Decimal(15)
    assert Estimate.objects.exists()
    assert Meter.objects.filter(replaces__isnull=False).exists()
    states = {meter.state_on(TODAY) for meter in Meter.objects.of_flats()}
    assert {MeterState.ACTIVE, MeterState.DUE, MeterState.EXPIRED, MeterState.REMOVED} <= states
    assert set(Reading.objects.values_list("source", flat=True)) == {"owner", "council", "company"}
    assert SubmissionWindow.objects.of_house(house).window == windows.Window(1, 31)
