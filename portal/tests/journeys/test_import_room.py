"""Anna's register of a bank: report, import, the tray, whose is it, and taking the batch back; desk and phone."""

import pytest
from django.utils import timezone

from billing.models import LedgerEntry, Payment, StrayPayment
from billing.tests.test_exchange_payments import SBER
from portal.testing import make_account
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import PHONE, Reader, Walk
from portal.tests.things import Things
from premises.models import ImportRun

pytestmark = [pytest.mark.browser, pytest.mark.feature("G10", "F2")]


def button(walk: Walk, name: str) -> None:
    walk.page.get_by_role("button", name=name, exact=True).click()


def link(walk: Walk, name: str) -> None:
    walk.page.get_by_role("link", name=name).first.click()


@pytest.mark.parametrize("reader", [Reader(), Reader(size=PHONE, javascript=False)], ids=str)
def test_a_register_of_a_bank_is_imported_identified_and_taken_back(
    town: Things, open_portal: OpenPortal, reader: Reader
) -> None:
    account = make_account(town.cast.house, "17", "10117")
    walk = open_portal(reader).enter_as(town.cast.anna)

    # The file is only checked; the report says what would come in.
    walk.go("/admin/premises/importrun/add/")
    walk.page.get_by_label("Register").select_option("payments")
    walk.page.get_by_label("File").set_input_files(
        {"name": "3661057530_40702_001_0219.txt", "mimeType": "text/plain", "buffer": SBER.encode("cp1251")}
    )
    button(walk, "Check the file")
    walk.page.get_by_text("register of Sberbank").wait_for()
    walk.page.get_by_text("will wait until you say whose it is").first.wait_for()
    assert not Payment.objects.filter(operation="500000000001").exists()
    if reader.javascript:
        walk.look_over_staff_room()
    button(walk, "Import")
    walk.page.get_by_text("The file is imported").wait_for()
    run = ImportRun.objects.get(kind="payments", state="applied")
    assert str(LedgerEntry.objects.filter(account=account).balance()) == "-4015.89"

    # One payment names nobody: it is in the tray, and Anna knows whose it is.
    walk.go("/admin/billing/straypayment/")
    link(walk, "500000000003")
    walk.page.get_by_text("ПЕТРОВ П.П.").first.wait_for()
    walk.fill("Number, address, flat or name", "10117")
    button(walk, "Search")
    walk.page.get_by_role("button", name="Credit to 10117").first.wait_for()
    if reader.javascript:
        walk.look_over_staff_room()
    walk.fill("Number of the account", "404")
    button(walk, "Credit to this account")
    walk.page.get_by_text("no account with this number").wait_for()
    walk.fill("Number of the account", "10117")
    button(walk, "Credit to this account")
    walk.page.get_by_text("The payment is credited to account 10117.").wait_for()
    stray = StrayPayment.objects.get(source=run)
    assert (stray.state, stray.payment and stray.payment.account) == ("linked", account)

    # What somebody decided holds the batch; once the decision is taken back, the batch goes as a whole.
    walk.go(f"/admin/premises/importrun/{run.pk}/undo/")
    button(walk, "Take the import back")
    link(walk, "1 unidentified payment that was decided on")
    assert walk.page.locator(f'a[href*="/straypayment/{stray.pk}/change/"]').count()
    walk.go(f"/admin/billing/straypayment/{stray.pk}/change/")
    button(walk, "Take the decision back")
    walk.page.get_by_text("the payment waits again").wait_for()
    walk.go(f"/admin/premises/importrun/{run.pk}/change/")
    link(walk, "Take the import back")
    if reader.javascript:
        walk.look_over_staff_room()
    button(walk, "Take the import back")
    walk.page.get_by_text("The import is taken back").wait_for()
    run.refresh_from_db()
    assert (run.state, run.undone_by) == ("undone", town.cast.anna)
    assert LedgerEntry.objects.filter(account=account).balance() == 0
    assert not Payment.objects.live().filter(paid_on__lte=timezone.localdate(), source=run).exists()
