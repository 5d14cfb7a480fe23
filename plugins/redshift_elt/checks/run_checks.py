"""Run checks: all aggregates of a table in one scan; those that fail fetch some of the rows that break them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import SHOWN_ROWS, Check
from redshift_elt.checks.result import Result
from redshift_elt.checks.scan import Scan
from redshift_elt.checks.statement_check import StatementCheck

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.window import Window


def run_checks(
    session: Session, window: Window, checks: Sequence[Check], tables: Mapping[str, str] | None = None
) -> list[Result]:
    """Run checks and return their results, in the order of the checks.

    :param tables: tables to scan instead of a check's own, by the check's table: a run's staging tables.
    """
    tables = tables or {}
    runner = _Runner(session, window)
    results: dict[Check, Result] = {}
    aggregates = [check for check in checks if isinstance(check, Aggregate)]
    for table in dict.fromkeys(check.table for check in aggregates):
        scan = Scan(tables.get(table, table), [check for check in aggregates if check.table == table])
        results.update(runner.scan(scan))
    for check in checks:
        if isinstance(check, StatementCheck):
            results[check] = runner.ask(check)
    return [results[check] for check in checks]


class _Runner:
    """Sends the statements of checks.

    :param session: the transaction to send them in.
    :param window: the run's window.
    """

    def __init__(self, session: Session, window: Window) -> None:
        self._session = session
        self._start, self._end = window.bounds
        self._values: dict[str, object] = {"window_start": self._start, "window_end": self._end}

    def scan(self, scan: Scan) -> dict[Check, Result]:
        """Return the results of all checks of a scan."""
        [row], seconds = self._fetch(scan.statement(), scan.values(self._start, self._end))
        return {
            check: self._result(check, scan.table, measured, seconds)
            for check, measured in zip(scan.checks, scan.measured(row), strict=True)
        }

    def ask(self, check: StatementCheck) -> Result:
        """Return the result of a check that needs a separate statement.

        :raises AirflowFailException: the query of the check does not return exactly one row.
        """
        rows, seconds = self._fetch(check.statement(), self._values)
        if len(rows) != 1:
            raise AirflowFailException(
                f"{check.table}: {check.check_name}: the query returned {len(rows)} rows. Write a query that returns "
                "exactly one row, such as a count."
            )
        return self._result(check, check.table, rows[0], seconds)

    def _result(self, check: Check, table: str, measured: Sequence[Any], seconds: float) -> Result:
        try:
            finding = check.evaluate(measured)
        except (TypeError, ValueError) as error:
            found = ", ".join(map(str, measured))
            raise AirflowFailException(
                f"{check.table}: {check.check_name}: the query returned {found}, which is not a number. Write a query "
                "that returns a number, such as a count."
            ) from error
        statement = "" if finding.passed or finding.no_rows else check.rows_statement(table)
        if not statement:
            return Result(check, finding, seconds)
        columns, rows = self._session.answer(statement, self._values)
        return Result(check, finding, seconds, tuple(columns), tuple(rows[:SHOWN_ROWS]))

    def _fetch(self, statement: str, values: Mapping[str, object]) -> tuple[list[tuple[Any, ...]], float]:
        """Return the rows of a query, and the seconds that it took."""
        started = time.monotonic()
        rows = self._session.fetch(statement, values)
        return rows, time.monotonic() - started
