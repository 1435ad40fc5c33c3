"""A month from its beginning to its end: a reading becomes a charge, a document and a payment, then a correction."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import BillingRun, Charge, Invoice, LedgerEntry, Payment, Recalculation, Tariff
from billing.tests.firm import make_details, make_service
from meters.models import Reading
from meters.testing import make_meter, make_reading
from portal.testing import make_account, make_link
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import PHONE, Reader, Walk
from portal.tests.things import Things

COLD = "Value now — Cold water, ванная"


@pytest.fixture
def firm(town: Things) -> Things:
    """The company charges upkeep by area and cold water by the meter; Olga has a flat 77, its meter was read last month."""
    house = town.cast.house
    town.cast.account = account = make_account(house, "77", "10077", holder="Олина Ольга Олеговна")
    make_link(town.cast.olga, account, "owner")
    make_details(town.cast.company)
    make_service(house, "main", "area", "24.36", name="Содержание жилья", unit="м2", position=1)
    make_service(
        house, "cold", "meter", "43.57", name="Холодная вода", unit="м3", resource="cold", position=2,
        norms={"person": "4.745"},
    )  # fmt: skip
    last = (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)
    meter = make_meter(account, serial="55501-K", place="ванная")
    make_reading(meter, last, "148.102", author=town.cast.olga)
    return town


def press(walk: Walk, name: str) -> None:
    """Press a button of the staff room, and wait for what it opened."""
    walk.page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()
    walk.arrive()


def calculate_and_issue(walk: Walk) -> None:
    """From the page of the month to the issued documents, looking over every page on the way."""
    walk.look_over_staff_room()
    press(walk, "Calculate")
    walk.page.get_by_text("Calculated, not issued").first.wait_for()
    walk.look_over_staff_room()
    walk.page.get_by_role("link", name="Issue the documents").click()
    walk.arrive()
    walk.look_over_staff_room()
    press(walk, "Issue")
    walk.page.get_by_text("Issued").first.wait_for()


@pytest.mark.browser
@pytest.mark.feature("C2", "E5", "E4", "B10", "B14", "C4", "B11", "E6", "F2")
def test_a_reading_becomes_a_charge_a_document_and_a_payment(firm: Things, open_portal: OpenPortal) -> None:
    account, month = firm.cast.account, timezone.localdate().replace(day=1)
    olga = open_portal(Reader(size=PHONE)).enter_as(firm.cast.olga)
    olga.go(f"/a/{account.public_id}/readings/")
    olga.fill(COLD, "152,347")
    olga.press("Send the readings")
    olga.arrive()
    assert Reading.objects.filter(meter__serial="55501-K", period=month, t1=Decimal("152.347")).exists()

    anna = open_portal().enter_as(firm.cast.anna)
    anna.go(f"/admin/billing/billingrun/add/?organization={firm.cast.company.pk}&month={month:%Y-%m}")
    calculate_and_issue(anna)
    charge = Charge.objects.get(account=account, service__code="cold")
    assert (charge.volume, charge.accrued, charge.method) == (Decimal("4.245"), Decimal("184.95"), "M")

    invoice = Invoice.objects.get(account=account, period=month)
    assert invoice.payable == Decimal("1485.96") + Decimal("184.95")
    olga.go(f"/a/{account.public_id}/bills/{invoice.public_id}/")
    assert "184.95" in olga.text
    assert "1,670.91" in olga.text
    olga.look_over()
    olga.follow("Pay")
    olga.choose("Wallet: no fee")
    olga.press("Continue")
    olga.press("Go to the payment")
    olga.press("Pay 1,670.91 RUB")
    assert olga.heading == "Paid"
    assert LedgerEntry.objects.filter(account=account).balance() == 0
    assert Payment.objects.get(account=account, intent__isnull=False).amount == Decimal("1670.91")
    olga.go(f"/a/{account.public_id}/payments/")
    assert "1,670.91" in olga.text
    olga.look_over()


@pytest.mark.browser
@pytest.mark.feature("E4", "F2", "G5")
def test_a_wrong_tariff_is_corrected_without_touching_what_was_issued(firm: Things, open_portal: OpenPortal) -> None:
    """Anna issues, finds the tariff was wrong, corrects the month; Olga's bill stays and names what was corrected."""
    account, month = firm.cast.account, timezone.localdate().replace(day=1)
    walk = open_portal().enter_as(firm.cast.anna)
    walk.go(f"/admin/billing/billingrun/add/?organization={firm.cast.company.pk}&month={month:%Y-%m}")
    calculate_and_issue(walk)
    run = BillingRun.objects.get()
    before = Invoice.objects.filter(run=run).values_list("pk", "payable")
    issued = dict(before)

    tariff = Tariff.objects.get(service__code="main")
    walk.go(f"/admin/billing/tariff/{tariff.pk}/change/")
    walk.page.get_by_label("Tariff:", exact=True).fill("24.00")
    walk.page.get_by_role("button", name="Save", exact=True).click()
    walk.page.get_by_text("Months that are issued already were reckoned without this").wait_for()

    walk.go(f"/admin/billing/billingrun/{run.pk}/correct/")
    walk.look_over_staff_room()
    walk.page.get_by_label("What was wrong").fill("Тариф по решению собрания 24,00")
    press(walk, "Calculate the correction")
    walk.page.get_by_text("Calculated, not issued").first.wait_for()
    walk.look_over_staff_room()
    walk.page.get_by_role("link", name="Charge the differences").click()
    walk.arrive()
    press(walk, "Charge the differences")
    walk.page.get_by_text("Issued").first.wait_for()
    found = Recalculation.objects.get(account=account, service__code="main")
    assert (found.amount, found.period, found.source) == (Decimal("-21.96"), month, "correction")
    assert dict(before) == issued

    olga = open_portal(Reader(size=PHONE, javascript=False)).enter_as(firm.cast.olga)
    invoice = Invoice.objects.get(account=account, run=run)
    olga.go(f"/a/{account.public_id}/bills/{invoice.public_id}/")
    assert "21.96" in olga.text
