"""What an import found, counted while the file is walked through."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from premises.register import ERROR, Problem, Row

KEPT = 1000  # problems shown; the rest are only counted


@dataclass
class Tally:
    """Counts, the first problems, and the sums of what is new."""

    rows: int = 0
    created: int = 0
    unchanged: int = 0
    errors: int = 0
    warnings: int = 0
    accrued: Decimal = Decimal("0.00")
    payable: Decimal = Decimal("0.00")
    problems: list[Problem] = field(default_factory=list)

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass the rows on, counting them."""
        for row in rows:
            self.rows += 1
            yield row

    def note(self, problems: Iterable[Problem]) -> None:
        """Count problems and keep the first ones for the report."""
        for problem in problems:
            if problem.level == ERROR:
                self.errors += 1
            else:
                self.warnings += 1
            if len(self.problems) < KEPT:
                self.problems.append(problem)

    def take(self, accrued: Decimal, payable: Decimal = Decimal(0)) -> None:
        """Count one new paper with its money."""
        self.created += 1
        self.accrued += accrued
        self.payable += payable
