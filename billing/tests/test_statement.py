"""The statement: every month adds up from its start to its end, on the page, in the PDF and in the tables."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from billing.actions.ledger import post_documents, post_payments, reverse_entries
from billing.models import LedgerEntry
from billing.movement import NAMES, Movement, Sums, months, movement
from billing.statement import statement
from billing.testing import make_invoice, make_payment
from portal.testing import Cast
from premises.models import PersonalAccount

pytestmark = pytest.mark.feature("E6")
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
MONEY = st.decimals(-99999, 99999, places=2)
SUMS = st.builds(Sums, *[MONEY] * len(NAMES))
SPAN = {"from_month": "1", "from_year": "2026", "to_month": "3", "to_year": "2026"}


def url(account: PersonalAccount, kind: str = "", **query: str) -> str:
    args = [account.public_id, *([kind] if kind else [])]
    return reverse("statement_file" if kind else "statement", args=args, query=query)


def quarter(account: PersonalAccount) -> None:
    """A winter with everything in it: a recalculation, a penalty, a subsidy, payments, another section."""
    post_documents(
        [
            make_invoice(account, date(2025, 12, 1), accrued="1250.00"),
            make_invoice(account, JANUARY, accrued="3680.39"),
            make_invoice(
                account, FEBRUARY, accrued="3000.00", recalculated=Decimal("-96.48"), penalty=Decimal("12.35"),
                benefit=Decimal("219.24"), payable=Decimal("2696.63"),
            ),
            make_invoice(account, MARCH, accrued="900.00", subsidy=Decimal("150.00"), payable=Decimal("750.00")),
            make_invoice(account, MARCH, accrued="335.50", kind="repair"),
        ]
    )  # fmt: skip
    post_payments([make_payment(account, "20.01.2026", "1250.00"), make_payment(account, "16.03.2026", "4000.00")])


@given(st.decimals(-99999, 99999, places=2), st.lists(st.tuples(st.integers(0, 30), SUMS)))
def test_closing_is_opening_and_every_sum(opening: Decimal, rows: list[tuple[int, Sums]]) -> None:
    every = list(months(date(2024, 1, 1), date(2026, 7, 1)))
    found: dict[date, Sums] = {}
    for place, sums in rows:
        found[every[place]] = found.get(every[place], Sums()) + sums
    result = movement(every[0], every[-1], opening, found)
    assert [month.period for month in result.months] == every
    before = opening
    for month in result.months:
        assert month.closing == before + month.sums.total
        before = month.closing
    assert result.closing == opening + result.total.total
    unused = set(NAMES) - set(result.used)
    assert not any(getattr(month.sums, name) for month in result.months for name in unused)


def test_the_columns_of_documents_tell_a_charge_apart(cast: Cast) -> None:
    quarter(cast.account)
    found = statement(cast.account, JANUARY, MARCH)
    assert (found.opening, found.closing) == (Decimal("1250.00"), Decimal("3462.52"))
    january, february, march = (month.sums for month in found.months)
    assert january == Sums(charged=Decimal("3680.39"), paid=Decimal("-1250.00"))
    assert february == Sums(
        charged=Decimal("2780.76"), recalculated=Decimal("-96.48"), penalty=Decimal("12.35")
    )  # the benefit is inside
    assert march == Sums(charged=Decimal("1235.50"), subsidy=Decimal("-150.00"), paid=Decimal("-4000.00"))
    assert found.closing == LedgerEntry.objects.filter(account=cast.account).balance()


def test_one_section_is_a_book_of_its_own(cast: Cast) -> None:
    quarter(cast.account)
    found = statement(cast.account, JANUARY, MARCH, section="repair")
    assert (found.opening, found.closing) == (Decimal(0), Decimal("335.50"))


def test_what_a_printed_opening_brought_in_is_at_the_start_or_a_column(cast: Cast) -> None:
    post_documents([make_invoice(cast.account, FEBRUARY, accrued="10.00", opening="500.00")])
    since = statement(cast.account, FEBRUARY, MARCH)
    assert (since.opening, since.total.brought) == (Decimal("500.00"), Decimal(0))
    earlier = statement(cast.account, JANUARY, MARCH)
    assert (earlier.opening, earlier.total.brought) == (Decimal(0), Decimal("500.00"))
    assert since.closing == earlier.closing == Decimal("510.00")


def test_a_charge_that_was_taken_back_leaves_nothing(cast: Cast) -> None:
    post_documents(
        [make_invoice(cast.account, JANUARY, accrued="10.00", penalty=Decimal("1.00"), payable=Decimal("11.00"))]
    )
    assert reverse_entries(LedgerEntry.objects.all()) > 0
    assert statement(cast.account, JANUARY, JANUARY).total == Sums()


def test_ten_years_cost_two_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    post_documents([make_invoice(cast.account, month, accrued="1.00") for month in months(date(2016, 4, 1), MARCH)])
    with django_assert_num_queries(2):
        found = statement(cast.account, date(2016, 4, 1), MARCH)
    assert (len(found.months), found.closing) == (120, Decimal("120.00"))


def test_olga_reads_the_movement_and_the_debt_by_age(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    response = enter(cast.olga).get(url(cast.account, **SPAN))
    html = response.content.decode().replace("\xa0", " ")
    for words in ("3,462.52 RUB", "1,250.00 RUB", "Recalculated", "Subsidy", "by age", "January 2026"):
        assert words in html
    assert response.context["debt"].total == Decimal("3462.52")


def test_a_limited_link_sees_no_statement(cast: Cast, enter: Any) -> None:
    for kind in ("", "pdf", "csv"):
        assert enter(cast.tanya).get(url(cast.account, kind)).status_code == 404


def test_months_the_wrong_way_round_are_swapped_and_it_is_said(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    turned = {"from_month": "3", "from_year": "2026", "to_month": "1", "to_year": "2026"}
    response = enter(cast.olga).get(url(cast.account, **turned))
    found: Movement = response.context["statement"]
    assert (found.first, found.last) == (JANUARY, date(2026, 3, 31))
    assert "we swapped them" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"from_month": "13", "from_year": "2026", "to_month": "3", "to_year": "2026"},
        {"from_month": "x", "from_year": "y"},
    ],
)
def test_months_that_cannot_be_shown_are_said_and_the_files_hold_the_months_of_the_page(
    cast: Cast, enter: Any, query: dict[str, str]
) -> None:
    quarter(cast.account)
    client = enter(cast.olga)
    page = client.get(url(cast.account, **query))
    assert "What could not be read was replaced with the months shown below." in page.content.decode()
    shown = page.context["statement"]
    name = f"statement-{shown.first:%Y-%m}-{shown.last:%Y-%m}.csv"
    assert name in client.get(url(cast.account, "csv", **query))["Content-Disposition"]
    assert "could not be read" not in client.get(url(cast.account, **SPAN)).content.decode()


def test_months_before_the_book_are_cut_and_nothing_is_swapped(cast: Cast, enter: Any) -> None:
    post_documents([make_invoice(cast.account, month, accrued="1.00") for month in months(date(2018, 12, 1), MARCH)])
    asked = {"from_month": "1", "from_year": "2015", "to_month": "12", "to_year": "2019"}
    response = enter(cast.olga).get(url(cast.account, **asked))
    oldest = LedgerEntry.objects.order_by("on").values_list("on", flat=True)[0].replace(day=1)
    found: Movement = response.context["statement"]
    assert (found.first, found.last) == (oldest, date(2019, 12, 31))
    html = response.content.decode()
    assert f"Nothing is kept from before {oldest:%B %Y}: what is shown begins there." in html
    assert "we swapped them" not in html
    long_ago = enter(cast.olga).get(url(cast.account, **asked | {"from_year": "1900", "to_year": "1901"}))
    assert long_ago.context["statement"].first == oldest
    assert len(long_ago.context["statement"].months) == 1


def test_months_to_come_are_cut_and_said(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    this = timezone.localdate().replace(day=1)
    coming = (this + timedelta(days=31)).replace(day=1)
    month, year = str(coming.month), str(coming.year)
    response = enter(cast.olga).get(url(cast.account, from_month=month, from_year=year, to_month=month, to_year=year))
    found: Movement = response.context["statement"]
    assert (found.first, found.last.replace(day=1)) == (this, this)
    words = f"Months after {this:%B %Y} are still to come: what is shown ends there."
    assert response.content.decode().count(words) == 1
    far = {"from_month": "1", "from_year": "2026", "to_month": "12", "to_year": "2999"}
    response = enter(cast.olga).get(url(cast.account, **far))
    assert response.content.decode().count(words) == 1
    assert response.context["statement"].last.replace(day=1) == this


def test_an_end_that_cannot_be_read_keeps_the_other_end(cast: Cast, enter: Any) -> None:
    post_documents([make_invoice(cast.account, month, accrued="1.00") for month in months(date(2018, 12, 1), MARCH)])
    response = enter(cast.olga).get(url(cast.account, to_month="12", to_year="2020"))
    found: Movement = response.context["statement"]
    assert (found.first, found.last) == (date(2019, 12, 1), date(2020, 12, 31))
    assert "we swapped them" not in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"from_month": "13", "from_year": "x"},
        {"from_year": "99999"},
        {"from_month": "1", "from_year": "²²²²"},
        {"section": "a'b"},
    ],
)
def test_nonsense_shows_the_usual_months(cast: Cast, enter: Any, query: dict[str, str]) -> None:
    quarter(cast.account)
    response = enter(cast.olga).get(url(cast.account, **query))
    assert len(response.context["statement"].months) == 13
    assert response.context["section"] == ""


def test_the_workbook_holds_what_the_page_shows(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    answer = enter(cast.olga).get(url(cast.account, "xlsx", **SPAN))
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[0][:6] == ("Company", "Account", "Address", "Currency", "Month", "Balance at the start")
    assert [row[4] for row in rows[1:]] == ["01.2026", "02.2026", "03.2026", "Total"]
    company, place = cast.account.organization, cast.account.unit
    for row in rows[1:]:
        assert row[:4] == (company.name, "10012", f"{place.house.address}, кв. {place.label}", "RUB")
        assert sum(Decimal(str(value)) for value in row[5:-1]) == Decimal(str(row[-1]))  # adds up from start to end
    assert answer["Content-Disposition"] == 'attachment; filename="statement-2026-01-2026-03.xlsx"'


def test_the_text_table_is_written_for_excel_of_both_countries(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    answer = enter(cast.olga).get(url(cast.account, "csv", **SPAN))
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[-1][-1] == "3462,52"
    assert rows[-1][1:4:2] == ["10012", "RUB"]


def test_the_pdf_has_real_text_and_names_the_account(cast: Cast, enter: Any) -> None:
    quarter(cast.account)
    answer = enter(cast.olga).get(url(cast.account, "pdf", **SPAN))
    pdf = PdfReader(BytesIO(answer.content))
    text = " ".join(page.extract_text() for page in pdf.pages).replace("\xa0", " ")
    for words in ("Statement of account 10012", "Олина Ольга Олеговна", "3,462.52", "February 2026", "by age"):
        assert words in text
    assert "/StructTreeRoot" in pdf.root_object  # tagged


def test_more_than_three_years_are_several_pdfs_and_one_table(cast: Cast, enter: Any) -> None:
    post_documents([make_invoice(cast.account, date(2020, 1, 1)), make_invoice(cast.account, MARCH)])
    client = enter(cast.olga)
    long = {"from_month": "1", "from_year": "2020", "to_month": "3", "to_year": "2026"}
    page = client.get(url(cast.account, **long))
    assert [(part["first"], part["last"]) for part in page.context["parts"]] == [
        (date(2020, 1, 1), date(2022, 12, 1)), (date(2023, 1, 1), date(2025, 12, 1)), (JANUARY, MARCH)
    ]  # fmt: skip
    assert "several" in page.content.decode()
    assert client.get(url(cast.account, "pdf", **long)).status_code == 404
    assert client.get(url(cast.account, "pdf") + "?" + page.context["parts"][0]["query"]).status_code == 200
    assert client.get(url(cast.account, "csv", **long)).status_code == 200


def test_an_unknown_kind_of_file_is_not_there(cast: Cast, enter: Any) -> None:
    assert enter(cast.olga).get(url(cast.account, "exe")).status_code == 404


def test_an_account_without_a_book_has_a_statement_of_zeros(cast: Cast, enter: Any) -> None:
    response = enter(cast.olga).get(url(cast.account))
    assert response.context["statement"].closing == 0
    assert response.context["ages"] == []
