"""What is newer than Airflow 3.1 and its providers, and what older versions use instead.

Exceptions and ``conf`` come from ``airflow.providers.common.compat.sdk``, which knows where each version has them. Any
other name that not every supported version has is imported from here, and from nowhere else (``TID251`` in
``pyproject.toml``). docs/airflow.md lists what differs for users.
"""

from __future__ import annotations

import inspect
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import airflow.sdk
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow.providers.common.sql.operators.sql import SQLCheckResult
    from airflow.sdk import Context
    from airflow.sdk.bases.notifier import BaseNotifier
    from airflow.sdk.definitions.deadline import DeadlineAlert

__all__ = [
    "DOUBLED_DELAYS",
    "AssetOrTimeSchedule",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "PolicyOperator",
    "RetryAction",
    "RetryDecision",
    "RetryPolicy",
    "answer_timeout",
    "average_runtime_deadline",
    "check_result_type",
    "data_api_waits",
    "task",
]

_log = logging.getLogger(__name__)

if TYPE_CHECKING or "CronDataIntervalTimetable" in airflow.sdk.__all__:
    from airflow.sdk import AssetOrTimeSchedule, CronDataIntervalTimetable, CronTriggerTimetable

    # retry_exponential_backoff is a factor here. True would count as 1, so the delay would not grow.
    DOUBLED_DELAYS = 2.0
else:  # Airflow 3.1
    from airflow.timetables.assets import AssetOrTimeSchedule
    from airflow.timetables.interval import CronDataIntervalTimetable
    from airflow.timetables.trigger import CronTriggerTimetable

    # No other factor is possible.
    DOUBLED_DELAYS = True

if TYPE_CHECKING or "RetryPolicy" in airflow.sdk.__all__:
    from airflow.sdk import RetryAction, RetryDecision, RetryPolicy, task

    class PolicyOperator(BaseOperator):
        """An operator with the argument ``retry_policy``, which Airflow applies."""

