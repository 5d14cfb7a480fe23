"""The last results of checks, which show how far the answers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redshift_elt.run.full_load import is_full_load

_OUTCOMES = ("failed", "warned", "passed")


@dataclass(frozen=True)
class LastResult:
    """The last result of a check: a row of the query ``check/last_results.sql``. Times are UTC without a zone."""

    outcome: str
    table: str
    check: str
    expected: str
    actual: str
    window_start: datetime
    window_end: datetime
    checked_at: datetime


@dataclass(frozen=True)
class CheckSummary:
    """The last result of each check.

    :param results: the results, failures first; empty if no check has run yet.
    """

    results: Sequence[LastResult]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> CheckSummary:
        """Return the summary of the rows that the query returned."""
        return cls([LastResult(*row) for row in rows])

    @property
    def outcome(self) -> str:
        """The worst outcome of all checks: ``failed``, ``warned`` or ``passed``; ``missing`` if there is no check."""
        found = {result.outcome for result in self.results}
        return next((outcome for outcome in _OUTCOMES if outcome in found), "missing")

    @property
    def text(self) -> str:
        """How many checks had which outcome, and the window and time of the last one."""
        if not self.results:
            return "No check has run yet."
        counts = [(sum(result.outcome == name for result in self.results), name) for name in reversed(_OUTCOMES)]
        counted = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
        last = max(self.results, key=lambda result: result.checked_at)
        bounds = f"{_minute(last.window_start)} to {_minute(last.window_end)} UTC"
        window = "everything" if is_full_load(last.window_end) else bounds
        return (
            f"Last result of each check: {counted}. The last checked load was for {window}; it was checked at "
            f"{_minute(last.checked_at)} UTC."
        )

    @property
    def not_passed(self) -> list[LastResult]:
        """The checks that warned or failed."""
        return [result for result in self.results if result.outcome != "passed"]


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
