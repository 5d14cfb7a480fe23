"""Checks whose SQL the user writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from redshift_elt.checks.bounds import Bounds, number_text
from redshift_elt.checks.finding import Finding, evaluate_number, number_of
from redshift_elt.checks.statement_check import StatementCheck
from redshift_elt.checks.user_sql import refuse_positional_placeholders
from redshift_elt.sql.render import render


@dataclass(frozen=True, kw_only=True)
class UserSqlCheck(StatementCheck):
    """A check whose SQL the user writes, as text or in a ``.sql`` file.

    ``%(window_start)s`` and ``%(window_end)s`` in it are the start and end of the run's window, UTC without a zone.
    ``%(dag_id)s`` and ``%(run_id)s`` identify the run. So does the only row of the temporary table
    ``this_run (dag_id, run_id)``, which is created for SQL that names it.

    :param name: what is measured, in a few words.
    :param rows_sql: a query for rows to show if the check fails; the first ten are shown.
    """

    name: str
    rows_sql: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"name is {self.name!r}: write what is measured, in a few words.")
        for argument in self.sql_arguments:
            sql = getattr(self, argument)
            if not isinstance(sql, str) or (not sql.strip() and argument != "rows_sql"):
                raise ValueError(f"{argument} of {self.name!r} is {sql!r}: write a query, or a .sql file.")
            refuse_positional_placeholders(sql, f"{argument} of {self.name!r}")

    @property
    def check_name(self) -> str:
        """What is measured."""
        return self.name

    def rows_statement(self, table: str) -> str:  # noqa: ARG002
        """Return the user's query for rows."""
        return self.rows_sql


@dataclass(frozen=True, kw_only=True)
class Query(UserSqlCheck):
    """The number that a query yields lies within bounds.

    :param sql: the query.
    :param equals: the only number that passes, instead of ``at_least`` and ``at_most``.
    :param at_least: the lowest number that passes; None for no lower bound.
    :param at_most: the highest number that passes; None for no upper bound.
    """

    kind: ClassVar[str] = "query"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key", "where", "window_column"})
    sql_arguments: ClassVar[tuple[str, ...]] = ("sql", "rows_sql")

    sql: str
    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.equals is not None and (self.at_least, self.at_most) != (None, None):
            raise ValueError(f"{self.name!r} has equals and another bound: give equals, or at_least and at_most.")
        self._bounds()

    def statement(self) -> str:
        """Return the user's query."""
        return self.sql

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether the number lies within the bounds."""
        return evaluate_number(self._bounds(), measured[0], empty_passes=self.empty_passes)

    def _bounds(self) -> Bounds:
        return Bounds(self.at_least, self.at_most) if self.equals is None else Bounds(self.equals, self.equals)


@dataclass(frozen=True, kw_only=True)
class EqualCounts(UserSqlCheck):
    """Two queries yield the same number, such as the numbers of staged and of loaded rows.

    :param expected_sql: the query for the expected number.
    :param actual_sql: the query for the number that is checked.
    """

    kind: ClassVar[str] = "equal_counts"
    not_taken: ClassVar[frozenset[str]] = frozenset({"key", "where", "window_column", "empty_passes"})
    sql_arguments: ClassVar[tuple[str, ...]] = ("expected_sql", "actual_sql", "rows_sql")

    expected_sql: str
    actual_sql: str

    def statement(self) -> str:
        """Return the query for both numbers, side by side."""
        return render("check/two_counts.sql", expected=self.expected_sql, actual=self.actual_sql)

    def evaluate(self, measured: Sequence[Any]) -> Finding:
        """Return whether the two numbers are equal."""
        expected, actual = measured
        passed = expected is not None and expected == actual
        return Finding(number_text(number_of(expected)), number_text(number_of(actual)), passed)
