"""Changes of a cluster that take time: they run in the background after the control plane has responded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from redshift_standin.aws.redshift.background import BackgroundChanges, Change
from redshift_standin.aws.redshift.durations import Durations
from redshift_standin.aws.redshift.interfaces import ClusterEndpoints, ClusterRecord, SnapshotRecord
from redshift_standin.aws.redshift.ports import Ports
from redshift_standin.errors import StandinError


class Lifecycle:
    """Takes clusters and snapshots from one state to the next.

    :param endpoints: creates the clusters' databases and listeners.
    :param ports: finds a port for each new cluster.
    :param durations: how long each change takes at least.
    :param snapshots: the folder of the snapshots.
    :param changes: runs the changes.
    """

    def __init__(
        self,
        endpoints: ClusterEndpoints,
        ports: Ports,
        durations: Durations,
        snapshots: Path,
        changes: BackgroundChanges,
    ) -> None:
        self.durations = durations
        self._endpoints = endpoints
        self._ports = ports
        self._snapshots = snapshots
        self._changes = changes

    def create(self, cluster: ClusterRecord) -> None:
        """Give a new cluster a port, a database and a listener; then it is available."""
        cluster.port = self._ports.find_free(cluster)
        self._change(cluster, "creating", lambda: self._open_on_free_port(cluster), "available")

    def restore(self, cluster: ClusterRecord) -> None:
        """Load the snapshot that a new cluster's record names; then it is available."""
        cluster.port = self._ports.find_free(cluster)

        def work() -> None:
            self._endpoints.load_snapshot(
                cluster.cluster_identifier,
                self._snapshots / str(cluster.restored_from),
                database=cluster.db_name,
                master_user=cluster.master_username,
            )
            self._open_on_free_port(cluster)

        self._change(cluster, "creating", work, "available", failed="incompatible-restore")

    def pause(self, cluster: ClusterRecord) -> None:
        """Close a cluster's connections; then it is paused."""
        self._change(cluster, "pausing", lambda: self._endpoints.pause(cluster.cluster_identifier), "paused")

    def resume(self, cluster: ClusterRecord) -> None:
        """Accept connections again; then the cluster is available."""
        self._change(cluster, "resuming", lambda: self._endpoints.resume(cluster.cluster_identifier), "available")

    def reboot(self, cluster: ClusterRecord) -> None:
        """Close a cluster's connections and refuse new ones for a while; then it is available."""
        self._change(cluster, "rebooting", lambda: self._go_down(cluster, "rebooting"), "available")

    def resize(self, cluster: ClusterRecord) -> None:
        """Go down as for a reboot; then the cluster has the requested size."""
        self._change(cluster, "resizing", lambda: self._go_down(cluster, "resizing"), "available")

    def modify(self, cluster: ClusterRecord) -> None:
        """Apply the pending changes after a while; connections stay."""
        self._change(cluster, "modifying", lambda: None, "available")

    def take_snapshot(self, cluster: ClusterRecord, snapshot: SnapshotRecord) -> None:
        """Save the cluster's committed data; then the snapshot is available."""
        self._changes.start(
            Change(
                snapshot.snapshot_identifier,
                self.durations.of("snapshot"),
                lambda: self._save_snapshot(cluster, snapshot),
                lambda: setattr(snapshot, "status", "available"),
                lambda: setattr(snapshot, "status", "failed"),
            )
        )

    def delete_snapshot(self, snapshot: SnapshotRecord) -> None:
        """Remove a snapshot's data."""
        self._endpoints.delete_snapshot(self._snapshots / snapshot.folder)

    def delete(self, cluster: ClusterRecord, forget: Callable[[], None]) -> None:
        """Drop a cluster's data; then remove its record."""
        self._changes.start(
            Change(
                cluster.cluster_identifier,
                self.durations.of("deleting"),
                lambda: self._close(cluster),
                forget,
                lambda: setattr(cluster, "status", "incompatible-network"),
            )
        )

    def delete_with_snapshot(
        self, cluster: ClusterRecord, snapshot: SnapshotRecord, forget: Callable[[], None]
    ) -> None:
        """Close a cluster's connections and save its data in a snapshot; then delete the cluster."""

        def work() -> None:
            # What a client writes after the snapshot would be lost.
            self._endpoints.pause(cluster.cluster_identifier)
            self._save_snapshot(cluster, snapshot)

        def saved() -> None:
            snapshot.status, cluster.status = "available", "deleting"
            self.delete(cluster, forget)

        def failed() -> None:
            snapshot.status, cluster.status = "failed", "incompatible-network"

        self._changes.start(
            Change(cluster.cluster_identifier, self.durations.of("final-snapshot"), work, saved, failed)
        )

    def reopen(
        self, cluster: ClusterRecord, forget: Callable[[], None], final_snapshot: SnapshotRecord | None = None
    ) -> None:
        """Open a cluster after a restart, in the state that it had or was changing to.

        :param final_snapshot: the final snapshot of a cluster that is being deleted.
        :raises StandinError: another program uses its port.
        """
        if cluster.restored_from is not None and cluster.status in ("creating", "incompatible-restore"):
            cluster.status = "creating"
            self.restore(cluster)
            return
        try:
            self._open(cluster)
        except OSError as error:
            raise StandinError(
                f"Cluster {cluster.cluster_identifier} cannot listen on {self._ports.host}:{cluster.port} "
                f"({error.strerror}): stop the program that uses the port, then start the stack again."
            ) from error
        if cluster.status in ("pausing", "paused"):
            self._endpoints.pause(cluster.cluster_identifier)
            cluster.status = "paused"
        elif cluster.status == "final-snapshot" and final_snapshot is not None:
            self.delete_with_snapshot(cluster, final_snapshot, forget)
        elif cluster.status == "deleting":
            self.delete(cluster, forget)
        else:
            self._finish(cluster, "available")

    def set_master_password(self, cluster: ClusterRecord) -> None:
        """Accept the master password that the cluster's record holds now."""
        self._endpoints.set_password(cluster.cluster_identifier, cluster.master_username, cluster.master_user_password)

    def create_user(self, cluster: ClusterRecord, user: str) -> None:
        """Create a database user if it is missing."""
        self._endpoints.create_user(cluster.cluster_identifier, user)

    def stop(self) -> None:
        """Interrupt the running changes. The next start resumes them."""
        self._changes.interrupt()
        self._endpoints.end_snapshots()
        self._changes.join()

    def _open_on_free_port(self, cluster: ClusterRecord) -> None:
        try:
            self._open(cluster)
        except OSError:
            # Another program took the port since.
            with self._changes.saved():
                cluster.port = self._ports.find_free(cluster, above=cluster.port)
            self._open_on_free_port(cluster)

    def _open(self, cluster: ClusterRecord) -> None:
        self._endpoints.create(
            cluster.cluster_identifier,
            port=cluster.port,
            database=cluster.db_name,
            master_user=cluster.master_username,
            password_key=cluster.password_key,
        )
        self.set_master_password(cluster)

    def _go_down(self, cluster: ClusterRecord, kind: str) -> None:
        self._endpoints.pause(cluster.cluster_identifier)
        self._changes.wait(self.durations.of(kind))
        self._endpoints.resume(cluster.cluster_identifier)

    def _save_snapshot(self, cluster: ClusterRecord, snapshot: SnapshotRecord) -> None:
        self._endpoints.save_snapshot(cluster.cluster_identifier, self._snapshots / snapshot.folder)

    def _close(self, cluster: ClusterRecord) -> None:
        # A cluster that was never opened has no endpoint.
        with contextlib.suppress(KeyError):
            self._endpoints.delete(cluster.cluster_identifier)

    def _finish(self, cluster: ClusterRecord, status: str) -> None:
        password = cluster.master_user_password
        cluster.apply_changes()
        if cluster.master_user_password != password:
            self.set_master_password(cluster)
        cluster.status = status

    def _change(
        self,
        cluster: ClusterRecord,
        kind: str,
        work: Callable[[], None],
        status: str,
        *,
        failed: str = "incompatible-network",
    ) -> None:
        # A cluster whose change failed must not look usable.
        self._changes.start(
            Change(
                cluster.cluster_identifier,
                self.durations.of(kind),
                work,
                lambda: self._finish(cluster, status),
                lambda: setattr(cluster, "status", failed),
            )
        )
