"""Changes of a cluster that take time: they run in the background after the control plane has responded."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from redshift_standin.aws.redshift.durations import Durations
from redshift_standin.errors import StandinError

_LOG = logging.getLogger(__name__)


class ClusterEndpoints(Protocol):
    """Where clusters' databases and listeners are made."""

    def create(self, cluster: str, *, port: int, database: str, master_user: str) -> None:
        """Make the database, if it is missing, and listen.

        :raises OSError: the port is taken.
        """

    def set_password(
        self, cluster: str, user: str, password: str, *, expires_at: datetime | None = None, create_user: bool = False
    ) -> None:
        """Accept this password for this user."""

    def pause(self, cluster: str) -> None:
        """Close every connection and refuse new ones."""

    def resume(self, cluster: str) -> None:
        """Accept connections again."""

    def delete(self, cluster: str) -> None:
        """Stop to listen and drop the database."""

    def save_snapshot(self, cluster: str, folder: Path) -> None:
        """Write what the database holds now into a folder, whole or not at all; its clients stay connected."""

    def load_snapshot(self, cluster: str, folder: Path, *, database: str, master_user: str) -> None:
        """Make the database from a snapshot, if it is missing, whole or not at all."""

    def delete_snapshot(self, folder: Path) -> None:
        """Remove a snapshot, if it is there."""

    def end_snapshots(self) -> None:
        """Let what takes or loads a snapshot fail at once, and everything that would do so later."""


@dataclass(frozen=True)
class TemporaryPassword:
    """A password of GetClusterCredentials."""

    user: str
    password: str
    expires_at: datetime


class ClusterRecord(Protocol):
    """What the control plane knows of a cluster."""

    cluster_identifier: str
    db_name: str
    master_username: str
    master_user_password: str
    port: int
    status: str
    temporary_passwords: list[TemporaryPassword]
    restored_from: str | None

    def apply_changes(self) -> None:
        """Take over what was asked for and is pending."""


class SnapshotRecord(Protocol):
    """What the control plane knows of a snapshot."""

    snapshot_identifier: str
    folder: str
    status: str


