"""Money written by hand: of a month that has begun where the company works, and confirmed by a second person above a sum."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.by_hand import shown
from billing.actions.calculate import calculate
from billing.actions.closing import recalculate, start_issue
from billing.actions.issuing import issue
from billing.actions.recalculating import is_stale
from billing.models import BillingTerms, LedgerEntry, Recalculation, Service, Subsidy
from billing.tests.firm import AT, calculated, ignore, issued, make_service
from portal.testing import Cast
from premises.models import Organization, PersonalAccount

Enter = Callable[[User], Client]
pytestmark = pytest.mark.feature("B10")
NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def in_vladivostok(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past midnight of 1 December there is the afternoon of 30 November by the server."""
    Organization.objects.filter(pk=cast.company.pk).update(time_zone="Asia/Vladivostok")
    cast.account.organization.refresh_from_db()
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 30, 14, 30, tzinfo=UTC))


@pytest.mark.usefixtures("in_vladivostok")
def test_a_month_begins_where_the_company_works(cast: Cast) -> None:
    service = make_service(cast.house, "main", "account", "100.00")
    words = {"account": cast.account, "amount": Decimal("10.00")}
    Recalculation(service=service, period=DEC, reason="недочёт", **words).full_clean()
    Subsidy(period=JAN, **words).full_clean()
    with pytest.raises(ValidationError, match="has not begun"):
        Recalculation(service=service, period=JAN, reason="недочёт", **words).full_clean()
    with pytest.raises(ValidationError, match="too far ahead"):
        Subsidy(period=date(2027, 2, 1), **words).full_clean()


# --- Two people -------------------------------------------------------------------------------------------------------


@pytest.fixture
def service(cast: Cast) -> Service:
    PersonalAccount.objects.exclude(pk=cast.account.pk).update(closed_on=date(2026, 1, 1))
    return make_service(cast.house, "main", "account", "1830.00")


def page(model: str, word: str, *args: int) -> str:
    return reverse(f"admin:billing_{model}_{word}", args=args)


def enter_by_hand(client: Client, cast: Cast, service: Service, amount: str, **words: str) -> Recalculation:
    """A recalculation of October as the form sends it."""
    values = {"account": cast.account.pk, "service": service.pk, "period": "2026-10-01", "amount": amount,
              "reason": "подарок"} | words  # fmt: skip
    assert client.post(page("recalculation", "add"), values).status_code == 302
    return Recalculation.objects.latest("pk")


def give(client: Client, cast: Cast, amount: str) -> Subsidy:
    values = {"account": cast.account.pk, "period": "2026-11-01", "amount": amount, "source": "подарок"}
    assert client.post(page("subsidy", "add"), values).status_code == 302
    return Subsidy.objects.get()


def agree(client: Client, row: Recalculation | Subsidy, seen: str | None = None) -> Any:
    model = row._meta.model_name or ""
    return client.post(page(model, "confirm"), {"row": row.pk, f"shown_{row.pk}": seen or shown(row)})


