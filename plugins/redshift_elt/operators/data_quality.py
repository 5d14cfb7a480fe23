"""Check the tables: all checks are made, all results are kept, all failures are reported together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redshift_elt.checks import Aggregate, Check, EqualCounts, Query
from redshift_elt.checks.check import refuse_unfit
from redshift_elt.operators.uses_staging import UsesStagingOperator
from redshift_elt.sql import identifiers, quality

if TYPE_CHECKING:
    from redshift_elt.checks.run import Result
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import OperatorLineage, Place
    from redshift_elt.run.window import Window
    from redshift_elt.staging.stage import Stage

# Where the SQL of a check may stand that brings its own.
_SQL_OF = {Query: ("sql", "rows_sql"), EqualCounts: ("expected_sql", "actual_sql", "rows_sql")}


class DataQualityOperator(UsesStagingOperator):
    """Make a number of checks, and keep their results in ``etl.check_results``.

    All checks of a table that are aggregates are computed in one scan. A check that fails is not tried again, for bad
    data stays bad; a lost connection is. A check of a whole table is made by the runs that change the table.

    A check that fails shows up to ten of the rows that break it, in the log and in the error's message, which Airflow
    keeps and may send on. These are values of the data: of each row only its key and the checked columns.

    :param checks: the checks, see :mod:`redshift_elt.checks`; :func:`redshift_elt.checks.load_checks` reads YAML.
    :param staged_by: the operators that stage what the checks' queries read.
    :raises AirflowFailException: a check with severity ``error`` has failed; the message names every one that has.
    """

    template_fields: Sequence[str] = (*UsesStagingOperator.template_fields, "queries")

    def __init__(self, *, checks: Sequence[Check], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not checks:
            raise ValueError("checks is empty: give at least one, such as row_count('orders').")
        refuse_unfit(checks)
        self.checks = list(checks)
        self.queries = [getattr(check, part) for check in checks for part in _SQL_OF.get(type(check), ())]

    def execute(self, context: Mapping[str, Any]) -> dict[str, int]:
        """Make the checks and return how many passed, warned and failed."""
        from redshift_elt.checks import run

        window = self.window(context)
        rendered = self._rendered()

        def check(session: Session, _: Sequence[Stage]) -> list[Result]:
            session.execute(quality.CREATE_THIS_RUN)
            session.execute(quality.FILL_THIS_RUN, (context["ti"].dag_id, context["ti"].run_id))
            results = run.make(session, window, self._due(session, window, rendered))
            run.record(session, context["dag_run"], window, results)
            return results

        results = self.on_staged(context, window, check)
        # Read by the OpenLineage listener, also when the task fails.
        self.check_results = run.for_lineage(results)
        run.tell(results)
        run.fail_if_any_failed(results)
        return run.counts(results)

    def lineage(self, place: Place) -> OperatorLineage:
        """Return the tables that are checked, which the results of the checks are added to."""
        from redshift_elt.integrations.lineage import OperatorLineage, read

        return OperatorLineage(inputs=read(place, (check.table for check in self.checks)))

    def _rendered(self) -> list[Check]:
        """Return the checks with their SQL as Airflow has rendered it."""
        queries: Iterator[str] = iter(self.queries)
        return [
            replace(check, **{part: next(queries) for part in _SQL_OF.get(type(check), ())}) for check in self.checks
        ]

    def _due(self, session: Session, window: Window, checks: Sequence[Check]) -> list[Check]:
        """Return the checks to make: a table that this run left as it was has been checked by those that changed it.

        A full load is to make sure of everything, so it makes them all but those that compare with windows before.
        """
        if window.full:
            return [check for check in checks if not (isinstance(check, Aggregate) and check.windows_before)]
        written = dict(session.fetch(quality.CHANGED_BY_THIS_RUN, window.bounds))
        unchanged = {table for table, rows in written.items() if not rows}

        def is_due(check: Check) -> bool:
            whole_table = isinstance(check, Aggregate) and check.window_column is None
            return not whole_table or identifiers.bare(check.table) not in unchanged

        due = [check for check in checks if is_due(check)]
        if left_out := sorted({check.table for check in checks} - {check.table for check in due}):
            self.log.info("Not checked as a whole, for this run has not changed them: %s.", ", ".join(left_out))
        return due
