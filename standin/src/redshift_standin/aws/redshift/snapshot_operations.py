"""The operations on snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.redshift.exceptions import (
    ClusterNotFoundError,
    ClusterSnapshotAlreadyExistsError,
    ClusterSnapshotNotFoundError,
)

from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.cluster_states import ClusterStates
from redshift_standin.aws.redshift.snapshots import StandInSnapshot, choose


class SnapshotOperations(ClusterStates):
    """Takes, finds and deletes the snapshots of one region."""

    def take_snapshot(
        self, cluster_identifier: str, identifier: str, retention_period: int | None, tags: list[dict[str, str]]
    ) -> StandInSnapshot:
        """Begin to save the cluster's data in a snapshot."""
        cluster = self._require_idle(cluster_identifier, "available", "take a snapshot of")
        snapshot = self._new_snapshot(cluster, identifier, retention_period, tags)
        self.lifecycle.take_snapshot(cluster, snapshot)
        return snapshot

    def find_snapshots(self, request: Mapping[str, Any]) -> list[StandInSnapshot]:
        """Find the snapshots that a request of DescribeClusterSnapshots asks for.

        :raises ServiceException: one that is named does not exist, or the request is refused.
        """
        chosen = choose(self.snapshots.values(), request, self.clusters)
        named, cluster = (
            request.get("SnapshotIdentifier") or request.get("SnapshotArn"),
            request.get("ClusterIdentifier"),
        )
        if named and not chosen:
            raise ClusterSnapshotNotFoundError(named)
        known = {snapshot.cluster_identifier for snapshot in self.snapshots.values()} | set(self.clusters)
        if cluster and cluster not in known:
            raise ClusterNotFoundError(cluster)
        return chosen

    def delete_cluster_snapshot(self, snapshot_identifier: str, cluster_identifier: str | None = None) -> Any:
        """Delete a snapshot with its data."""
        snapshot = self._snapshot(snapshot_identifier, cluster_identifier)
        used = any(c.status == "creating" and c.restored_from == snapshot.folder for c in self.clusters.values())
        if snapshot.status not in ("available", "failed") or used:
            raise errors.InvalidSnapshotState(
                f"The snapshot {snapshot.snapshot_identifier} cannot be deleted while it is being taken or restored."
            )
        del self.snapshots[snapshot.snapshot_identifier]
        self.lifecycle.delete_snapshot(snapshot)
        snapshot.status = "deleted"
        return snapshot

    def find_restorable_snapshot(self, request: Mapping[str, Any]) -> StandInSnapshot:
        """Find the snapshot that RestoreFromClusterSnapshot names.

        :raises ServiceException: there is none, or it is not available.
        """
        identifier, arn = request.get("SnapshotIdentifier"), request.get("SnapshotArn")
        if bool(identifier) == bool(arn):
            raise errors.InvalidCombination("Specify either SnapshotIdentifier or SnapshotArn.")
        snapshot = self._snapshot(identifier or str(arn).rpartition("/")[2], request.get("SnapshotClusterIdentifier"))
        if arn and snapshot.arn != arn:
            raise ClusterSnapshotNotFoundError(arn)
        if snapshot.status != "available":
            raise errors.InvalidSnapshotState(f"The snapshot {snapshot.snapshot_identifier} is {snapshot.status}.")
        return snapshot

    def _new_snapshot(
        self, cluster: StandInCluster, identifier: str, retention_period: int | None, tags: list[dict[str, str]]
    ) -> StandInSnapshot:
        if retention_period is None:
            retention_period = cluster.manual_snapshot_retention_period
        validation.check_snapshot(identifier, retention_period)
        if any(identifier.lower() == known.lower() for known in self.snapshots):
            raise ClusterSnapshotAlreadyExistsError(identifier)
        snapshot = self.snapshots[identifier] = StandInSnapshot(cluster, identifier, retention_period, tags)
        return snapshot

    def _snapshot(self, identifier: str, cluster_identifier: str | None) -> StandInSnapshot:
        for known in self.snapshots.values():
            if known.snapshot_identifier.lower() == identifier.lower() and (
                cluster_identifier in (None, known.cluster_identifier)
            ):
                return known
        raise ClusterSnapshotNotFoundError(identifier)
