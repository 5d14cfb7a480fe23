"""What older versions of Airflow use instead of what is newer, executed in each version that the tests run with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import ModuleType, SimpleNamespace
from typing import Any

import airflow.sdk
import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG
from airflow.sdk.bases.sensor import AirflowRescheduleException
from botocore.stub import Stubber

from local.settings import ROOT
from redshift_elt import compatibility
from redshift_elt.cluster import data_api
from redshift_elt.cluster.data_api import Administrator
from redshift_elt.integrations.alerts import AlertNotifier
from tests.support.airflow_versions import DagBag

TRY = {"ti": SimpleNamespace(try_number=1, max_tries=3)}
NEWER = (
    {"RetryAction", "RetryDecision", "RetryPolicy"}
    | {"AssetOrTimeSchedule", "CronDataIntervalTimetable", "CronTriggerTimetable"}
    | {"AsyncCallback", "DeadlineAlert", "DeadlineReference"}
)


@pytest.fixture
def older(monkeypatch) -> ModuleType:
    """The module as Airflow 3.1 loads it."""
    monkeypatch.setattr(airflow.sdk, "__all__", [name for name in airflow.sdk.__all__ if name not in NEWER])
    spec = importlib.util.spec_from_file_location("compatibility_with_airflow_3_1", compatibility.__file__)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def policy(older) -> Any:
    """A policy that retries network errors, and does not retry wrong code."""

    class Policy(older.RetryPolicy):
        def evaluate(self, exception, try_number, max_tries, context=None):
            assert (try_number, max_tries, context) == (1, 3, TRY)
            if isinstance(exception, LookupError):
                return older.RetryDecision.fail("The code is wrong.")
            if isinstance(exception, OSError):
                return older.RetryDecision.retry(timedelta(minutes=5), "The connection failed.")
            return older.RetryDecision.default()

    return Policy()


def failing(older: ModuleType, error: Exception) -> type:
    """Return an operator all of whose methods fail."""

    class Failing(older.PolicyOperator):
        template_fields = ("argument",)

        def __init__(self, *, argument: str = "", **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.argument = argument

        def execute(self, context):
            raise error

        def when_resumed(self, context, event=None):
            raise error

        def render_template(self, *_: Any, **__: Any):
            raise error

    return Failing


METHODS: list[Callable] = [
    lambda task: task.execute(TRY),
    lambda task: task.resume_execution("when_resumed", {"event": None}, TRY),
    lambda task: task.render_template_fields(TRY),
]


@pytest.mark.parametrize("method", METHODS, ids=["execute", "resume", "render"])
def test_failure_that_a_retry_cannot_fix_is_not_retried(older, policy, method):
    error = KeyError("columns")
    with pytest.raises(AirflowFailException, match="columns") as failure:
        method(failing(older, error)(task_id="load", argument="{{ x }}", retry_policy=policy))
    assert failure.value.__cause__ is error


@pytest.mark.parametrize("method", METHODS, ids=["execute", "resume", "render"])
@pytest.mark.parametrize("error", [TimeoutError("lost"), RuntimeError("busy")])
def test_other_failures_are_left_to_the_retries_of_the_task(older, policy, method, error):
    with pytest.raises(type(error)) as failure:
        method(failing(older, error)(task_id="load", argument="{{ x }}", retry_policy=policy))
    assert failure.value is error


def test_skipped_task_is_skipped_even_if_wrong_code_is_the_reason(older, policy):
    error = AirflowSkipException("nothing to do")
    error.__context__ = KeyError("columns")
    with pytest.raises(AirflowSkipException):
        failing(older, error)(task_id="load", retry_policy=policy).execute(TRY)


def test_sensor_that_waits_for_its_next_check_has_not_failed(older):
    class NoRetries(older.RetryPolicy):
        def evaluate(self, exception, try_number, max_tries, context=None):
            return older.RetryDecision.fail("Nothing is retried.")

    error = AirflowRescheduleException(datetime(2018, 11, 1, tzinfo=timezone.utc))
    with pytest.raises(AirflowRescheduleException):
        failing(older, error)(task_id="wait", retry_policy=NoRetries()).execute(TRY)


def test_without_a_policy_every_failure_is_left_to_the_retries(older):
    with pytest.raises(KeyError):
        failing(older, KeyError("columns"))(task_id="load").execute(TRY)


def test_policy_of_the_dag_applies_to_operators_and_functions(older, policy):
    with DAG("orders", default_args={"retry_policy": policy}):
        operator = failing(older, KeyError("columns"))(task_id="load")

        @older.task
        def create(name: str) -> str:
            return {}[name]

        function = create("orders").operator
    for found in (operator, function):
        assert found.retry_policy is policy
        with pytest.raises(AirflowFailException, match=r"columns|orders"):
            found.execute(TRY)


def test_schedules_are_those_of_the_core(older):
    hourly = older.CronDataIntervalTimetable("@hourly", timezone="UTC")
    assert type(hourly).__module__ == "airflow.timetables.interval"
    assert older.CronTriggerTimetable("30 3 * * 0", timezone="UTC").summary == "30 3 * * 0"
    assert older.DOUBLED_DELAYS is True


LATE = (timedelta(hours=1), AlertNotifier, {"variable": "alerts"})


def test_there_is_no_deadline_before_airflow_3_2(older):
    assert older.average_runtime_deadline(*LATE, max_runs=24, name="late") is None


@pytest.mark.skipif("DeadlineAlert" not in airflow.sdk.__all__, reason="Airflow 3.1")
def test_deadline_is_an_hour_after_the_average():
    deadline = compatibility.average_runtime_deadline(*LATE, max_runs=24, name="late")
    assert (deadline.interval, deadline.reference.max_runs) == (timedelta(hours=1), 24)


def test_question_waits_as_long_as_it_says():
    question = HITLOperator(
        task_id="ask", subject="Delete?", options=["yes"], **compatibility.answer_timeout(timedelta(days=1))
    )
    assert getattr(question, "response_timeout", question.execution_timeout) == timedelta(days=1)


def test_statement_is_awaited_even_if_botocore_cannot_ask_for_that(monkeypatch):
    monkeypatch.setattr(data_api, "_POLL_SECONDS", 0)
    client = boto3.client("redshift-data", region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    client.meta.service_model.operation_model("DescribeStatement").input_shape.members.pop("WaitTimeSeconds", None)
    statement = {"Id": "1"}
    with Stubber(client) as aws:
        aws.add_response("batch_execute_statement", statement)
        for status in ("SUBMITTED", "STARTED", "FINISHED"):
            answer = {"Id": "1", "Status": status, "SubStatements": [{"Id": "1:1", "HasResultSet": False}]}
            aws.add_response("describe_statement", answer, statement)
        assert Administrator(client, "sparkify", "dev", "arn:aws:secretsmanager:::secret:s").run(["select 1"]) == []
        aws.assert_no_pending_responses()


def test_every_task_has_the_retry_policy():
    """In older versions, Airflow's own operators do not have it. Questions need none."""
    bags = [DagBag(folder, bundle_path=folder) for folder in (ROOT / "dags", ROOT / "docs" / "examples")]
    tasks = [task for bag in bags for dag in bag.dags.values() for task in dag.tasks]
    assert tasks
    without = [task.task_id for task in tasks if not getattr(task, "retry_policy", None)]
    assert [task_id for task_id in without if task_id != "approve"] == []
