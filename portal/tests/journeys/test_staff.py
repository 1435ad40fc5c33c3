"""The manager imports a register in the staff room and prints letters for the house."""

from pathlib import Path

import pytest
from pypdf import PdfReader

from portal.tests.journeys.conftest import OpenPortal
from portal.tests.things import Things
from premises.models import LetterBatch, PersonalAccount
from premises.tasks import make_letters

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


@pytest.mark.browser
@pytest.mark.feature("D1", "F3")
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
