"""The kinds of checks. A row that a failed check shows has its key and the checked columns, and nothing else.

What the functions have in common:

:param table: the table that is checked.
:param window_column: the column of event time by which only the run's window is checked; None for all rows. It is one
    for all checks of a table, which are computed in one scan.
:param key: the columns that tell which row it is, shown with the rows that break the rule. They and the checked columns
    are copied into the log.
:param where: an SQL condition; only the rows of which it holds are judged.
:param empty_passes: whether a check passes that has no row to judge; else it fails, so that a table that has lost its
    rows does not pass by accident.
:param severity: ``error`` fails the task, ``warn`` is reported only.
:raises ValueError: a name cannot be one, or the check could never pass or never fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redshift_elt.checks.check import Aggregate, EqualCounts, Query
from redshift_elt.sql import identifiers, quality


def row_count(
    table: str,
    *,
    at_least: float | None = 1,
    at_most: float | None = None,
    window_column: str | None = None,
    severity: str = "error",
) -> Aggregate:
    """Check how many rows a table has, or the run's window of it."""
    expression = _count(None, window_column)
    name = "rows of the window" if window_column else "rows"
    return Aggregate(
        table, name, at_least, at_most, severity, "row_count", expression=expression, window_column=window_column
    )


def rows_near_average(
    table: str,
    *,
    window_column: str,
    windows: int = 24,
    at_least: float | None = 0.5,
    at_most: float | None = 2,
    empty_passes: bool = False,
    severity: str = "warn",
) -> Aggregate:
    """Check how many times the average of the windows before it the run's window has; a full load has none before it.

    :param windows: how many windows of the same length are averaged, those without rows included.
    """
    if isinstance(windows, bool) or not isinstance(windows, int) or windows < 1:
        raise ValueError(f"windows is {windows!r}: write how many windows are averaged, at least 1.")
    moment = identifiers.identifier(window_column)
    before = f"count(case when {moment} >= %s and {moment} < %s then 1 end)"
    return Aggregate(
        table,
        f"rows, as a multiple of the average of {windows} windows before",
        at_least,
        at_most,
        severity,
        "rows_near_average",
        window_column,
        empty_passes=empty_passes,
        expression=f"{_count(None, window_column)}::double precision * {windows} / nullif({before}, 0)",
        moments=("first", "start"),
        window_column=window_column,
        windows_before=windows,
    )


def not_null(
    table: str,
    column: str,
    *,
    key: str | Sequence[str] = (),
    where: str | None = None,
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "error",
) -> Aggregate:
    """Check that a column is never null."""
    condition = f"{identifiers.identifier(column)} is null"
    return _rule(
        table, f"nulls in {column}", "not_null", condition, [column], key, where, window_column, empty_passes, severity
    )


def accepted_values(
    table: str,
    column: str,
    values: Sequence[quality.Value],
    *,
    key: str | Sequence[str] = (),
    where: str | None = None,
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "error",
) -> Aggregate:
    """Check that a column is null or one of some values; Redshift ignores the blanks at a text's end."""
    if isinstance(values, str) or not values:
        raise ValueError(f"The values of {column} are {values!r}: write a list of those that are accepted.")
    listed = ", ".join(quality.value(of) for of in values)
    condition = f"{identifiers.identifier(column)} not in ({listed})"
    return _rule(
        table,
        f"values of {column} that are not accepted",
        "accepted_values",
        condition,
        [column],
        key,
        where,
        window_column,
        empty_passes,
        severity,
    )


def in_range(
    table: str,
    column: str,
    *,
    at_least: quality.Value | None = None,
    at_most: quality.Value | None = None,
    key: str | Sequence[str] = (),
    where: str | None = None,
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "error",
) -> Aggregate:
    """Check that a column is null or between two values, both included."""
    if at_least is None and at_most is None:
        raise ValueError(f"The range of {column} has no bound: give at_least, at_most or both.")
    quoted = identifiers.identifier(column)
    bounds = [(at_least, "<"), (at_most, ">")]
    condition = " or ".join(f"{quoted} {sign} {quality.value(bound)}" for bound, sign in bounds if bound is not None)
    words = " to ".join("" if bound is None else str(bound) for bound, _ in bounds)
    return _rule(
        table,
        f"{column} outside {words.strip()}",
        "in_range",
        condition,
        [column],
        key,
        where,
        window_column,
        empty_passes,
        severity,
    )


def undamaged_text(
    table: str,
    columns: str | Sequence[str],
    *,
    key: str | Sequence[str] = (),
    where: str | None = None,
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "warn",
) -> Aggregate:
    """Check that no text has letters that are UTF-8 read as Latin-1, once or twice: ``BjÃ¶rk``."""
    judged = identifiers.key(columns)
    condition = " or ".join(
        f"regexp_instr({identifiers.identifier(name)}, '{quality.DAMAGED_TEXT}') > 0" for name in judged
    )
    return _rule(
        table,
        f"damaged text in {' or '.join(judged)}",
        "undamaged_text",
        condition,
        judged,
        key,
        where,
        window_column,
        empty_passes,
        severity,
    )


def unique(
    table: str,
    column: str | Sequence[str],
    *,
    where: str | None = None,
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "error",
) -> Aggregate:
    """Check that no key occurs twice; one with a null is none. Redshift does not enforce keys (AWS "CREATE TABLE").

    :param column: the key's column or columns. Several are compared as text, which does not suit floating point.
    """
    key = identifiers.key(column)
    expression = identifiers.identifier(key[0]) if len(key) == 1 else quality.as_one_text(key)
    condition = _condition(where)
    judged = _judged(condition, window_column)
    if judged:
        expression = f"case when {judged} then {expression} end"
    return Aggregate(
        table,
        f"repeated {', '.join(key)}",
        0,
        0,
        severity,
        "unique",
        key[0] if len(key) == 1 else None,
        of_rows=True,
        empty_passes=empty_passes,
        expression=f"count({expression}) - count(distinct {expression})",
        rows_expression=_count(condition, window_column),
        window_column=window_column,
        shown=key,
        broken=condition or "",
        repeats=True,
    )


