"""The README's table of configuration names every variable that is read."""

import re

from portal.features import ROOT

READERS = ("portal/settings.py", "portal/gunicorn.py", "portal/fonts.py")


def test_every_variable_stands_in_the_readme() -> None:
    source = "".join((ROOT / name).read_text() for name in READERS)
    read = set(re.findall(r"env\.(?:text|flag|whole|words)\(\s*[\"']([A-Z_]+)", source))
    read |= set(re.findall(r"environ\.get\([\"']([A-Z_]+)", source))

    assert [name for name in sorted(read) if f"`{name}`" not in (ROOT / "README.md").read_text()] == []


def test_every_pinned_package_has_its_reason() -> None:
    lists = (ROOT / "requirements.txt").read_text() + (ROOT / "requirements-dev.txt").read_text()
    packages = re.findall(r"^([\w-]+)(?:\[.*\])?==\S+$", lists, re.MULTILINE)

    assert len(packages) == len(re.findall(r"^\w", lists, re.MULTILINE))  # nothing is left without an exact version
    reasons = (ROOT / "docs" / "dependencies.md").read_text().lower()
    assert [name for name in packages if name.lower() not in reasons] == []
