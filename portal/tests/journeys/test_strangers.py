"""The neighbour and the other company's employee see nothing of flat 12, wherever they knock."""

import pytest

from accounts.models import User
from portal.tests.journeys.conftest import OpenPortal
from portal.tests.journeys.walk import PHONE, Reader
from portal.tests.things import Things


@pytest.mark.browser
@pytest.mark.feature("G1", "F2")
@pytest.mark.parametrize("name", ["nina", "pavel"])
def test_another_flat_does_not_exist(town: Things, open_portal: OpenPortal, name: str) -> None:
    stranger: User = getattr(town.cast, name)
    walk = open_portal(Reader(PHONE)).enter_as(stranger)
    here = f"/a/{town.cast.account.public_id}/"
    bill = f"{here}bills/{town.invoice.public_id}/"
    for path in (here, f"{here}flat/", f"{here}bills/", bill, f"{bill}pdf/", f"{here}payments/"):
        assert walk.go(path) == 404
        assert "Олина" not in walk.page.content()
        assert "10012" not in walk.text
    walk.look_over()


@pytest.mark.browser
@pytest.mark.feature("F2")
def test_the_other_companys_staff_room_does_not_know_the_flat(town: Things, open_portal: OpenPortal) -> None:
    walk = open_portal().enter_as(town.cast.pavel)
    walk.go("/admin/premises/personalaccount/?q=10012")
    assert "Олина" not in walk.page.content()
    assert "10012" not in walk.page.locator("#result_list, .paginator").all_inner_texts()
    walk.go(f"/admin/premises/personalaccount/{town.cast.account.pk}/change/")
    assert "Олина" not in walk.page.content()
