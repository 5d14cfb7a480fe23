"""What happens to a cluster after the control plane has answered: it takes a while, in the background."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from local.errors import StackError
from local.settings import HOST

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


class Lifecycle:
    """Takes clusters from one state to the next.

    :param endpoints: where the clusters' databases and listeners are made.
    :param first_port: clusters get the first free port from here upwards. The port that a request asks for is not
        used: several stacks can then run on one machine.
    :param seconds: how long every change takes at least.
    :param lock: held while a cluster's record is read and changed.
    :param clusters: every cluster that exists.
    :param saved: called, with the lock held, after a record has been changed in the background.
    """

    def __init__(
        self,
        endpoints: ClusterEndpoints,
        *,
        first_port: int,
        seconds: float,
        lock: threading.RLock,
        clusters: Callable[[], Iterable[ClusterRecord]],
        saved: Callable[[], None],
    ) -> None:
        self.seconds = seconds
        self._endpoints = endpoints
        self._first_port = first_port
        self._lock = lock
        self._clusters = clusters
        self._saved = saved
        self._stopping = threading.Event()
        self._threads: set[threading.Thread] = set()

    def create(self, cluster: ClusterRecord) -> None:
        """Give a new cluster a port, a database and a listener; then it is available."""
        cluster.port = self._free_port(cluster)
        self._run(cluster, lambda: self._open_somewhere(cluster), self._becomes(cluster, "available"))

    def pause(self, cluster: ClusterRecord) -> None:
        """Close a cluster's connections; then it is paused."""
        name = cluster.cluster_identifier
        self._run(cluster, lambda: self._endpoints.pause(name), self._becomes(cluster, "paused"))

    def resume(self, cluster: ClusterRecord) -> None:
        """Accept connections again; then the cluster is available."""
        name = cluster.cluster_identifier
        self._run(cluster, lambda: self._endpoints.resume(name), self._becomes(cluster, "available"))

    def delete(self, cluster: ClusterRecord, forget: Callable[[], None]) -> None:
        """Drop a cluster's data; then it is forgotten."""
        self._run(cluster, lambda: self._close(cluster), forget)

    def reopen(self, cluster: ClusterRecord, forget: Callable[[], None]) -> None:
        """Bring a cluster back after a restart, in the state that it was in or was going to.

        :raises StackError: its port is taken by another program.
        """
        try:
            self._open(cluster)
        except OSError as error:
            raise StackError(
                f"Cluster {cluster.cluster_identifier} cannot listen on {HOST}:{cluster.port} ({error.strerror}): stop "
                "the program that uses the port, then start the stack again."
            ) from error
        for temporary in cluster.temporary_passwords:
            if temporary.expires_at > datetime.now(timezone.utc):
                self._accept(cluster, temporary, create_user=False)
        if cluster.status in ("pausing", "paused"):
            self._endpoints.pause(cluster.cluster_identifier)
            cluster.status = "paused"
        elif cluster.status == "deleting":
            self.delete(cluster, forget)
        else:
            cluster.status = "available"

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

    def _close(self, cluster: ClusterRecord) -> None:
        # A cluster that could never be opened has no endpoint.
        with contextlib.suppress(KeyError):
            self._endpoints.delete(cluster.cluster_identifier)

    def _free_port(self, cluster: ClusterRecord, above: int = 0) -> int:
        taken = {other.port for other in self._clusters() if other is not cluster}
        for port in range(max(self._first_port, above + 1), 65536):
            if port not in taken and _can_listen(port):
                return port
        raise StackError(f"No free port from {self._first_port} upwards: set SPARKIFY_REDSHIFT_PORT lower.")

    @staticmethod
    def _becomes(cluster: ClusterRecord, status: str) -> Callable[[], None]:
        return lambda: setattr(cluster, "status", status)

    def _run(self, cluster: ClusterRecord, work: Callable[[], None], then: Callable[[], None]) -> None:
        def change() -> None:
            due = time.monotonic() + self.seconds
            try:
                work()
            except Exception:
                # A cluster that could not be changed must not look as if it could be used.
                _LOG.exception("Cluster %s cannot leave the state %s", cluster.cluster_identifier, cluster.status)
                with self._lock:
                    cluster.status = "incompatible-network"
                    self._saved()
                return
            if not self._stopping.wait(due - time.monotonic()):
                with self._lock:
                    then()
                    self._saved()

        thread = threading.Thread(target=change, name=f"cluster {cluster.cluster_identifier}", daemon=True)
        self._threads = {known for known in self._threads if known.is_alive()} | {thread}
        thread.start()


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