def fresh(table: str, column: str, *, hours: int, empty_passes: bool = False, severity: str = "warn") -> Aggregate:
    """Check that the newest row before the window's end is at most a number of hours older than that, or than now.

    Where no row is as new as ``hours`` hours before the window, there may be nothing to measure, which does not pass.

    :param column: the column of event time; also the one by which the table's other checks know the run's window.
    :param hours: full hours that begin between the two moments, as DATEDIFF counts them.
    """
    if isinstance(hours, bool) or not isinstance(hours, int) or hours < 0:
        raise ValueError(f"hours is {hours!r}: write a whole number of hours.")
    moment = identifiers.identifier(column)
    newest = f"max(case when {moment} < %s then {moment} end)"
    return Aggregate(
        table,
        f"hours since the newest {column}",
        None,
        hours,
        severity,
        "fresh",
        column,
        empty_passes=empty_passes,
        expression=f"datediff(hour, {newest}, least(%s::timestamp, sysdate))",
        moments=("end", "end"),
        window_column=column,
        hours_before=hours,
    )


def references(
    table: str,
    column: str,
    to: str,
    to_column: str,
    *,
    key: str | Sequence[str] = (),
    window_column: str | None = None,
    empty_passes: bool = False,
    severity: str = "error",
) -> Query:
    """Check that every value of a column that is not null occurs in a column of another table."""
    source, missing = quality.without_parent(table, column, to, to_column, window_column)
    shown = identifiers.columns(_once([*_key(key), column]), identifiers.table(table))
    ordered = f"order by\n    {shown}\nlimit {quality.SHOWN_ROWS}"
    joined = "and" if window_column else "where"
    return Query(
        table,
        f"{column} not in {to}",
        0,
        0,
        severity,
        "references",
        column,
        of_rows=True,
        empty_passes=empty_passes,
        sql=f"select\n    count(case when {missing} then 1 end),\n    count(*)\n{source}",
        rows_sql=f"select\n    {shown}\n{source}\n{joined} {missing}\n{ordered}",
    )


def equal_counts(
    table: str, name: str, *, expected_sql: str, actual_sql: str, rows_sql: str = "", severity: str = "error"
) -> EqualCounts:
    """Check that two queries yield the same number, such as how many rows were staged and how many loaded.

    :param name: what is compared, in a few words.
    :param expected_sql: the query for the number that is right, or a ``.sql`` file with it.
    :param actual_sql: the query for the number that is judged, or a ``.sql`` file with it.
    :param rows_sql: the query for rows to show when they differ, or a file with it; only its first ten are shown.
    """
    return EqualCounts(
        table, name, severity=severity, expected_sql=expected_sql, actual_sql=actual_sql, rows_sql=rows_sql
    )


def query(
    table: str,
    name: str,
    sql: str,
    *,
    equals: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    rows_sql: str = "",
    empty_passes: bool = False,
    severity: str = "error",
) -> Query:
    """Check the number that a query yields.

    :param name: what is measured, in a few words.
    :param sql: the query, or a ``.sql`` file with it; see :class:`redshift_elt.checks.Query`.
    :param equals: the only number that passes; in the place of the two bounds.
    :param rows_sql: the query for rows to show when it fails, or a file with it; only its first ten are shown.
    """
    if equals is not None:
        if at_least is not None or at_most is not None:
            raise ValueError(f"{name!r} has equals and another bound: give equals, or at_least and at_most.")
        at_least = at_most = equals
    return Query(table, name, at_least, at_most, severity, empty_passes=empty_passes, sql=sql, rows_sql=rows_sql)


def _rule(
    table: str,
    name: str,
    kind: str,
    broken: str,
    judged: Sequence[str],
    key: str | Sequence[str],
    where: str | None,
    window_column: str | None,
    empty_passes: bool,
    severity: str,
) -> Aggregate:
    """Return the check of a rule for rows, which is broken where an SQL condition holds."""
    condition = _condition(where)
    broken = f"({condition}) and ({broken})" if condition else broken
    return Aggregate(
        table,
        name,
        0,
        0,
        severity,
        kind,
        judged[0] if len(judged) == 1 else None,
        of_rows=True,
        empty_passes=empty_passes,
        expression=_count(broken, window_column),
        rows_expression=_count(condition, window_column),
        window_column=window_column,
        shown=tuple(_once([*_key(key), *judged])),
        broken=broken,
    )


def _count(condition: str | None, window_column: str | None) -> str:
    judged = _judged(condition, window_column)
    return f"count(case when {judged} then 1 end)" if judged else "count(*)"


def _judged(condition: str | None, window_column: str | None) -> str:
    parts = [quality.IN_WINDOW] if window_column else []
    return " and ".join([*parts, *([f"({condition})"] if condition else [])])


def _condition(where: str | None) -> str | None:
    """Return a condition for a statement whose values are bound."""
    if where is None:
        return None
    if not isinstance(where, str) or not where.strip():
        raise ValueError(f"where is {where!r}: write an SQL condition, or leave it out.")
    return where.strip().replace("%", "%%")


def _key(key: str | Sequence[str]) -> tuple[str, ...]:
    return identifiers.key(key) if key else ()


def _once(listed: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(listed))
