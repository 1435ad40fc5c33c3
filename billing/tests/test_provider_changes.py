"""Where online payments go: asked for by one, approved by another, in force a day later. The old shop ends what it began."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.actions.agreeing import AlreadyDecided, NotYours, apply_due_changes, approve_change, refuse_change
from billing.actions.paying import CALLED_OFF, NotPayable, go_on, provider_account_of, refresh
from billing.actions.refunding import ask_refund, send_refund
from billing.actions.requisites import ask_change
from billing.actions.shops import InUseAlready, ask_shop
from billing.models import AgreedChange, Payment, PaymentIntent, ProviderAccount, ProviderChange, RequisitesChange
from billing.providers import ProviderError
from billing.tasks import apply_requisites
from billing.testing import make_intent, make_till
from billing.tests.test_parallel import together
from billing.tests.test_paying_parallel import counted
from billing.tests.till import Stub
from notifications.models import Delivery, Notice
from notifications.rendering import title_and_text
from notifications.sealing import seal, unseal
from portal.testing import Cast, make_cast

Enter = Callable[[User], Client]
ADD = "admin:billing_providerchange_add"
DAY = AgreedChange.DELAY
pytestmark = pytest.mark.feature("G10")


def asked(cast: Cast, *, key: str = "live_key", by: User | None = None, **words: Any) -> ProviderChange:
    """Anna asks to take payments at shop 100500."""
    values = {"organization": cast.company, "provider": "yookassa", "shop_id": "100500"} | words
    return ask_shop(ProviderChange(**values), secret=key, by=by or cast.anna, at=timezone.now())


def in_force(cast: Cast, **words: Any) -> ProviderAccount:
    """Anna asks, Mark approves, a day passes."""
    at = timezone.now()
    approve_change(asked(cast, **words), by=cast.mark, at=at)
    assert apply_due_changes(at=at + DAY) == 1
    return ProviderAccount.objects.get(organization=cast.company, is_active=True)


def told(kind: str, change: ProviderChange) -> set[int | None]:
    notices = Notice.objects.filter(kind=f"billing.{kind}", subject=f"provider:{change.pk}")
    return set(notices.values_list("user", flat=True))


def posted(cast: Cast, **words: str) -> dict[str, str]:
    return {
        "organization": str(cast.company.pk), "provider": "yookassa", "shop_id": "100500", "new_secret": "live_key",
        "wallet_fee": "0", "card_fee": "1",
    } | words  # fmt: skip


def page_of(change: ProviderChange, word: str = "change") -> str:
    return reverse(f"admin:billing_providerchange_{word}", args=[change.pk])


# --- Two people, a day ----------------------------------------------------------------------------------------------


def test_payments_go_to_the_new_shop_a_day_after_the_second_person_agreed(cast: Cast) -> None:
    at, old = timezone.now(), make_till(cast.company)
    change = approve_change(asked(cast, card_fee=Decimal("2.00")), by=cast.mark, at=at)
    assert change.effective_at == at + timedelta(hours=24)
    assert apply_due_changes(at=at + timedelta(hours=24, seconds=-1)) == 0
    assert provider_account_of(cast.company) == old
    assert apply_due_changes(at=at + timedelta(hours=24)) == 1
    assert apply_due_changes(at=at + timedelta(hours=25)) == 0
    new = provider_account_of(cast.company)
    assert new is not None
    assert (new.provider, new.shop_id, new.card_fee) == ("yookassa", "100500", Decimal("2.00"))
    assert unseal(new.secret or b"") == "live_key"
    old.refresh_from_db()
    assert (old.is_active, old.provider, old.shop_id) == (False, "sandbox", f"shop-{cast.company.pk}")
    change.refresh_from_db()
    assert (change.state, change.applied_at) == ("applied", at + timedelta(hours=24))


def test_the_task_of_the_bank_details_puts_both_in_force(cast: Cast) -> None:
    long_ago = timezone.now() - timedelta(hours=25)
    approve_change(asked(cast), by=cast.mark, at=long_ago)
    details = RequisitesChange.objects.create(
        organization=cast.company, asked_by=cast.anna,
        values=dict.fromkeys(("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account"), "1"),
    )  # fmt: skip
    approve_change(details, by=cast.mark, at=long_ago)
    apply_requisites()
    assert set(ProviderChange.objects.values_list("state", flat=True)) == {"applied"}
    assert set(RequisitesChange.objects.values_list("state", flat=True)) == {"applied"}


def test_one_person_alone_changes_nothing(cast: Cast) -> None:
    at, change = timezone.now(), asked(cast, by=cast.mark)
    with pytest.raises(NotYours):
        approve_change(change, by=cast.mark, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderChange.objects.filter(pk=change.pk).update(state="approved", decided_by=cast.mark)
    assert apply_due_changes(at=at + timedelta(days=9)) == 0
    assert not ProviderAccount.objects.exists()


def test_one_change_of_a_company_waits_at_a_time(cast: Cast) -> None:
    asked(cast)
    with pytest.raises(AlreadyDecided):
        asked(cast, by=cast.mark, shop_id="200600")
    assert asked(cast, by=cast.sofia, organization=cast.other_company).state == "asked"


def test_it_can_be_stopped_until_its_hour_and_its_secret_is_forgotten(cast: Cast, enter: Enter) -> None:
    at = timezone.now()
    change = approve_change(asked(cast), by=cast.mark, at=at)
    assert enter(cast.anna).post(page_of(change, "refuse")).status_code == 302
    assert apply_due_changes(at=at + timedelta(days=2)) == 0
    assert not ProviderAccount.objects.exists()
    change.refresh_from_db()
    assert (change.state, change.secret) == ("refused", None)
    with pytest.raises(AlreadyDecided):
        refuse_change(change, by=cast.anna, at=at)


# --- The secret -----------------------------------------------------------------------------------------------------


def test_the_secret_waits_sealed_and_moves_to_the_row_in_force(cast: Cast) -> None:
    change = asked(cast)
    change.refresh_from_db()
    assert b"live_key" not in bytes(change.secret or b"")
    assert unseal(change.secret or b"") == "live_key"
    approve_change(change, by=cast.mark, at=timezone.now())
    apply_due_changes(at=timezone.now() + DAY)
    change.refresh_from_db()
    assert change.secret is None
    assert "live_key" not in str(list(Notice.objects.values())) + str(list(Delivery.objects.values()))


def test_without_a_new_secret_the_one_of_the_shop_goes_on(cast: Cast) -> None:
    """Back to a shop that was switched off; nothing would change at the one in use."""
    first = in_force(cast)
    with pytest.raises(InUseAlready):
        asked(cast, key="")
    in_force(cast, provider="sandbox", shop_id="", key="")
    again = in_force(cast, key="")
    assert again.pk != first.pk
    assert unseal(again.secret or b"") == "live_key"


@pytest.mark.parametrize(("shop_id", "card_fee"), [("100500", "2.50"), ("200600", "1.00")])
def test_fees_that_a_manager_changes_while_a_renewed_secret_waits_stay_changed(
    cast: Cast, enter: Enter, fresh: None, shop_id: str, card_fee: str
) -> None:
    """Those of another shop are its own; and what the change itself says of the other fee holds in any case."""
    till = make_till(cast.company, provider="yookassa", shop_id="100500", secret=seal("old_key"))
    change, at = asked(cast, shop_id=shop_id, wallet_fee=Decimal("0.50")), timezone.now()
    approve_change(change, by=cast.mark, at=at)
    words = {"wallet_fee": "0", "card_fee": "2.50", "cheque_vat": "11", "is_active": "on"}
    url = reverse("admin:billing_provideraccount_change", args=[till.pk])
    assert enter(cast.mark).post(url, words).status_code == 302
    assert apply_due_changes(at=at + DAY) == 1
    now = ProviderAccount.objects.get(organization=cast.company, is_active=True)
    assert (now.card_fee, now.wallet_fee) == (Decimal(card_fee), Decimal("0.50"))
    assert now.cheque_vat == (11 if shop_id == "100500" else None)
    assert unseal(now.secret or b"") == "live_key"


# --- What is on its way ---------------------------------------------------------------------------------------------


def test_the_old_shop_ends_what_was_sent_to_it(cast: Cast, stub: Stub) -> None:
    old = make_till(cast.company, provider="yookassa", shop_id="old", secret=seal("old_key"))
    sent = go_on(make_intent(cast.account, cast.olga), at=timezone.now())
    new = in_force(cast)
    stub.pay(sent)
    found = refresh(PaymentIntent.objects.get(pk=sent.pk), at=timezone.now())
    assert (found.state, found.provider_account) == ("paid", old)
    assert unseal(found.provider_account.secret or b"") == "old_key"
    refund = ask_refund(
        Payment.objects.get(), amount=Decimal("30.00"), reason="дважды", by=cast.anna, at=timezone.now()
    )
    assert send_refund(refund, at=timezone.now()).state == "done"
    assert make_intent(cast.account, cast.olga).provider_account == new


def test_what_was_never_sent_is_begun_anew_at_the_new_shop(cast: Cast, stub: Stub, enter: Enter) -> None:
    make_till(cast.company, provider="yookassa", shop_id="old")
    begun = make_intent(cast.account, cast.olga)
    new = in_force(cast)
    with pytest.raises(NotPayable):
        go_on(begun, at=timezone.now())
    assert stub.ids == {}
    words = {"shown": PaymentIntent.objects.get(pk=begun.pk).facts}
    go = reverse("pay_go", args=[cast.account.public_id, begun.public_id])
    answer = enter(cast.olga).post(go, words, follow=True)
    assert answer.redirect_chain[0][0] == reverse("pay", args=[cast.account.public_id])
    assert "in another place now" in answer.content.decode()
    again = make_intent(cast.account, cast.olga)
    assert (again.pk, again.provider_account) == (begun.pk, new)
    assert go_on(again, at=timezone.now()).pay_url


def test_what_a_silent_shop_never_took_is_begun_anew_at_the_new_one(cast: Cast, stub: Stub, enter: Enter) -> None:
    """The row says sent, nobody was shown a page to pay at: the old shop, switched off meanwhile, gets no new payment."""
    make_till(cast.company, provider="yookassa", shop_id="old")
    silent, stub.is_silent = make_intent(cast.account, cast.olga), True
    with pytest.raises(ProviderError):
        go_on(silent, at=timezone.now())
    stub.is_silent = False
    stub.asked.clear()
    new = in_force(cast)
    words = {"shown": PaymentIntent.objects.get(pk=silent.pk).facts}
    go = reverse("pay_go", args=[cast.account.public_id, silent.public_id])
    answer = enter(cast.olga).post(go, words, follow=True)
    assert answer.redirect_chain[0][0] == reverse("pay", args=[cast.account.public_id])
    assert "in another place now" in answer.content.decode()
    silent.refresh_from_db()
    assert (stub.asked, silent.state, silent.failure) == ([], "failed", CALLED_OFF)
    again = make_intent(cast.account, cast.olga)
    assert (again.pk != silent.pk, again.provider_account) == (True, new)
    assert go_on(again, at=timezone.now()).pay_url


# --- Who is told ----------------------------------------------------------------------------------------------------


def test_colleagues_hear_of_the_wish_and_councils_and_signatories_of_the_change(cast: Cast, mailoutbox: Any) -> None:
    at = timezone.now()
    first = approve_change(asked(cast), by=cast.mark, at=at)
    assert told("provider_asked", first) == {cast.mark.pk}
    assert told("provider_changed", first) == {cast.vera.pk}
    title, text = title_and_text(Notice.objects.get(kind="billing.provider_changed"))
    assert title == f"{cast.company.short_name} changes where online payments go"
    assert "ЮKassa 100500" in text
    assert "call the company before that hour" in text
    assert set(Delivery.objects.filter(notice__user=cast.vera).values_list("channel", flat=True)) >= {"inbox"}
    apply_due_changes(at=at + DAY)
    second = approve_change(asked(cast, by=cast.mark, shop_id="200600"), by=cast.sofia, at=at)
    assert told("provider_changed", second) == {cast.vera.pk, cast.anna.pk, cast.mark.pk}


def test_a_secret_that_cannot_be_read_any_more_changes_nothing_and_is_told_about(cast: Cast, settings: Any) -> None:
    at, old = timezone.now(), make_till(cast.company)
    change = approve_change(asked(cast), by=cast.mark, at=at)
    fine = asked(cast, organization=cast.other_company, provider="sandbox", shop_id="", key="", by=cast.sofia)
    approve_change(fine, by=cast.pavel, at=at)
    settings.FIELD_KEY = "another key of the portal, long enough"
    assert apply_due_changes(at=at + DAY) == 1
    assert apply_due_changes(at=at + DAY) == 0
    change.refresh_from_db()
    old.refresh_from_db()
    assert (change.state, change.applied_at, change.decided_by, old.is_active) == ("refused", None, cast.mark, True)
    assert told("provider_failed", change) == {cast.anna.pk, cast.mark.pk, cast.vera.pk}
    title, text = title_and_text(Notice.objects.filter(kind="billing.provider_failed").first())  # type: ignore[arg-type]
    assert "did not come into force" in title
    assert "ЮKassa 100500" in text


# --- Many at once ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_approve_and_apply_at_once_make_one_shop() -> None:
    cast, done = make_cast(), list[bool]()
    make_till(cast.company)
    people = [cast.anna, cast.mark, cast.sofia]
    wishes = [counted(lambda one=one: asked(cast, by=one), AlreadyDecided, done) for one in people]  # type: ignore[misc]
    together(*wishes)
    assert sorted(done) == [False, False, True]
    change, at = ProviderChange.objects.get(), timezone.now()
    done.clear()
    others = [one for one in people if one != change.asked_by]
    together(*[counted(lambda one=one: approve_change(change, by=one, at=at), AlreadyDecided, done) for one in others])  # type: ignore[misc]
    assert sorted(done) == [False, True]
    assert len(told("provider_changed", change)) == 1
    applied: list[int] = []
    together(*[lambda: applied.append(apply_due_changes(at=at + DAY))] * 4)
    assert sorted(applied) == [0, 0, 0, 1]
    assert ProviderAccount.objects.filter(organization=cast.company).count() == 2
    assert ProviderAccount.objects.get(organization=cast.company, is_active=True).shop_id == "100500"


# --- In the staff room ----------------------------------------------------------------------------------------------


def test_nobody_writes_a_shop_past_the_second_person(cast: Cast, enter: Enter, fresh: None) -> None:
    till = make_till(cast.company, provider="yookassa", shop_id="100500", secret=seal("live_key"))
    url = reverse("admin:billing_provideraccount_change", args=[till.pk])
    for user in (cast.mark, cast.sofia):
        client = enter(user)
        assert client.get(reverse("admin:billing_provideraccount_add")).status_code == 403
        page = client.get(url).content.decode()
        assert not {name for name in ("provider", "shop_id", "new_secret") if f'name="{name}"' in page}
        assert f"{reverse(ADD)}?account={till.pk}" in page
        words = posted(cast, shop_id="200600", new_secret="stolen", card_fee="2", is_active="on")
        assert client.post(url, words).status_code == 302
    till.refresh_from_db()
    assert (till.shop_id, till.card_fee, unseal(till.secret or b"")) == ("100500", Decimal("2.00"), "live_key")


def test_a_session_that_was_left_open_switches_nothing_off(cast: Cast, enter: Enter) -> None:
    till = make_till(cast.company)
    answer = enter(cast.mark).post(reverse("admin:billing_provideraccount_stop", args=[till.pk]))
    assert answer.url.startswith(reverse("factor"))  # type: ignore[attr-defined]
    assert provider_account_of(cast.company) == till


def test_one_manager_switches_off_and_two_people_on(cast: Cast, enter: Enter, fresh: None) -> None:
    till, mark = (
        make_till(cast.company, provider="yookassa", shop_id="100500", secret=seal("live_key")),
        enter(cast.mark),
    )
    url = reverse("admin:billing_provideraccount_change", args=[till.pk])
    stop = reverse("admin:billing_provideraccount_stop", args=[till.pk])
    page = mark.get(url).content.decode()
    assert stop in page
    assert 'name="is_active"' not in page
    assert mark.post(url, {"wallet_fee": "0", "card_fee": "1"}).status_code == 302
    assert provider_account_of(cast.company) == till  # a box that was not ticked stops nothing
    for user in (cast.anna, cast.pavel, cast.dima):
        assert enter(user).post(stop).status_code == 404
    asked = mark.get(stop).content.decode()
    assert "only when a manager or accountant asks for it and another one approves, a day later" in asked
    assert provider_account_of(cast.company) == till
    assert mark.post(stop).status_code == 302
    assert provider_account_of(cast.company) is None
    assert stop not in mark.get(url).content.decode()
    assert mark.get(stop).url == url  # type: ignore[attr-defined]
    history = reverse("admin:billing_provideraccount_history", args=[till.pk])
    assert "Changed in use" in mark.get(history).content.decode()
    mark.post(url, {"wallet_fee": "0", "card_fee": "1", "is_active": "on"})
    assert provider_account_of(cast.company) is None
    page = mark.get(f"{reverse(ADD)}?account={till.pk}").content.decode()
    assert 'value="100500"' in page
    assert 'value="100500"' not in enter(cast.pavel).get(f"{reverse(ADD)}?account={till.pk}").content.decode()
    assert mark.post(reverse(ADD), posted(cast, new_secret="")).status_code == 302
    assert ProviderChange.objects.get().is_secret_kept


def test_whoever_writes_confirms_first(cast: Cast, enter: Enter) -> None:
    change = asked(cast)
    for user in (cast.mark, cast.anna):
        client = enter(user)
        answer = client.get(f"{reverse(ADD)}?account=5")
        assert answer["Location"] == f"{reverse('factor')}?next={reverse(ADD)}%3Faccount%3D5"
        assert client.post(reverse(ADD), posted(cast)).status_code == 302
    assert enter(cast.mark).post(page_of(change, "approve")).status_code == 302
    assert ProviderChange.objects.get().state == "asked"


def test_whoever_asks_for_bank_details_or_approves_them_confirms_first(cast: Cast, enter: Enter) -> None:
    add = reverse("admin:billing_requisiteschange_add")
    details = dict.fromkeys(("recipient", "tax_id", "kpp", "bank", "bic", "account", "corr_account"), "1")
    change = ask_change(cast.company, details, kind="main", by=cast.anna, at=timezone.now())
    page, approve = (
        reverse(f"admin:billing_requisiteschange_{one}", args=[change.pk]) for one in ("change", "approve")
    )
    client = enter(cast.mark)
    for url in (add, page):
        assert client.get(url)["Location"] == f"{reverse('factor')}?next={url}"
    assert client.post(approve)["Location"] == page
    assert RequisitesChange.objects.get().state == "asked"


def test_an_accountant_asks_and_a_manager_approves(cast: Cast, enter: Enter, fresh: None) -> None:
    anna, mark = enter(cast.anna), enter(cast.mark)
    assert anna.post(reverse(ADD), posted(cast) | {"organization": str(cast.other_company.pk)}).status_code == 200
    assert not ProviderChange.objects.exists()
    assert anna.post(reverse(ADD), posted(cast)).status_code == 302
    change = ProviderChange.objects.get()
    assert (change.organization, change.asked_by, change.state) == (cast.company, cast.anna, "asked")
    assert "Payment providers that wait" in mark.get(reverse("admin:index")).content.decode()
    own, page = anna.get(page_of(change)).content.decode(), mark.get(page_of(change)).content.decode()
    assert "Somebody else must approve" in own
    assert page_of(change, "approve") not in own
    assert "Compare the shop with the provider" in page
    assert "a new one" in page
    for client in (anna, mark):
        for url in (page_of(change), page_of(change, "history"), reverse("admin:billing_providerchange_changelist")):
            assert "live_key" not in client.get(url).content.decode()
    assert anna.post(page_of(change, "approve")).status_code == 409
    for user in (cast.pavel, cast.dima):
        assert enter(user).post(page_of(change, "approve")).status_code == 404
        assert enter(user).post(page_of(change, "refuse")).status_code == 404
    assert enter(cast.dima).get(reverse(ADD)).status_code == 403
    assert mark.get(page_of(change, "approve")).status_code == 404
    assert mark.post(page_of(change, "approve")).status_code == 302
    change.refresh_from_db()
    assert (change.state, change.decided_by) == ("approved", cast.mark)


def test_the_shop_in_use_stands_beside_the_new_one(cast: Cast, enter: Enter, fresh: None) -> None:
    make_till(cast.company, provider="yookassa", shop_id="old", card_fee="1.50")
    page = enter(cast.mark).get(page_of(asked(cast))).content.decode()
    assert "shop id: 100500 (was: old)" in page
    assert "fee of a card, %: 1.00 (was: 1.50)" in page


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"shop_id": "", "new_secret": ""}, ["shop_id", "new_secret"]),
        ({"new_secret": ""}, ["new_secret"]),
        ({"provider": "sandbox", "shop_id": "here", "new_secret": ""}, ["shop_id"]),
        ({"provider": "sandbox", "shop_id": "", "new_secret": ""}, ["shop_id"]),
        ({"card_fee": "21"}, ["card_fee"]),
        ({"provider": "liqpay"}, ["provider"]),
    ],
)
def test_what_is_missing_or_changes_nothing_is_said_beside_the_field(
    cast: Cast, enter: Enter, fresh: None, words: dict[str, str], field: list[str]
) -> None:
    make_till(cast.company, shop_id="here")
    answer = enter(cast.mark).post(reverse(ADD), posted(cast, **words))
    assert list(answer.context["adminform"].form.errors) == field
    assert "live_key" not in answer.content.decode()
    assert not ProviderChange.objects.exists()


def test_a_second_wish_is_told_to_wait_in_the_form(cast: Cast, enter: Enter, fresh: None) -> None:
    asked(cast)
    page = enter(cast.mark).post(reverse(ADD), posted(cast, shop_id="200600")).content.decode()
    assert "waits already" in page
    assert ProviderChange.objects.count() == 1


def test_a_production_does_not_offer_the_sandbox(cast: Cast, enter: Enter, fresh: None, settings: Any) -> None:
    settings.DEV_PAGES = False
    mark = enter(cast.mark)
    assert 'value="sandbox"' not in mark.get(reverse(ADD)).content.decode()
    mark.post(reverse(ADD), posted(cast, provider="sandbox"))
    assert not ProviderChange.objects.exists()


def test_an_accountant_only_looks_at_the_shop_in_use(cast: Cast, enter: Enter) -> None:
    till = make_till(cast.company)
    anna, url = enter(cast.anna), reverse("admin:billing_provideraccount_change", args=[till.pk])
    assert "_save" not in anna.get(url).content.decode()
    assert anna.post(url, posted(cast)).status_code == 403


# --- Fiscal cheques -------------------------------------------------------------------------------------------------


def test_cheques_are_set_where_the_provider_makes_them(cast: Cast, enter: Enter, fresh: None) -> None:
    shop = make_till(cast.company, provider="yookassa", shop_id="100500", secret=seal("live_key"))
    url, mark = reverse("admin:billing_provideraccount_change", args=[shop.pk]), enter(cast.mark)
    assert 'name="cheque_vat"' in mark.get(url).content.decode()
    words = {"wallet_fee": "0", "card_fee": "1", "is_active": "on"}
    assert mark.post(url, words | {"cheque_vat": "11", "cheque_tax_system": "2"}).status_code == 302
    shop.refresh_from_db()
    assert (shop.cheque_vat, shop.cheque_tax_system) == (11, 2)
    page = mark.get(f"{reverse(ADD)}?account={shop.pk}").content.decode()
    assert '<option value="11" selected>22 %</option>' in page  # a renewed secret keeps them
    assert mark.post(url, words | {"cheque_vat": "13"}).status_code == 200
    assert mark.post(url, words | {"cheque_vat": ""}).status_code == 302
    shop.refresh_from_db()
    assert shop.cheque_vat is None
    ProviderAccount.objects.update(provider="sandbox")
    assert 'name="cheque_vat"' not in mark.get(url).content.decode()
    mark.post(url, words | {"cheque_vat": "11"})
    shop.refresh_from_db()
    assert shop.cheque_vat is None


def test_cheques_come_with_the_new_shop_and_are_read_before(cast: Cast, enter: Enter, fresh: None) -> None:
    make_till(cast.company, shop_id="here")
    mark = enter(cast.mark)
    answer = mark.post(reverse(ADD), posted(cast, provider="sandbox", shop_id="there", cheque_vat="11"))
    assert list(answer.context["adminform"].form.errors) == ["cheque_vat"]
    assert enter(cast.anna).post(reverse(ADD), posted(cast, cheque_vat="11")).status_code == 302
    change = ProviderChange.objects.get()
    assert "VAT in cheques: 22 % (was: —)" in mark.get(page_of(change)).content.decode()
    approve_change(change, by=cast.mark, at=timezone.now())
    apply_due_changes(at=timezone.now() + DAY)
    new = provider_account_of(cast.company)
    assert new is not None
    assert (new.cheque_vat, new.cheque_tax_system) == (11, None)


def test_the_history_names_fields_in_the_language_of_its_reader(cast: Cast, enter: Enter, fresh: None) -> None:
    till = make_till(cast.company)
    values = {"wallet_fee": "0", "card_fee": "2.5", "is_active": "on", "cheque_vat": ""}
    page = reverse("admin:billing_provideraccount_change", args=[till.pk])
    assert enter(cast.mark).post(page, values).status_code == 302
    history = reverse("admin:billing_provideraccount_history", args=[till.pk])
    assert "Changed fee of a card, %" in enter(cast.mark).get(history).content.decode()
    cast.mark.language = "ru"
    cast.mark.save()
    text = enter(cast.mark).get(history).content.decode()
    assert "комиссия" in text.lower()
    assert "fee of a card" not in text.lower()
