"""Olga finds out why her bill grew, picks a month, takes a statement along, and gets bills by e-mail until one click ends it."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from billing.actions.ledger import post_documents, post_payments
from billing.actions.telling import tell_issued
from billing.models import Invoice, InvoiceLine, ReceiptSubscription
from billing.testing import make_invoice
from meters.history import months_before
from notifications.models import TrayMessage
from portal.testing import Cast, last_message
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things

READERS = [Reader(PHONE, javascript=False), Reader(PHONE), Reader(DESKTOP, theme="dark")]
NOW = timezone.localdate().replace(day=1)
LAST, BEFORE = months_before(NOW, 1), months_before(NOW, 2)


def write_bills(town: Things) -> list[Invoice]:
    """The last two months: the heating began, and water became dearer."""
    Invoice.objects.filter(account=town.cast.account).update(voided_at=timezone.now())
    found = []
    for period, heat, water in ((BEFORE, "0", "40.00"), (LAST, "0.075", "50.77")):
        sums = [Decimal(heat) * 2400, (Decimal(water) * 3).quantize(Decimal("0.01"))]
        invoice = make_invoice(town.cast.account, period, accrued=str(sum(sums)), due_on=date(2099, 1, 15))
        invoice.lines.all().delete()
        rows = (("Отопление", "Гкал", heat, "2400", sums[0]), ("Холодная вода", "м3", "3", water, sums[1]))
        for place, (name, unit, volume, tariff, accrued) in enumerate(rows, start=1):
            InvoiceLine.objects.create(
                invoice=invoice, position=place, group="Коммунальные услуги", service=name, unit=unit, method="M",
                volume=Decimal(volume), tariff=Decimal(tariff), accrued=accrued, payable=accrued,
            )  # fmt: skip
        found.append(invoice)
    post_documents(found)
    post_payments([town.payment])
    return found


def month_name(period: date) -> str:
    return f"{period:%B %Y}"


@pytest.mark.browser
@pytest.mark.feature("B10", "B11", "D5", "E3", "E4", "E6", "E9", "G5")
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_why_it_grew_to_the_end_of_the_letters(
    town: Things, open_portal: OpenPortal, reader: Reader, tmp_path: Path
) -> None:
    bills = write_bills(town)
    cast = town.cast
    cast.olga.email = "olga@example.com"
    cast.olga.save()
    walk = open_portal(reader).enter_as(cast.olga)
    home = f"/a/{cast.account.public_id}"

    walk.go(f"{home}/bills/")
    walk.look_over()
    pick(walk, month_name(LAST))
    assert walk.heading == f"Bills: {month_name(LAST)}"
    walk.look_over()

    walk.follow("Housing and utilities")
    walk.look_over()
    assert "212.31 RUB more than for" in walk.text
    assert "Отопление: volume 0 → 0.075 Гкал +180.00 RUB" in walk.text
    assert "Холодная вода: tariff 40 → 50.77 +32.31 RUB" in walk.text
    walk.follow("Services with their suppliers and tariffs")
    walk.look_over()
    assert "2,400.00 RUB / Гкал" in walk.text

    take_statement(walk, home, tmp_path / "statement.xlsx")
    rows = list(load_workbook(tmp_path / "statement.xlsx").active.iter_rows(values_only=True))
    assert rows[-1][:5:4] == (town.cast.company.name, "Total")
    assert Decimal(str(rows[-1][-1])) == sum(one.charged for one in bills) - town.payment.amount

    walk.go(f"{home}/payments/")
    walk.look_over()
    walk.follow("Open")
    assert walk.heading.startswith("Payment №")
    walk.look_over()

    subscribe(walk, home)
    end_by_one_click(walk, cast, bills[-1])


def pick(walk: Walk, month: str) -> None:
    """Choose a month: with the keyboard where there is one."""
    if walk.reader.size == PHONE:
        walk.page.get_by_label("Month", exact=True).select_option(label=month)
        walk.press("Show the month")
        return
    walk.page.get_by_label("Month", exact=True).focus()
    walk.page.keyboard.type(month)
    walk.page.keyboard.press("Tab")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url("**/?month=*")


def take_statement(walk: Walk, home: str, path: Path) -> None:
    """Ask for months the wrong way round, read them the right way round, and take the workbook along."""
    walk.go(f"{home}/statement/")
    walk.look_over()
    for name, period in (("from", NOW), ("to", BEFORE)):
        walk.page.locator(f"[name={name}_month]").select_option(value=str(period.month))
        walk.page.locator(f"[name={name}_year]").select_option(value=str(period.year))
    walk.press("Show the statement")
    assert "we swapped them" in walk.text
    walk.look_over()
    with walk.page.expect_download() as waiting:
        walk.follow("Table for Excel (XLSX)")
    waiting.value.save_as(path)


def subscribe(walk: Walk, home: str) -> None:
    walk.go(f"{home}/receipts/")
    walk.look_over()
    walk.press("Send bills by e-mail")
    assert "New bills will come to olga@example.com." in walk.text
    walk.look_over()


def end_by_one_click(walk: Walk, cast: Cast, bill: Invoice) -> None:
    """A bill is issued; the letter's own address ends the letters, by a person without a session and by a mail program."""
    tell_issued([bill], at=timezone.now())
    letter = last_message("olga@example.com")
    assert month_name(bill.period) in letter.subject
    found = re.search(r"/receipts/stop/[\w-]+/", letter.text)
    assert found
    walk.context.clear_cookies()
    walk.go(found[0])
    walk.look_over()
    walk.press("Send no more bills")
    assert "Done" in walk.text
    walk.look_over()
    assert not ReceiptSubscription.objects.filter(user=cast.olga, ended_at=None).exists()
    again = Client(enforce_csrf_checks=True).post(found[0], {"List-Unsubscribe": "One-Click"})
    assert again.status_code == 200
    assert TrayMessage.objects.filter(address="olga@example.com").count() == 1
