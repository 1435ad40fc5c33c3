"""The manager imports a register in the staff room and prints letters for the house."""

import io
from pathlib import Path

import pytest
from django.utils import timezone
from pypdf import PdfReader

from lib.progress import tell
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import Reader
from portal.tests.things import Things
from premises.actions import imports
from premises.actions.imports import receive_file
from premises.models import ImportRun, LetterBatch, PersonalAccount
from premises.tasks import check_import, make_letters

REGISTER = """account;els;izhku;address;flat;area_total;area_heated;residents;registered;owner;share;opened;closed
20001;;;г. Волгодонск, ул. Садовая, 1;21;44,80;44,80;2;2;Абрамова Анна;1/1;01.01.2015;
20002;;;г. Волгодонск, ул. Садовая, 1;22;61,00;61,00;3;3;Беляев Борис;1/1;01.01.2015;
"""


@pytest.mark.browser
@pytest.mark.feature("F2", "G10", "D1")
def test_a_register_is_checked_then_imported(town: Things, open_portal: OpenPortal, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(REGISTER.encode("windows-1251"))
    walk = open_portal().enter_as(town.cast.mark)
    assert walk.go("/admin/premises/importrun/add/") == 200
    walk.look_over_staff_room()
    walk.page.locator("select[name=kind]").select_option("accounts")
    walk.page.locator("input[type=file]").set_input_files(file)
    walk.page.get_by_role("button", name="Check the file").click()
    assert not PersonalAccount.objects.filter(number="20001").exists()  # only looked at so far
    walk.look_over_staff_room()
    walk.page.get_by_role("button", name="Import", exact=True).click()
    assert PersonalAccount.objects.get(number="20002").holder == "Беляев Борис"
    walk.look_over_staff_room()


@pytest.fixture
def large(town: Things, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    """A register that the worker has not begun to check."""
    monkeypatch.setattr(imports, "CHECKED_AT_ONCE", 0)
    cast, file = town.cast, io.BytesIO(REGISTER.encode())
    return receive_file(
        "accounts", cast.company, file, name="f.csv", by=cast.mark, at=timezone.now(), later=lambda pk: None
    )


@pytest.mark.browser
@pytest.mark.feature("F2")
def test_the_page_of_a_large_register_follows_the_worker(
    town: Things, large: ImportRun, open_portal: OpenPortal
) -> None:
    walk = open_portal().enter_as(town.cast.mark)
    walk.go(f"/admin/premises/importrun/{large.pk}/change/")
    told = walk.page.get_by_role("status")
    told.get_by_text("waits for its turn").wait_for()
    walk.look_over_staff_room()
    walk.page.evaluate("window.isTheSamePage = true")
    tell(large.progress_key, 1200, 4000)
    told.get_by_text("1,200 of about 4,000 rows").wait_for()
    assert walk.page.evaluate("window.isTheSamePage")
    walk.look_over_staff_room()
    check_import(large.pk)
    walk.page.get_by_role("button", name="Import", exact=True).wait_for()
    assert walk.page.get_by_role("progressbar").count() == 0


@pytest.mark.browser
@pytest.mark.feature("F2")
def test_without_scripts_the_page_of_a_large_register_is_opened_again(
    town: Things, large: ImportRun, open_portal: OpenPortal
) -> None:
    walk = open_portal(Reader(javascript=False)).enter_as(town.cast.mark)
    walk.go(f"/admin/premises/importrun/{large.pk}/change/")
    tell(large.progress_key, 1200, 4000)
    walk.follow("Look again")
    assert "1,200 of about 4,000 rows" in walk.text
    check_import(large.pk)
    walk.follow("Look again")
    assert walk.page.get_by_role("button", name="Import", exact=True).is_visible()


@pytest.mark.browser
@pytest.mark.feature("D1", "F3")
@pytest.mark.usefixtures("fresh")
def test_letters_for_a_house_are_made_and_taken_once(town: Things, open_portal: OpenPortal, tmp_path: Path) -> None:
    walk = open_portal().enter_as(town.cast.mark)
    walk.go(f"/council/{town.cast.house.public_id}/letters/")
    walk.look_over()
    walk.press("Next")
    walk.look_over()
    walk.page.get_by_role("button", name="Make 3 letters").click()
    for batch in LetterBatch.objects.filter(state="queued"):
        make_letters(batch.pk)
    walk.page.reload()
    walk.look_over()
    with walk.page.expect_download() as waiting:
        walk.press("Download the PDF")
    waiting.value.save_as(tmp_path / "letters.pdf")
    pages = PdfReader(tmp_path / "letters.pdf").pages
    assert len(pages) == 3
    assert "10012" in "".join(page.extract_text() for page in pages)
    walk.page.reload()
    assert "was downloaded" in walk.text


@pytest.mark.browser
@pytest.mark.feature("D1")
def test_the_chair_prints_letters_but_never_sees_the_staff_room(town: Things, open_portal: OpenPortal) -> None:
    walk = open_portal().enter_as(town.cast.vera)
    assert walk.go(f"/council/{town.cast.house.public_id}/letters/") == 200
    assert walk.go("/admin/") == 404
