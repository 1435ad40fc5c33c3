"""Access letters: who may print them, what is in the file, how long it lives, and that secrets are nowhere else."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from notifications.models import Notice
from portal.testing import Cast, make_account
from premises import actions, tasks
from premises.actions.staff import dismiss
from premises.models import AccessLetter, CouncilSeat, House, LetterBatch, StaffMember

pytestmark = pytest.mark.usefixtures("fresh")

Enter = Callable[[User], Client]


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> list[int]:
    """Batches the worker was woken for; files go to a folder of the test."""
    woken: list[int] = []
    monkeypatch.setattr(actions.letters, "nudge", woken.append)
    settings.MEDIA_ROOT = tmp_path
    return woken


def order(browser: Client, house: House, flats: str = "") -> LetterBatch:
    url = reverse("letters_issue", args=[house.public_id])
    response = browser.post(url, {"flats": flats, "idem": str(uuid.uuid4())})
    assert response.status_code == 302
    return LetterBatch.objects.latest("pk")


def printed(browser: Client, batch: LetterBatch) -> list[str]:
    response = browser.post(reverse("letter_batch_file", args=[batch.public_id]))
    assert response["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(BytesIO(response.content)).pages]


@pytest.mark.parametrize("who", ["olga", "nina", "igor", "pavel", "dima", "anna"])
def test_others_meet_404(cast: Cast, enter: Enter, who: str) -> None:
    browser = enter(getattr(cast, who))
    batch = actions.order_letters(cast.house, [cast.account], by=cast.mark, at=timezone.now())
    for name in ("council_letters", "letters_check"):
        assert browser.get(reverse(name, args=[cast.house.public_id])).status_code == 404
    assert browser.post(reverse("letters_issue", args=[cast.house.public_id])).status_code == 404
    assert browser.get(reverse("letter_batch", args=[batch.public_id])).status_code == 404
    assert browser.post(reverse("letter_batch_file", args=[batch.public_id])).status_code == 404


@pytest.mark.feature("D1")
@pytest.mark.parametrize("who", ["mark", "vera", "sofia"])
def test_a_manager_and_the_chair_print_letters_for_the_house(
    cast: Cast, enter: Enter, who: str, worker: list[int]
) -> None:
    browser = enter(getattr(cast, who))
    house = reverse("council_letters", args=[cast.house.public_id])
    assert browser.get(house).status_code == 200
    check = browser.get(reverse("letters_check", args=[cast.house.public_id]), {"flats": ""}).content.decode()
    assert "Make 3 letters" in check
    batch = order(browser, cast.house)
    assert not AccessLetter.objects.exists()  # the old ones work until the new ones exist
    waiting = browser.get(reverse("letter_batch", args=[batch.public_id])).content.decode()
    assert "being made" in waiting
    assert "data-again" in waiting  # the page finds out by itself, without scripts too
    assert '<noscript><meta http-equiv="refresh"' in waiting
    tasks.make_letters(batch.pk)
    tasks.make_letters(batch.pk)  # a repeated task changes nothing
    assert AccessLetter.objects.count() == 3
    pages = printed(browser, batch)
    assert len(pages) == 3
    assert [page for page in pages if "10012" in page] == [pages[1]]  # flats in the order of the house: 1, 12, 13


@pytest.mark.feature("D1", "B3")
def test_the_printed_secrets_work_and_are_nowhere_else(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.mark)
    batch = order(browser, cast.house, "12")
    tasks.make_letters(batch.pk)
    (page,) = printed(browser, batch)
    code = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", page)[0]
    password = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", page)[0]
    for word in (cast.house.address, "10012", cast.company.name, "550-07-35", "localhost:8000"):
        assert word in page, word
    now = timezone.now()
    assert actions.link_by_code(cast.igor, code=code, at=now).change == "new"
    assert actions.link_by_password(cast.nina, login="10012", password=password, at=now).change == "new"
    dump = StringIO()
    call_command("dumpdata", stdout=dump)
    text = dump.getvalue()
    assert json.loads(text)
    for secret in (code, code.replace("-", ""), password, password.replace("-", "")):
        assert secret not in text


def test_the_sheet_speaks_the_language_of_the_country(cast: Cast, enter: Enter) -> None:
    batch = order(enter(cast.mark), cast.house, "12")
    tasks.make_letters(batch.pk)
    pdf = PdfReader(BytesIO(actions.take_letters(batch, at=timezone.now())))
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == "ru"


@pytest.mark.feature("D1")
def test_the_file_is_taken_once(
    cast: Cast, enter: Enter, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    browser = enter(cast.vera)
    batch = order(browser, cast.house, "12")
    tasks.make_letters(batch.pk)
    assert len(list(tmp_path.rglob("*.pdf"))) == 1
    assert enter(cast.mark).get(reverse("letter_batch", args=[batch.public_id])).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert printed(browser, batch)
    assert list(tmp_path.rglob("*.pdf")) == []
    assert browser.post(reverse("letter_batch_file", args=[batch.public_id])).status_code == 410
    assert "make the letters anew" in browser.get(reverse("letter_batch", args=[batch.public_id])).content.decode()
    assert Notice.objects.filter(user=cast.vera, kind="premises.letters_ready").count() == 1


def test_a_file_nobody_took_is_thrown_away_after_a_day(
    cast: Cast, enter: Enter, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    batch = order(enter(cast.vera), cast.house, "12")
    tasks.make_letters(batch.pk)
    ready = LetterBatch.objects.get().ready_at
    assert ready
    assert actions.throw_away_stale(at=ready + timedelta(hours=23)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.throw_away_stale(at=ready + timedelta(hours=24)) == 1
    assert list(tmp_path.rglob("*.pdf")) == []
    with pytest.raises(actions.LettersAreGone):
        actions.take_letters(batch, at=ready)


def test_an_unheard_batch_is_found_by_the_sweep(cast: Cast, worker: list[int]) -> None:
    now = timezone.now()
    batch = actions.order_letters(cast.house, [cast.account], by=cast.mark, at=now)
    worker.clear()
    assert actions.nudge_late(at=now + timedelta(minutes=1)) == 0
    assert actions.nudge_late(at=now + timedelta(minutes=3)) == 1
    assert worker == [batch.pk]
    assert actions.nudge_late(at=now + timedelta(minutes=4)) == 0


@pytest.mark.feature("D1")
def test_a_new_batch_voids_the_old_letters_of_its_flats_only(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.mark)
    tasks.make_letters(order(browser, cast.house).pk)
    tasks.make_letters(order(browser, cast.house, "12").pk)
    live = AccessLetter.objects.filter(voided_at=None)
    assert live.count() == 3
    assert AccessLetter.objects.filter(account=cast.account).count() == 2
    assert live.filter(account=cast.account).count() == 1


@pytest.mark.parametrize("end", ["term", "chair"])
def test_the_chair_who_is_no_longer_one_meets_404(cast: Cast, enter: Enter, end: str) -> None:
    browser = enter(cast.vera)
    batch = order(browser, cast.house, "12")
    tasks.make_letters(batch.pk)
    yesterday = timezone.localdate() - timedelta(days=1)
    CouncilSeat.objects.update(**({"until": yesterday} if end == "term" else {"is_chair": False}))
    assert browser.get(reverse("council_letters", args=[cast.house.public_id])).status_code == 404
    assert browser.post(reverse("letter_batch_file", args=[batch.public_id])).status_code == 404


def test_a_manager_who_left_meets_404(cast: Cast, enter: Enter) -> None:
    browser = enter(cast.mark)
    batch = order(browser, cast.house, "12")
    dismiss(StaffMember.objects.get(user=cast.mark), by=cast.sofia, at=timezone.now())
    page = reverse("letter_batch", args=[batch.public_id])
    assert browser.get(page)["Location"].startswith("/in/")  # the session ended with the job
    assert enter(User.objects.get(pk=cast.mark.pk)).get(page).status_code == 404


@pytest.mark.parametrize("flats", ["99", "12, 99", "x", "1-2000", "<b>"])
def test_flats_that_are_not_there_are_named(cast: Cast, enter: Enter, flats: str) -> None:
    browser = enter(cast.mark)
    url = reverse("letters_check", args=[cast.house.public_id])
    assert browser.get(url, {"flats": flats}).status_code == 422
    issue = reverse("letters_issue", args=[cast.house.public_id])
    assert browser.post(issue, {"flats": flats, "idem": str(uuid.uuid4())}).status_code == 422
    assert not LetterBatch.objects.exists()


@pytest.mark.feature("G3")
def test_the_same_order_twice_is_one_batch(cast: Cast, enter: Enter) -> None:
    browser, url = enter(cast.mark), reverse("letters_issue", args=[cast.house.public_id])
    posted = {"flats": "1, 12-13", "idem": str(uuid.uuid4())}
    first, second = (browser.post(url, posted)["Location"] for _ in range(2))
    assert first == second
    assert LetterBatch.objects.get().accounts.count() == 3


def test_closed_accounts_and_those_of_other_companies_get_no_letter(cast: Cast, enter: Enter) -> None:
    closed = make_account(cast.house, "50", "50050", closed_on=timezone.localdate())
    supplier = make_account(cast.house, "51", "51051")
    type(supplier).objects.filter(pk=supplier.pk).update(organization=cast.other_company)
    batch = order(enter(cast.mark), cast.house)
    assert not batch.accounts.filter(pk__in=[closed.pk, supplier.pk]).exists()
