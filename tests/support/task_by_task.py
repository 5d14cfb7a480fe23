"""Run a DAG task by task, without Airflow's processes."""

from __future__ import annotations

import asyncio
import copy
from types import SimpleNamespace
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException, TaskDeferred
from airflow.sdk.bases.sensor import BaseSensorOperator

from local.settings import ROOT
from standin_support.waiting import wait_until
from tests.support.airflow_versions import DagBag
from tests.support.variables import VARIABLES


def dag_ids() -> set[str]:
    """Return the ids of all DAGs."""
    return set(_bag().dags)


def run_dag(dag_id: str, **params: Any) -> None:
    """Run every task of a DAG once, including deferred methods, and sensors until they succeed."""
    dag = _bag().dags[dag_id]
    returned: dict[str, Any] = {}
    context = {
        "dag": dag,
        "params": {**dag.params.dump(), **params},
        "run_id": "policy",
        "var": VARIABLES,
        "dag_run": SimpleNamespace(dag_id=dag_id, run_id="policy", run_type="manual", conf=params),
        "ti": SimpleNamespace(
            dag_id=dag_id,
            task_id="",
            run_id="policy",
            try_number=1,
            xcom_pull=lambda task_ids, **_: returned.get(task_ids),
            xcom_push=lambda **_: None,
            get_dr_count=lambda **_: 0,
        ),
    }
    for original in dag.topological_sort():
        task = copy.copy(original)
        task.render_template_fields(context, dag.get_template_env())
        try:
            if task._pre_execute_hook:
                task._pre_execute_hook(context)
            returned[task.task_id] = _execute(task, context)
        except AirflowSkipException:
            continue


def _execute(task: Any, context: dict[str, Any]) -> Any:
    if isinstance(task, BaseSensorOperator) and not getattr(task, "deferrable", False):
        return wait_until(lambda: task.poke(context), task.task_id)
    method, arguments = task.execute, {}
    while True:
        deferred: TaskDeferred
        try:
            return method(context, **arguments)
        except TaskDeferred as wish:
            deferred = wish
        event = asyncio.run(_event(deferred.trigger))
        method = getattr(task, deferred.method_name)
        arguments = {**(deferred.kwargs or {}), "event": event.payload}


async def _event(trigger: Any) -> Any:
    return await anext(trigger.run())


def _bag() -> DagBag:
    return DagBag(ROOT / "dags", bundle_path=ROOT / "dags")
