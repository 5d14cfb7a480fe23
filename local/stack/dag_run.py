"""Trigger a DAG and follow its run, task by task."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from local.errors import StackError
from local.stack.airflow_api import AirflowApi
from local.stack.interrupt import Interrupted
from local.stack.progress import Progress, Step

FINISHED = {"success", "failed"}
FAILED_TASK = {"failed", "upstream_failed"}
SETTLED_TASK = {"success", "skipped", *FAILED_TASK}

POLL_SECONDS = 0.5
PARSE_SECONDS = 120
LOG_LINES = 60


def wait_for_dag(api: AirflowApi, dag_id: str) -> None:
    """Wait until Airflow knows a DAG.

    :raises StackError: its file cannot be imported, or it does not appear.
    """
    deadline = time.monotonic() + PARSE_SECONDS
    while not api.has_dag(dag_id):
        if errors := api.import_errors():
            raise StackError(f"A DAG file cannot be imported: {errors[0]}")
        if time.monotonic() > deadline:
            raise StackError(
                f"Airflow has not found the DAG {dag_id} after {PARSE_SECONDS} s: see its dag_processor.log."
            )
        time.sleep(POLL_SECONDS)


def run_dag(
    api: AirflowApi, progress: Progress, dag_id: str, conf: Mapping[str, Any], logical_date: datetime | None = None
) -> str:
    """Trigger and unpause a DAG and follow the run to its end; an interrupt stops the run.

    :param conf: the run's params.
    :param logical_date: the run's logical date, if it needs one.
    :return: the id of the run.
    :raises StackError: the run failed; the logs of its failed tasks have been printed.
    """
    with progress.step(f"Running {dag_id}") as step:
        wait_for_dag(api, dag_id)
        run_id = api.trigger(dag_id, conf, logical_date)
        with failed_on_interrupt(api, dag_id, run_id):
            # After the trigger, so that the scheduler finds the run with this logical date.
            api.unpause(dag_id)
            state = _follow(api, progress, step, dag_id, run_id)
        if state != "success":
            raise StackError(show_failure(api, progress, dag_id, run_id))
        step.done = f"{dag_id} succeeded"
    return run_id


@contextmanager
def failed_on_interrupt(api: AirflowApi, dag_id: str, run_id: str) -> Iterator[None]:
    """Mark a run as failed if the block is interrupted."""
    try:
        yield
    except Interrupted:
        api.fail_run(dag_id, run_id)
        raise


def _follow(api: AirflowApi, progress: Progress, step: Step, dag_id: str, run_id: str) -> str:
    settled: dict[tuple[str, int], str] = {}
    while True:
        # Read the state first: if it is final, the tasks that are read after it are final too.
        state = api.run_state(dag_id, run_id)
        tasks = api.tasks(dag_id, run_id)
        for task in sorted(tasks, key=lambda task: task["end_date"] or ""):
            key = (task["task_id"], task["map_index"])
            if task["state"] in SETTLED_TASK and key not in settled:
                settled[key] = task["state"]
                progress.line(f"  {_label(task)}: {task['state']}", task["duration"])
        if state in FINISHED:
            return state
        running = [_label(task) for task in tasks if task["state"] == "running"]
        step.detail(f"{len(settled)} of {len(tasks)} tasks done" + (f"; {', '.join(running)}" if running else ""))
        time.sleep(POLL_SECONDS)


def show_failure(api: AirflowApi, progress: Progress, dag_id: str, run_id: str) -> str:
    """Print the logs of the failed tasks and return what failed."""
    failed = [task for task in api.tasks(dag_id, run_id) if task["state"] == "failed"]
    for task in failed:
        progress.console.rule(f"log of {dag_id}.{_label(task)}, try {task['try_number']}")
        for line in api.log(dag_id, run_id, task)[-LOG_LINES:]:
            progress.console.print(line, markup=False)
        progress.console.rule()
    names = ", ".join(_label(task) for task in failed)
    if not failed:
        return f"{dag_id} failed before any of its tasks could run (run {run_id})."
    return f"{dag_id} failed in {names} (run {run_id}); the log is above."


def _label(task: Mapping[str, Any]) -> str:
    return task["task_id"] if task["map_index"] < 0 else f"{task['task_id']}[{task['map_index']}]"
