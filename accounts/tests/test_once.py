"""Two clicks, two tabs or a repeated request: one row, one answer."""

import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from django.utils import timezone

from accounts import limits
from accounts.models import LimitHit, Submission, User
from accounts.once import FormChanged, once
from accounts.tests.tools import at_once
from lib.errors import Refusal

DEVICE = "browser one"
pytestmark = pytest.mark.feature("G3")


@once
def invite(request: HttpRequest) -> HttpResponse:
    """A stand-in for any form: writes one row."""
    name = request.POST.get("name", "")
    if not name:
        return HttpResponse("empty", status=422)
    limits.take([(limits.PDF_USER, "somebody")], at=timezone.now())
    if name == "refused":
        raise Refusal("Not now")
    user = User.objects.create_user(phone=f"+7900{User.objects.count():07d}", first_name=name)
    return HttpResponseRedirect(f"/made/{user.first_name}/{user.pk}/")


def post(key: str, name: str, device: str = DEVICE) -> HttpResponse:
    request = RequestFactory().post("/invite/", {"idem": key, "name": name})
    request.user, request.session = AnonymousUser(), SessionStore()
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    request._device = device  # type: ignore[attr-defined]
    return invite(request)


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.django_db
def test_the_second_click_is_sent_to_the_first_result(key: str) -> None:
    first, second = post(key, "Olga"), post(key, "Olga")
    assert first["Location"] == second["Location"]
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_another_form_is_another_row(key: str) -> None:
    post(key, "Olga")
    post(str(uuid.uuid4()), "Olga")
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_the_same_form_with_other_words_is_refused(key: str) -> None:
    post(key, "Olga")
    with pytest.raises(FormChanged):
        post(key, "Nina")
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_stranger_with_the_same_key_learns_nothing(key: str) -> None:
    post(key, "Olga")
    with pytest.raises(FormChanged):
        post(key, "Olga", device="browser two")


@pytest.mark.django_db
def test_a_form_with_errors_leaves_no_row_and_may_be_mended(key: str) -> None:
    assert post(key, "").status_code == 422
    assert not Submission.objects.exists()
    assert post(key, "Olga").status_code == 302


@pytest.mark.django_db
def test_a_refusal_leaves_no_row_but_its_limits_stay(key: str) -> None:
    with pytest.raises(Refusal):
        post(key, "refused")
    assert not Submission.objects.exists()
    assert LimitHit.objects.count() == 1


@pytest.mark.django_db
def test_without_a_key_every_post_counts() -> None:
    post("", "Olga")
    post("not a key", "Olga")
    assert User.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_parallel_clients_write_one_row(key: str) -> None:
    job: Callable[[int], str] = lambda _number: post(key, "Olga")["Location"]  # noqa: E731
    results = at_once(8, job)
    assert len(set(results)) == 1
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_clients_with_different_words_write_one_row(key: str) -> None:
    results = at_once(2, lambda number: post(key, f"Olga {number}")["Location"])
    assert sum(isinstance(result, FormChanged) for result in results) == 1
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_tag_draws_a_new_key_each_time() -> None:
    from django.template import engines

    page = engines["django"].from_string("{% idem %}{% idem %}").render({})
    assert page.count('name="idem"') == 2
    assert len(set(page.split('value="')[1:])) == 2
