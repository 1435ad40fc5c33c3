"""Every promised row of docs/features.md has a test that walks it."""

import pytest

from portal import features


def test_every_due_row_is_walked_by_a_test() -> None:
    assert sorted(features.DUE - features.walked(features.of_the_project())) == []


def test_every_due_row_stands_in_the_table() -> None:
    table = (features.ROOT / "docs" / "features.md").read_text()

    assert set(features.rows(table)) >= features.DUE


def test_no_test_carries_a_row_that_does_not_exist() -> None:
    table = (features.ROOT / "docs" / "features.md").read_text()

    assert features.walked(features.of_the_project()) <= set(features.rows(table))


@pytest.mark.feature("F4")
def test_the_project_has_the_rooms_of_its_plan() -> None:
    rooms = ["accounts", "premises", "appeals", "billing", "meters", "voting", "notifications", "templates", "static"]
    files = ["manage.py", "requirements.txt", "pytest.ini", "README.md"]

    assert [name for name in rooms + files if not (features.ROOT / name).exists()] == []
