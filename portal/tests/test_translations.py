"""The rules by which a catalogue is called complete."""

import re

import pytest

from portal.features import ROOT
from portal.translations import faults

HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=3; plural=0;\\n"\n'


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('msgid "Home"\nmsgstr "Дом"', []),
        ('msgid "Home"\nmsgstr ""', ["not translated: Home"]),
        ('#, fuzzy\nmsgid "Home"\nmsgstr "Дом"', ["fuzzy: Home"]),
        ('#, python-format\nmsgid "Flat %(label)s"\nmsgstr "Квартира"', ["placeholders differ: Flat %(label)s"]),
        ('#, python-format\nmsgid "Flat %(label)s"\nmsgstr "Кв. %(label)s"', []),
        ('msgid "Flat {label}"\nmsgstr "Кв. {lable}"', ["placeholders differ: Flat {label}"]),
        (
            'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s день"\nmsgstr[1] "%(n)s дня"',
            ["2 plural forms instead of 3: %(n)s day"],
        ),
        (
            'msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s день"\nmsgstr[1] "%(n)s дня"\nmsgstr[2] ""',
            ["not translated: %(n)s day"],
        ),
        (
            'msgid "one day"\nmsgid_plural "%(n)s days"\n'
            'msgstr[0] "%(n)s день"\nmsgstr[1] "%(n)s дня"\nmsgstr[2] "%(n)s дней"',
            [],
        ),
        ('msgid ""\n"A long "\n"line"\nmsgstr ""\n"Длинная "\n"строка"', []),
        ('#~ msgid "Old"\n#~ msgstr ""', []),
        ('msgctxt "month"\nmsgid "May"\nmsgstr ""', ["not translated: May"]),
    ],
)
def test_a_string_is_complete_or_named(entry: str, expected: list[str]) -> None:
    assert faults(f"{HEADER}\n{entry}\n") == expected


def test_every_string_is_marked_by_a_name_that_the_collector_knows() -> None:
    """An alias like _t is not read by makemessages: what it marks would stay English without anybody being told."""
    strange = re.compile(r"import .*gettext\w* as (?!_\b)\w+")
    files = (file for file in ROOT.glob("*/**/*.py") if not {".venv", "var"} & set(file.parts))
    assert [str(file) for file in files if strange.search(file.read_text())] == []
