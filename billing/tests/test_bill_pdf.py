"""The document as a file: who gets it, how it is asked for and drawn once, what a hostile name does to it."""

from datetime import date, timedelta
from decimal import Decimal
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
from billing.invoice_pdf import NothingToPrint, Printable, TooLong, draw, draw_batch, draw_sheet
from billing.models import Invoice, InvoiceLine
from billing.testing import make_invoice, reprint
from billing.views import bills
from notifications.models import Notice
from notifications.rendering import title_and_text
from portal.testing import Cast

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
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
            assert response.redirect_chain == [(f"{url(invoice)}?wait", 302)]
            assert response.status_code == 202
            assert "We are preparing the file" in response.content.decode()
            assert f'href="{url(invoice)}?wait">Look again' in response.content.decode()
    assert nudged == [invoice.pk]
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=timezone.now() + timedelta(minutes=1))
    told = Notice.objects.filter(kind="billing.pdf_ready")
    assert {notice.user for notice in told} == {cast.olga, cast.oleg}
    with translation.override("en"):
        assert {title_and_text(notice)[0] for notice in told} == {f"The file of bill № {invoice.number} is ready"}
    assert {notice.url for notice in told} == {reverse("bill", args=[cast.account.public_id, invoice.public_id])}


def test_whoever_waits_sees_the_file_come_with_and_without_scripts(cast: Cast, enter: Any, nudged: list[int]) -> None:
    invoice, client = make_invoice(cast.account, MARCH), enter(cast.olga)
    client.post(url(invoice))
    waiting = client.get(url(invoice), follow=True)  # also by the link on the page of the bill
    assert waiting.redirect_chain == [(f"{url(invoice)}?wait", 302)]
    assert "data-again" in waiting.content.decode()
    assert '<noscript><meta http-equiv="refresh"' in waiting.content.decode()
    assert "Download the file" not in waiting.content.decode()  # not before there is one
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=timezone.now())
    done = client.get(f"{url(invoice)}?wait")
    assert done.status_code == 200
    assert "The file is ready" in done.content.decode()
    assert f'href="{url(invoice)}"' in done.content.decode()
    assert "data-again" not in done.content.decode()
    assert "http-equiv" not in done.content.decode()
    assert client.get(url(invoice))["Content-Type"] == "application/pdf"


def test_a_file_that_came_at_once_makes_no_notice(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH)
    ready(invoice, cast)
    assert not Notice.objects.filter(kind="billing.pdf_ready").exists()


def test_a_file_that_the_worker_lost_is_told_about_however_quick_the_second_try(cast: Cast) -> None:
    invoice, at = make_invoice(cast.account, MARCH), timezone.now()
    ask_for_pdf(invoice, by=cast.olga, at=at, nudge=lambda pk: None)
    requeue_stuck_pdfs(at=at + timedelta(minutes=3), nudge=lambda pk: None)
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=at + timedelta(minutes=3))
    assert Notice.objects.filter(kind="billing.pdf_ready", user=cast.olga).exists()


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
    make_pdf(invoice, at=timezone.now() + timedelta(minutes=1))
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


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\xa0", " ").split())


def full(cast: Cast, form: str) -> tuple[Invoice, list[InvoiceLine]]:
    """A document that has a value in every column and a row in every section; not saved."""
    invoice = make_invoice(cast.account, MARCH, form=form)
    invoice.document_id, invoice.vat = "60ЕХ209700-10-6031", Decimal("40.18") if form == "ua" else None
    invoice.due_on, invoice.paid_upto = date(2026, 4, 15), date(2026, 3, 25)
    invoice.payer |= {"els": "60ЕХ209700", "zhku": "60ЕХ209700-10"}
    invoice.readings = [
        {"resource": "Вода", "unit": "м³", "serial": "0045321", "zone": "", "previous": "148.102", "current": "152.300",
         "volume": "4.198"},
        {"resource": "Вода", "unit": "м³", "serial": "770012", "previous": "55120", "current": "56370", "volume": "1250",
         "house": True},
    ]  # fmt: skip
    invoice.reference = [
        {"service": "Вода", "unit": "м³", "norm": "4.745", "norm_common": "0.0352", "house_volume": "1250"}
    ]
    invoice.recalculations = [
        {"service": "Вода", "period": "2026-02-01", "reason": "Временное отсутствие", "amount": "-96.48"}
    ]
    invoice.instalments = [
        {
            "service": "Вода",
            "amount": "3164.39",
            "earlier": "527.40",
            "percent": "9.5",
            "interest": "25.05",
            "payable": "1079.85",
        }
    ]
    line = invoice.lines.get()
    line.service, line.method, line.volume_common, line.method_common = "Вода", "M", Decimal("0.357999"), "N"
    line.accrued_common, line.coefficient, line.excess = Decimal("15.60"), Decimal("1.5"), Decimal("310.11")
    line.recalculated, line.benefit, line.fine = Decimal("-96.48"), Decimal("219.24"), Decimal("12.05")
    line.penalty, line.balance = Decimal("7.35"), Decimal("1180.70")
    return invoice, [line]


