"""Lists ask the database as often for ten rows as for one."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.factors import totp
from accounts.identity.catalog import IdentityService, apps
from accounts.identity.claims import PersonFacts
from accounts.identity.held import KEY as HELD
from accounts.identity.held import hold
from accounts.models import User
from accounts.tests.tools import request_from
from billing.actions.ledger import post_documents, post_payments
from billing.models import HouseService, PartnerLink, PaymentIntent, ProviderAccount, Service, Tariff
from billing.testing import make_invoice, make_payment, make_till
from meters.models import Source
from meters.testing import make_meter, make_reading
from portal.testing import Cast, entered, make_account, make_link, make_verified, prove
from portal.tests.things import make_notice

HOME_BUDGET = 12
BANK = IdentityService("bank", "Банк", "bank", "http://127.0.0.1:1", "portal", "s")


def queries(client: Client, url: str, status: int = 200) -> list[str]:
    """Return the queries of a second visit: the first one writes the cookie and the session's place."""
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        response = client.get(url)
    assert response.status_code == status
    return [query["sql"] for query in seen]


def one_more_flat(cast: Cast, number: int) -> None:
    make_link(cast.olga, make_account(cast.house, f"2{number}", f"200{number}"))


def one_more_bill(cast: Cast, number: int) -> None:
    make_invoice(cast.account, date(2025, 1 + number, 1))


def one_more_payment(cast: Cast, number: int) -> None:
    make_payment(cast.account, f"{1 + number:02d}.03.2026", "100.00")


def one_more_month_of_money(cast: Cast, number: int) -> None:
    post_documents([make_invoice(cast.account, date(2025, 1 + number, 1), due_on=date(2025, 2 + number, 15))])
    post_payments([make_payment(cast.account, f"{1 + number:02d}.03.2026", "100.00")])


def one_more_service(cast: Cast, number: int) -> None:
    service = Service.objects.create(
        organization=cast.company, code=f"S{number}", name=f"Service {number}", method=Service.Method.AREA
    )
    HouseService.objects.create(house=cast.house, service=service, since=date(2020, 1, 1))
    Tariff.objects.create(service=service, since=date(2020, 1, 1), rate=Decimal(number))


def one_more_notice(cast: Cast, number: int) -> None:
    make_notice(cast.olga.pk, subject=f"budget:{number}")


def one_more_meter(cast: Cast, number: int) -> None:
    meter = make_meter(
        cast.account, serial=f"B-{number}", next_verification=timezone.localdate() + timedelta(days=number)
    )
    make_reading(meter, date(2026, 9, 1), "5", author=cast.olga)
    make_reading(meter, date(2026, 10, 1), "8", source=Source.COUNCIL, author=cast.vera)


def one_more_metered_flat(cast: Cast, number: int) -> None:
    account = make_account(cast.house, f"3{number}", f"300{number}")
    make_link(cast.olga, account)
    make_meter(account, serial=f"F-{number}")


def one_more_of_each(cast: Cast, number: int) -> None:
    for one_more in (one_more_flat, one_more_bill, one_more_payment, one_more_notice, one_more_meter):
        one_more(cast, number)


def one_more_to_pay(cast: Cast, number: int) -> None:
    """A bill, a partner's site and a payment of Olga's that ended."""
    till = ProviderAccount.objects.filter(organization=cast.company).first() or make_till(cast.company)
    post_documents([make_invoice(cast.account, date(2025, 1 + number, 1))])
    PartnerLink.objects.create(organization=cast.company, title=f"Партнёр {number}", url="https://pay.example.net/")
    PaymentIntent.objects.create(
        organization=cast.company, account=cast.account, user=cast.olga, provider_account=till, amount=100 + number,
        currency="RUB", method="card", state="failed",
    )  # fmt: skip


def of_account(name: str) -> Callable[[Cast], str]:
    return lambda cast: reverse(name, args=[cast.account.public_id])


def one_more_passkey(cast: Cast, number: int) -> None:
    Authenticator.objects.create(
        user=cast.olga, type=Authenticator.Type.WEBAUTHN, data={"name": f"Телефон {number}", "credential": {}}
    )


def one_more_service_linked(cast: Cast, number: int) -> None:
    make_verified(cast.olga, "Олина", "Ольга", service=f"bank-{number}")


