"""Wait until a DAG is not running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseSensorOperator


class NoRunningRunSensor(BaseSensorOperator):
    """Wait until no run of another DAG is running.

    An Asset tells that one table is loaded while the run's other tables may not be yet. A DAG that is triggered by it
    and then waits with this sensor sees all of what that run has loaded, and of every run that went on beside it.

    It waits for any run, and not for those alone whose events triggered this one, for Airflow does not name them all:
    an event that comes while an earlier one of the same Asset is queued starts no run of its own and is in nobody's
    ``triggering_asset_events``.

    :param other_dag_id: the other DAG.
    """

    template_fields: Sequence[str] = ("other_dag_id",)
    ui_color = "#eaf2fb"

    def __init__(self, *, other_dag_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.other_dag_id = other_dag_id

    def poke(self, context: Mapping[str, Any]) -> bool:
        """Return whether no run is running."""
        running = context["ti"].get_dr_count(dag_id=self.other_dag_id, states=["running"])
        if running:
            self.log.info("%s runs of %s are running.", running, self.other_dag_id)
        return not running
