"""Wait until another DAG has no running runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSensorTimeout
from airflow.sdk import BaseSensorOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class NoActiveRunsSensor(BaseSensorOperator):
    """Wait until no run of another DAG is running.

    An Asset event says that one table was loaded; other tables of the same run may still be loading. A DAG that is
    triggered by the event and then waits with this sensor sees everything that the run has loaded, and everything that
    concurrent runs have loaded.

    The sensor waits for every run, not only for those whose events triggered this one, because Airflow does not list
    them all: an event that arrives while an earlier one of the same Asset is queued starts no run of its own and does
    not appear in any ``triggering_asset_events``.

    :param other_dag_id: the other DAG.
    """

    template_fields: Sequence[str] = ("other_dag_id",)
    ui_color = "#eaf2fb"

    def __init__(self, *, other_dag_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.other_dag_id = other_dag_id

    def execute(self, context: Context) -> Any:
        """Wait.

        :raises AirflowSensorTimeout: a run was still running at the timeout.
        """
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            raise AirflowSensorTimeout(
                f"Runs of {self.other_dag_id} were still running {self.timeout:g} s after this task began to wait for "
                f"them. See what they wait for, or mark them as failed; then clear this task. {error}"
            ) from error

    def poke(self, context: Mapping[str, Any]) -> bool:
        """Return whether no run is running."""
        running = context["ti"].get_dr_count(dag_id=self.other_dag_id, states=["running"])
        if running:
            self.log.info("%s runs of %s are running.", running, self.other_dag_id)
        return not running