def test_an_accountant_alone_gives_nobody_ninety_thousand(cast: Cast, enter: Enter, service: Service) -> None:
    """1830.00 charged; −90 000.00 recalculated and 90 000.00 of a subsidy left −178 170.00 in the book."""
    anna = enter(cast.anna)
    row = enter_by_hand(anna, cast, service, "-90000.00")
    given = give(anna, cast, "90000.00")
    assert (row.by, row.needs_second, given.by, given.needs_second) == (cast.anna, True, cast.anna, True)
    for one in (row, given):
        assert agree(anna, one).status_code == 409
        with pytest.raises(IntegrityError), transaction.atomic():
            type(one)._default_manager.filter(pk=one.pk).update(confirmed_by=cast.anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Subsidy.objects.update(by=None, confirmed_by=cast.mark)
    issued(cast.company, NOV, by=cast.anna)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("1830.00")
    row.refresh_from_db()
    given.refresh_from_db()
    assert (row.run, given.credited) == (None, Decimal("0.00"))


def test_the_run_says_what_it_leaves_out_and_counts_it_once_a_second_person_agreed(
    cast: Cast, enter: Enter, service: Service
) -> None:
    anna, mark = enter(cast.anna), enter(cast.mark)
    row, given = enter_by_hand(anna, cast, service, "-1000.01"), give(anna, cast, "1500.00")
    run = calculated(cast.company, NOV, by=cast.anna)
    begin = f"{page('billingrun', 'add')}?organization={cast.company.pk}&month=2026-11"
    for url in (begin, page("billingrun", "change", run.pk), page("billingrun", "issue", run.pk)):
        text = mark.get(url).content.decode()
        for words in (
            "waits for a second person",
            "−1,000.01",
            "1,500.00",
            "1 recalculation<",
            "1 subsidy<",
            str(cast.anna),
        ):
            assert words in text, (url, words)
    assert "ecalculations that wait for a second person" in mark.get(reverse("admin:index")).content.decode()
    for model, one in (("recalculation", row), ("subsidy", given)):
        text = mark.get(f"{page(model, 'changelist')}?second=waits").content.decode()
        assert f"waits for a manager or accountant other than {cast.anna}" in text
        chosen = {"action": "confirm_chosen", "_selected_action": one.pk}
        question = mark.post(page(model, "changelist"), chosen, follow=True).content.decode()
        assert shown(one) in question
        assert "подарок" in question
        assert 'type="submit">Confirm<' in question
        assert 'type="submit">Confirm<' not in anna.get(f"{page(model, 'confirm')}?row={one.pk}").content.decode()
        assert agree(mark, one).status_code == 302
        assert agree(mark, one).status_code == 404  # it waits no more
    row.refresh_from_db()
    assert (row.by, row.confirmed_by) == (cast.anna, cast.mark)
    assert f"Confirmed by {cast.mark}" in anna.get(page("recalculation", "change", row.pk)).content.decode()
    recalculate(run, by=cast.anna, at=AT, later=ignore)
    assert calculate(run.pk, now=lambda: AT)
    assert "waits for a second person" not in mark.get(page("billingrun", "change", run.pk)).content.decode()
    start_issue(run, by=cast.anna, at=AT, later=ignore)
    assert issue(run.pk, now=lambda: AT)
    assert LedgerEntry.objects.filter(account=cast.account).balance() == Decimal("-670.01")


def test_the_terms_say_what_one_person_enters_alone(cast: Cast, enter: Enter, service: Service) -> None:
    anna = enter(cast.anna)
    assert not enter_by_hand(anna, cast, service, "-600.00").needs_second
    assert not enter_by_hand(anna, cast, service, "400.00").needs_second
    assert enter_by_hand(anna, cast, service, "0.01").needs_second  # many small ones are one large one
    Recalculation.objects.all().delete()
    BillingTerms.objects.create(organization=cast.company, alone_upto=Decimal("0.00"))
    assert enter_by_hand(anna, cast, service, "0.01").needs_second
    BillingTerms.objects.update(alone_upto=Decimal("90000.00"))
    assert not enter_by_hand(anna, cast, service, "-90000.00").needs_second


def test_a_manager_lowers_the_sum_and_only_the_superuser_raises_it(cast: Cast, enter: Enter) -> None:
    mark, terms = (
        enter(cast.mark),
        {"organization": cast.company.pk, "calculates": "on", "form": "", "penalty_since": ""},
    )
    answer = mark.post(page("billingterms", "add"), terms | {"alone_upto": "1000.01"})
    assert "only the superuser raises it" in answer.content.decode()
    assert mark.post(page("billingterms", "add"), terms | {"alone_upto": "500"}).status_code == 302
    here = page("billingterms", "change", BillingTerms.objects.get().pk)
    assert "only the superuser raises it" in mark.post(here, terms | {"alone_upto": "501"}).content.decode()
    assert enter(cast.sofia).post(here, terms | {"alone_upto": "9000"}).status_code == 302
    assert BillingTerms.objects.get().alone_upto == Decimal("9000.00")


def test_a_confirmed_recalculation_is_not_edited_and_a_changed_one_waits_anew(
    cast: Cast, enter: Enter, service: Service
) -> None:
    anna, mark = enter(cast.anna), enter(cast.mark)
    row = enter_by_hand(anna, cast, service, "-5000.00")
    seen = shown(row)
    here = page("recalculation", "change", row.pk)
    values = {"account": cast.account.pk, "service": service.pk, "period": "2026-10-01", "reason": "подарок"}
    assert mark.post(here, values | {"amount": "-90000.00"}).status_code == 302
    row.refresh_from_db()
    assert (row.by, row.amount) == (cast.mark, Decimal("-90000.00"))
    assert agree(mark, row).status_code == 409  # his own now
    assert agree(anna, row, seen).status_code == 409  # not what she saw
    assert mark.post(here, values | {"amount": "-90000.00", "reason": "по акту"}).status_code == 302
    row.refresh_from_db()
    assert agree(anna, row).status_code == 302
    assert mark.post(here, values | {"amount": "-99000.00"}).status_code == 403
    assert enter(cast.pavel).get(here).status_code == 302
    row.refresh_from_db()
    assert (row.amount, row.confirmed_by, row.reason) == (Decimal("-90000.00"), cast.anna, "по акту")


def test_a_small_sum_that_a_run_took_and_that_became_large_is_not_issued(
    cast: Cast, enter: Enter, service: Service
) -> None:
    anna = enter(cast.anna)
    row = enter_by_hand(anna, cast, service, "-10.00")
    run = calculated(cast.company, NOV, by=cast.anna)
    values = {"account": cast.account.pk, "service": service.pk, "period": "2026-10-01", "reason": "подарок"}
    here = page("recalculation", "change", row.pk)
    assert anna.post(here, values | {"amount": "-90000.00"}).status_code == 302
    assert is_stale(run)
    Recalculation.objects.update(amount=Decimal("-10.00"))
    assert is_stale(run)  # the limit was lowered meanwhile: the same sum is asked for
    recalculate(run, by=cast.anna, at=AT, later=ignore)
    assert calculate(run.pk, now=lambda: AT)
    run.refresh_from_db()
    assert run.totals["recalculated"] == "0.00"


def test_another_sum_of_a_credited_subsidy_waits_while_what_was_credited_stands(
    cast: Cast, enter: Enter, service: Service
) -> None:
    anna, mark = enter(cast.anna), enter(cast.mark)
    given = Subsidy.objects.create(account=cast.account, period=NOV, amount=Decimal("5000.00"))  # by a register
    issued(cast.company, NOV, by=cast.anna)
    values = {"account": cast.account.pk, "period": "2026-11-01", "source": "решение"}
    here = page("subsidy", "change", given.pk)
    assert anna.post(here, values | {"amount": "5000.00"}).status_code == 302
    given.refresh_from_db()
    assert (given.source, given.needs_second) == ("решение", False)
    assert anna.post(here, values | {"amount": "90000.00"}).status_code == 302
    issued(cast.company, DEC, by=cast.anna, at=AT.replace(year=2027, month=1))
    given.refresh_from_db()
    assert (given.credited, given.is_unconfirmed) == (Decimal("5000.00"), True)
    assert agree(mark, given).status_code == 302
    assert anna.post(here, values | {"amount": "6500.00"}).status_code == 302
    given.refresh_from_db()
    assert (given.confirmed_by, given.is_unconfirmed) == (None, True)  # 6500.00 was confirmed by nobody


def test_others_confirm_nothing(cast: Cast, enter: Enter, service: Service) -> None:
    row = enter_by_hand(enter(cast.anna), cast, service, "-5000.00")
    for user in (cast.dima, cast.pavel):
        client = enter(user)
        assert client.get(f"{page('recalculation', 'confirm')}?row={row.pk}").status_code == 404
        assert agree(client, row).status_code == 404
    for words in ("", "?row=x", "?row=0"):
        assert enter(cast.mark).get(page("recalculation", "confirm") + words).status_code == 404
    assert agree(enter(cast.sofia), row).status_code == 302
