"""Checks of the number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.bounds import Bounds
from redshift_elt.checks.finding import Finding, evaluate_number
from redshift_elt.sql import identifiers
from redshift_elt.sql.render import render


@dataclass(frozen=True, kw_only=True)
class RowCount(Aggregate):
    """The number of rows of a table, or of the run's window in it, lies within bounds."""

    kind: ClassVar[str] = "row_count"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key", "where", "empty_passes"})

    at_least: float | None = 1
    at_most: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        Bounds(self.at_least, self.at_most)

    @property
    def check_name(self) -> str:
        """What is measured."""
        return "rows of the window" if self.window_column else "rows"

    @property
    def passes_without_rows(self) -> bool:
        """Whether an empty table is sure to pass."""
        return Bounds(self.at_least, self.at_most).include(0)

    def aggregates(self) -> tuple[str, ...]:
        """Return the number of rows."""
        return (render("check/aggregate/count_rows.sql", in_window=bool(self.window_column), conditions=[]),)

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether the number lies within the bounds."""
        return evaluate_number(Bounds(self.at_least, self.at_most), measured[0], empty_passes=False)


@dataclass(frozen=True, kw_only=True)
class RowsNearAverage(Aggregate):
    """The number of rows of the window is close to the average of the windows before it.

    A full load has no windows before its own, so it leaves this check out.

    :param windows: the number of earlier windows of the same length to average, including those without rows.
    :param at_least: the lowest multiple of the average that passes.
    :param at_most: the highest multiple of the average that passes.
    """

    kind: ClassVar[str] = "rows_near_average"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key", "where"})
    compares_windows: ClassVar[bool] = True

    window_column: str
    windows: int = 24
    at_least: float | None = 0.5
    at_most: float | None = 2
    severity: str = "warn"

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.identifier(self.window_column)
        if isinstance(self.windows, bool) or not isinstance(self.windows, int) or self.windows < 1:
            raise ValueError(f"windows is {self.windows!r}: write how many windows to average, at least 1.")
        Bounds(self.at_least, self.at_most)

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"rows, as a multiple of the average of {self.windows} windows before"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column of event time."""
        return (self.window_column,)

    def aggregates(self) -> tuple[str, ...]:
        """Return the number of rows, as a multiple of the average."""
        return (
            render("check/aggregate/rows_near_average.sql", window_column=self.window_column, windows=self.windows),
        )

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether the multiple lies within the bounds."""
        return evaluate_number(Bounds(self.at_least, self.at_most), measured[0], empty_passes=self.empty_passes)

    def moments(self, start: datetime, end: datetime) -> dict[str, datetime]:
        """Return the start of the first averaged window."""
        return {f"start_{self.windows}_windows_before": self.reads_from(start, end)}

    def reads_from(self, start: datetime, end: datetime) -> datetime:
        """Return the start of the first averaged window."""
        return start - self.windows * (end - start)
