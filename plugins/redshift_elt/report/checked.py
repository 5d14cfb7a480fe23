"""What the last checks found: it tells a reader how far the answers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_OUTCOMES = ("failed", "warned", "passed")
# The year in which the window of a full load ends: redshift_elt.run.window.
_NO_END = 9999


@dataclass(frozen=True)
class CheckedRow:
    """One check: a row of the query ``check/last_results.sql``. Times are UTC without a zone."""

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
    """What each check found when it was made last; nothing if none has been made.

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
        """How many checks had which outcome, and of which window and when the last of them was made."""
        if not self.rows:
            return "No check has been made yet."
        counts = [(sum(row.outcome == outcome for row in self.rows), outcome) for outcome in reversed(_OUTCOMES)]
        counted = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
        last = max(self.rows, key=lambda row: row.checked_at)
        full = last.window_end.year == _NO_END
        window = "everything" if full else f"{_minute(last.window_start)} to {_minute(last.window_end)}"
        return (
            f"Each check when it was made last: {counted}. The last load that was checked was for {window}, at "
            f"{_minute(last.checked_at)} UTC."
        )

    @property
    def not_passed(self) -> list[CheckedRow]:
        """The results that a reader should know of."""
        return [row for row in self.rows if row.outcome != "passed"]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
