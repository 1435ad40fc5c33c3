"""Where the pages of a bill end: no row alone, no heading without its table, no page for one sentence, nothing past the edge."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from pypdf import PageObject, PdfReader

from billing.act_pdf import draw_act
from billing.debts import Debt
from billing.invoice_pdf import draw_sheet
from billing.models import Invoice, InvoiceLine
from billing.movement import Month, Movement, Sums
from billing.reconciling import Act, Line
from billing.statement_pdf import draw_statement
from billing.testing import make_invoice
from lib.paper.breaks import KEEP
from lib.paper.faces import face
from lib.paper.sheet import FOOT, MARGIN
from portal.testing import Cast

MARCH = date(2026, 3, 1)
FORMS = ("ru43", "ru924", "ua")
DRAWN = re.compile(r"BT /([TBR]) ([\d.]+) Tf(?: ([\d.]+) Tc)? ([-\d.]+) ([-\d.]+) Td <([0-9a-f]*)> Tj")
FACES = {"T": "text", "B": "bold", "R": "rest"}
ROW = re.compile(r"Услуга(\d{3})")


class Text(NamedTuple):
    words: str
    left: float
    right: float
    base: float  # points above the foot of the page


def texts(page: PageObject) -> Iterator[Text]:
    """Every piece of text of a page and where it stands, from what the page draws."""
    contents = page.get_contents()
    assert contents is not None
    for name, size, spacing, x, y, codes in DRAWN.findall(contents.get_data().decode("ascii")):
        one = face(FACES[name])
        letters = {glyph: letter for letter, glyph in one.letters.items()}
        glyphs = [int(codes[at : at + 4], 16) for at in range(0, len(codes), 4)]
        words = "".join(chr(letters[glyph]) for glyph in glyphs)
        wide = sum(one.advances[glyph] for glyph in glyphs) * float(size) / 1000 + float(spacing or 0) * len(glyphs)
        if words.endswith(" "):  # a space at the end of a line is for readers aloud
            wide -= one.advances[glyphs[-1]] * float(size) / 1000
        yield Text(words, float(x), float(x) + wide, float(y))


def pages_of(pdf: bytes) -> list[list[Text]]:
    """The texts of each page, its foot apart; none of them past the edge."""
    pages = []
    for page in PdfReader(BytesIO(pdf)).pages:
        width, height = float(page.mediabox.width), float(page.mediabox.height)
        found = list(texts(page))
        for one in found:
            assert one.left >= MARGIN - 0.1, one
            assert one.right <= width - MARGIN + 0.1, one
        content = [one for one in found if one.base >= FOOT]
        assert all(one.base <= height - MARGIN for one in content)
        assert len(found) - len(content) <= 2  # the foot: whose page, and which
        pages.append(content)
    return pages


def rows_on(page: list[Text]) -> list[int]:
    return [int(number) for one in page for number in ROW.findall(one.words)]


def bill(cast: Cast, form: str, **fields: Any) -> Invoice:
    return make_invoice(
        cast.account,
        MARCH,
        form=form,
        opening="1250.00",
        due_on=date(2026, 4, 15),
        issued_on=date(2026, 4, 1),
        **fields,
    )


def lines_for(count: int, *, words: str = "", groups: int = 3) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            position=at, group=f"Группа {at * groups // count}", service=f"Услуга{at:03}{words}", unit="м3", method="NMO"[at % 3],
            volume=Decimal("71.140745"), tariff=Decimal("83.70"), accrued=Decimal(f"{1000 + at}.37"), payable=Decimal(f"{2000 + at}.41"),
        )
        for at in range(count)
    ]  # fmt: skip


def blocks(invoice: Invoice, count: int) -> None:
    """As many rows in every section."""
    invoice.readings = [
        {
            "resource": "Вода",
            "unit": "м³",
            "serial": f"00{at}",
            "previous": "148.102",
            "current": "152.3",
            "volume": "4.198",
        }
        for at in range(count)
    ]
    invoice.reference = [
        {"service": "Вода", "unit": "м³", "norm": "4.745", "house_volume": "1250"} for _at in range(count)
    ]
    invoice.recalculations = [
        {"service": "Вода", "period": "2026-02-01", "reason": "Временное отсутствие", "amount": "-96.48"}
        for _at in range(count)
    ]
    invoice.instalments = [
        {"service": "Вода", "amount": "3164.39", "earlier": "527.40", "payable": "1079.85"} for _at in range(count)
    ]


@pytest.mark.parametrize("form", FORMS)
def test_no_page_but_the_first_holds_fewer_rows_than_belong_together(cast: Cast, form: str) -> None:
    invoice = bill(cast, form)
    for count in range(1, 61):
        lines = lines_for(count)
        pages = pages_of(draw_sheet(invoice, lines, "7F3KQ9ZT2MXA"))
        assert [row for page in pages for row in rows_on(page)] == list(range(count)), count
        for page in pages[1:]:
            assert len(rows_on(page)) >= KEEP - 1, count  # and the total, or the name of the group
            assert any(one.words.strip() in {"Вид услуги", "Послуга"} for one in page[:9]), count  # the head again
        words = " ".join(one.words for page in pages for one in page).replace("\xa0", " ")
        for line in lines:
            assert f"{line.accrued:,}".replace(",", " ").replace(".", ",") in words
            assert f"{line.payable:,}".replace(",", " ").replace(".", ",") in words
        total = next(at for at, page in enumerate(pages) if any(one.words in {"Итого", "Разом"} for one in page))
        assert total == len(pages) - 1
        assert len(rows_on(pages[total])) >= 2 or count < 2


@pytest.mark.parametrize("form", FORMS)
def test_a_heading_stands_on_the_page_of_its_table(cast: Cast, form: str) -> None:
    invoice = bill(cast, form)
    for rows in range(20):
        blocks(invoice, rows)
        for words in ("", " с учетом повышающего коэффициента" * 3):
            for page in pages_of(draw_sheet(invoice, lines_for(6, words=words))):
                last = page[-1].words
                assert not re.match(r"Раздел \d|\d\. |Расчет размера|Показания приборов", last), (rows, last)


@pytest.mark.parametrize("form", FORMS)
def test_the_last_sentence_has_no_page_of_its_own(cast: Cast, form: str) -> None:
    invoice = bill(cast, form)
    for rows, step in ((0, 1), (4, 3)):
        blocks(invoice, rows)
        for count in range(1, 50, step):
            last = pages_of(draw_sheet(invoice, lines_for(count)))[-1]
            assert len({round(one.base) for one in last}) > KEEP, count


def test_smaller_gaps_save_a_page_that_would_hold_little(cast: Cast) -> None:
    """Eight services in three groups had a second page for the last sentence."""
    pdf = draw_sheet(bill(cast, "ru43", document_id="60ЕХ209700-10-6031"), lines_for(8), "7F3KQ9ZT2MXA")
    assert [rows_on(page) for page in pages_of(pdf)] == [list(range(8))]
    assert "7.7" not in sizes(pdf)


def sizes(pdf: bytes) -> set[str]:
    contents = PdfReader(BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    return {size for _name, size, *_rest in DRAWN.findall(contents.get_data().decode("ascii"))}


def test_letters_get_smaller_only_where_smaller_gaps_do_not_save_the_page(cast: Cast) -> None:
    invoice, sheets = bill(cast, "ru43"), dict[int, bytes]()
    for count in range(1, 16):
        sheets[count] = draw_sheet(invoice, lines_for(count), "7F3KQ9ZT2MXA")
    on_one = [count for count, pdf in sheets.items() if len(pages_of(pdf)) == 1]
    assert on_one == list(range(1, len(on_one) + 1))
    assert len(on_one) >= 10  # what most flats have
    small = [count for count, pdf in sheets.items() if "7.7" in sizes(pdf)]
    assert small
    assert max(on_one) in small
    assert not set(small) - set(on_one)  # in vain nothing is made small
    assert not set(small) & set(range(1, 7))


def test_sub_lines_stay_with_their_line_and_the_money_of_the_month_with_the_total(cast: Cast) -> None:
    invoice = bill(cast, "ru43", paid=Decimal("526.24"), subsidy=Decimal("100.00"), payable=Decimal("4304.15"))
    for count in range(1, 40):
        lines = lines_for(count)
        for line in lines:
            line.parts = [["1.5", "20.10", "30.15"], ["2.5", "22.10", "55.25"]]
        pages = pages_of(draw_sheet(invoice, lines))
        for page in pages:
            parts = sum("в том числе по тарифу" in one.words for one in page)
            assert parts == 2 * len(rows_on(page)), count
        closing = [
            at for at, page in enumerate(pages) for one in page if one.words in {"Итого", "Субсидии, компенсации"}
        ]
        assert len(set(closing)) == 1, count


def test_long_names_lie_instead_of_standing_in_ten_lines(cast: Cast) -> None:
    words = " с учетом повышающего коэффициента и предоставления услуг на общедомовые нужды многоквартирного дома"
    lines = lines_for(12, words=words)
    for line in lines:
        line.benefit, line.balance, line.recalculated = Decimal("219.24"), Decimal("1180.70"), Decimal("-96.48")
    pdf = draw_sheet(bill(cast, "ru43"), lines)
    box = PdfReader(BytesIO(pdf)).pages[0].mediabox
    assert box.width > box.height
    assert [row for page in pages_of(pdf) for row in rows_on(page)] == list(range(12))


def test_an_account_number_of_twenty_figures_is_not_torn(cast: Cast) -> None:
    invoice = bill(cast, "ru43")
    invoice.payer["account_number"] = "98765432109876543210"
    pages = pages_of(draw_sheet(invoice, lines_for(3)))
    assert sum(one.words == "98765432109876543210" for one in pages[0]) == 2


def test_a_statement_of_any_length_ends_with_two_months_and_the_total(cast: Cast) -> None:
    debt = Debt(not_due=Decimal(10))
    for count in range(1, 121, 3):
        months = tuple(
            Month(date(2016 + at // 12, at % 12 + 1, 1), Sums(charged=Decimal(10)), Decimal(10 * (at + 1)))
            for at in range(count)
        )
        found = Movement(months[0].period, months[-1].period, Decimal(0), months)
        pages = pages_of(draw_statement(cast.account, found, debt, holder="", today=MARCH))
        for page in pages[1:]:
            assert len({round(one.base) for one in page}) > KEEP, count


def test_nobody_signs_an_act_on_a_page_without_its_rows(cast: Cast) -> None:
    for count in range(0, 80, 3):
        lines = tuple(
            Line(MARCH + timedelta(at), f"Услуга{at:03}", Decimal(10), Decimal(0), Decimal(10 * (at + 1)))
            for at in range(count)
        )
        pages = pages_of(draw_act(cast.account, Act(MARCH, MARCH, Decimal(0), lines, ()), today=MARCH))
        assert [row for page in pages for row in rows_on(page)] == list(range(count))
        for page in pages[1:]:
            assert len(rows_on(page)) >= KEEP - 1, count