SECTIONS = {
    "ru43": [
        "Раздел 1.",
        "Раздел 2. Сведения о показаниях",
        "Раздел 3.",
        "Раздел 4.",
        "Раздел 5. Расчет суммы",
        "Раздел 6.",
    ],
    "ru924": [
        "Раздел 1.",
        "Раздел 2. Информация",
        "Раздел 3.",
        "Раздел 4.",
        "Раздел 5. Сведения о перерасчетах",
        "Раздел 6.",
    ],
    "ua": ["1. Споживач", "2. Реквізити", "3. Розрахунок", "4. Показання", "5. Довідкова", "6. Перерахунки"],
}


@pytest.mark.feature("B10")
@pytest.mark.parametrize("form", SECTIONS)
def test_the_sections_stand_in_the_order_of_the_form(cast: Cast, form: str) -> None:
    text = text_of(draw_sheet(*full(cast, form)))
    places = [text.index(section) for section in SECTIONS[form]]
    assert places == sorted(places)


@pytest.mark.feature("B10")
@pytest.mark.parametrize("form", SECTIONS)
def test_every_value_of_a_full_document_is_printed(cast: Cast, form: str) -> None:
    text = text_of(draw_sheet(*full(cast, form)))
    of_line = ["0,357999 (1)", "15,60", "1,50", "310,11", "−96,48", "219,24", "12,05", "7,35", "1 180,70"]
    of_sections = ["0045321", "148,102", "152,300", "4,198", "770012", "56 370", "4,745", "0,0352", "1 250"]
    further = [
        "Временное отсутствие",
        "527,40",
        "9,5",
        "25,05",
        "1 079,85",
        "60ЕХ209700-10-6031",
        "15.04.2026",
        "25.03.2026",
    ]
    assert [value for value in (*of_line, *of_sections, *further) if value not in text] == []
    assert ("40,18 грн" in text) == (form == "ua")


@pytest.mark.parametrize(("form", "words"), [
    ("ru43", "Взнос на капитальный ремонт"), ("ru924", "Взнос на капитальный ремонт"), ("ua", "Внесок на капітальний ремонт"),
])  # fmt: skip
def test_a_bill_of_capital_repair_says_so_and_names_no_housing_services(cast: Cast, form: str, words: str) -> None:
    text = text_of(draw(make_invoice(cast.account, MARCH, kind="repair", form=form)))
    assert words in text
    for absent in ("коммунальн", "комунальн", "содержание и ремонт", "содержание жилого"):
        assert absent not in text


def owing(cast: Cast) -> Invoice:
    """Charged 1722.68 with a penalty of 41.48, 1258.94 from before, 1526.24 paid in the month."""
    return make_invoice(
        cast.account, MARCH, accrued="1681.20", opening="1258.94", penalty=Decimal("41.48"), paid=Decimal("1526.24"),
        subsidy=Decimal("100.00"), payable=Decimal("1355.38"),
    )  # fmt: skip


@pytest.mark.feature("B10")
def test_the_total_adds_up_across_and_down(cast: Cast) -> None:
    text = text_of(draw(owing(cast)))
    total = text[text.index("Итого 1 681,20") :]
    assert "1 258,94 2 981,62" in total
    assert "Субсидии, компенсации −100,00 Оплачено в расчетном периоде −1 526,24 Итого к оплате 1 355,38" in total
    plain = text_of(draw(make_invoice(cast.account, APRIL)))
    assert plain.count("Итого к оплате") == text.count("Итого к оплате") - 1


def test_a_sum_with_the_penalty_inside_says_so_on_paper(cast: Cast) -> None:
    text = text_of(draw(owing(cast)))
    assert "в том числе пени: 41,48 руб." in text
    assert "период с пенями, руб." in text
    assert "пени" not in text_of(draw(make_invoice(cast.account, APRIL)))


def test_a_short_document_has_no_empty_sections_and_only_its_own_columns(cast: Cast) -> None:
    text = text_of(draw(make_invoice(cast.account, MARCH)))
    assert "Раздел 3." in text
    assert "Компания не передала показания" in text
    for absent in ("Раздел 4.", "Раздел 5.", "Раздел 6.", "Повыш. коэф.", "Штраф", "Пени", "Итого за период"):
        assert absent not in text


