"""A person's inbox: everything that was told, in the reader's language, to nobody else."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from notifications.actions import notify
from notifications.models import Notice
from notifications.tests.conftest import CODE, NEWS
from portal.testing import Cast

Enter = Callable[[User], Client]
AT = timezone.now()


def tell(user: User, house: str = "12", **fields: Any) -> Notice:
    values: dict[str, Any] = {"context": {"house": house, "day": date(2026, 2, 1), "sum": Decimal("47048.00")}}
    return notify(NEWS, subject=house, at=AT, user=user, **values | fields)


@pytest.mark.feature("F3")
def test_olga_reads_her_notices_and_nina_does_not_see_them(cast: Cast, enter: Enter) -> None:
    notice = tell(cast.olga)
    page = enter(cast.olga).get("/notices/").content.decode()
    assert "News for 12" in page
    assert "Feb. 1, 2026" in page
    assert "1 unread notice" in page
    for other in (cast.nina, cast.pavel, cast.oleg):
        client = enter(other)
        assert "News for 12" not in client.get("/notices/").content.decode()
        assert client.get(f"/notices/{notice.public_id}/").status_code == 404
        assert client.post(f"/notices/{notice.public_id}/").status_code == 404
        client.post("/notices/read/")
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_stranger_is_asked_to_sign_in(cast: Cast) -> None:
    notice = tell(cast.olga)
    for path in ("/notices/", f"/notices/{notice.public_id}/"):
        assert Client().get(path).status_code == 302
    assert Client().post("/notices/read/").status_code == 302


def test_an_empty_inbox_says_what_will_be_here(cast: Cast, enter: Enter) -> None:
    page = enter(cast.igor).get("/notices/").content.decode()
    assert "No notices yet" in page
    assert "Nothing unread" in enter(cast.igor).get("/notices/?show=unread").content.decode()


def test_looking_changes_nothing_and_the_button_marks_as_read(cast: Cast, enter: Enter) -> None:
    notice, olga = tell(cast.olga), enter(cast.olga)
    url = f"/notices/{notice.public_id}/"
    assert "News for 12" in olga.get(url).content.decode()
    olga.get("/notices/")
    notice.refresh_from_db()
    assert notice.read_at is None
    assert olga.post(url).headers["Location"] == "/notices/"
    notice.refresh_from_db()
    first = notice.read_at
    assert first is not None
    olga.post(url)
    notice.refresh_from_db()
    assert notice.read_at == first
    assert "unread" not in olga.get(url).content.decode()


def test_open_leads_to_what_the_notice_is_about(cast: Cast, enter: Enter) -> None:
    notice = tell(cast.olga, url="/a/x/bills/")
    response = enter(cast.olga).post(f"/notices/{notice.public_id}/", {"follow": "1"})
    assert response.headers["Location"] == "/a/x/bills/"


def test_all_are_marked_as_read_at_once(cast: Cast, enter: Enter) -> None:
    for number in range(3):
        tell(cast.olga, str(number))
    olga = enter(cast.olga)
    olga.post("/notices/read/")
    assert not Notice.objects.inbox_of(cast.olga.pk).unread().exists()
    assert olga.get("/notices/read/").status_code == 405


def test_the_inbox_follows_the_language_of_its_reader(cast: Cast, enter: Enter) -> None:
    tell(cast.olga)
    for language, words in (("ru", "1 февраля 2026 г."), ("uk", "1 лютого 2026 р."), ("en", "Feb. 1, 2026")):
        User.objects.filter(pk=cast.olga.pk).update(language=language)
        assert words in enter(cast.olga).get("/notices/").content.decode()


def test_what_is_told_is_text_not_html(cast: Cast, enter: Enter) -> None:
    tell(cast.olga, "<script>alert(1)</script>")
    page = enter(cast.olga).get("/notices/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_codes_are_not_in_the_inbox(cast: Cast, enter: Enter) -> None:
    notify(CODE, subject="x", at=AT, user=cast.olga, secret="907341")
    assert "No notices yet" in enter(cast.olga).get("/notices/").content.decode()


def test_long_inboxes_have_pages(cast: Cast, enter: Enter) -> None:
    for number in range(45):
        tell(cast.olga, f"house {number}")
    olga = enter(cast.olga)
    first, last = (olga.get(f"/notices/?page={page}").content.decode() for page in (1, 3))
    assert first.count('<li class="card') == 20
    assert last.count('<li class="card') == 5
    assert "?page=3" in first
    for strange in ("99", "x", "-1"):
        assert olga.get(f"/notices/?page={strange}").status_code == 200


def test_a_notice_of_a_kind_that_is_gone_is_still_shown(cast: Cast, enter: Enter) -> None:
    Notice.objects.filter(pk=tell(cast.olga).pk).update(kind="old.kind")
    assert "A notice of an earlier version" in enter(cast.olga).get("/notices/").content.decode()


def test_the_inbox_costs_the_same_for_one_and_ten(cast: Cast, enter: Enter) -> None:
    tell(cast.olga)
    olga = enter(cast.olga)
    olga.get("/notices/")  # the first page of a browser also notes its session
    with CaptureQueriesContext(connection) as one:
        olga.get("/notices/")
    for number in range(10):
        notify(NEWS, subject=f"more {number}", at=AT + timedelta(minutes=number), user=cast.olga)
    with CaptureQueriesContext(connection) as eleven:
        olga.get("/notices/")
    assert len(one) == len(eleven) <= 8
