"""Run checks: all aggregates of a table in one scan; those that fail fetch some of the rows that break them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import SHOWN_ROWS, Check
from redshift_elt.checks.result import Result
from redshift_elt.checks.scan import Scan
from redshift_elt.checks.side_by_side import Query, answers
from redshift_elt.checks.statement_check import StatementCheck

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window


def run_checks(
    session: Session,
    window: Window,
    checks: Sequence[Check],
    tables: Mapping[str, str] | None = None,
    run: DagRun | None = None,
) -> list[Result]:
    """Run checks and return their results, in the order of the checks.

    :param tables: tables to scan instead of a check's own, by the check's table: a run's staging tables.
    :param run: the run, whose ids the SQL of users can name.
    """
    tables = tables or {}
    runner = _Runner(session, window, run)
    aggregates = [check for check in checks if isinstance(check, Aggregate)]
    scans = [
        Scan(tables.get(table, table), [check for check in aggregates if check.table == table])
        for table in dict.fromkeys(check.table for check in aggregates)
    ]
    statements = [check for check in checks if isinstance(check, StatementCheck)]
    together = [check for check in statements if check.result_columns]
    results = runner.ask_together(scans, together)
    results.update({check: runner.ask(check) for check in statements if check not in together})
    return [results[check] for check in checks]


class _Runner:
    """Sends the statements of checks.

    :param session: the transaction to send them in.
    :param window: the run's window.
    :param run: the run, whose ids the SQL of users can name.
    """

    def __init__(self, session: Session, window: Window, run: DagRun | None) -> None:
        self._session = session
        self._start, self._end = window.bounds
        self._values: dict[str, object] = {"window_start": self._start, "window_end": self._end}
        if run:
            self._values |= {"dag_id": run.dag_id, "run_id": run.run_id}

    def ask_together(self, scans: Sequence[Scan], checks: Sequence[StatementCheck]) -> dict[Check, Result]:
        """Return the results of scans and of checks whose statements were not written by a user."""
        queries = [Query(scan.statement(), scan.result_columns, scan.values(self._start, self._end)) for scan in scans]
        queries += [Query(check.statement(), check.result_columns, self._values) for check in checks]
        rows = answers(self._session, queries)
        results: dict[Check, Result] = {}
        for scan, (row, seconds) in zip(scans, rows[: len(scans)], strict=True):
            for check, measured in zip(scan.checks, scan.measured(row), strict=True):
                results[check] = self._result(check, scan.table, measured, seconds)
        for asked, (row, seconds) in zip(checks, rows[len(scans) :], strict=True):
            results[asked] = self._result(asked, asked.table, row, seconds)
        return results

    def ask(self, check: StatementCheck) -> Result:
        """Return the result of a check whose statement its user has written.

        :raises AirflowFailException: the query of the check does not return exactly one row.
        """
        started = time.monotonic()
        rows = self._session.fetch(check.statement(), self._values)
        if len(rows) != 1:
            raise AirflowFailException(
                f"{check.table}: {check.check_name}: the query returned {len(rows)} rows. Write a query that returns "
                "exactly one row, such as a count."
            )
        return self._result(check, check.table, rows[0], time.monotonic() - started)

    def _result(self, check: Check, table: str, measured: Sequence[Any], seconds: float) -> Result:
        try:
            finding = check.evaluate(measured)
        except (TypeError, ValueError, OverflowError) as error:
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
