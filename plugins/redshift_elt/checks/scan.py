"""The one scan that computes all aggregates of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.sql.render import render


@dataclass(frozen=True)
class Scan:
    """A scan of a table.

    :param table: the table that is read.
    :param checks: the checks to compute. Those with a ``time_column`` have the same.
    """

    table: str
    checks: Sequence[Aggregate]

    @property
    def time_column(self) -> str | None:
        """The column that says which rows are in the window; None if no check asks for the window."""
        return next((check.time_column for check in self.checks if check.time_column), None)

    @property
    def is_bounded(self) -> bool:
        """Whether a part of the table is read: no check asks for all rows."""
        return all(check.time_column for check in self.checks)

    def statement(self) -> str:
        """Return the query, which yields one row."""
        return render(
            "check/scan.sql",
            table=self.table,
            aggregates=self._aggregates(),
            time_column=self.time_column,
            bounded=self.is_bounded,
        )

    @property
    def result_columns(self) -> int:
        """The number of columns of the query's row."""
        return len(self._aggregates())

    def values(self, start: datetime, end: datetime) -> dict[str, object]:
        """Return the values of the query's placeholders, for a window with this start and end."""
        values: dict[str, object] = {"window_start": start, "window_end": end}
        if self.is_bounded:
            values["scan_start"] = min(check.reads_from(start, end) for check in self.checks)
        for check in self.checks:
            values |= check.moments(start, end)
        return values

    def measured(self, row: Sequence[Any]) -> list[list[Any]]:
        """Return the values of each check's aggregates, in the order of the checks.

        :param row: the row that the query yielded.
        """
        values = dict(zip(self._aggregates(), row, strict=True))
        return [[values[aggregate] for aggregate in check.aggregates()] for check in self.checks]

    def _aggregates(self) -> list[str]:
        """Return every aggregate once: several checks ask for the number of rows, for example."""
        return list(dict.fromkeys(aggregate for check in self.checks for aggregate in check.aggregates()))
