"""Every task ends: it has a limit for its execution, and whatever it waits for has one too."""

from __future__ import annotations

import ast
from datetime import timedelta

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.bases.sensor import BaseSensorOperator

from local.settings import ROOT
from redshift_elt import WaitForClusterOperator
from redshift_elt.connection.session_limits import LOCK_TIMEOUT
from redshift_elt.operators.base import WarehouseOperator
from redshift_elt.run.params import STATEMENT_TIMEOUT
from redshift_elt.sensors.bounded_sensor import BoundedSensor
from redshift_elt.triggers.deferrable_operator import DeferrableOperator
from tests.support.airflow_versions import DagBag

A_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def tasks():
    bags = [DagBag(folder, bundle_path=folder) for folder in (ROOT / "dags", ROOT / "docs" / "examples")]
    return [task for bag in bags for dag in bag.dags.values() for task in dag.tasks]


def test_every_task_has_an_execution_timeout(tasks):
    assert tasks
    without = [f"{task.dag_id}.{task.task_id}" for task in tasks if not task.execution_timeout]
    assert without == []
    assert max(task.execution_timeout for task in tasks) <= A_DAY


def test_every_sensor_has_a_timeout_of_its_own(tasks):
    sensors = [task for task in tasks if isinstance(task, BaseSensorOperator)]
    assert sensors
    # Airflow's default is a week.
    assert [task.task_id for task in sensors if not 0 < task.timeout <= A_DAY.total_seconds()] == []


def test_the_timeout_of_every_sensor_says_what_it_has_waited_for(tasks):
    sensors = [task for task in tasks if isinstance(task, BaseSensorOperator)]
    assert [task.task_id for task in sensors if not isinstance(task, BoundedSensor)] == []


def test_the_timeout_of_every_deferral_says_what_to_do(tasks):
    classes = {type(task) for task in tasks if isinstance(task, (WarehouseOperator, WaitForClusterOperator))}
    assert len(classes) > 5
    assert [found for found in classes if not issubclass(found, DeferrableOperator)] == []


def test_every_question_has_a_timeout(tasks):
    questions = [task for task in tasks if isinstance(task, HITLOperator)]
    assert questions
    # Without one of its own, the limit of the execution is also that of the answer.
    limits = [getattr(task, "response_timeout", task.execution_timeout) for task in questions]
    assert limits == [A_DAY] * len(questions)


def test_every_wait_for_a_cluster_has_a_limit(tasks):
    waits = [task for task in tasks if isinstance(task, WaitForClusterOperator)]
    assert waits
    assert [task.task_id for task in waits if not 0 < task.max_wait <= A_DAY.total_seconds()] == []


def test_every_deferral_has_a_timeout():
    deferrals = [
        (file.name, node.lineno, {argument.arg for argument in node.keywords})
        for file in (ROOT / "plugins").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "defer"
    ]
    assert len(deferrals) >= 2
    assert [(name, line) for name, line, arguments in deferrals if "timeout" not in arguments] == []


def test_sessions_end_before_their_task(tasks):
    """A wait for a lock is reported as one, and a statement that takes too long as one, not as a task that hangs."""
    in_warehouse = [task for task in tasks if isinstance(task, WarehouseOperator)]
    assert in_warehouse
    assert all(task.lock_timeout == LOCK_TIMEOUT < STATEMENT_TIMEOUT for task in in_warehouse)
    for task in in_warehouse:
        assert timedelta(seconds=LOCK_TIMEOUT + STATEMENT_TIMEOUT) < task.execution_timeout


def test_sessions_take_their_limits_from_the_form(tasks):
    for task in tasks:
        if isinstance(task, WarehouseOperator):
            assert task.statement_timeout == "{{ params.statement_timeout }}", task.task_id
            assert task.query_group == "{{ params.query_group }}", task.task_id
            assert task.dag.params["statement_timeout"] == STATEMENT_TIMEOUT