class Lifecycle:
    """Takes clusters and snapshots from one state to the next.

    :param endpoints: where the clusters' databases and listeners are made.
    :param host: the address that the clusters listen on.
    :param first_port: clusters get the first free port from here upwards. The port that a request asks for is not
        used: several stacks can then run on one machine.
    :param durations: how long every change takes at least.
    :param snapshots: the folder of the snapshots.
    :param lock: held while a record is read and changed.
    :param clusters: every cluster that exists.
    :param saved: called, with the lock held, after a record has been changed in the background.
    """

    def __init__(
        self,
        endpoints: ClusterEndpoints,
        *,
        host: str,
        first_port: int,
        durations: Durations,
        snapshots: Path,
        lock: threading.RLock,
        clusters: Callable[[], Iterable[ClusterRecord]],
        saved: Callable[[], None],
    ) -> None:
        self.durations = durations
        self._endpoints = endpoints
        self._host = host
        self._first_port = first_port
        self._snapshots = snapshots
        self._lock = lock
        self._clusters = clusters
        self._saved = saved
        self._stopping = threading.Event()
        self._threads: set[threading.Thread] = set()

    def create(self, cluster: ClusterRecord) -> None:
        """Give a new cluster a port, a database and a listener; then it is available."""
        cluster.port = self._free_port(cluster)
        self._change(cluster, "creating", lambda: self._open_somewhere(cluster), "available")

    def restore(self, cluster: ClusterRecord) -> None:
        """Give a new cluster the data of the snapshot that its record names; then it is available."""
        cluster.port = self._free_port(cluster)

        def work() -> None:
            self._endpoints.load_snapshot(
                cluster.cluster_identifier,
                self._snapshots / str(cluster.restored_from),
                database=cluster.db_name,
                master_user=cluster.master_username,
            )
            self._open_somewhere(cluster)

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
        """Go down as for a reboot; then the cluster has the size that was asked for."""
        self._change(cluster, "resizing", lambda: self._go_down(cluster, "resizing"), "available")

    def modify(self, cluster: ClusterRecord) -> None:
        """Make the changes that are pending after a while; connections stay."""
        self._change(cluster, "modifying", lambda: None, "available")

    def take_snapshot(self, cluster: ClusterRecord, snapshot: SnapshotRecord) -> None:
        """Keep what the cluster's database holds now; then the snapshot is available."""
        self._run(
            snapshot.snapshot_identifier,
            self.durations.of("snapshot"),
            lambda: self._save_snapshot(cluster, snapshot),
            lambda: setattr(snapshot, "status", "available"),
            lambda: setattr(snapshot, "status", "failed"),
        )

    def delete_snapshot(self, snapshot: SnapshotRecord) -> None:
        """Remove a snapshot's data."""
        self._endpoints.delete_snapshot(self._snapshots / snapshot.folder)

    def delete(self, cluster: ClusterRecord, forget: Callable[[], None]) -> None:
        """Drop a cluster's data; then it is forgotten."""
        self._run(
            cluster.cluster_identifier,
            self.durations.of("deleting"),
            lambda: self._close(cluster),
            forget,
            lambda: setattr(cluster, "status", "incompatible-network"),
        )

    def delete_with_snapshot(
        self, cluster: ClusterRecord, snapshot: SnapshotRecord, forget: Callable[[], None]
    ) -> None:
        """Close a cluster's connections and keep its data in a snapshot; then delete the cluster."""

        def work() -> None:
            # What a client writes after the snapshot would be lost.
            self._endpoints.pause(cluster.cluster_identifier)
            self._save_snapshot(cluster, snapshot)

        def kept() -> None:
            snapshot.status, cluster.status = "available", "deleting"
            self.delete(cluster, forget)

        def lost() -> None:
            snapshot.status, cluster.status = "failed", "incompatible-network"

        self._run(cluster.cluster_identifier, self.durations.of("final-snapshot"), work, kept, lost)

    def reopen(
        self, cluster: ClusterRecord, forget: Callable[[], None], final_snapshot: SnapshotRecord | None = None
    ) -> None:
        """Bring a cluster back after a restart, in the state that it was in or was going to.

        :param final_snapshot: what is taken of a cluster that is to be deleted.
        :raises StandinError: its port is taken by another program.
        """
        if cluster.restored_from is not None and cluster.status in ("creating", "incompatible-restore"):
            cluster.status = "creating"
            self.restore(cluster)
            return
        try:
            self._open(cluster)
        except OSError as error:
            raise StandinError(
                f"Cluster {cluster.cluster_identifier} cannot listen on {self._host}:{cluster.port} "
                f"({error.strerror}): stop the program that uses the port, then start the stack again."
            ) from error
        for temporary in cluster.temporary_passwords:
            if temporary.expires_at > datetime.now(timezone.utc):
                self._accept(cluster, temporary, create_user=False)
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

    def add_temporary_password(
        self, cluster: ClusterRecord, temporary: TemporaryPassword, *, create_user: bool
    ) -> None:
        """Accept a password until it expires, also after a restart."""
        now = datetime.now(timezone.utc)
        cluster.temporary_passwords = [known for known in cluster.temporary_passwords if known.expires_at > now]
        cluster.temporary_passwords.append(temporary)
        self._accept(cluster, temporary, create_user=create_user)

    def stop(self) -> None:
        """Let the changes under way end at once, unfinished ones are taken up at the next start."""
        self._stopping.set()
        self._endpoints.end_snapshots()
        for thread in list(self._threads):
            thread.join()

    def _open_somewhere(self, cluster: ClusterRecord) -> None:
        try:
            self._open(cluster)
        except OSError:
            # Another program took the port after it was found free.
            with self._lock:
                cluster.port = self._free_port(cluster, above=cluster.port)
                self._saved()
            self._open_somewhere(cluster)

    def _open(self, cluster: ClusterRecord) -> None:
        self._endpoints.create(
            cluster.cluster_identifier,
            port=cluster.port,
            database=cluster.db_name,
            master_user=cluster.master_username,
        )
        self.set_master_password(cluster)

    def _accept(self, cluster: ClusterRecord, temporary: TemporaryPassword, *, create_user: bool) -> None:
        self._endpoints.set_password(
            cluster.cluster_identifier,
            temporary.user,
            temporary.password,
            expires_at=temporary.expires_at,
            create_user=create_user,
        )

    def _go_down(self, cluster: ClusterRecord, kind: str) -> None:
        self._endpoints.pause(cluster.cluster_identifier)
        self._stopping.wait(self.durations.of(kind))
        self._endpoints.resume(cluster.cluster_identifier)

    def _save_snapshot(self, cluster: ClusterRecord, snapshot: SnapshotRecord) -> None:
        self._endpoints.save_snapshot(cluster.cluster_identifier, self._snapshots / snapshot.folder)

    def _close(self, cluster: ClusterRecord) -> None:
        # A cluster that could never be opened has no endpoint.
        with contextlib.suppress(KeyError):
            self._endpoints.delete(cluster.cluster_identifier)

    def _free_port(self, cluster: ClusterRecord, above: int = 0) -> int:
        taken = {other.port for other in self._clusters() if other is not cluster}
        for port in range(max(self._first_port, above + 1), 65536):
            if port not in taken and _can_listen(self._host, port):
                return port
        raise StandinError(f"No free port from {self._first_port} upwards: set REDSHIFT_STANDIN_REDSHIFT_PORT lower.")

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
        # A cluster that could not be changed must not look as if it could be used.
        self._run(
            cluster.cluster_identifier,
            self.durations.of(kind),
            work,
            lambda: self._finish(cluster, status),
            lambda: setattr(cluster, "status", failed),
        )

    def _run(
        self,
        name: str,
        seconds: float,
        work: Callable[[], None],
        then: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        def change() -> None:
            due = time.monotonic() + seconds
            try:
                work()
            except Exception:
                if self._stopping.is_set():
                    _LOG.info("A change of %s was interrupted", name, exc_info=True)
                    return
                _LOG.exception("A change of %s failed", name)
                with self._lock:
                    failed()
                    self._saved()
                return
            if not self._stopping.wait(due - time.monotonic()):
                with self._lock:
                    then()
                    self._saved()

        thread = threading.Thread(target=change, name=f"change of {name}", daemon=True)
        self._threads = {known for known in self._threads if known.is_alive()} | {thread}
        thread.start()


def _can_listen(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
