"""Which checks a run has to run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from redshift_elt.checks.aggregate import Aggregate
from redshift_elt.checks.check import Check
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.names import DagRun
    from redshift_elt.run.window import Window

log = logging.getLogger(__name__)


def due_checks(session: Session, run: DagRun, window: Window, checks: Sequence[Check]) -> list[Check]:
    """Return the checks that a run has to run.

    A check of a whole table is left out if the run has not changed the table: the run that changed it has checked it.
    A full load runs all checks, except those that compare its window with earlier ones.
    """
    if window.full:
        return [check for check in checks if not (isinstance(check, Aggregate) and check.compares_windows)]
    start, end = window.bounds
    values = {"dag_id": run.dag_id, "run_id": run.run_id, "window_start": start, "window_end": end}
    changed = dict(session.fetch(render("check/changed_by_this_run.sql"), values))
    unchanged = {target for target, rows in changed.items() if not rows}
    due = [check for check in checks if not _reads_whole_table(check) or target_name(check.table) not in unchanged]
    if left_out := sorted({check.table for check in checks} - {check.table for check in due}):
        log.info("Not checked, because this run has not changed them: %s.", ", ".join(left_out))
    return due


def _reads_whole_table(check: Check) -> bool:
    return isinstance(check, Aggregate) and check.time_column is None
