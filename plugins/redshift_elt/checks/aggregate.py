"""Checks that are SQL aggregates over a table's rows: all of a table are computed in one scan."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from redshift_elt.checks.check import Check


@dataclass(frozen=True, kw_only=True)
class Aggregate(Check):
    """A check that one scan of its table computes, together with the table's other aggregates."""

    # Whether earlier windows are compared with the run's own. A full load has none.
    compares_windows: ClassVar[bool] = False

    @abstractmethod
    def aggregates(self) -> tuple[str, ...]:
        """Return the SQL aggregates whose values :meth:`evaluate` takes.

        In a scan with a :attr:`time_column`, ``in_window = 1`` selects the rows of the window. All values of
        :meth:`moments` and the window's start and end are bound.
        """

    @property
    def time_column(self) -> str | None:
        """The column of event time if the check asks for the window only; None if it reads all rows."""
        return self.window_column

    @property
    def passes_without_rows(self) -> bool:
        """Whether an empty table is sure to pass."""
        return self.empty_passes

    def moments(self, start: datetime, end: datetime) -> dict[str, datetime]:  # noqa: ARG002
        """Return the moments that the aggregates refer to by name, besides the window's start and end.

        :param start: the window's start, UTC without a zone.
        :param end: the window's end, UTC without a zone.
        """
        return {}

    def reads_from(self, start: datetime, end: datetime) -> datetime:  # noqa: ARG002
        """Return the earliest event time that the check reads, for a window with this start and end."""
        return start
