"""The layers of a bill's page: why so much, every column that has a figure, the sections, what was corrected later."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse

from billing.actions.ledger import post_documents, post_payments
from billing.corrections import corrections, named_month
from billing.models import Invoice, InvoiceLine
from billing.printing.charges import parts_of
from billing.sublines import days_of, measured
from billing.testing import make_invoice, make_payment, reprint
from billing.tests.firm import make_service
from billing.wording import wording_of
from portal.testing import Cast

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def page(client: Any, invoice: Invoice) -> Any:
    return client.get(reverse("bill", args=[invoice.account.public_id, invoice.public_id]))


def text(response: Any) -> str:
    return str(response.content.decode().replace("\xa0", " "))


def warmer(cast: Cast) -> tuple[Invoice, Invoice]:
    """September and October: the heating began, water became dearer."""
    bills = []
    for period, heat, water in ((SEPTEMBER, "0", "40.00"), (OCTOBER, "0.075", "50.77")):
        sums = [Decimal(heat) * 2400, (Decimal(water) * 3).quantize(Decimal("0.01"))]
        invoice = make_invoice(cast.account, period, accrued=str(sum(sums)))
        invoice.lines.all().delete()
        for place, (name, volume, tariff, accrued) in enumerate(
            [("Отопление", heat, "2400", sums[0]), ("Вода", "3", water, sums[1])], start=1
        ):
            InvoiceLine.objects.create(
                invoice=invoice, position=place, service=name, unit="м3", volume=Decimal(volume), tariff=Decimal(tariff),
                accrued=accrued, payable=accrued, method="M",
            )  # fmt: skip
        bills.append(invoice)
    return bills[0], bills[1]


@pytest.mark.feature("G5")
def test_olga_reads_by_how_much_the_bill_grew_and_why(cast: Cast, enter: Any) -> None:
    _september, october = warmer(cast)
    response = page(enter(cast.olga), october)
    html = text(response)
    assert "<b>212.31 RUB more</b> than for September 2026" in html
    told = [
        (one.reason.service, str(one.reason.word), one.reason.amount) for one in response.context["compared"].reasons
    ]
    assert told == [("Отопление", "volume", Decimal("180.00")), ("Вода", "tariff", Decimal("32.31"))]
    assert "+180.00 RUB" in html


@pytest.mark.feature("G5")
def test_a_first_bill_and_an_equal_one_say_so(cast: Cast, enter: Any) -> None:
    first = make_invoice(cast.account, SEPTEMBER)
    client = enter(cast.olga)
    assert "no earlier bill" in text(page(client, first))
    assert "Exactly as much as for September 2026" in text(page(client, make_invoice(cast.account, OCTOBER)))


@pytest.mark.feature("G5")
def test_the_chart_shows_thirteen_months_and_says_where_nothing_is_known(cast: Cast, enter: Any) -> None:
    make_invoice(cast.account, date(2025, 9, 1), accrued="5.00")  # a month too old
    make_invoice(cast.account, date(2025, 10, 1), accrued="100.00")
    make_invoice(cast.account, OCTOBER, accrued="90.00", kind="repair")  # another kind is another chart
    october = make_invoice(cast.account, OCTOBER, accrued="200.00")
    chart = page(enter(cast.olga), october).context["compared"].chart
    assert [one.bar.value for one in chart] == [Decimal("200.00"), *[None] * 11, Decimal("100.00")]
    assert [one.width for one in chart] == ["100", *[""] * 11, "50"]


@pytest.mark.feature("G5")
def test_another_recipient_is_another_row_of_bills(cast: Cast, enter: Any) -> None:
    make_invoice(cast.account, SEPTEMBER, accrued="1.00", recipient="АО «Теплосеть»")
    make_invoice(cast.account, SEPTEMBER, accrued="100.00")
    october = make_invoice(cast.account, OCTOBER, accrued="110.00")
    assert page(enter(cast.olga), october).context["compared"].difference == Decimal("10.00")


@pytest.mark.feature("G5")
def test_another_account_of_the_recipient_is_another_row_of_bills(cast: Cast, enter: Any) -> None:
    own, heat = ({"recipient": "ООО", "account": number} for number in ("1", "2"))
    make_invoice(cast.account, SEPTEMBER, accrued="100.00", requisites=own)
    make_invoice(cast.account, SEPTEMBER, accrued="1.00", requisites=heat)
    october = make_invoice(cast.account, OCTOBER, accrued="110.00", requisites=own)
    make_invoice(cast.account, OCTOBER, accrued="2.00", requisites=heat)
    assert page(enter(cast.olga), october).context["compared"].difference == Decimal("10.00")


@pytest.mark.feature("G5")
def test_a_company_that_was_renamed_is_still_compared(cast: Cast, enter: Any) -> None:
    make_invoice(cast.account, SEPTEMBER, accrued="100.00", recipient="ЖЭУ № 1")
    october = make_invoice(cast.account, OCTOBER, accrued="110.00")
    assert page(enter(cast.olga), october).context["compared"].difference == Decimal("10.00")


@pytest.mark.feature("G5")
@pytest.mark.parametrize(("ranges", "word"), [([], "tariff"), ([["100", "4.00"], [None, "8.00"]], "charge")])
def test_prices_of_one_month_are_a_change_of_the_tariff_unless_they_are_its_ranges(
    cast: Cast, enter: Any, ranges: list[list[str | None]], word: str
) -> None:
    make_service(
        cast.house, "power", "tiers" if ranges else "meter", "4.00", resource="power", tariff={"tiers": ranges}
    )
    september = make_invoice(cast.account, SEPTEMBER, accrued="400.00")
    october = make_invoice(cast.account, OCTOBER, accrued="600.00")
    line: dict[str, object] = {"code": "power", "volume": Decimal(100), "tariff": Decimal("4.00")}
    reprint(september, **line)
    parts = [["50", "4.00", "200.00"], ["50", "8.00", "400.00"]]
    reprint(october, accrued=Decimal("600.00"), parts=parts, **line)
    (told,) = page(enter(cast.olga), october).context["compared"].reasons
    assert (str(told.reason.word), told.reason.amount) == (word, Decimal("200.00"))


@pytest.mark.feature("B10", "E4")
def test_a_column_is_there_when_it_has_a_figure(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, OCTOBER)
    client = enter(cast.olga)
    plain = [head.label for head in page(client, invoice).context["table"].heads]
    assert len(plain) == 5
    reprint(
        invoice, volume_common=Decimal("0.5"), accrued_common=Decimal("10.00"), excess=Decimal("5.00"),
        fine=Decimal("1.00"), benefit=Decimal("2.00"), recalculated=Decimal("-3.00"), penalty=Decimal("4.00"),
    )  # fmt: skip
    table = page(client, invoice).context["table"]
    full = [head.label for head in table.heads]
    assert set(plain) < set(full)
    assert len(full) == 12
    (row,) = table.groups[0][1]
    assert (
        dict(zip(full, [cell.text for cell in row.cells], strict=True))["Штраф исполнителя, руб. (вычитается)"]
        == "1.00"
    )


@pytest.mark.feature("B10", "E4")
def test_the_total_of_the_table_adds_up_across_and_down(cast: Cast, enter: Any) -> None:
    """1722.68 and 1258.94 from before are 2981.62; 1526.24 were paid, 1455.38 are left."""
    october = make_invoice(
        cast.account, OCTOBER, accrued="1681.20", opening="1258.94", penalty=Decimal("41.48"), paid=Decimal("1526.24"),
        payable=Decimal("1455.38"),
    )  # fmt: skip
    response = page(enter(cast.olga), october)
    table = response.context["table"]
    assert [cell.text for cell in table.totals if cell.text] == ["1,681.20", "41.48", "1,258.94", "2,981.62"]
    assert table.settled == [("Оплачено в расчетном периоде", "−1,526.24"), ("Итого к оплате", "1,455.38")]
    assert "Начислено за расчетный период с пенями, руб." in text(response)


@pytest.mark.feature("E4")
def test_sections_of_the_form_are_shown_when_the_document_has_them(cast: Cast, enter: Any) -> None:
    bare = text(page(enter(cast.olga), make_invoice(cast.account, SEPTEMBER)))
    assert "Readings of the meters" not in bare
    october = make_invoice(
        cast.account, OCTOBER,
        readings=[{"resource": "Вода", "serial": "77-1", "previous": "118.3", "current": "124.5", "volume": "6.2"}],
        reference=[{"service": "Вода", "house_volume": "1204.5", "rooms_volume": "1150.2", "common_volume": "54.3"}],
        recalculations=[{"service": "Вода", "period": "2026-08", "reason": "Перебой", "amount": "-96.48"}],
        instalments=[{"service": "Тепло", "amount": "100", "percent": "9.5", "interest": "1.5", "payable": "101.5"}],
    )  # fmt: skip
    html = text(page(enter(cast.olga), october))
    for words in ("77-1", "1,204.5", "1,150.2", "August 2026", "Перебой", "−96.48", "101.50"):
        assert words in html


@pytest.mark.feature("E4")
def test_a_month_recalculated_later_shows_base_and_corrected(cast: Cast, enter: Any) -> None:
    september = make_invoice(cast.account, SEPTEMBER, accrued="1000.00")
    row = {"service": "Вода", "period": "2026-09", "reason": "Перебой", "amount": "-96.48"}
    make_invoice(cast.account, OCTOBER, recalculations=[row, row | {"period": "2026-08", "amount": "5"}])
    assert [(one.service, one.amount) for one in corrections(september)] == [("Вода", Decimal("-96.48"))]
    response = page(enter(cast.olga), september)
    assert response.context["corrected"] == Decimal("903.52")
    assert "903.52 RUB" in text(response)


@pytest.mark.parametrize(
    ("words", "month"),
    [
        ("2026-09", SEPTEMBER), ("2026-09-01", SEPTEMBER), ("09.2026", SEPTEMBER), ("01.09.2026", SEPTEMBER),
        ("2026-13", None), ("0000-01", None), ("сентябрь", None), ("", None),
    ],
)  # fmt: skip
def test_a_recalculation_names_its_month_in_several_ways(words: str, month: date | None) -> None:
    assert named_month(words) == month


@pytest.mark.feature("B10")
def test_the_status_is_the_list_s(cast: Cast, enter: Any) -> None:
    bills = [
        make_invoice(cast.account, SEPTEMBER, accrued="100.00"),
        make_invoice(cast.account, OCTOBER, accrued="50.00"),
    ]
    post_documents(bills)
    post_payments([make_payment(cast.account, "20.10.2026", "120.00")])
    client = enter(cast.olga)
    assert [page(client, one).context["invoice"].status for one in bills] == ["paid", "part"]


def test_a_letter_about_a_line_is_ready_to_be_finished(cast: Cast, enter: Any) -> None:
    invoice = make_invoice(cast.account, OCTOBER)
    assert page(enter(cast.olga), invoice).context["letters"] == []
    cast.company.email = "office@example.com"
    cast.company.save()
    (letter,) = page(enter(cast.olga), invoice).context["letters"]
    assert letter["url"].startswith("mailto:office@example.com?subject=I%20do%20not%20agree")
    assert quote("3,680.39\xa0RUB") in letter["url"]  # the sum as the page writes it
    assert " " not in letter["url"]


def test_the_month_after_a_recalculation_names_the_bill_that_had_it(cast: Cast, enter: Any) -> None:
    fell = Decimal("-267.70")
    before = make_invoice(cast.account, date(2026, 9, 1), recalculated=fell, payable=Decimal("3412.69"))
    reprint(before, recalculated=fell)
    html = page(enter(cast.olga), make_invoice(cast.account, OCTOBER)).content.decode().replace("\xa0", " ")
    assert "the bill before had a recalculation of −267.70 RUB" in html


def test_a_letter_about_the_penalty_has_its_sum(cast: Cast, enter: Any) -> None:
    cast.company.email = "office@example.com"
    cast.company.save()
    invoice = make_invoice(cast.account, OCTOBER, penalty=Decimal("146.37"), payable=Decimal("3826.76"))
    InvoiceLine.objects.create(
        invoice=invoice, position=2, service="Пени", accrued=Decimal(0), penalty=Decimal("146.37"),
        payable=Decimal("146.37"),
    )  # fmt: skip
    letters = page(enter(cast.olga), invoice).context["letters"]
    assert [quote(sum_) in letter["url"] for letter, sum_ in zip(letters, ("3,680.39", "146.37"), strict=True)] == [
        True,
        True,
    ]


def test_the_page_costs_as_much_with_ten_years_behind_it(
    cast: Cast, enter: Any, django_assert_max_num_queries: Any
) -> None:
    for year in range(2017, 2027):
        make_invoice(cast.account, date(year, 9, 1))
    invoice = make_invoice(cast.account, OCTOBER)
    client = enter(cast.olga)
    page(client, invoice)
    with django_assert_max_num_queries(12):
        assert page(client, invoice).status_code == 200


def test_a_month_with_two_tariffs_says_its_days_and_a_benefit_that_it_is_taken_off(cast: Cast, enter: Any) -> None:
    """20.906667 of 44.8 m² are 14 days of 30: the line multiplies out as it is written. A house has no millionths."""
    november = make_invoice(
        cast.account, date(2026, 11, 1), accrued="1597.36",
        reference=[{"service": "Электроэнергия СОИ", "unit": "кВт·ч", "house_volume": "21306.000001"}],
    )  # fmt: skip
    parts = [["20.906667", "30.69", "641.63"], ["23.893333", "40.00", "955.73"]]
    reprint(november, volume=Decimal("44.8"), tariff=Decimal("30.69"), parts=parts, benefit=Decimal("1357.76"))
    html = page(enter(cast.olga), november).content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")
    assert "44.8 м² × 14 days of 30 × 30.69 = 641.63" in html
    assert "44.8 м² × 16 days of 30 × 40.00 = 955.73" in html
    assert "20.906667" not in html
    assert "Льготы, субсидии, руб. (вычитаются)" in html
    assert "21,306<" in html
    assert "306.000001" not in html
    assert "306,000001" not in html


def test_a_range_of_a_tariff_is_no_days() -> None:
    november = date(2026, 11, 1)
    assert days_of(Decimal("109.166667"), Decimal("109.166667"), november) is None
    assert days_of(Decimal("100"), Decimal("300"), november) is None
    assert days_of(Decimal("0.466667"), Decimal(1), november) == (14, 30)
    assert [measured(Decimal(one)) for one in ("21306.000001", "12.5")] == [Decimal(21306), Decimal("12.5")]


def test_paper_says_the_days_and_the_unit_of_a_tariff_too(cast: Cast) -> None:
    november = make_invoice(cast.account, date(2026, 11, 1), accrued="1597.36")
    parts = [["20.906667", "30.69", "641.63"], ["23.893333", "40.00", "955.73"]]
    reprint(november, volume=Decimal("44.8"), tariff=Decimal("30.69"), unit="м2", parts=parts)
    [line] = november.lines.all()
    first, second = parts_of(line, wording_of(november.form), november.period)
    assert first["service"] == "– в том числе по тарифу, 14 из 30 дн."
    assert (second["unit"], second["volume"], second["accrued"]) == ("м²", "23,893333", "955,73")
