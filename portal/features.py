"""Which rows of docs/features.md have a test: `make features` prints those without one."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The rows this version of the portal promises; the others of the table come later.
DUE = frozenset(
    {
        "A1",
        "A2",
        "A3",
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
        "B6",
        "B10",
        "B11",
        "B15",
        "C1",
        "C2",
        "D1",
        "D2",
        "D3",
        "D4",
        "D5",
        "E1",
        "E2",
    }
    | {"A4", "A9", "B14", "C4", "C7", "E3", "E4", "E6", "G5", "G9", "G10"}
    | {"E5", "E9", "F1", "F2", "F3", "F4", "G1", "G3", "G4", "G13"}
)


def rows(table: str) -> dict[str, str]:
    """Row id → what it says, read from the tables of docs/features.md."""
    return dict(re.findall(r"^\| ([A-Z]\d+) \| (.+?) \|$", table, re.MULTILINE))


def walked(sources: list[str]) -> set[str]:
    """The row ids that tests in these sources carry as `@pytest.mark.feature("B3", …)`."""
    return {row for source in sources for row in _marks(ast.parse(source))}


def _marks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "feature":
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def of_the_project() -> list[str]:
    """Every test file of the project."""
    files = (file for file in ROOT.glob("*/tests/**/test_*.py") if not {".venv", "var"} & set(file.parts))
    return [file.read_text() for file in files]


def main() -> int:
    known = rows((ROOT / "docs" / "features.md").read_text())
    seen = walked(of_the_project())
    without = [row for row in known if row not in seen]
    for row in without:
        print(f"{row:4} {'due  ' if row in DUE else 'later'} {known[row]}")
    return int(bool(DUE & set(without)))


if __name__ == "__main__":
    sys.exit(main())
