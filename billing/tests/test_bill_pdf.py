"""The document as a file: who gets it, how it is asked for and drawn once, what a hostile name does to it."""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from billing import tasks
from billing.actions.pdf import ask_for_pdf, make_pdf, requeue_stuck_pdfs
from billing.invoice_pdf import draw
from billing.models import Invoice
from billing.testing import make_invoice, reprint
from billing.views import bills
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast

MARCH = date(2026, 3, 1)
HOSTILE = "<link rel=attachment href=file:///etc/passwd><img src=file:///etc/passwd>"


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids the worker was told about, instead of telling it."""
    told: list[int] = []
    monkeypatch.setattr(bills, "nudge", told.append)
    return told


def url(invoice: Invoice) -> str:
    return reverse("bill_pdf", args=[invoice.account.public_id, invoice.public_id])


def ready(invoice: Invoice, cast: Cast) -> Invoice:
    ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=lambda pk: None)
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=timezone.now())
    invoice.refresh_from_db()
    return invoice


@pytest.mark.feature("B10", "D5")
def test_nina_tanya_pavel_and_strangers_get_no_file(cast: Cast, enter: Any, client: Any, nudged: list[int]) -> None:
    invoice = make_invoice(cast.account, MARCH)
    strangers = (cast.nina, cast.tanya, cast.pavel, cast.vera, cast.anna, cast.igor, cast.sofia)
    for stranger in strangers:
        assert enter(stranger).get(url(invoice)).status_code == 404, stranger
    ready(invoice, cast)
    for stranger in strangers:
        assert enter(stranger).get(url(invoice)).status_code == 404, stranger
        assert enter(stranger).post(url(invoice)).status_code == 404, stranger
    response = client.get(url(invoice))
    assert response.status_code == 302
    assert reverse("entry") in response["Location"]
    assert nudged == []


@pytest.mark.feature("B10", "D5", "E4", "F3")
def test_olga_downloads_the_file_under_our_name_and_nothing_keeps_it(cast: Cast, enter: Any) -> None:
    invoice = ready(make_invoice(cast.account, MARCH, number='5/5"\r\n1'), cast)
    response = enter(cast.olga).get(url(invoice))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="bill-2026-03-551.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert PdfReader(BytesIO(b"".join(response.streaming_content))).pages


def test_the_files_lie_outside_the_web_root(cast: Cast, client: Any) -> None:
    invoice = ready(make_invoice(cast.account, MARCH), cast)
    path = Path(invoice.pdf.path)
    assert path.is_relative_to(settings.MEDIA_ROOT)
    assert not path.is_relative_to(settings.STATIC_ROOT)
    for guess in (f"/media/{invoice.pdf.name}", f"/static/{invoice.pdf.name}", f"/{invoice.pdf.name}"):
        assert client.get(guess).status_code == 404


@pytest.mark.feature("B10", "G3")
def test_two_readers_ask_and_the_worker_is_told_once(
    cast: Cast, enter: Any, nudged: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    invoice = make_invoice(cast.account, MARCH)
    with django_capture_on_commit_callbacks(execute=True):
        for reader in (cast.olga, cast.oleg, cast.olga):
            response = enter(reader).post(url(invoice), follow=True)
            assert response.redirect_chain == [(url(invoice), 302)]
            assert response.status_code == 202
            assert "We are preparing the file" in response.content.decode()
            assert url(invoice) in response.content.decode()  # the link that looks again
    assert nudged == [invoice.pk]
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=timezone.now())
    told = Notice.objects.filter(kind="billing.pdf_ready")
    assert {notice.user for notice in told} == {cast.olga, cast.oleg}
    with translation.override("en"):
        assert {title_and_text(notice)[0] for notice in told} == {f"The file of bill № {invoice.number} is ready"}
    assert {notice.url for notice in told} == {reverse("bill", args=[cast.account.public_id, invoice.public_id])}


def test_looking_asks_for_nothing_and_shows_the_button(cast: Cast, enter: Any, nudged: list[int]) -> None:
    invoice = make_invoice(cast.account, MARCH)
    assert "Make the file" in enter(cast.olga).get(url(invoice)).content.decode()
    invoice.refresh_from_db()
    assert (invoice.pdf_state, nudged) == ("none", [])


def test_asking_for_a_ready_file_only_gives_it(cast: Cast, enter: Any, nudged: list[int]) -> None:
    invoice = ready(make_invoice(cast.account, MARCH), cast)
    assert enter(cast.oleg).post(url(invoice), follow=True)["Content-Type"] == "application/pdf"
    assert nudged == []
    assert not invoice.awaited_by.exists()


def test_a_reader_whose_link_ended_is_not_told(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=lambda pk: None)
    cast.olga.links.update(state="revoked")
    invoice.refresh_from_db()
    make_pdf(invoice, at=timezone.now())
    assert not Notice.objects.filter(kind="billing.pdf_ready").exists()


def test_a_document_drawn_twice_keeps_one_file(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=lambda pk: None)
    first, second = (Invoice.objects.get(pk=invoice.pk) for _worker in range(2))
    assert make_pdf(first, at=timezone.now())
    assert not make_pdf(second, at=timezone.now())  # it was read as queued, and came second
    assert not make_pdf(Invoice.objects.get(pk=invoice.pk), at=timezone.now())
    assert len(default_storage.listdir("invoices")[1]) == 1


def test_the_task_draws_and_may_run_again(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=lambda pk: None)
    tasks.draw_pdf(invoice.pk)
    tasks.draw_pdf(invoice.pk)
    invoice.refresh_from_db()
    assert invoice.pdf_state == "ready"


def test_a_sheet_that_cannot_be_drawn_may_be_asked_for_again(
    cast: Cast, enter: Any, monkeypatch: pytest.MonkeyPatch, nudged: list[int]
) -> None:
    invoice = make_invoice(cast.account, MARCH)
    ask_for_pdf(invoice, by=cast.olga, at=timezone.now(), nudge=lambda pk: None)
    monkeypatch.setattr("billing.invoice_pdf.MOST_LINES", 0)
    tasks.draw_pdf(invoice.pk)
    invoice.refresh_from_db()
    assert invoice.pdf_state == "failed"
    client = enter(cast.olga)
    assert "could not be made" in client.get(url(invoice)).content.decode()
    assert "We are preparing the file" in client.post(url(invoice), follow=True).content.decode()
    invoice.refresh_from_db()
    assert invoice.pdf_state == "queued"


def test_the_sweep_finds_what_the_worker_lost_and_gives_up_in_the_end(cast: Cast) -> None:
    invoice, at, told = make_invoice(cast.account, MARCH), timezone.now(), list[int]()
    ask_for_pdf(invoice, by=cast.olga, at=at, nudge=lambda pk: None)
    assert requeue_stuck_pdfs(at=at + timedelta(seconds=100), nudge=told.append) == 0
    for minutes in range(3, 30, 3):
        requeue_stuck_pdfs(at=at + timedelta(minutes=minutes), nudge=told.append)
    assert told == [invoice.pk] * (Invoice.PDF_ATTEMPTS - 1)
    invoice.refresh_from_db()
    assert invoice.pdf_state == "failed"


def test_a_broker_that_is_away_loses_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.draw_pdf, "delay", away)
    tasks.nudge(1)


def test_a_hostile_name_is_printed_and_attaches_nothing(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    invoice.payer["name"] = invoice.requisites["recipient"] = invoice.provider["name"] = HOSTILE
    reprint(invoice, service=HOSTILE, group=HOSTILE[:60])
    pdf = PdfReader(BytesIO(draw(invoice)))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "").replace(" ", "")
    assert text.count(HOSTILE.replace(" ", "")) >= 4
    assert not pdf.attachments
    assert "root:" not in text


@pytest.mark.parametrize("form", ["ru924", "ru43", "ua"])
def test_every_form_is_tagged_and_in_named_fonts(cast: Cast, form: str) -> None:
    pdf = PdfReader(BytesIO(draw(make_invoice(cast.account, MARCH, form=form))))
    root: Any = pdf.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == ("uk" if form == "ua" else "ru")
    pages: list[Any] = list(pdf.pages)
    fonts = {str(font["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()}
    assert all("Inter" in font or "DejaVu" in font for font in fonts), fonts
    assert "3 680,39" in pdf.pages[0].extract_text().replace("\xa0", " ")


def test_a_long_document_is_numbered_on_every_page(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    line = invoice.lines.get()
    for position in range(2, 90):
        line.pk, line.position = None, position
        line.save()
    pages = PdfReader(BytesIO(draw(invoice))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page.extract_text()
