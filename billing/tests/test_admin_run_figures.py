"""The figures of a run in the staff room: what the page adds up to, what is asked before the issue, which month comes next."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing.actions.calculate import calculate
from billing.actions.closing import recalculate
from billing.models import BillingRun, PenaltyCharge, Recalculation, Service
from billing.readiness import penalties_of
from billing.testing import make_invoice, reprint
from billing.tests.firm import AT, NOV, calculated, ignore, issued, page, press_issue
from portal.testing import Cast

pytestmark = [pytest.mark.feature("B10"), pytest.mark.usefixtures("december")]
Enter = Callable[[User], Client]
State = BillingRun.State


def test_a_month_with_something_below_zero_is_issued_by_somebody_who_has_looked(firm: Cast, enter: Enter) -> None:
    Recalculation.objects.create(
        account=firm.account, service=Service.objects.get(), period=date(2026, 10, 1), amount=Decimal("-9000.00"),
        reason="акт",
    )  # fmt: skip
    run = calculated(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    assert "I have looked" in anna.get(page(run, "issue")).content.decode()
    assert press_issue(anna, run).status_code == 422
    run.refresh_from_db()
    assert run.state == State.CALCULATED
    assert press_issue(anna, run, looked="on").status_code == 302
    run.refresh_from_db()
    assert run.state == State.ISSUING


def test_who_began_a_run_stays_written_beside_who_calculated_it_again(firm: Cast, enter: Enter) -> None:
    """Anna began it; Mark calculated again: the page named Mark at the hour when Anna had begun."""
    run = calculated(firm.company, NOV, by=firm.anna)
    recalculate(run, by=firm.mark, at=AT + timedelta(hours=1), later=ignore)
    calculate(run.pk, now=lambda: AT + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.by, run.calculated_by) == (firm.anna, firm.mark)
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", enter(firm.anna).get(page(run)).content.decode()))
    assert f"Begun Dec. 1, 2026, noon, {firm.anna} Calculated Dec. 1, 2026, 1 p.m., {firm.mark}" in text


@pytest.mark.parametrize("looked", ["on", ""])
def test_what_is_issued_is_what_was_shown(firm: Cast, enter: Enter, looked: str) -> None:
    """Anna has the question open, 4,457.88; Mark adds −2000 and calculates again: she is shown 2,457.88, nothing is issued."""
    run = calculated(firm.company, NOV, by=firm.anna)
    anna = enter(firm.anna)
    form = anna.get(page(run, "issue"))
    assert "together 4,457.88" in form.content.decode()
    Recalculation.objects.create(
        account=firm.account, service=Service.objects.get(), period=date(2026, 10, 1), amount=Decimal("-2000.00"),
        reason="акт",
    )  # fmt: skip
    recalculate(run, by=firm.mark, at=AT, later=ignore)
    calculate(run.pk, now=lambda: AT + timedelta(minutes=1))
    old = {"seen": form.context["run"].figures, "looked": looked}
    answer = anna.post(page(run, "issue"), old)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "together 2,457.88" in text
    assert "The figures have changed since this page was opened" in text
    assert "checked" not in text
    run.refresh_from_db()
    assert (run.state, run.issued_by) == (State.CALCULATED, None)
    assert anna.post(page(run, "issue"), {"looked": "on"}).status_code == 409  # a page that told nothing at all
    assert press_issue(anna, run, looked="on").status_code == 302
    run.refresh_from_db()
    assert (run.state, run.issued_by) == (State.ISSUING, firm.anna)


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver{here}?what=more", "{here}?what=more"),
        ("", "/admin/"),
        ("https://elsewhere.example/admin/", "/admin/"),
        ("http://testserver/bills/", "/admin/"),
    ],
)
def test_a_refusal_in_the_staff_room_leads_back_to_where_it_came_from(
    firm: Cast, enter: Enter, came_from: str, back: str
) -> None:
    """A month that is issued cannot be calculated again: the answer led to the home page of residents, with the gas phones."""
    run = issued(firm.company, NOV, by=firm.anna)
    here, headers = page(run), {"referer": came_from.format(here=page(run))} if came_from else {}
    answer = enter(firm.anna).post(page(run, "again"), headers=headers)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert f'<a class="button" href="{back.format(here=here)}">' in text
    assert "Water, gas or fire" not in text


def test_the_penalties_of_a_month_stand_in_its_table(firm: Cast, enter: Enter) -> None:
    """Last month printed 12.34 of penalty in a line of its own; this one charges 40.00: the table adds up to the issue."""
    october = date(2026, 10, 1)
    printed = make_invoice(firm.account, october, accrued="1400.00")
    reprint(printed, code="main", service="Содержание")
    fine = make_invoice(
        firm.account, october, accrued="0.00", kind="other", penalty=Decimal("12.34"), payable=Decimal("12.34")
    )
    reprint(fine, code="PENALTY", service="Пени за просрочку", penalty=Decimal("12.34"))
    run = calculated(firm.company, NOV, by=firm.anna)
    for account, amount in ((firm.account, "30.00"), (firm.nina_account, "10.00")):
        PenaltyCharge.objects.create(
            run=run, account=account, invoice=make_invoice(account, date(2026, 5, 1)), section="main", upto=NOV,
            amount=Decimal(amount),
        )  # fmt: skip
    run.totals["penalty"] = "40.00"
    run.save()
    anna = enter(firm.anna)
    answer = anna.get(page(run))
    *services, last = answer.context["rows"]
    assert [row.name for row in services] == ["Содержание"]
    assert (last.name, last.accounts, last.accrued, last.total) == ("Penalties", 2, 0, Decimal("40.00"))
    assert (last.before, last.difference) == (Decimal("12.34"), Decimal("27.66"))
    whole = answer.context["whole"]
    assert (whole.total, whole.before) == (Decimal("4497.88"), Decimal("1412.34"))
    assert "together 4,497.88" in anna.get(page(run, "issue")).content.decode()
    assert [jump.row.name for jump in answer.context["jumps"]] == ["Содержание"]


def test_the_penalties_of_a_month_closed_here_stand_beside_the_next(firm: Cast) -> None:
    october = issued(firm.company, date(2026, 10, 1), by=firm.anna)
    run = calculated(firm.company, NOV, by=firm.anna)
    assert penalties_of(run) is None
    october.totals["penalty"] = "7.00"
    october.save()
    row = penalties_of(run)
    assert row is not None
    assert (row.accounts, row.total, row.before, row.difference) == (0, Decimal(0), Decimal("7.00"), Decimal("-7.00"))


@pytest.mark.parametrize(
    ("newest", "chosen"),
    [(None, "2026-11"), ("2026-10-01", "2026-11"), ("2026-11-01", "2026-12"), ("2026-09-01", "2026-10"), ("2020-01-01", "2026-01")],
)  # fmt: skip
def test_the_page_opens_on_the_month_that_is_closed_next(
    firm: Cast, enter: Enter, newest: str | None, chosen: str
) -> None:
    """In the demo October was imported and November was the only month that could be closed, but October was proposed."""
    if newest:
        make_invoice(firm.account, date.fromisoformat(newest))
    form = enter(firm.anna).get(reverse("admin:billing_billingrun_add")).context["form"]
    assert form["month"].value() == chosen
    assert form.is_valid()
