"""Run a DAG manually while its schedule is off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from local.stack.airflow_api import AirflowApi
from local.stack.dag_run import wait_for_dag
from local.stack.progress import Progress

# A manual run should end within this time.
MARGIN = timedelta(minutes=2)

POLL_SECONDS = 1.0


@contextmanager
def kept_paused(api: AirflowApi, dag_id: str) -> Iterator[None]:
    """Pause a DAG again after the block has unpaused it; do nothing if it was not paused before."""
    wait_for_dag(api, dag_id)
    paused = api.is_paused(dag_id)
    try:
        yield
    finally:
        if paused:
            api.pause(dag_id)


def reserved_date(api: AirflowApi, progress: Progress, dag_id: str) -> datetime | None:
    """Return the logical date with which a run of a paused DAG prevents a scheduled run.

    A run needs its DAG to be unpaused. Airflow then creates the run of the last complete interval at once, unless a run
    with that logical date exists. If another scheduled run is due within two minutes, wait until it has become the last
    one.

    :return: None if Airflow creates no run now, or if the DAG is not paused and its schedule is on anyway.
    """
    wait_for_dag(api, dag_id)
    scheduled = api.next_scheduled(dag_id)
    if scheduled is None or not api.is_paused(dag_id):
        return None
    if _is_soon(scheduled.next_creation(_now())):
        with progress.step(f"Waiting until no scheduled run of {dag_id} is due"):
            while _is_soon(scheduled.next_creation(_now())):
                time.sleep(POLL_SECONDS)
                scheduled = api.next_scheduled(dag_id) or scheduled
    is_due = scheduled.due <= _now()
    return scheduled.logical_date if is_due and not _exists(api, dag_id, scheduled.logical_date) else None


def _is_soon(moment: datetime) -> bool:
    return moment - _now() < MARGIN


def _exists(api: AirflowApi, dag_id: str, logical_date: datetime) -> bool:
    return api.count_runs(dag_id, logical_date, logical_date) > 0


def _now() -> datetime:
    return datetime.now(timezone.utc)