LISTS: dict[str, tuple[Callable[[Cast], str], Callable[[Cast, int], None]]] = {
    "accounts": (lambda cast: reverse("accounts"), one_more_flat),
    "bills": (of_account("bills"), one_more_bill),
    "payments": (of_account("payments"), one_more_payment),
    "pay": (of_account("pay"), one_more_to_pay),
    "statement": (of_account("statement"), one_more_month_of_money),
    "services": (of_account("services"), one_more_service),
    "readings": (of_account("readings"), one_more_meter),
    "readings_history": (of_account("readings_history"), one_more_meter),
    "readings_all": (lambda cast: reverse("readings_all"), one_more_metered_flat),
    "passkeys": (lambda cast: reverse("passkeys"), one_more_passkey),
    "identities": (lambda cast: reverse("identities"), one_more_service_linked),
    "profile": (lambda cast: reverse("profile"), one_more_service_linked),
    "inbox": (lambda cast: reverse("inbox"), one_more_notice),
    "account_home": (of_account("account_home"), one_more_of_each),
    "flat": (of_account("flat"), one_more_meter),
}


@pytest.mark.parametrize("name", LISTS)
def test_ten_rows_cost_as_many_queries_as_one(name: str, cast: Cast, enter: Callable[[User], Client]) -> None:
    address, one_more = LISTS[name]
    olga = enter(cast.olga)
    one_more(cast, 0)
    with_one = queries(olga, address(cast))
    for number in range(1, 10):
        one_more(cast, number)
    with_ten = queries(olga, address(cast))
    assert len(with_one) == len(with_ten), "\n".join(with_ten)


@pytest.mark.feature("B5")
def test_the_home_page_keeps_to_its_budget(cast: Cast, enter: Callable[[User], Client]) -> None:
    for number in range(10):
        one_more_of_each(cast, number)
    seen = queries(enter(cast.olga), of_account("account_home")(cast))
    assert len(seen) <= HOME_BUDGET, "\n".join(seen)


# --- Signing in: services, second factors, confirming -----------------------------------------------------------------
@pytest.fixture
def bank(settings: Settings) -> IdentityService:
    """The one identity service, which never answers."""
    settings.IDENTITY_SERVICES, settings.SOCIALACCOUNT_PROVIDERS = [BANK], apps([BANK])
    settings.PUBLIC_URL = "http://testserver"
    cache.clear()
    return BANK


def waiting(client: Client) -> Client:
    """An answer of the bank waits in this browser."""
    request = request_from()
    hold(request, BANK, "s-1", PersonFacts("Олина", "Ольга"), at=timezone.now())
    session = client.session
    session[HELD] = request.session[HELD]
    session.save()
    return client


def with_app(user: User) -> User:
    """The employee has an app and recovery codes."""
    secret, at = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", timezone.now()
    totp.set_up(user, secret, totp.code_at(secret, at), replacing=False, at=at)
    totp.make_recovery_codes(user)
    return user


PAGES: dict[str, tuple[Callable[[Cast], Client], int]] = {
    "identities": (lambda cast: entered(cast.olga), 4),
    "identity_join": (lambda cast: waiting(entered(cast.olga)), 3),
    "passkeys": (lambda cast: entered(cast.olga), 3),
    "confirm": (lambda cast: entered(cast.olga), 3),
    "factor": (lambda cast: entered(with_app(cast.mark)), 5),
    "factor_enrol": (lambda cast: prove(entered(with_app(cast.mark))), 4),
    "factors": (lambda cast: entered(with_app(cast.mark)), 4),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_signing_in_keeps_to_its_budget(name: str, cast: Cast, bank: IdentityService) -> None:
    browser, most = PAGES[name]
    seen = queries(browser(cast), reverse(name))
    assert len(seen) <= most, "\n".join(seen)


FAILURE_BUDGET = 1  # the visitor's session


@pytest.mark.django_db
def test_the_page_of_a_failure_keeps_to_its_budget(client: Client, bank: IdentityService) -> None:
    address = reverse("openid_connect_callback", args=[bank.id])
    seen = queries(client, address, status=400)
    assert len(seen) <= FAILURE_BUDGET, "\n".join(seen)
