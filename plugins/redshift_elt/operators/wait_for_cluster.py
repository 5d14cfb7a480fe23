"""A task that waits for a new cluster without holding a worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

# The trigger tells by itself that the time is over; this is for a triggerer that is gone.
_GRACE = timedelta(minutes=10)


class WaitForClusterOperator(BaseOperator):
    """Wait until a cluster is available and the role that COPY uses is in sync.

    It ends as soon as it is known that waiting does not help, and says why. A cluster that takes too long is left
    alone: clearing the task goes on waiting.

    :param cluster_identifier: the cluster.
    :param role_arn: the role.
    :param patience: how long to wait, in seconds.
    :param poll_interval: seconds between two questions.
    """

    template_fields: Sequence[str] = ("cluster_identifier", "role_arn")

    def __init__(
        self,
        *,
        cluster_identifier: str,
        role_arn: str,
        patience: float = 3600,
        poll_interval: float = 15,
        aws_conn_id: str | None = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cluster_identifier = cluster_identifier
        self.role_arn = role_arn
        self.patience = patience
        self.poll_interval = poll_interval
        self.aws_conn_id = aws_conn_id

    def execute(self, context: Context) -> None:  # noqa: ARG002 - Airflow's own form
        """Hand over to the triggerer."""
        from redshift_elt.triggers.cluster_ready import ClusterReadyTrigger

        self.defer(
            trigger=ClusterReadyTrigger(
                self.cluster_identifier,
                self.role_arn,
                time.time() + self.patience,
                self.poll_interval,
                self.aws_conn_id,
            ),
            method_name="tell",
            timeout=timedelta(seconds=self.patience) + _GRACE,
        )

    def tell(self, context: Context, event: dict[str, str]) -> None:  # noqa: ARG002
        """End as the trigger says.

        :raises AirflowFailException: waiting does not help.
        :raises AirflowException: it was not ready in time, or AWS did not tell; the task's retry goes on waiting.
        """
        from redshift_elt.triggers.cluster_ready import HOPELESS, LATE, READY

        if event["state"] == READY:
            self.log.info("%s", event["message"])
            return
        if event["state"] == HOPELESS:
            raise AirflowFailException(event["message"])
        if event["state"] == LATE:
            raise AirflowException(
                f"{event['message']} That was {self.patience / 60:.0f} minutes. Nothing was deleted: the cluster may "
                "still come, and it costs money. Clear this task to go on waiting, or tear the cluster down."
            )
        raise AirflowException(event["message"])
