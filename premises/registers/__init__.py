"""Registers: the files in which companies send what they know.

Each format has a file of columns; `IMPORTERS` holds what reads it. Apps above premises put theirs in at start
(AppConfig.ready), so that the command and the admin import them without knowing them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from premises.registers.tally import Problem, Tally

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from premises.models import ImportRun
    from premises.register import Row

__all__ = [
    "AFTERMATHS", "IMPORTERS", "READERS", "UNDOERS", "Aftermath", "Importer", "Rows", "Tally", "Undoer", "declare", "declare_reader", "is_for",
]  # fmt: skip


class Rows(Protocol):
    """An opened register: `problems` of the whole file, its columns, its rows."""

    @property
    def problems(self) -> list[Problem]: ...  # pragma: no cover
    def has(self, name: str) -> bool: ...  # pragma: no cover
    def __iter__(self) -> Iterator["Row"]: ...  # pragma: no cover


class Importer(Protocol):
    """Reads a file through and, with `write`, stores it: one code path for the dry run and the import.

    What it finds goes into the tally. It runs in the caller's transaction and may write chunk by chunk: any error in the
    tally undoes everything at the end. In the dry run `run` may not be saved yet; its organization is set.
    """

    def __call__(
        self, run: "ImportRun", file: BinaryIO, tally: Tally, *, write: bool, at: "datetime"
    ) -> None: ...  # pragma: no cover


class Undoer(Protocol):
    """Takes back what one import wrote. It runs in the caller's transaction, once, and counts the rows in the tally.

    What cannot be taken back any more is a Refusal with a sentence for the employee; then nothing is taken back.
    """

    def __call__(
        self, run: "ImportRun", tally: Tally, *, at: "datetime", by: "User | None"
    ) -> None: ...  # pragma: no cover


IMPORTERS: dict[str, Importer] = {}
UNDOERS: dict[str, Undoer] = {}
# What else taking one import back would change: sentences in the reader's language, said before it is done.
Aftermath = Callable[["ImportRun"], Iterable[str]]
AFTERMATHS: dict[str, Aftermath] = {}
# Other formats of a kind: a reader takes the file and the length of account numbers; None: it is not its format.
Reader = Callable[[BinaryIO, int], Rows | None]
READERS: dict[str, list[Reader]] = {}
JOBS: dict[str, frozenset[str]] = {}  # of kinds that are not for every job with an import room


def declare(
    kind: str,
    importer: Importer,
    undo: Undoer | None = None,
    *,
    jobs: Collection[str] | None = None,
    aftermath: Aftermath | None = None,
) -> None:
    """Say who imports this ImportRun.Kind and, if it can be taken back, who does that; the same kind twice is a bug.

    `jobs` are the roles of employees that may bring it; None: of every one that may import at all.
    """
    if IMPORTERS.get(kind, importer) is not importer:
        raise ValueError(f"{kind} is declared twice")
    IMPORTERS[kind] = importer
    if undo:
        UNDOERS[kind] = undo
    if aftermath:
        AFTERMATHS[kind] = aftermath
    if jobs is not None:
        JOBS[kind] = frozenset(jobs)


def declare_reader(kind: str, reader: Reader) -> None:
    """Let registers of this kind also come in another format."""
    known = READERS.setdefault(kind, [])
    if reader not in known:
        known.append(reader)


def is_for(kind: str, role: str) -> bool:
    """Whether an employee with this role may bring this kind of register."""
    return kind not in JOBS or role in JOBS[kind]
