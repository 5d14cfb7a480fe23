"""Wait until another DAG has no running runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from redshift_elt.sensors.bounded_sensor import BoundedSensor


class NoActiveRunsSensor(BoundedSensor):
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
        self._running = 0

    def poke(self, context: Mapping[str, Any]) -> bool:
        """Return whether no run is running."""
        self._running = context["ti"].get_dr_count(dag_id=self.other_dag_id, states=["running"])
        if self._running:
            self.log.info("%s runs of %s are running.", self._running, self.other_dag_id)
        return not self._running

    def explain_timeout(self, waited: timedelta) -> str:
        """Name the other DAG and the number of its runs."""
        return (
            f"Waited {waited} for the runs of {self.other_dag_id} to end; {self._running} are still running. See what "
            "they wait for, or mark them as failed; then clear this task to wait again."
        )
