"""Fixtures of the tests that walk through all rooms."""

import pytest

from portal.testing import Cast
from portal.tests.things import Things, make_things


@pytest.fixture
def things(cast: Cast) -> Things:
    """The cast with one of every thing that belongs to flat 12."""
    return make_things(cast)
