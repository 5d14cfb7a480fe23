"""Check tables: all checks run, all results are recorded, all failures are reported together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redshift_elt.checks import Check, validate_checks
from redshift_elt.checks.check_facets import sql_check_results
from redshift_elt.checks.due import due_checks
from redshift_elt.checks.recording import record_results
from redshift_elt.checks.reporting import fail_if_any_failed, log_results
from redshift_elt.checks.result import count_outcomes
from redshift_elt.checks.run_checks import run_checks
from redshift_elt.connection.refused_statement import Argument
from redshift_elt.operators.arguments import arguments_of_checks
from redshift_elt.operators.uses_staging import UsesStagingOperator
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.checks.result import Result
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
    from redshift_elt.staging.staged_input import StagedInput


# The temporary table that identifies the run, see redshift_elt.checks.queries.
_THIS_RUN = "this_run"


class DataQualityOperator(UsesStagingOperator):
    """Run checks, and record their results in the bookkeeping table ``check_results``.

    All aggregates of a table are computed in one scan. A check of a whole table runs only if the run has changed the
    table. A failed check is not retried, because bad data stays bad; a lost connection is.

    A failed check shows up to ten of the rows that break it, in the log and in the error message, which Airflow stores
    and may send in alerts. These are values of the data: the key and the checked columns of each row.

    :param checks: the checks, see :mod:`redshift_elt.checks`; :func:`redshift_elt.checks.load_checks` reads YAML.
    :param staged_by: the operators that stage what the checks' queries read.
    :raises AirflowFailException: a check with severity ``error`` failed; the message lists every one.
    """

    template_fields: Sequence[str] = (*UsesStagingOperator.template_fields, "queries")

    def __init__(self, *, checks: Sequence[Check], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not checks:
            raise ValueError("checks is empty: give at least one, such as RowCount(table='orders').")
        validate_checks(checks)
        self.checks = list(checks)
        self.queries = [getattr(check, argument) for check in checks for argument in check.sql_arguments]

    def resolve_template_files(self) -> None:
        """Read the SQL files, and validate them as the checks validate their SQL; Airflow calls this after parsing.

        :raises ValueError: see :class:`redshift_elt.checks.Query`.
        """
        super().resolve_template_files()
        self._with_queries()

    def execute(self, context: Context) -> dict[str, int]:
        """Run the checks and return how many passed, warned and failed."""
        window = self.window(context)
        run = context["dag_run"]
        checks = self._with_queries()

        def check(session: Session, _: Sequence[StagedInput]) -> list[Result]:
            due = due_checks(session, run, window, checks)
            if any(_THIS_RUN in sql for check in due for sql in _user_sql(check)):
                session.execute(render("check/create_this_run.sql", dag_id=run.dag_id, run_id=run.run_id))
            results = run_checks(session, window, due, run=run)
            record_results(session, run, window, results)
            return results

        results = self.on_staged(context, window, check)
        # Read by the OpenLineage listener, also when the task fails.
        self.check_results = sql_check_results(results)
        log_results(results)
        fail_if_any_failed(results)
        return count_outcomes(results)

    @property
    def written(self) -> Sequence[Argument]:
        """The checks, and the SQL in them, which is in files or in the checks themselves."""
        names = [
            f"{given} of {place}" if given.endswith(".sql") else place
            for check in self.checks
            for place in [f"the check {check.check_name!r} of {check.table}"]
            for given in [getattr(check, argument) for argument in check.sql_arguments]
        ]
        sql = [Argument(name, text) for name, text in zip(names, self.queries, strict=True)]
        return [*sql, *arguments_of_checks(self.checks)]

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any]:
        """Return the checked tables, to which the results of the checks are added."""
        from redshift_elt.integrations.lineage import OperatorLineage, input_datasets

        return OperatorLineage(inputs=input_datasets(namespace, (check.table for check in self.checks)))

    def _with_queries(self) -> list[Check]:
        """Return the checks with their SQL as Airflow has read and rendered it so far."""
        queries: Iterator[str] = iter(self.queries)

        def rendered(check: Check) -> Check:
            arguments: dict[str, Any] = {name: next(queries) for name in check.sql_arguments}
            return replace(check, **arguments)

        return [rendered(check) for check in self.checks]


def _user_sql(check: Check) -> list[str]:
    """Return the SQL of a check that its user has written."""
    return [str(getattr(check, name)).lower() for name in check.sql_arguments]
