"""The crawl of the staff room: every page as the employees of one company see it. No byte of the other company appears."""

import pytest
from django.urls import reverse

from portal.tests.test_staff_room import OURS, THEIRS, Enter, doors, everything_of, scoped_admins, sides
from premises.tests.town import Side

__all__ = ["sides"]


@pytest.mark.feature("F2")
@pytest.mark.parametrize("role", ["manager", "accountant", "dispatcher"])
def test_no_page_shows_the_other_company(sides: dict[str, Side], enter: Enter, role: str) -> None:
    own, other = OURS, THEIRS
    client = enter(sides[own].staff[role])
    for one in scoped_admins():
        for url in doors(one, sides[own].organization, sides[other].organization):
            for place, body in everything_of(client, url):
                assert other not in body, place
    assert other not in client.get(reverse("admin:index")).content.decode()
