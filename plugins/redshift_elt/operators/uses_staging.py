"""The base class of the operators that use the staging tables of their run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from redshift_elt.connection.missing_privilege import TaskTables
from redshift_elt.loading.load_failure import StagingMissingError, explain_load
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.missing_staging import explain_missing_staging
from redshift_elt.operators.one_table_each import refuse_repeated_tables
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.several import several_of
from redshift_elt.staging.staged_input import StagedInput

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.connection.session import Session
    from redshift_elt.run.window import Window

Result = TypeVar("Result")


class UsesStagingOperator(WarehouseOperator):
    """An operator that uses what other operators of its run have staged.

    It runs after those operators: naming them in ``staged_by`` makes them its upstream tasks, whether the DAG is
    assigned before or after that. Only a mapped operator (``partial().expand()``), which is not constructed when the
    DAG is parsed, needs ``>>``.

    :param staged_by: the staging operators, each with a table of its own. A run drops its staging tables when it has
        succeeded. If one of its tasks is cleared after that, the task stages again for itself; without ``staged_by`` it
        fails.
    """

    def __init__(self, *, staged_by: Sequence[StageToRedshiftOperator] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.staged_by = several_of("staged_by", staged_by, StageToRedshiftOperator, "[stage_orders], of operators")
        refuse_repeated_tables(self.task_id, self.staged_by)
        for operator in self.staged_by:
            # The ids alone are what set_upstream() would set; unlike it, they need no DAG yet.
            self.upstream_task_ids.add(operator.task_id)
            operator.downstream_task_ids.add(self.task_id)

    @property
    def needs_all_objects(self) -> bool:
        """Whether the operator needs every object of its sources in every run, so that no ledger is kept for them."""
        return False

    @property
    def task_tables(self) -> TaskTables:
        """The templates of the staging tables, which a task may have to stage again."""
        return TaskTables(templates=[operator.table for operator in self.staged_by])

    @property
    def ledger_target(self) -> str | None:
        """The table whose ledger records the objects that the operator has loaded; None if it does not load."""
        return None

    def on_staged(
        self,
        context: Context,
        window: Window,
        work: Callable[[Session, Sequence[StagedInput]], Result],
        lock: Callable[[Session], None] = lambda _: None,
    ) -> Result:
        """Do a piece of work in one transaction; if the run's staging tables are gone, stage again in it.

        :param work: is called with the session and the inputs, in the order of ``staged_by``.
        :param lock: is called with the session before anything is staged, so that what the task stages itself is not
            older than the lock.
        """
        stagings = [operator.staging_for(self, context, window) for operator in self.staged_by]

        def explain(session: Session, error: Exception) -> Exception:
            for staging in stagings:
                error = staging.explain(session, error)
            explained = explain_load(error)
            if isinstance(explained, StagingMissingError):
                return explain_missing_staging(self, explained)
            return explained

        def work_on_tables_of_run(session: Session) -> Result:
            lock(session)
            return work(session, [StagedInput(staging) for staging in stagings])

        def work_on_temporary_tables(session: Session) -> Result:
            lock(session)
            inputs = [StagedInput(staging, staging.stage_temporarily(session), temporary=True) for staging in stagings]
            return work(session, inputs)

        try:
            result = self.transaction(work_on_tables_of_run, explain)
        except StagingMissingError:
            if not stagings:
                raise
            result = self.transaction(work_on_temporary_tables, explain)
        for staging in stagings:
            staging.delete_manifests()
        return result
