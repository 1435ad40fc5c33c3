"""A newcomer enters by a code, says the name, links the flat with the letter's login and reads a real bill as a PDF."""

from pathlib import Path

import pytest
from django.utils import timezone
from pypdf import PdfReader

from billing.actions.ledger import post_documents
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import DESKTOP, PHONE, Reader, Walk
from portal.tests.things import Things
from portal.town.people import known_letter

PASSWORD, CODE = "DEM0H-0VSE1", "DEM0-C0DE-2026"
READERS = [Reader(PHONE), Reader(PHONE, javascript=False), Reader(DESKTOP, theme="dark")]


@pytest.mark.browser
@pytest.mark.feature("A1", "B1", "B3", "B5", "B10", "D5", "E1", "E2", "F1", "F3")
@pytest.mark.parametrize("reader", READERS, ids=str)
def test_from_the_phone_to_the_pdf(town: Things, open_portal: OpenPortal, reader: Reader, tmp_path: Path) -> None:
    known_letter(town.cast.account, PASSWORD, CODE, at=timezone.now())
    post_documents([town.invoice])
    walk = open_portal(reader)

    walk.go("/")
    walk.look_over()
    walk.follow("Sign in")
    walk.look_over()
    walk.fill("Phone or e-mail", "8 (912) 777-66-55")
    walk.press("Get the code")
    walk.look_over()
    walk.fill("Code from the message", walk.code_sent_to("+79127776655"))
    walk.press("Sign in")

    walk.look_over()
    walk.fill("Last name", "Новикова")
    walk.fill("First name", "Нонна")
    walk.press("Next")

    assert walk.heading == "Add a flat"
    walk.look_over()
    walk.follow("Login and password from the company")
    walk.look_over()
    walk.fill("Login", "10012")
    walk.fill("One-time password", PASSWORD)
    walk.press("Add")

    walk.go("/home/")
    assert walk.path == f"/a/{town.cast.account.public_id}/"
    assert "3,680.39" in walk.text
    assert "Олина Ольга Олеговна" in walk.text
    walk.look_over()
    walk.follow("All payment documents")
    walk.look_over()
    walk.follow("October 2026")
    assert "Содержание жилья" in walk.text
    walk.look_over()
    download(walk, tmp_path / "bill.pdf")
    assert "Олина Ольга Олеговна" in "".join(page.extract_text() for page in PdfReader(tmp_path / "bill.pdf").pages)


def download(walk: Walk, path: Path) -> None:
    """Ask for the PDF with the first button; the tests' worker makes it while the button is pressed."""
    with walk.page.expect_download() as waiting:
        walk.page.get_by_role("main").get_by_role("button", name="Download PDF").first.click()
    waiting.value.save_as(path)
