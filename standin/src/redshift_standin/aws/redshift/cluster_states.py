"""The states that operations require of a cluster."""

from __future__ import annotations

from typing import ClassVar

from moto.redshift.models import Cluster, RedshiftBackend

from redshift_standin.aws.redshift import errors
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.lifecycle import Lifecycle
from redshift_standin.aws.redshift.snapshots import StandInSnapshot


class ClusterStates(RedshiftBackend):
    """Checks the state of a cluster before an operation changes it."""

    # Set while the service runs; it is not part of the saved state.
    lifecycle: ClassVar[Lifecycle]
    # Moto declares its own classes.
    clusters: dict[str, StandInCluster]  # type: ignore[assignment]
    snapshots: dict[str, StandInSnapshot]  # type: ignore[assignment]

    def find_cluster(self, identifier: str) -> StandInCluster:
        """Return a cluster.

        :raises ClusterNotFoundError: there is none of this name.
        """
        self.describe_clusters(identifier)
        return self.clusters[identifier]

    def _require_state(self, identifier: str, state: str, operation: str) -> StandInCluster:
        cluster = self.find_cluster(identifier)
        if cluster.status != state:
            raise errors.InvalidState(
                f"You can't {operation} cluster {identifier}: it is {cluster.status}, and must be {state}."
            )
        return cluster

    def _require_idle(self, identifier: str, state: str, operation: str) -> StandInCluster:
        cluster = self._require_state(identifier, state, operation)
        if self._has_unfinished_snapshot(cluster):
            raise errors.InvalidState("There is an operation running on the Cluster. Please try again at a later time.")
        return cluster

    def _has_unfinished_snapshot(self, cluster: Cluster) -> bool:
        return any(
            snapshot.status == "creating" and snapshot.cluster_identifier == cluster.cluster_identifier
            for snapshot in self.snapshots.values()
        )
