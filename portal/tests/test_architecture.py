"""The arrangement of the house, read from the code itself: who may import whom, and what no file may do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Who may import whom. Calls go down; signals go up. Imports inside functions count.
MAY_IMPORT: dict[str, set[str]] = {
    "lib": set(),
    "notifications": {"lib"},
    "accounts": {"lib", "notifications"},
    "premises": {"lib", "notifications", "accounts"},
    "meters": {"lib", "notifications", "accounts", "premises"},
    "voting": {"lib", "notifications", "accounts", "premises"},
    "billing": {"lib", "notifications", "accounts", "premises", "meters"},
    "appeals": {"lib", "notifications", "accounts", "premises", "meters", "billing"},
    "portal": {"lib", "notifications", "accounts", "premises", "meters", "voting", "billing", "appeals"},
}

LONGEST_FILE = 500
# The one place where markup is put together by hand; everywhere else the template engine escapes.
MARKUP_BY_HAND = {"portal/templatetags/portal.py"}
# Files that speak SQL themselves, each because the ORM has no word for it.
RAW_SQL = {
    "accounts/limits.py",  # advisory locks
    "portal/embedded.py",  # makes the database before Django can speak to it
    "portal/run.py",  # asks whether anything must be prepared before Django is loaded
    "lib/copying.py",  # COPY: registers of a hundred thousand rows
}
SQL_CALLS = {"raw", "extra", "cursor", "RawSQL"}


def is_exempt(path: Path) -> bool:
    """Tests may use the cast and every room; migrations are generated."""
    return bool({"tests", "migrations"} & set(path.parts)) or path.name in {"testing.py", "conftest.py"}


def sources(*, with_exempt: bool = False) -> Iterator[tuple[str, ast.Module]]:
    for room in MAY_IMPORT:
        for path in sorted((ROOT / room).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if with_exempt or not is_exempt(inside):
                yield str(inside), ast.parse(path.read_text())


def templates() -> Iterator[tuple[str, str]]:
    """Yield the pages; letters and sheets are drawn by other programs than a browser."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if not {"mail", "pdf"} & set(path.parts):
            yield str(path.relative_to(ROOT)), path.read_text()


def imported_rooms(room: str, tree: ast.Module) -> set[str]:
    """Return the rooms of the house this module imports, its own left out; relative imports stay at home."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return (found & MAY_IMPORT.keys()) - {room}


def calls(tree: ast.Module) -> set[str]:
    """Return the last word of everything the module calls: `cursor` for `connection.cursor()`."""
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}


def test_the_table_names_every_app_of_the_project() -> None:
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} | {"lib"} == MAY_IMPORT.keys()


def test_the_table_has_no_circle() -> None:
    for room, below in MAY_IMPORT.items():
        for lower in below:
            assert room not in MAY_IMPORT[lower]
            assert MAY_IMPORT[lower] <= below, f"{room} may import {lower} but not all that {lower} may"


def test_rooms_import_only_from_below() -> None:
    wrong = []
    for path, tree in sources():
        room = path.split("/")[0]
        wrong += [f"{path} imports {other}" for other in imported_rooms(room, tree) - MAY_IMPORT[room]]
    assert not wrong


@pytest.mark.parametrize(
    "source",
    ["import portal", "from portal.urls import x", "def f():\n    from portal import home", "import portal.home as h"],
)
def test_an_import_from_above_is_seen_wherever_it_hides(source: str) -> None:
    assert imported_rooms("lib", ast.parse(source)) == {"portal"}


def test_no_room_has_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "common", "misc", "services", "selectors"}
    assert not [path for path, _ in sources(with_exempt=True) if Path(path).stem in drawers]


def test_no_file_is_longer_than_a_person_reads() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path, _ in sources()}
    assert not {path: length for path, length in lengths.items() if length > LONGEST_FILE}


def test_markup_is_escaped_by_the_engine() -> None:
    by_hand = {path for path, tree in sources() if {"mark_safe", "SafeString"} & calls(tree)}
    assert by_hand <= MARKUP_BY_HAND
    assert not [path for path, text in templates() if "|safe" in text or "autoescape off" in text]


def test_sql_is_spoken_in_a_few_named_files() -> None:
    speaking = {path for path, tree in sources() if SQL_CALLS & calls(tree)}
    assert speaking <= RAW_SQL


def test_no_sentence_hides_in_an_f_string_where_the_translators_do_not_find_it() -> None:
    words = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
    hidden = [
        f"{path}:{node.lineno}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and words & calls(ast.Module(body=[ast.Expr(node)], type_ignores=[]))
    ]
    assert not hidden


def test_no_template_carries_style_script_or_placeholder() -> None:
    forbidden = (" style=", "<style", " onclick=", " onchange=", " onsubmit=", "placeholder=", "javascript:")
    wrong = [f"{path}: {word}" for path, text in templates() for word in forbidden if word in text]
    inline = [path for path, text in templates() if "<script>" in text]
    assert not wrong
    assert not inline
