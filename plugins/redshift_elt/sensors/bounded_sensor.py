"""A sensor whose timeout says what it has waited for."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowSensorTimeout
from airflow.sdk import BaseSensorOperator

from redshift_elt.compatibility import PolicyOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class BoundedSensor(BaseSensorOperator, PolicyOperator):
    """A sensor whose timeout says what it has waited for, for how long, what it found last, and what to do.

    Airflow's own message has only the number of seconds.
    """

    def execute(self, context: Context) -> Any:
        """Wait.

        :raises AirflowSensorTimeout: the timeout has passed. Airflow does not retry the task.
        """
        try:
            return super().execute(context)
        except AirflowSensorTimeout as error:
            raise AirflowSensorTimeout(self.explain_timeout(timedelta(seconds=self.timeout))) from error

    @abstractmethod
    def explain_timeout(self, waited: timedelta) -> str:
        """Return the message of the timeout; :meth:`poke` has just been called.

        :param waited: the timeout.
        """
