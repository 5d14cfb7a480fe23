"""Wait for a new cluster without occupying a worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.triggers.deferrable_operator import DeferrableOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from redshift_elt.cluster.readiness import Readiness

# The trigger fires at its own deadline; the task's timeout is for a triggerer that has died.
_GRACE = timedelta(minutes=10)


class WaitForClusterOperator(DeferrableOperator):
    """Wait until a cluster is available and the role that COPY uses is in sync.

    If the cluster is ready already, the task succeeds without being deferred. It fails as soon as it is clear that
    waiting does not help, and says why. It does not delete a cluster that takes too long: clear the task to wait
    longer.

    :param cluster_identifier: the cluster.
    :param role_arn: the role.
    :param aws_conn_id: the AWS connection.
    :param max_wait: how long to wait, in seconds.
    :param poll_interval: seconds between two requests. Keep it longer than Airflow's
        ``[workers] min_heartbeat_interval``: see :class:`~redshift_elt.triggers.cluster_ready.ClusterReadyTrigger`.
    """

    template_fields: Sequence[str] = ("cluster_identifier", "role_arn")

    def __init__(
        self,
        *,
        cluster_identifier: str,
        role_arn: str,
        max_wait: float = 3600,
        poll_interval: float = 15,
        aws_conn_id: str | None = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cluster_identifier = cluster_identifier
        self.role_arn = role_arn
        self.max_wait = max_wait
        self.poll_interval = poll_interval
        self.aws_conn_id = aws_conn_id

    def execute(self, context: Context) -> None:  # noqa: ARG002 - Airflow's signature
        """Defer to the triggerer, unless the cluster is ready or cannot become ready.

        :raises AirflowFailException: waiting does not help.
        """
        # Imported here because the trigger imports botocore, which DAG files must not load.
        from redshift_elt.cluster.readiness import State
        from redshift_elt.triggers.cluster_ready import ClusterReadyTrigger

        found = self._readiness()
        if found.state is State.FAILED:
            raise AirflowFailException(found.message)
        self.log.info("%s", found.message)
        if found.state is State.READY:
            return
        self.defer(
            trigger=ClusterReadyTrigger(
                self.cluster_identifier,
                self.role_arn,
                time.time() + self.max_wait,
                self.poll_interval,
                self.aws_conn_id,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.max_wait) + _GRACE,
        )

    def _readiness(self) -> Readiness:
        # Imported here because DAG files must not load botocore and the hook.
        from botocore.exceptions import BotoCoreError, ClientError

        from redshift_elt.cluster.find import find_cluster
        from redshift_elt.cluster.readiness import Readiness, State, readiness
        from redshift_elt.connection.aws_api import boto3_client

        try:
            cluster = find_cluster(boto3_client("redshift", self.aws_conn_id), self.cluster_identifier)
        except (BotoCoreError, ClientError, OSError) as error:
            # The trigger asks again, and gives up after several errors.
            return Readiness(State.NOT_YET, f"Cannot describe the cluster {self.cluster_identifier!r}: {error}")
        return readiness(self.cluster_identifier, cluster, self.role_arn)

    def execute_complete(self, context: Context, event: dict[str, str]) -> None:  # noqa: ARG002
        """Succeed or fail according to the trigger's event.

        :raises AirflowFailException: waiting does not help.
        :raises AirflowException: the cluster was not ready in time, or AWS did not answer; a retry waits again.
        """
        # Imported here because the trigger imports botocore, which DAG files must not load.
        from redshift_elt.triggers.cluster_ready import FAILED, SUCCESS, TIMEOUT

        if event["state"] == SUCCESS:
            self.log.info("%s", event["message"])
            return
        if event["state"] == FAILED:
            raise AirflowFailException(event["message"])
        if event["state"] == TIMEOUT:
            raise AirflowException(
                f"{event['message']} This task waited {self.max_wait / 60:.0f} minutes. Nothing was deleted: the "
                "cluster may still become available, and it costs money. Clear this task to wait longer, or tear down "
                "the cluster."
            )
        raise AirflowException(event["message"])
