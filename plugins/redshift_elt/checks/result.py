"""The result of a check, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redshift_elt.checks.check import Check
from redshift_elt.checks.finding import Finding


@dataclass(frozen=True)
class Result:
    """The result of a check in one run.

    :param seconds: how long the check's statement took; the checks of one scan share theirs.
    :param columns: the names of the columns of ``rows``.
    :param rows: some of the rows that break the check: keys and checked columns, which are values of the data.
    """

    check: Check
    finding: Finding
    seconds: float
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()

    @property
    def outcome(self) -> str:
        """``passed``, ``warned`` or ``failed``."""
        if self.finding.passed:
            return "passed"
        return "failed" if self.check.severity == "error" else "warned"

    def __str__(self) -> str:
        name = f"{self.check.table}: {self.check.check_name}"
        return f"{name}: expected {self.finding.expected}, found {self.finding.actual}"

    @property
    def with_rows(self) -> str:
        """The result as text, followed by its rows under the names of their columns."""
        table = [self.columns, *self.rows] if self.rows else []
        return "\n".join([str(self), *(f"    {', '.join(map(str, row))}" for row in table)])


def count_outcomes(results: Sequence[Result]) -> dict[str, int]:
    """Return the number of checks that passed, warned and failed."""
    return {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "warned", "failed")}
