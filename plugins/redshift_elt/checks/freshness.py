"""The check that a table has recent rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.bounds import Bounds
from redshift_elt.checks.finding import Finding, evaluate_number
from redshift_elt.sql import identifiers
from redshift_elt.sql.render import render


@dataclass(frozen=True, kw_only=True)
class Fresh(Aggregate):
    """The newest row before the window's end is at most some hours older than that end, or than now if that is earlier.

    If no row is newer than ``hours`` hours before the window, the scan may not read one: then nothing is measured.

    :param column: the column of event time, which is also the ``window_column`` of the table's other checks.
    :param hours: the number of hour boundaries between the two moments, as DATEDIFF counts them.
    """

    kind: ClassVar[str] = "fresh"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key", "where", "window_column"})

    column: str
    hours: int
    severity: str = "warn"

    def __post_init__(self) -> None:
        super().__post_init__()
        identifiers.identifier(self.column)
        if isinstance(self.hours, bool) or not isinstance(self.hours, int) or self.hours < 0:
            raise ValueError(f"hours is {self.hours!r}: write a whole number of hours.")

    @property
    def check_name(self) -> str:
        """What is measured."""
        return f"hours since the newest {self.column}"

    @property
    def checked_columns(self) -> tuple[str, ...]:
        """The column of event time."""
        return (self.column,)

    @property
    def time_column(self) -> str:
        """The column of event time."""
        return self.column

    def aggregates(self) -> tuple[str, ...]:
        """Return the hours since the newest row."""
        return (render("check/aggregate/hours_since_newest.sql", column=self.column),)

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether the newest row is new enough."""
        return evaluate_number(Bounds(at_most=self.hours), measured[0], empty_passes=self.empty_passes)

    def reads_from(self, start: datetime, end: datetime) -> datetime:  # noqa: ARG002
        """Return the earliest event time that can be new enough for any moment of the window."""
        return start - timedelta(hours=self.hours)
