"""One execution of a load task: what each of its transactions starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.phases import Phases
from redshift_elt.loading.target_load import TargetLoad
from redshift_elt.staging.summary import StagingSummary

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.connection.session import Session
    from redshift_elt.loading.target_load import Target
    from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
    from redshift_elt.run.window import Window


@dataclass(frozen=True)
class LoadExecution:
    """What a load task knows before it has a session. A transaction that is repeated continues its clock.

    :param instance: the task instance.
    :param reported: what the staging tasks have reported, in the order of ``staged_by``; None for one whose report is
        not known.
    :param phases: the clock of the load.
    """

    target: Target
    window: Window
    instance: Any
    reported: Sequence[StagingSummary | None]
    phases: Phases = field(default_factory=Phases)

    @classmethod
    def of(
        cls, context: Context, target: Target, window: Window, staged_by: Sequence[StageToRedshiftOperator]
    ) -> LoadExecution:
        """Return the execution of a task with this context, after reading what its staging tasks have reported."""
        instance = context["ti"]
        reports = [instance.xcom_pull(task_ids=operator.task_id) for operator in staged_by]
        return cls(target, window, instance, [StagingSummary.from_xcom(report) for report in reports])

    @property
    def has_nothing_to_load(self) -> bool:
        """Whether the staging tasks report that they have neither listed nor staged anything."""
        return bool(self.reported) and all(summary and summary.is_empty for summary in self.reported)

    def target_load(self, session: Session, **of_inputs: Any) -> TargetLoad:
        """Return the load in a session.

        :param of_inputs: what follows from the inputs, as arguments of :class:`.TargetLoad`.
        """
        return TargetLoad(session, self.target, self.window, self.phases, **of_inputs)
