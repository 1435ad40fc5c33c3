"""What was found while a register was read: counts, control totals and the first problems."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext

from lib.money import in_words

ERROR, WARNING = "error", "warning"
MOST_PROBLEMS = 1000  # kept of each level; the counts go on
TOLD_EVERY = 200  # rows


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell or row. `text` is English, to be translated where it is shown, with `facts` in it.

    `field` is the file's own header; where the file has none, our name of the column, and then `label` says in English
    words what stands there and `place` in which column, from 1.
    """

    row: int
    level: str
    field: str
    text: str
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    label: str = ""
    place: int = 0

    @property
    def column(self) -> str:
        """What the reader may call the column."""
        if not self.label:
            return self.field
        return gettext("%(what)s (column %(place)s)") % {"what": gettext(self.label), "place": self.place}

    @property
    def message(self) -> str:
        """The sentence in the language of the reader."""
        return gettext(self.text) % in_words(self.facts, get_language() or "en")

    def as_json(self) -> dict[str, Any]:
        """As it is kept in ImportRun.report."""
        kept = {"row": self.row, "level": self.level, "field": self.field, "text": self.text, "facts": dict(self.facts)}
        return kept | ({"label": self.label, "place": self.place} if self.label else {})

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Problem":
        return cls(
            kept["row"],
            kept["level"],
            kept["field"],
            kept["text"],
            kept.get("facts", {}),
            kept.get("label", ""),
            kept.get("place", 0),
        )


class Tally:
    """Counts rows and problems. Errors are kept before warnings, each by their rows.

    `on_progress` is called with the number of rows every now and then.
    """

    def __init__(self, on_progress: Callable[[int], object] | None = None) -> None:
        self.on_progress = on_progress
        self._rows = self.created = self.updated = self.unchanged = 0
        self.errors = self.warnings = 0
        self.totals: dict[str, str] = {}  # English words to translate → a printed number
        self.facts: dict[str, Any] = {}  # kept with the run: of what format the file is, what its money was sent with
        self.headers: Mapping[str, str] = {}  # name of a column → how the file calls it
        self.labels: Mapping[
            str, tuple[str, int]
        ] = {}  # where it does not: our words in English, and the column's place
        self._kept: dict[bool, list[Problem]] = {True: [], False: []}

    @property
    def rows(self) -> int:
        """How many rows were read so far."""
        return self._rows

    @rows.setter
    def rows(self, count: int) -> None:
        is_time = count // TOLD_EVERY > self._rows // TOLD_EVERY
        self._rows = count
        if is_time and self.on_progress:
            self.on_progress(count)

    def name_columns(self, opened: object) -> None:
        """From here on problems call the columns as the header of this opened file does, or in words, not by our names."""
        register = getattr(opened, "register", opened)
        self.headers, self.labels = getattr(register, "headers", {}), getattr(register, "labels", {})

    def note(self, problems: Iterable[Problem]) -> None:
        """Count these problems and keep them while there is room."""
        for problem in problems:
            is_error = problem.level == ERROR
            self.errors += is_error
            self.warnings += not is_error
            if len(self._kept[is_error]) < MOST_PROBLEMS:
                self._kept[is_error].append(self._named(problem))

    def _named(self, problem: Problem) -> Problem:
        if header := self.headers.get(problem.field):
            return dataclasses.replace(problem, field=header)
        label, place = self.labels.get(problem.field, ("", 0))
        return dataclasses.replace(problem, label=label, place=place) if label else problem

    def total(self, words: str, value: Decimal | int) -> None:
        """Set one control total; `words` are English and marked for translation."""
        self.totals[words] = f"{value:f}" if isinstance(value, Decimal) else str(value)

    @property
    def problems(self) -> list[Problem]:
        """The kept problems, errors first, each by their rows; what concerns the whole file comes after them."""
        errors, warnings = (
            sorted(self._kept[level], key=lambda one: (not one.row, one.row)) for level in (True, False)
        )
        return [*errors, *warnings][:MOST_PROBLEMS]
