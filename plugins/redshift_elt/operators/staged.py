"""What operators have in common that read what a run staged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.run.window import Window
    from redshift_elt.staging.stage import Stage

Result = TypeVar("Result")


class StagedOperator(WarehouseOperator):
    """An operator that reads what other operators of its run have staged.

    :param staged_by: those operators. Where a run has dropped its staging tables, as it does when it has succeeded, and
        one of its tasks is cleared, the task stages again for itself. Without ``staged_by`` it fails instead.
    """

    def __init__(self, *, staged_by: Sequence[StageToRedshiftOperator] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.staged_by = tuple(staged_by)

    def on_staged(
        self,
        context: Mapping[str, Any],
        window: Window,
        work: Callable[[Session, Sequence[Stage]], Result],
        lock: Callable[[Session], None] = lambda _: None,
    ) -> Result:
        """Do a piece of work in one transaction.

        :param work: is called with the session and the stages.
        :param lock: is called with the session before anything else; so what the task stages for itself is not older
            than the lock.
        """
        from redshift_elt.loading.load_failure import StagingGone, explain_load

        stages = [operator.stage_for(self, context, window) for operator in self.staged_by]

        def explain(session: Session, error: Exception) -> Exception:
            for stage in stages:
                error = stage.explain(session, error)
            return explain_load(session, error)

        def only_work(session: Session) -> Result:
            lock(session)
            return work(session, stages)

        def stage_and_work(session: Session) -> Result:
            lock(session)
            for stage in stages:
                stage.make_temporary(session)
            return work(session, stages)

        try:
            result = self.transaction(only_work, explain)
        except StagingGone:
            if not stages:
                raise
            result = self.transaction(stage_and_work, explain)
        for stage in stages:
            stage.discard_manifests()
        return result
