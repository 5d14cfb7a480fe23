"""Record the results of checks in the bookkeeping table ``check_results``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from redshift_elt.checks.result import Result
from redshift_elt.run.clock import now
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import numbered, render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window


def record_results(session: Session, run: DagRun, window: Window, results: Sequence[Result]) -> None:
    """Record the results of a run's checks, in one statement."""
    if not results:
        return
    rows = [_row(run, window, result) for result in results]
    statement = render("check/insert_results.sql", names=list(rows[0]), rows=len(rows))
    session.execute(statement, numbered(rows))


def _row(run: DagRun, window: Window, result: Result) -> dict[str, object]:
    """Return a row of ``check_results``, as values by column. Times are UTC."""
    start, end = window.bounds
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "window_start": start,
        "window_end": end,
        "target": target_name(result.check.table),
        "check_name": result.check.check_name,
        "severity": result.check.severity,
        "expected": result.finding.expected,
        "actual": result.finding.actual,
        "passed": result.finding.passed,
        "outcome": result.outcome,
        "duration_seconds": result.seconds,
        "checked_at": now(),
    }
