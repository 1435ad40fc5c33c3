"""The guide's account 10117: imported like any company's, every figure is where the guide shows it."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from billing.actions.pdf import ask_for_pdf, make_pdf
from billing.models import Invoice, LedgerEntry, Payment
from billing.payment_code import is_payable, payment_code
from portal.testing import make_link, make_user
from premises.models import ImportRun, PersonalAccount

PRINTED = (
    "5531", "февраль 2019", "Мартынович Александр Владимирович", "г. Волгодонск, ул. 100 стрелковой дивизии, 1, кв. 17",
    "61,00 м²", 'ООО "ТеплоДом"', "38363800, Воронежская обл, г. Воронеж, ул. 20-летия ВЛКСМ, д. 111, корп. А",
    "8 (800) 550-0735", "круглосуточно", "3661057530", "366101001", "(не указан)", "10117",
    "Жилищные, коммунальные, прочие услуги", "43 367,61", "47 048,00", "0,00", "3 680,39", "Жилищные услуги",
    "Водоотведение СОИ", "9,944482 (2)", "30,10", "299,33", "1 180,70", "1 480,03",
    "ГВС СОИ", "4,3482 (1)", "150,00", "651,93", "2 436,40", "3 088,33",
    "Паспортный стол", "61", "1,05", "64,05", "788,80", "832,85",
)  # fmt: skip
SECTIONS = (
    "Раздел 1. Сведения о плательщике и исполнителе услуг",
    "Раздел 2. Информация для внесения платы получателю платежа",
    "Раздел 3. Расчет размера платы за содержание и ремонт жилого помещения и коммунальных услуг",
)
ACCOUNT = "79187987987971987987"


@pytest.fixture
def owner(guide: PersonalAccount) -> User:
    user = make_user("Александр", "Мартынович", language="ru")
    make_link(user, guide, "owner")
    return user


def february(account: PersonalAccount) -> Invoice:
    return Invoice.objects.get(account=account, number="5531", kind="main")


def words(text: str) -> str:
    """The text with single plain spaces, as a reader sees it."""
    return " ".join(text.replace("\xa0", " ").split())


def page_text(response: Any) -> str:
    import re
    from html import unescape

    html = re.sub(r"</?sup>", "", response.content.decode())
    return words(unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.mark.feature("B5", "B10", "B11")
def test_the_files_hold_what_the_guide_shows(guide: PersonalAccount) -> None:
    documents = Invoice.objects.filter(account=guide).order_by("-period", "kind")
    assert [(one.number, f"{one.period:%m.%Y}", one.kind, str(one.charged)) for one in documents] == [
        ("5575", "03.2019", "main", "3680.39"),
        ("5575", "03.2019", "repair", "335.50"),
        ("5531", "02.2019", "main", "3680.39"),
        ("5531", "02.2019", "repair", "335.50"),
        ("3703", "03.2018", "main", "2380.49"),
    ]
    assert [(one.number, f"{one.paid_on:%d.%m.%Y}", str(one.amount)) for one in Payment.objects.all()] == [
        ("317", "11.07.2017", "3098.05"),
        ("285", "21.06.2017", "3659.10"),
        ("255", "14.05.2017", "3104.10"),
        ("221", "19.04.2017", "4213.90"),
        ("191", "19.03.2017", "5930.25"),
    ]
    unit = guide.unit
    assert (guide.holder, guide.residents, guide.registered, guide.contact_phone) == (
        "Мартынович Александр Владимирович", 0, 0, ""
    )  # fmt: skip
    assert (unit.label, unit.area_total, unit.house.address) == (
        "17", Decimal("61.00"), "г. Волгодонск, ул. 100 стрелковой дивизии, 1"
    )  # fmt: skip


@pytest.mark.feature("B5", "B10")
def test_the_book_says_what_the_document_prints(guide: PersonalAccount) -> None:
    invoice = february(guide)
    main = LedgerEntry.objects.filter(account=guide, section="main")
    assert main.before(invoice.period).balance() == invoice.opening == Decimal("43367.61")
    assert main.balance(upto=invoice.last_day) == invoice.payable == Decimal("47048.00")


@pytest.mark.feature("B10", "G10")
def test_the_import_reports_exactly_the_two_lines_that_do_not_add_up(guide: PersonalAccount) -> None:
    run = ImportRun.objects.get(kind="documents", organization=guide.organization)
    assert (run.errors, run.warnings, run.created) == (0, 2, 5)
    assert [(problem.row, problem.facts["service"], problem.facts["exact"]) for problem in run.problems] == [
        (5, "ГВС СОИ", "652.23"),
        (6, "Паспортный стол", "852.85"),
    ]
    doubtful = february(guide).lines.exclude(warnings=[]).values_list("service", "warnings")
    assert list(doubtful) == [("ГВС СОИ", ["volume"]), ("Паспортный стол", ["sum"])]


def test_loading_twice_changes_nothing(guide: PersonalAccount) -> None:
    before = LedgerEntry.objects.count(), Invoice.objects.count(), ImportRun.objects.count()
    call_command("demo_guide")
    assert (LedgerEntry.objects.count(), Invoice.objects.count(), ImportRun.objects.count()) == before


@pytest.mark.feature("B10", "E4")
def test_the_page_shows_every_printed_figure(guide: PersonalAccount, owner: User, enter: Any) -> None:
    client: Client = enter(owner)
    response = client.get(reverse("bill", args=[guide.public_id, february(guide).public_id]))
    text = page_text(response)
    titles = [title.partition(". ")[2] for title in SECTIONS]  # the page reads in another order and numbers nothing
    assert [word for word in (*PRINTED, *titles) if word not in text] == []
    assert ACCOUNT in text.replace(" ", "")  # in fours, so that a narrow phone can break it
    assert response.content.decode().count("small") >= 2  # a note in each of the two doubtful lines
    assert response.context["code"] == ""  # placeholder bank details: no payment code


def is_figure(thing: Any) -> bool:
    """Whether an object of the file is the tag of a picture."""
    return isinstance(thing, dict) and thing.get("/S") == "/Figure"


@pytest.mark.feature("B10", "F3")
def test_the_pdf_prints_every_figure(guide: PersonalAccount, owner: User) -> None:
    invoice = february(guide)
    ask_for_pdf(invoice, by=owner, at=timezone.now(), nudge=lambda pk: None)
    invoice.refresh_from_db()
    assert make_pdf(invoice, at=timezone.now())
    invoice.refresh_from_db()
    pdf = PdfReader(BytesIO(invoice.pdf.read()))
    text = words(" ".join(page.extract_text() for page in pdf.pages))
    printed = (*PRINTED, *SECTIONS, ACCOUNT)
    assert [word for word in printed if word not in text and word.replace(" (", "(") not in text] == []
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Платежный документ № 5531"
    assert str(pdf.root_object["/Lang"]) == "ru"
    things: list[Any] = [pdf.get_object(number) for number in pdf.xref_objStm]
    figures = [one for one in things if is_figure(one)]
    assert [str(one["/Alt"]) for one in figures] == ["Подключить кабинет"]  # none to pay
    assert "платежного кода нет" in text


def test_placeholder_bank_details_make_no_payment_code(guide: PersonalAccount) -> None:
    invoice = february(guide)
    assert is_payable(invoice.requisites, "RU") == ["bank", "bic", "account"]
    assert payment_code(invoice) == ""
