"""Which bills carry a code that links the account, and what the sheet prints beside it."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pypdf import PdfReader

from billing.actions.pdf import connect_code, make_pdf
from billing.invoice_pdf import draw
from billing.models import Invoice
from billing.testing import make_invoice
from billing.tests.test_import_documents import WATER, take
from portal.testing import Cast
from premises import actions, letter_codes

NOW = timezone.now()
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def text_of(pdf: Any) -> str:
    return "".join(page.extract_text() for page in PdfReader(pdf).pages).replace("\xa0", " ")


@pytest.mark.feature("B4", "B10")
@pytest.mark.parametrize(("form", "label"), [("ru924", "Подключить"), ("ru43", "Подключить"), ("ua", "Підключити")])
def test_every_form_prints_host_and_code_in_groups(cast: Cast, form: str, label: str) -> None:
    text = text_of(BytesIO(draw(make_invoice(cast.account, MARCH, form=form), "7F3KQ9ZT2MXA")))
    assert label in text
    assert "7F3K-Q9ZT-2MXA" in text
    assert f"{settings.PUBLIC_HOST}/q/" in text.replace("\n", "")


@pytest.mark.feature("B4", "B10", "G1")
def test_the_file_of_the_newest_bill_prints_a_code_that_links(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    Invoice.objects.update(pdf_state="queued")
    invoice.refresh_from_db()
    make_pdf(invoice, at=NOW)
    invoice.refresh_from_db()
    code = actions.connect_code_for(cast.account, MARCH, at=NOW)
    assert letter_codes.grouped(code) in text_of(invoice.pdf.open())
    assert actions.link_by_code(cast.igor, code=code, at=NOW).link.is_full


def test_an_older_bill_prints_the_address_only(cast: Cast) -> None:
    older, newer = make_invoice(cast.account, MARCH), make_invoice(cast.account, APRIL)
    make_invoice(cast.nina_account, date(2026, 5, 1))
    assert connect_code(older, at=NOW) == ""
    assert connect_code(newer, at=NOW)
    assert f"{settings.PUBLIC_HOST}/accounts/add/" in text_of(BytesIO(draw(older))).replace("\n", "")


def test_two_bills_of_one_month_carry_one_code(cast: Cast) -> None:
    main, repair = make_invoice(cast.account, MARCH), make_invoice(cast.account, MARCH, kind="repair")
    assert connect_code(main, at=NOW) == connect_code(repair, at=NOW + timedelta(days=1)) != ""


def test_an_imported_newer_bill_ends_the_code_before_anybody_draws_it(cast: Cast) -> None:
    take(cast, WATER)
    code = connect_code(Invoice.objects.get(), at=NOW)
    take(cast, WATER.replace("02.2019", "01.2019").replace("5531", "5530"))  # a late older one ends nothing
    assert actions.paper_of_code(code, at=NOW)
    take(cast, WATER.replace("02.2019", "03.2019").replace("5531", "5532"))
    assert actions.paper_of_code(code, at=NOW) is None
