"""Data-quality checks: each measures one number in the warehouse and says between which bounds it must lie."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_elt.statements import names

_SEVERITIES = ("error", "warn")


@dataclass(frozen=True)
class Check:
    """A number that is measured, and its bounds.

    :param table: the table that the check is about.
    :param name: what is measured, in a few words.
    :param at_least: the lowest number that passes; None for no bound.
    :param at_most: the highest number that passes; None for no bound.
    :param severity: ``error`` fails the task, ``warn`` is reported only.
    """

    table: str
    name: str
    at_least: float | None = None
    at_most: float | None = None
    severity: str = "error"

    def __post_init__(self) -> None:
        names.table(self.table)
        if self.severity not in _SEVERITIES:
            raise ValueError(f"The severity of {self.name!r} is {self.severity!r}: write 'error' or 'warn'.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"{self.name!r} of {self.table} can never pass: at_least is greater than at_most.")
        if self.at_least is None and self.at_most is None:
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

    def passes(self, measured: float | None) -> bool:
        """Return whether a measured number lies within the bounds; no number, as of an empty table, does not."""
        if measured is None:
            return False
        return (self.at_least is None or measured >= self.at_least) and (
            self.at_most is None or measured <= self.at_most
        )


@dataclass(frozen=True)
class Aggregate(Check):
    """A check that is one aggregate over a table's rows. All aggregates of a table are computed in one scan.

    :param expression: the SQL aggregate, such as ``count(*)``.
    :param window_column: the column of event time by which only the run's window is measured; None for all rows.
    """

    expression: str = "count(*)"
    window_column: str | None = None


@dataclass(frozen=True)
class Query(Check):
    """A check that is a query of its own, which yields one number.

    :param sql: the query, or a ``.sql`` file with it. Each two ``%s`` in it are start and end of the run's window, UTC
        without a zone. Which run it is stands in the temporary table ``this_run (dag_id, run_id)``.
    """

    sql: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sql.strip():
            raise ValueError(f"{self.name!r} of {self.table} has no query: give sql, or a file that ends with .sql.")


def number_text(number: float | None) -> str:
    """Return a number as people write it: every digit, and no fraction where there is none."""
    if number is None:
        return "nothing"
    return f"{number:.0f}" if number == int(number) else repr(number)


def row_count(
    table: str,
    *,
    at_least: float | None = 1,
    at_most: float | None = None,
    window_column: str | None = None,
    severity: str = "error",
) -> Aggregate:
    """Check how many rows a table has, or the run's window of it."""
    return Aggregate(table, "rows", at_least, at_most, severity, "count(*)", window_column)


def not_null(table: str, column: str, *, window_column: str | None = None, severity: str = "error") -> Aggregate:
    """Check that a column is never null."""
    expression = f"count(*) - count({names.identifier(column)})"
    return Aggregate(table, f"nulls in {column}", 0, 0, severity, expression, window_column)


def unique(table: str, column: str, *, window_column: str | None = None, severity: str = "error") -> Aggregate:
    """Check that no value of a column occurs twice. Redshift does not enforce its keys (AWS page "CREATE TABLE")."""
    quoted = names.identifier(column)
    expression = f"count({quoted}) - count(distinct {quoted})"
    return Aggregate(table, f"repeated {column}", 0, 0, severity, expression, window_column)


def fresh(table: str, column: str, *, hours: int, severity: str = "warn") -> Query:
    """Check that the newest row is at most a number of hours older than the end of the run's window, or than now.

    A table that has newer rows than the window is as fresh as can be: 0 hours. One without a row since ``hours`` hours
    before the window has nothing to measure, which does not pass.
    """
    sql = (
        "with latest as (\n"
        f"select max({names.identifier(column)}) as newest\nfrom {names.table(table)}\n"
        f"where {names.identifier(column)} >= dateadd(hour, {-hours:d}, %s::timestamp)\n"
        "), aged as (\n"
        "select datediff(hour, newest, least(%s::timestamp, sysdate)) as age\nfrom latest\n"
        ")\n"
        "select case when age < 0 then 0 else age end\nfrom aged"
    )
    return Query(table, f"hours since the newest {column}", None, hours, severity, sql)


def references(
    table: str, column: str, to: str, to_column: str, *, window_column: str | None = None, severity: str = "error"
) -> Query:
    """Check that every value of a column that is not null occurs in a column of another table."""
    child, parent = names.table(table), names.table(to)
    window = ""
    if window_column:
        moment = f"{child}.{names.identifier(window_column)}"
        window = f"\n  and {moment} >= %s\n  and {moment} < %s"
    sql = (
        f"select count(*)\nfrom {child}\n"
        f"left join {parent}\n  on {parent}.{names.identifier(to_column)} = {child}.{names.identifier(column)}\n"
        f"where {child}.{names.identifier(column)} is not null\n"
        f"  and {parent}.{names.identifier(to_column)} is null{window}"
    )
    return Query(table, f"{column} not in {to}", 0, 0, severity, sql)