else:  # Airflow 3.1 and 3.2
    from abc import ABC, abstractmethod
    from collections.abc import Iterator
    from contextlib import contextmanager
    from dataclasses import dataclass
    from enum import Enum
    from functools import cache, wraps

    from airflow.providers.common.compat.sdk import DagRunTriggerException, DownstreamTasksSkipped

    # The provider does not know the module of this one.
    from airflow.sdk.bases.sensor import AirflowRescheduleException

    # Airflow consults no policy for these: they say what happens to the task.
    _DECIDED = (
        AirflowFailException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        DagRunTriggerException,
        DownstreamTasksSkipped,
    )

    class RetryAction(Enum):
        """What follows a failure."""

        RETRY = "retry"
        FAIL = "fail"
        DEFAULT = "default"

    @dataclass(frozen=True)
    class RetryDecision:
        """The decision of a policy. ``retry_delay`` has no effect here: the task's own delay applies."""

        action: RetryAction = RetryAction.DEFAULT
        retry_delay: timedelta | None = None
        reason: str | None = None

        @classmethod
        def fail(cls, reason: str | None = None) -> RetryDecision:
            """Fail without a retry."""
            return cls(RetryAction.FAIL, reason=reason)

        @classmethod
        def retry(cls, delay: timedelta | None = None, reason: str | None = None) -> RetryDecision:
            """Retry, as long as the task has retries left."""
            return cls(RetryAction.RETRY, delay, reason)

        @classmethod
        def default(cls) -> RetryDecision:
            """Leave it to the task's ``retries``."""
            return cls()

    class RetryPolicy(ABC):
        """Decides which failures of a task are worth a retry."""

        @abstractmethod
        def evaluate(
            self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
        ) -> RetryDecision:
            """Return the decision for a failure."""

    class PolicyOperator(BaseOperator):
        """An operator with the argument ``retry_policy``, which it applies itself.

        Where the policy says that a retry cannot help, it raises ``AirflowFailException``, which Airflow does not
        retry. It sees the errors of templates, of ``execute`` and of the methods that continue a deferred task.
        """

        def __init__(self, *, retry_policy: RetryPolicy | None = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.retry_policy = retry_policy

        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            if "execute" in vars(cls):
                cls.execute = _applying_policy(cls.execute)

        def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
            """Render the templates."""
            with _policy_applied(self, context):
                super().render_template_fields(context, jinja_env)

        def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
            """Continue after a deferral."""
            with _policy_applied(self, context):
                return super().resume_execution(next_method, next_kwargs, context)

    def task(python_callable: Any = None, **arguments: Any) -> Any:
        """Make a task of a function, as ``airflow.sdk.task`` does; it also has the argument ``retry_policy``."""
        from airflow.providers.common.compat.sdk import task_decorator_factory

        return task_decorator_factory(python_callable, decorated_operator_class=_function_operator(), **arguments)

    @cache
    def _function_operator() -> type[BaseOperator]:
        from airflow.providers.standard.decorators.python import _PythonDecoratedOperator

        class FunctionOperator(PolicyOperator, _PythonDecoratedOperator):
            """The operator of a function."""

            custom_operator_name = "@task"

            def execute(self, context: Context) -> Any:
                """Call the function."""
                return super().execute(context)

        return FunctionOperator

    def _applying_policy(execute: Any) -> Any:
        @wraps(execute)
        def applying_policy(self: PolicyOperator, context: Context) -> Any:
            with _policy_applied(self, context):
                return execute(self, context)

        return applying_policy

    @contextmanager
    def _policy_applied(operator: PolicyOperator, context: Context) -> Iterator[None]:
        try:
            yield
        except _DECIDED:
            raise
        except Exception as error:
            if operator.retry_policy is None:
                raise
            task_instance = context["ti"]
            decision = operator.retry_policy.evaluate(error, task_instance.try_number, task_instance.max_tries, context)
            if decision.reason:
                _log.info("Retry policy decision: %s. %s", decision.action.value, decision.reason)
            if decision.action is RetryAction.FAIL:
                raise AirflowFailException(str(error) or type(error).__name__) from error
            raise


def average_runtime_deadline(
    interval: timedelta, notifier: type[BaseNotifier], arguments: dict[str, Any], *, max_runs: int, name: str
) -> DeadlineAlert | None:
    """Return a deadline for runs that take longer than usual, or None in Airflow 3.1, which does not have it.

    :param interval: how much longer than the average a run may take.
    :param notifier: what the triggerer runs when a run has missed the deadline.
    :param arguments: the arguments of the notifier.
    :param max_runs: how many of the latest runs the average is of.
    :param name: the name of the deadline in Airflow's UI, since Airflow 3.3.
    """
    if "DeadlineAlert" not in airflow.sdk.__all__:
        return None
    from airflow.sdk.definitions.callback import AsyncCallback
    from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

    named = {"name": name} if "name" in inspect.signature(DeadlineAlert).parameters else {}
    return DeadlineAlert(
        reference=DeadlineReference.AVERAGE_RUNTIME(max_runs=max_runs, min_runs=1),
        interval=interval,
        callback=AsyncCallback(notifier, kwargs=arguments),
        **named,
    )


def answer_timeout(limit: timedelta) -> dict[str, timedelta]:
    """Return the argument of an operator that asks a person and that limits how long it waits for the answer.

    It was ``execution_timeout`` before the standard provider had ``response_timeout``.
    """
    from airflow.providers.standard.operators.hitl import HITLOperator

    known = inspect.signature(HITLOperator).parameters
    return {"response_timeout" if "response_timeout" in known else "execution_timeout": limit}


def check_result_type() -> type[SQLCheckResult] | None:
    """Return the class of the results that operators leave for lineage; None before version 2 of common.sql."""
    try:
        from airflow.providers.common.sql.operators.sql import SQLCheckResult
    except ImportError:
        return None
    return SQLCheckResult


def data_api_waits(client: Any) -> bool:
    """Return whether botocore can ask the Redshift Data API to wait for the end of a statement.

    :param client: a client of ``redshift-data``.
    """
    return "WaitTimeSeconds" in client.meta.service_model.operation_model("DescribeStatement").input_shape.members
