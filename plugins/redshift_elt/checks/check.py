"""What a check is: a number that is measured, and its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redshift_elt.sql import identifiers, quality

_SEVERITIES = ("error", "warn")


@dataclass(frozen=True)
class Check:
    """A number that is measured, and its bounds.

    :param table: the table that the check is about.
    :param name: what is measured, in a few words.
    :param at_least: the lowest number that passes; None for no bound.
    :param at_most: the highest number that passes; None for no bound.
    :param severity: ``error`` fails the task, ``warn`` is reported only.
    :param kind: the name of the function that made it, for lineage.
    :param column: the column that is judged, for lineage; None where it is not one.
    :param of_rows: whether a rule for rows is judged: where no row is, nothing was.
    :param empty_passes: whether it passes where there is nothing to judge or to measure.
    """

    table: str
    name: str
    at_least: float | None = None
    at_most: float | None = None
    severity: str = "error"
    kind: str = "aggregate"
    column: str | None = None
    of_rows: bool = False
    empty_passes: bool = False

    def __post_init__(self) -> None:
        identifiers.table(self.table)
        if self.severity not in _SEVERITIES:
            raise ValueError(f"The severity of {self.name!r} is {self.severity!r}: write 'error' or 'warn'.")
        if not isinstance(self.empty_passes, bool):
            raise ValueError(f"empty_passes of {self.name!r} is {self.empty_passes!r}: write true or false.")
        for bound in (self.at_least, self.at_most):
            if bound is not None and (isinstance(bound, bool) or not isinstance(bound, (int, float))):
                raise ValueError(f"A bound of {self.name!r} is {bound!r}: write a number.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"{self.name!r} of {self.table} can never pass: at_least is greater than at_most.")
        if self.at_least is None and self.at_most is None and not isinstance(self, EqualCounts):
            raise ValueError(f"{self.name!r} of {self.table} can never fail: give at_least, at_most or both.")

    @property
    def expected(self) -> str:
        """The bounds in words."""
        if self.at_least == self.at_most:
            return number_text(self.at_least)
        if self.at_most is None:
            return f"at least {number_text(self.at_least)}"
        if self.at_least is None:
            return f"at most {number_text(self.at_most)}"
        return f"{number_text(self.at_least)} to {number_text(self.at_most)}"

    def passes(self, measured: float | None, rows: int | None = None) -> bool:
        """Return whether a measured number lies within the bounds.

        :param measured: None where there was nothing to measure, as the newest row of an empty table.
        :param rows: how many rows were judged, for a check ``of_rows``.
        """
        if measured is None or (self.of_rows and not rows):
            return self.empty_passes
        return (self.at_least is None or measured >= self.at_least) and (
            self.at_most is None or measured <= self.at_most
        )

    @property
    def passes_without_rows(self) -> bool:
        """Whether an empty table is sure to pass."""
        return False


@dataclass(frozen=True)
class Aggregate(Check):
    """A check that is one aggregate over a table's rows. All aggregates of a table are computed in one scan.

    :param expression: the SQL aggregate, such as ``count(*)``. ``in_window = 1`` holds of the window's rows.
    :param rows_expression: the aggregate for how many rows were judged.
    :param moments: what each ``%s`` in the expression stands for: ``first``, ``start`` or ``end``.
    :param window_column: the column of event time by which only the run's window is measured; None for all rows.
    :param windows_before: how many windows before the run's own are read, too.
    :param hours_before: how many hours before the window are read, too.
    :param shown: the columns to show of rows that break the rule; none where it is no rule for rows.
    :param broken: the SQL condition that the rule is broken.
    :param repeats: whether the rows that break it are those which have all of ``shown`` in common with others.
    """

    expression: str = "count(*)"
    rows_expression: str = "count(*)"
    moments: tuple[str, ...] = ()
    window_column: str | None = None
    windows_before: int = 0
    hours_before: int = 0
    shown: tuple[str, ...] = ()
    broken: str = ""
    repeats: bool = False

    @property
    def passes_without_rows(self) -> bool:
        """Whether an empty table is sure to pass."""
        return self.passes(None) if self.of_rows or self.moments else self.passes(0)

    def rows_sql(self, table: str) -> str:
        """Return the query for rows of a table that break the rule, or nothing; its values: the window's bounds."""
        if not self.shown:
            return ""
        select = quality.repeated if self.repeats else quality.offending
        return select(table, self.shown, self.broken, self.window_column)

    def first(self, start: datetime, end: datetime) -> datetime:
        """Return the first moment that is read for a window; UTC without a zone."""
        return start - self.windows_before * (end - start) - timedelta(hours=self.hours_before)


@dataclass(frozen=True)
class Query(Check):
    """A check that is a query of its own, which yields one number.

    :param sql: the query, or a ``.sql`` file with it. Each two ``%s`` in it are start and end of the run's window, UTC
        without a zone. Which run it is stands in the temporary table ``this_run (dag_id, run_id)``. A check ``of_rows``
        yields a second number: how many rows were judged.
    :param rows_sql: the query for rows that break the rule, or a file with it; its first ten are shown.
    """

    kind: str = "query"
    sql: str = ""
    rows_sql: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.sql, str) or not self.sql.strip():
            raise ValueError(f"{self.name!r} of {self.table} has no query: give sql, or a file that ends with .sql.")


@dataclass(frozen=True)
class EqualCounts(Check):
    """A check that two queries yield the same number; see :class:`Query` for what they may hold.

    :param expected_sql: the query for the number that is right, or a ``.sql`` file with it.
    :param actual_sql: the query for the number that is judged.
    """

    kind: str = "equal_counts"
    expected_sql: str = ""
    actual_sql: str = ""
    rows_sql: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for sql in (self.expected_sql, self.actual_sql):
            if not isinstance(sql, str) or not sql.strip():
                raise ValueError(f"{self.name!r} of {self.table} needs two queries: give expected_sql and actual_sql.")


def refuse_unfit(checks: Sequence[Check]) -> None:
    """Refuse checks that cannot be made together.

    :raises ValueError: a check is given twice, or those of a table know the window by different columns.
    """
    seen = set()
    columns: dict[str, str] = {}
    for check in checks:
        if (check.table, check.name) in seen:
            raise ValueError(f"The check {check.name!r} of {check.table} is given twice.")
        seen.add((check.table, check.name))
        if isinstance(check, Aggregate) and check.window_column:
            column = columns.setdefault(check.table, check.window_column)
            if column != check.window_column:
                raise ValueError(
                    f"The checks of {check.table} know the window by {column} and by {check.window_column}: one scan "
                    "has one window_column. Make the others in a task of their own."
                )


def number_text(number: float | None) -> str:
    """Return a number as people write it: every digit, and no fraction where there is none."""
    if number is None:
        return "nothing"
    return f"{number:.0f}" if number == int(number) else repr(number)
