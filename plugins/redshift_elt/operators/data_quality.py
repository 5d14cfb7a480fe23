"""Check the tables: all checks are made, all results are kept, all failures are reported together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import SQLCheckResult
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.checks import Aggregate, Check, Query, number_text
from redshift_elt.operators.staged import StagedOperator
from redshift_elt.statements import bookkeeping, names, quality

if TYPE_CHECKING:
    from redshift_elt.stage import Stage
    from redshift_elt.transaction import Session
    from redshift_elt.window import Window


class DataQualityOperator(StagedOperator):
    """Make a number of checks, and keep their results in ``etl.check_results``.

    A check that fails is not tried again, for bad data stays bad; a lost connection is. A check of a whole table is
    made by the runs that change the table.

    :param checks: the checks, see :mod:`redshift_elt.checks`.
    :param staged_by: the operators that stage what the checks' queries read.
    :raises AirflowFailException: a check with severity ``error`` has failed; the message names every one that has.
    """

    template_fields: Sequence[str] = (*StagedOperator.template_fields, "queries")

    def __init__(self, *, checks: Sequence[Check], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not checks:
            raise ValueError("checks is empty: give at least one, such as row_count('orders').")
        seen = set()
        for check in checks:
            if (check.table, check.name) in seen:
                raise ValueError(f"The check {check.name!r} of {check.table} is given twice.")
            seen.add((check.table, check.name))
        self.checks = list(checks)
        self.queries = [check.sql for check in checks if isinstance(check, Query)]

    def execute(self, context: Mapping[str, Any]) -> dict[str, int]:
        """Make the checks and return how many passed, warned and failed."""
        from redshift_elt.audit import now

        window = self.window(context)

        def check(session: Session, _: Sequence[Stage]) -> list[bookkeeping.CheckResult]:
            session.execute(quality.CREATE_THIS_RUN)
            session.execute(quality.FILL_THIS_RUN, (context["ti"].dag_id, context["ti"].run_id))
            checks = self._due(session, window)
            measured = self._measure(session, window, checks)
            results = [
                bookkeeping.CheckResult(
                    dag_id=context["ti"].dag_id,
                    run_id=context["ti"].run_id,
                    window_start=window.bounds[0],
                    window_end=window.bounds[1],
                    target=check.table,
                    check_name=check.name,
                    severity=check.severity,
                    expected=check.expected,
                    actual=number_text(number),
                    passed=check.passes(number),
                    checked_at=now(),
                )
                for check, number in zip(checks, measured, strict=True)
            ]
            if results:
                session.execute(bookkeeping.insert_check_results(len(results)), bookkeeping.values(results))
            return results

        return self._report(self.on_staged(context, window, check))

    def _due(self, session: Session, window: Window) -> list[Check]:
        """Return the checks to make: a table that this run left as it was has been checked by those that changed it.

        A full load is to make sure of everything, so it makes them all.
        """
        if window.full:
            return self.checks
        written = dict(session.fetch(quality.CHANGED_BY_THIS_RUN, window.bounds))
        unchanged = {table for table, rows in written.items() if not rows}

        def is_due(check: Check) -> bool:
            whole_table = isinstance(check, Aggregate) and check.window_column is None
            return not whole_table or names.bare(check.table) not in unchanged

        due = [check for check in self.checks if is_due(check)]
        if left_out := sorted({check.table for check in self.checks} - {check.table for check in due}):
            self.log.info("Not checked as a whole, for this run has not changed them: %s.", ", ".join(left_out))
        return due

    def _measure(self, session: Session, window: Window, checks: Sequence[Check]) -> list[float | None]:
        """Return the number that each check measures, in the order of the checks."""
        measured: dict[Check, float | None] = {}
        aggregates = sorted(
            (check for check in checks if isinstance(check, Aggregate)),
            key=lambda check: (check.table, check.window_column or ""),
        )
        for (table, window_column), group in groupby(aggregates, key=lambda check: (check.table, check.window_column)):
            together = list(group)
            query = quality.measure(table, [check.expression for check in together], window_column)
            row = session.fetch(query, window.bounds if window_column else ())[0]
            measured.update(zip(together, map(_number, row), strict=True))
        queries = [check for check in self.checks if isinstance(check, Query)]
        for check, sql in zip(queries, self.queries, strict=True):
            measured[check] = _number(session.fetch(sql, window.bounds * (sql.count("%s") // 2))[0][0])
        return [measured[check] for check in checks]

    def _report(self, results: Sequence[bookkeeping.CheckResult]) -> dict[str, int]:
        # Read by the OpenLineage listener.
        self.check_results = [
            SQLCheckResult(
                name=result.check_name,
                check_type=result.check_name,
                success=result.passed,
                severity=result.severity,
                table=result.target,
                expected=result.expected,
                actual=result.actual,
            )
            for result in results
        ]
        for result in results:
            outcome = "passed" if result.passed else "FAILED" if result.severity == "error" else "warning"
            text = f"{outcome}: {result.target}: {result.check_name}: expected {result.expected}, found {result.actual}"
            self.log.log(logging.INFO if result.passed else logging.WARNING, "%s", text)
        failed = [result for result in results if not result.passed]
        errors = [result for result in failed if result.severity == "error"]
        if errors:
            listed = "\n".join(
                f"{result.target}: {result.check_name}: expected {result.expected}, found {result.actual}"
                for result in errors
            )
            raise AirflowFailException(f"{len(errors)} of {len(results)} checks failed:\n{listed}")
        return {"passed": len(results) - len(failed), "warned": len(failed), "failed": 0}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