@pytest.mark.parametrize(
    ("is_own", "method", "words"),
    [
        (True, "O", "Показаний нет: отмеченное (3) начислено по среднему потреблению или иным способом."),
        (True, "N", "Показаний приборов учета квартиры в этом документе нет."),
        (False, "M", "Показания, по которым начислено, компания не передала вместе с этим документом."),
        (False, "O", "Компания не передала показания вместе с этим документом."),
    ],
)
def test_a_document_without_readings_says_what_is_true_of_it(cast: Cast, is_own: bool, method: str, words: str) -> None:
    invoice = make_invoice(cast.account, MARCH)
    reprint(invoice, method=method)
    invoice.run_id = 1 if is_own else None
    text = text_of(draw(invoice))
    assert words in text
    assert text.count("Компания не передала") == (words.startswith("Компания"))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("ru43", "Компания не передала основание перерасчета вместе с этим документом."),
        ("ua", "Компанія не передала підставу перерахунку разом із цим документом."),
    ],
)
def test_a_recalculation_without_its_reason_is_said_on_paper_and_on_the_page(
    cast: Cast, enter: Any, form: str, words: str
) -> None:
    invoice = make_invoice(cast.account, MARCH, form=form, recalculated=Decimal("-267.70"), payable=Decimal("3412.69"))
    assert words in text_of(draw(invoice))
    page = reverse("bill", args=[cast.account.public_id, invoice.public_id])
    assert (
        "The company gave no reason of this recalculation with the bill." in enter(cast.olga).get(page).content.decode()
    )
    plain = make_invoice(cast.account, APRIL, form=form)
    assert words not in text_of(draw(plain))


def test_a_document_of_many_columns_lies_and_one_of_few_stands(cast: Cast) -> None:
    for sheet, lies in (
        (full(cast, "ru43"), True),
        ((one := make_invoice(cast.account, APRIL), list(one.lines.all())), False),
    ):
        box = PdfReader(BytesIO(draw_sheet(*sheet))).pages[0].mediabox
        assert (box.width > box.height) == lies
        assert sorted([round(float(box.width)), round(float(box.height))]) == [595, 842]  # A4


@pytest.mark.parametrize("form", SECTIONS)
def test_no_word_leaves_the_page(cast: Cast, form: str) -> None:
    invoice, lines = full(cast, form)
    lines[0].service = "Обслуживание" * 16
    outside: list[str] = []
    for page in PdfReader(BytesIO(draw_sheet(invoice, lines))).pages:
        width, height = float(page.mediabox.width), float(page.mediabox.height)

        def look(text: str, _cm: Any, at: Any, _font: Any, _size: Any, w: float = width, h: float = height) -> None:
            if text.strip() and not (20 < at[4] < w - 20 and 15 < at[5] < h - 20):
                outside.append(text)

        page.extract_text(visitor_text=look)
    assert outside == []


def test_whoever_has_paid_too_much_need_not_pay(cast: Cast) -> None:
    invoice = make_invoice(cast.account, MARCH, opening="-5000.00", due_on=date(2026, 4, 15))
    text = text_of(draw(invoice))
    assert "0,00 руб. Платить не нужно" in text
    assert "Аванс на начало периода: 5 000,00 руб." in text
    assert "Оплатить до" not in text


@pytest.mark.feature("B10", "G9")
def test_a_house_is_one_tagged_file_with_a_bookmark_for_each_document(cast: Cast) -> None:
    invoices = [make_invoice(cast.account, date(2025, month, 1), number=f"77{month}") for month in range(1, 13)]
    out, told = BytesIO(), list[int]()
    sheets = (Printable(invoice, list(invoice.lines.all()), "7F3KQ9ZT2MXA") for invoice in invoices * 2)
    assert draw_batch(sheets, out, title="Дом", language="ru", progress=told.append) == 24
    assert told == [20, 24]
    pdf = PdfReader(BytesIO(out.getvalue()))
    root: Any = pdf.root_object
    assert len(pdf.pages) == len(pdf.outline) == 24
    assert len(root["/StructTreeRoot"]["/K"].get_object()["/K"]) == 24
    assert [f"№ 77{index % 12 + 1}" in page.extract_text() for index, page in enumerate(pdf.pages)] == [True] * 24
    single = len(draw(invoices[0], "7F3KQ9ZT2MXA"))
    assert len(out.getvalue()) < single * 24 / 2  # the letters are in it once


def test_a_print_file_of_nothing_and_a_document_without_end_are_refused(cast: Cast) -> None:
    with pytest.raises(NothingToPrint):
        draw_batch([], BytesIO(), title="Дом", language="ru")
    invoice, lines = full(cast, "ru43")
    with pytest.raises(TooLong):
        draw_batch([Printable(invoice, lines * 501)], BytesIO(), title="Дом", language="ru")
