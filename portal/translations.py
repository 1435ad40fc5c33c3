"""Are Russian and Ukrainian complete? `make translations` compares them with the sources as they are now.

The strings are collected in a copy of the checkout, so that nothing in it changes. A string is complete when it is
translated, not fuzzy, has every plural form, and names exactly the placeholders of its source.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ru", "uk")
NOT_COPIED = shutil.ignore_patterns(".*", "var", "node_modules", "__pycache__", "*.mo", "tests", "docs")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


@dataclass
class Entry:
    """One message of a catalogue."""

    source: str = ""
    plural: str = ""
    forms: list[str] = field(default_factory=list)
    fuzzy: bool = False


def entries(text: str) -> Iterator[Entry]:
    """The messages of a .po file, its header and its retired ones (#~) left out."""
    for block in re.split(r"\n\s*\n", text):
        entry, part = Entry(), ""
        parts: dict[str, str] = {}
        for line in block.splitlines():
            if line.startswith("#"):
                entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
                continue
            begun = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+"', line)
            part = begun.group(1) if begun else part
            parts[part] = parts.get(part, "") + line[line.index('"') + 1 : line.rindex('"')]
        entry.source, entry.plural = parts.get("msgid", ""), parts.get("msgid_plural", "")
        entry.forms = [parts[name] for name in sorted(parts) if name.startswith("msgstr")]
        if entry.source:
            yield entry


def faults(text: str) -> list[str]:
    """What is wrong with a catalogue that was brought up to date with the sources, a line each."""
    count = re.search(r"nplurals=(\d)", text)
    plurals = int(count.group(1)) if count else 1
    return [f"{fault}: {entry.source}" for entry in entries(text) if (fault := _fault(entry, plurals))]


def _fault(entry: Entry, plurals: int) -> str:
    if entry.fuzzy:
        return "fuzzy"
    if not all(entry.forms) or not entry.forms:
        return "not translated"
    if entry.plural and len(entry.forms) != plurals:
        return f"{len(entry.forms)} plural forms instead of {plurals}"
    wanted = set(PLACEHOLDER.findall(entry.plural or entry.source))
    if any(set(PLACEHOLDER.findall(form)) != wanted for form in entry.forms):
        return "placeholders differ"
    return ""


def collect(folder: Path) -> dict[str, str]:
    """Language → its catalogue, brought up to date in a copy of the checkout under the folder."""
    copy = folder / "copy"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    for language in LANGUAGES:
        (copy / "locale" / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "manage.py", "makemessages", "--no-location", "--no-wrap", "-v", "0"]
    command += [word for language in LANGUAGES for word in ("-l", language)]
    done = subprocess.run(
        command, cwd=copy, env=os.environ | {"PORTAL_MODE": "test"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"The strings could not be collected: {done.stderr.strip().splitlines()[-1]}")
    return {name: (copy / "locale" / name / "LC_MESSAGES" / "django.po").read_text() for name in LANGUAGES}


def main() -> int:
    """Print every fault; 1 when there is one."""
    with tempfile.TemporaryDirectory() as folder:
        found = {language: faults(text) for language, text in collect(Path(folder)).items()}
    for language, lines in found.items():
        for line in lines:
            print(f"{language}: {line}")
        print(f"{language}: {len(lines)} strings to mend." if lines else f"{language}: complete.")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
