"""The crawl of the staff room the other way round, in a file of its own for a worker of its own."""

import pytest

from portal.tests.test_staff_room import OURS, THEIRS, Enter, crawl, sides
from premises.tests.town import Side

pytestmark = pytest.mark.usefixtures("fresh")

__all__ = ["sides"]


@pytest.mark.feature("F2")
@pytest.mark.parametrize("role", ["manager", "accountant", "dispatcher"])
def test_no_page_shows_the_other_company(sides: dict[str, Side], enter: Enter, role: str) -> None:
    crawl(sides, enter, role, THEIRS, OURS)
