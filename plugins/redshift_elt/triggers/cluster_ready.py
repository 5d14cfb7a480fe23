"""Wait for a cluster in the triggerer, without holding a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent
from botocore.exceptions import BotoCoreError, ClientError

from redshift_elt.cluster.readiness import Readiness, State, readiness

# The states of the trigger's event.
SUCCESS, FAILED, TIMEOUT, ERROR = "success", "failed", "timeout", "error"
# The number of consecutive errors, such as throttling, after which the trigger gives up.
_MAX_ERRORS = 10


class ClusterReadyTrigger(BaseTrigger):
    """Fire when a cluster is ready, when it cannot become ready, or at the deadline.

    The first request is sent after ``poll_interval``, so the trigger never fires at once. Otherwise, Airflow could
    resume the task before its executor has reported the end of the process that deferred it, which can take
    ``[workers] min_heartbeat_interval`` (5 s). The scheduler then takes that report for the end of the resumed task,
    and fails or retries the task (Airflow issues 67287 and 72716; docs/airflow.md).

    :param role_arn: the role that must be in sync.
    :param until: the deadline, in seconds since 1970, so that it survives a restart of the triggerer.
    :param poll_interval: seconds between two requests.
    """

    def __init__(
        self, cluster_identifier: str, role_arn: str, until: float, poll_interval: float, aws_conn_id: str | None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow does not annotate it
        self.cluster_identifier = cluster_identifier
        self.role_arn = role_arn
        self.until = until
        self.poll_interval = poll_interval
        self.aws_conn_id = aws_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments, for the triggerer."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "cluster_identifier": self.cluster_identifier,
                "role_arn": self.role_arn,
                "until": self.until,
                "poll_interval": self.poll_interval,
                "aws_conn_id": self.aws_conn_id,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until there is an event to send."""
        hook = AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="redshift")
        errors, last_message = 0, ""
        while True:
            await asyncio.sleep(self.poll_interval)
            try:
                found = await self._readiness(hook)
                errors = 0
            except (BotoCoreError, ClientError, OSError) as error:
                errors += 1
                last_message = f"Cannot describe the cluster {self.cluster_identifier!r}: {error}."
                self.log.warning("%s", last_message)
                if errors >= _MAX_ERRORS:
                    yield TriggerEvent({"state": ERROR, "message": last_message})
                    return
            else:
                if found.state is not State.NOT_YET:
                    state = SUCCESS if found.state is State.READY else FAILED
                    yield TriggerEvent({"state": state, "message": found.message})
                    return
                if found.message != last_message:
                    self.log.info("%s", found.message)
                last_message = found.message
            if time.time() >= self.until:
                yield TriggerEvent({"state": TIMEOUT, "message": last_message})
                return

    async def _readiness(self, hook: AwsBaseHook) -> Readiness:
        async with await hook.get_async_conn() as client:
            try:
                response = await client.describe_clusters(ClusterIdentifier=self.cluster_identifier)
                cluster = response["Clusters"][0]
            except client.exceptions.ClusterNotFoundFault:
                cluster = None
        return readiness(self.cluster_identifier, cluster, self.role_arn)
