"""Moments are told in the hours of the company whose account one looks at, not in those of the portal's own town."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import PaymentIntent
from billing.testing import make_intent, make_till
from notifications.models import Channel, Delivery, Notice
from notifications.rendering import render, title_and_text
from portal.testing import Cast
from portal.tests.things import make_notice
from premises.models import Organization

AT = datetime(2026, 11, 30, 20, 13, tzinfo=UTC)  # 22:13 in Kyiv, 23:13 in Moscow


@pytest.fixture
def lviv(cast: Cast) -> Cast:
    """Olga's company works in Ukraine; Nina's account is of it, too."""
    Organization.objects.filter(pk=cast.company.pk).update(time_zone="Europe/Kyiv")
    return cast


def page(client: Client, url: str) -> str:
    return client.get(url).content.decode().replace("p.m.", "pm")


@pytest.mark.feature("B11")
def test_a_payment_is_told_in_the_hours_of_its_company(lviv: Cast, enter: Any) -> None:
    make_till(lviv.company)
    intent = make_intent(lviv.account, lviv.olga, "100.00")
    PaymentIntent.objects.filter(pk=intent.pk).update(state=PaymentIntent.State.PAID, paid_at=AT)
    html = page(enter(lviv.olga), reverse("pay_intent", args=[lviv.account.public_id, intent.public_id]))
    assert "10:13 pm" in html
    assert "11:13 pm" not in html


def test_a_page_without_an_account_speaks_the_time_of_the_account_looked_at_last(lviv: Cast, enter: Any) -> None:
    notice = make_notice(lviv.olga.pk)
    Notice.objects.filter(pk=notice.pk).update(created_at=AT)
    client, inbox = enter(lviv.olga), reverse("inbox")
    assert "11:13 pm" in page(client, inbox)
    client.get(reverse("account_home", args=[lviv.account.public_id]))
    assert "10:13 pm" in page(client, inbox)
    client.post(reverse("sign_out"))
    assert "11:13 pm" in page(enter(lviv.olga), inbox)


def test_the_next_request_of_the_thread_does_not_keep_the_zone(lviv: Cast, enter: Any) -> None:
    enter(lviv.olga).get(reverse("account_home", args=[lviv.account.public_id]))
    assert timezone.get_current_timezone_name() == "Europe/Moscow"


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "Asia/Vladivostok"])
def test_a_notice_tells_its_moment_in_the_hours_of_the_company_it_comes_from(cast: Cast, zone: str) -> None:
    context = {"company": "Дім", "since": AT, "zone": zone, "recipient": "Дім", "account": "1", "section": "main"}
    notice = Notice.objects.create(
        kind="billing.requisites_changed", user=cast.olga, recipient=f"user:{cast.olga.pk}", subject="z",
        language="en", context=context, created_at=AT,
    )  # fmt: skip
    hour = {"Europe/Kyiv": "11/30/2026 10:13 p.m.", "Asia/Vladivostok": "12/01/2026 6:13 a.m."}[zone]
    assert hour in title_and_text(notice)[1]
    letter = Delivery.objects.create(
        notice=notice, channel=Channel.EMAIL, address="a@example.org", created_at=AT, next_at=AT
    )
    message = render(letter)
    assert hour in message.text
