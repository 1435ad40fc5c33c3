"""The crawl of the staff room the other way round, in a file of its own for a worker of its own.

By the job that sees most: rows of whoever was written first or last must not show either way.
"""

import pytest

from portal.tests.test_staff_room import OURS, THEIRS, Enter, crawl, sides
from premises.tests.town import Side

pytestmark = pytest.mark.usefixtures("fresh")

__all__ = ["sides"]


@pytest.mark.feature("F2")
def test_no_page_shows_the_other_company(sides: dict[str, Side], enter: Enter) -> None:
    crawl(sides, enter, "manager", THEIRS, OURS)
