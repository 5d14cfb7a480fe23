"""Waits in the triggerer, where it holds no worker, until a cluster can be used."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent
from botocore.exceptions import BotoCoreError, ClientError

from redshift_elt.cluster.readiness import Readiness, readiness

READY, HOPELESS, LATE, UNKNOWN = "ready", "hopeless", "late", "unknown"
# So many answers in a row may be errors, such as of throttling, before the task hears of it.
_PATIENCE = 10


class ClusterReadyTrigger(BaseTrigger):
    """Fires when a cluster is ready, when it cannot become ready, or when the time is over.

    :param role_arn: the role that must be in sync.
    :param until: when the time is over, in seconds since 1970.
    :param poll_interval: seconds between two questions.
    """

    def __init__(
        self, cluster_identifier: str, role_arn: str, until: float, poll_interval: float, aws_conn_id: str | None
    ) -> None:
        super().__init__()
        self.cluster_identifier = cluster_identifier
        self.role_arn = role_arn
        self.until = until
        self.poll_interval = poll_interval
        self.aws_conn_id = aws_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how to make the trigger anew, in the triggerer."""
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
        """Ask until there is something to tell."""
        hook = AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="redshift")
        errors, said = 0, ""
        while True:
            try:
                found = await self._ask(hook)
                errors = 0
            except (BotoCoreError, ClientError, OSError) as error:
                errors += 1
                self.log.warning("AWS does not tell the state of cluster %s: %s", self.cluster_identifier, error)
                if errors >= _PATIENCE:
                    yield TriggerEvent({"state": UNKNOWN, "message": f"AWS does not tell the cluster's state: {error}"})
                    return
            else:
                if found.ready or found.hopeless:
                    yield TriggerEvent({"state": READY if found.ready else HOPELESS, "message": found.message})
                    return
                if found.message != said:
                    self.log.info("%s", found.message)
                said = found.message
            if time.time() >= self.until:
                yield TriggerEvent({"state": LATE, "message": said})
                return
            await asyncio.sleep(self.poll_interval)

    async def _ask(self, hook: AwsBaseHook) -> Readiness:
        async with await hook.get_async_conn() as client:
            try:
                answer = await client.describe_clusters(ClusterIdentifier=self.cluster_identifier)
                cluster = answer["Clusters"][0]
            except client.exceptions.ClusterNotFoundFault:
                cluster = None
        return readiness(self.cluster_identifier, cluster, self.role_arn)
