"""Make checks: all of a table in one scan; those that fail show some of the rows that break them."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import SQLCheckResult
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.checks.check import Aggregate, Check, EqualCounts, Query, number_text
from redshift_elt.run.clock import now
from redshift_elt.sql import bookkeeping, quality

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What a check has found.

    :param seconds: how long the check's statement took; the checks of one scan share theirs.
    :param rows: some of the rows that break the rule: keys and checked columns, values of the data themselves.
    :param columns: the names of these columns.
    """

    check: Check
    expected: str
    actual: str
    passed: bool
    seconds: float
    rows: tuple[tuple[Any, ...], ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """``passed``, ``warned`` or ``failed``."""
        if self.passed:
            return "passed"
        return "failed" if self.check.severity == "error" else "warned"

    def __str__(self) -> str:
        return f"{self.check.table}: {self.check.name}: expected {self.expected}, found {self.actual}"

    @property
    def with_rows(self) -> str:
        """The result in words, and the rows below it, under the names of their columns."""
        table = [self.columns, *self.rows] if self.rows else []
        return "\n".join([str(self), *(f"    {', '.join(map(str, row))}" for row in table)])


def make(
    session: Session, window: Window, checks: Sequence[Check], tables: Mapping[str, str] | None = None
) -> list[Result]:
    """Make checks and return their results, in their order.

    :param tables: the tables to check in the place of a check's own: those that the run has staged into.
    """
    tables = tables or {}
    results: dict[Check, Result] = {}
    aggregates = [check for check in checks if isinstance(check, Aggregate)]
    for table in dict.fromkeys(check.table for check in aggregates):
        together = [check for check in aggregates if check.table == table]
        results.update(_scan(session, window, together, tables.get(table, table)))
    for check in checks:
        if isinstance(check, (Query, EqualCounts)):
            results[check] = _ask(session, window, check)
    return [results[check] for check in checks]


def record(session: Session, run: DagRun, window: Window, results: Sequence[Result]) -> None:
    """Keep results in ``etl.check_results``."""
    rows = [
        bookkeeping.CheckResult(
            dag_id=run.dag_id,
            run_id=run.run_id,
            window_start=window.bounds[0],
            window_end=window.bounds[1],
            target=result.check.table,
            check_name=result.check.name,
            severity=result.check.severity,
            expected=result.expected,
            actual=result.actual,
            passed=result.passed,
            outcome=result.outcome,
            duration_seconds=result.seconds,
            checked_at=now(),
        )
        for result in results
    ]
    if rows:
        session.execute(bookkeeping.insert_check_results(len(rows)), bookkeeping.values(rows))


def tell(results: Sequence[Result]) -> None:
    """Write every result into the log, and the rows that break a rule below it."""
    for result in results:
        text = result.with_rows
        words = {"passed": "passed", "warned": "warning", "failed": "FAILED"}[result.outcome]
        log.log(logging.INFO if result.passed else logging.WARNING, "%s: %s", words, text)


def fail_if_any_failed(results: Sequence[Result], consequence: str = "") -> None:
    """Raise an error that names every check with severity ``error`` that has failed.

    :param consequence: what follows from it, in a sentence.
    :raises AirflowFailException: there is one. Bad data stays bad, so it is not tried again.
    """
    failed = [result for result in results if result.outcome == "failed"]
    if failed:
        listed = "\n".join(result.with_rows for result in failed)
        follows = f" {consequence}" if consequence else ""
        raise AirflowFailException(f"{len(failed)} of {len(results)} checks failed.{follows}\n{listed}")


def counts(results: Sequence[Result]) -> dict[str, int]:
    """Return how many checks have passed, warned and failed."""
    return {outcome: sum(result.outcome == outcome for result in results) for outcome in ("passed", "warned", "failed")}


def for_lineage(results: Sequence[Result]) -> list[SQLCheckResult]:
    """Return the results as the OpenLineage provider makes assertion facets of them."""
    return [
        SQLCheckResult(
            name=result.check.name,
            check_type=result.check.kind,
            success=result.passed,
            severity=result.check.severity,
            column=result.check.column,
            table=result.check.table,
            expected=result.expected,
            actual=result.actual,
        )
        for result in results
    ]


def _scan(session: Session, window: Window, checks: Sequence[Aggregate], table: str) -> dict[Check, Result]:
    """Compute every aggregate of a table in one scan."""
    start, end = window.bounds
    measured = [(check.expression, check.moments) for check in checks]
    counted = list(dict.fromkeys(check.rows_expression for check in checks if check.of_rows))
    columns = {check.window_column for check in checks}
    window_column = next(filter(None, columns), None)
    bounded = window_column is not None and None not in columns
    values: list[object] = []
    for check in checks:
        moments = {"first": check.first(start, end), "start": start, "end": end} if check.moments else {}
        values += [moments[name] for name in check.moments]
    if window_column:
        values += [start, end]
    if bounded:
        values += [min(check.first(start, end) for check in checks), end]
    sql = quality.scan(table, [sql for sql, _ in measured] + counted, window_column, bounded=bounded)
    [found], seconds = _fetch(session, sql, values)
    judged = dict(zip(counted, found[len(measured) :], strict=True))
    results = {}
    for check, number in zip(checks, found[: len(measured)], strict=True):
        rows_sql = check.rows_sql(table)
        results[check] = _judge(session, window, check, number, judged.get(check.rows_expression), seconds, rows_sql)
    return results


def _ask(session: Session, window: Window, check: Query | EqualCounts) -> Result:
    if isinstance(check, EqualCounts):
        sql = quality.two_counts(check.expected_sql, check.actual_sql)
        [(expected, actual)], seconds = _fetch(session, sql, _window_values(window, sql))
        passed = expected is not None and expected == actual
        rows, columns = ((), ()) if passed else _rows(session, window, check.rows_sql)
        texts = number_text(_number(expected)), number_text(_number(actual))
        return Result(check, *texts, passed, seconds, rows, columns)
    [found], seconds = _fetch(session, check.sql, _window_values(window, check.sql))
    return _judge(session, window, check, found[0], found[1] if check.of_rows else None, seconds, check.rows_sql)


def _judge(
    session: Session,
    window: Window,
    check: Check,
    measured: Any,
    judged: int | None,
    seconds: float,
    rows_sql: str,
) -> Result:
    number = _number(measured)
    passed = check.passes(number, judged)
    empty = check.of_rows and not judged
    rows, columns = ((), ()) if passed or empty else _rows(session, window, rows_sql)
    return Result(check, check.expected, "no rows" if empty else number_text(number), passed, seconds, rows, columns)


def _rows(session: Session, window: Window, sql: str) -> tuple[tuple[tuple[Any, ...], ...], tuple[str, ...]]:
    """Return the first rows of a query, and the names of its columns."""
    if not sql:
        return (), ()
    values = _window_values(window, sql)
    columns, found = session.answer(_sendable(sql, values), values)
    return tuple(found[: quality.SHOWN_ROWS]), tuple(columns)


def _window_values(window: Window, sql: str) -> list[object]:
    return [*window.bounds] * (sql.count("%s") // 2)


def _fetch(session: Session, sql: str, values: Sequence[object]) -> tuple[list[tuple[Any, ...]], float]:
    """Return a query's rows and the seconds that it took."""
    started = time.monotonic()
    rows = session.fetch(_sendable(sql, values), values)
    return rows, time.monotonic() - started


def _sendable(sql: str, values: Sequence[object]) -> str:
    """Return a statement of ours, whose percent signs are doubled: that is undone only where values are bound."""
    return sql if values else sql.replace("%%", "%")


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
