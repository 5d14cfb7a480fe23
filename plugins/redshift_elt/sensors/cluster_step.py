"""Repeat a step towards a state of the cluster until the state is reached, without occupying a worker in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.common.compat.sdk import task_decorator_factory
from airflow.providers.standard.decorators.sensor import DecoratedSensorOperator

from redshift_elt.sensors.bounded_sensor import BoundedSensor

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.bases.decorator import TaskDecorator

    from redshift_elt.cluster.step import Step


class ClusterStepSensor(BoundedSensor, DecoratedSensorOperator):
    """Call a function at each interval, until it has reached its state. Use it as :func:`cluster_step`.

    :param until: the state in words, such as ``the cluster is paused``.
    """

    custom_operator_name = "@cluster_step"

    def __init__(self, *, until: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.until = until
        self._found = ""

    def poke(self, context: Context) -> Step:
        """Take a step, and return whether the state is reached."""
        step = cast("Step", super().poke(context))
        self._found = step.found
        return step

    def explain_timeout(self, waited: timedelta) -> str:
        """Quote what the last step has found."""
        return (
            f"Waited {waited} until {self.until}. Last state: {self._found} See what holds it up in the AWS console; "
            "then clear this task, which continues from the state that it finds."
        )


def cluster_step(*, until: str, poke_interval: float, timeout: timedelta, **kwargs: Any) -> TaskDecorator:
    """Make a task of a function that takes a step and returns a :class:`~redshift_elt.cluster.step.Step`.

    :param until: the state that the steps lead to, in words, such as ``the cluster is paused``.
    :param poke_interval: seconds between two steps. Keep it longer than Airflow's ``[workers] min_heartbeat_interval``.
    :param timeout: how long to wait altogether.
    :param kwargs: other arguments of the task.
    """
    decorate: Callable[..., TaskDecorator] = task_decorator_factory
    return decorate(
        decorated_operator_class=ClusterStepSensor,
        multiple_outputs=False,
        until=until,
        mode="reschedule",
        poke_interval=poke_interval,
        timeout=timeout,
        **kwargs,
    )
