"""What the last checks found: it tells a reader how far the answers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_OUTCOMES = ("failed", "warned", "passed")
# The year in which the window of a full load ends: redshift_elt.window.
_NO_END = 9999


@dataclass(frozen=True)
class CheckedRow:
    """One check: a row of :func:`redshift_elt.statements.quality.last_results`. Times are UTC without a zone."""

    outcome: str
    table: str
    check: str
    expected: str
    actual: str
    window_start: datetime
    window_end: datetime
    checked_at: datetime


@dataclass(frozen=True)
class Checked:
    """The results of the last run that was checked; none if there was no such run.

    :param rows: the results, what failed first.
    """

    rows: Sequence[CheckedRow]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Checked:
        """Return what the rows of the query tell."""
        return cls([CheckedRow(*row) for row in rows])

    @property
    def outcome(self) -> str:
        """The worst outcome of all checks: ``failed``, ``warned`` or ``passed``; ``missing`` without a check."""
        found = {row.outcome for row in self.rows}
        return next((outcome for outcome in _OUTCOMES if outcome in found), "missing")

    @property
    def summary(self) -> str:
        """How many checks had which outcome, of which window and when."""
        if not self.rows:
            return "No check has been made yet."
        counts = [(sum(row.outcome == outcome for row in self.rows), outcome) for outcome in reversed(_OUTCOMES)]
        counted = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
        start, end = min(row.window_start for row in self.rows), max(row.window_end for row in self.rows)
        made = max(row.checked_at for row in self.rows)
        window = "everything" if end.year == _NO_END else f"{_minute(start)} to {_minute(end)}"
        return f"Checks of the last load: {counted}. It was for {window}, checked at {_minute(made)} UTC."

    @property
    def not_passed(self) -> list[CheckedRow]:
        """The results that a reader should know of."""
        return [row for row in self.rows if row.outcome != "passed"]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
