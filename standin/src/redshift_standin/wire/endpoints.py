"""The clusters' databases and the ports that their clients connect to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from redshift_standin.engine import snapshots
from redshift_standin.engine.address import SUPERUSER
from redshift_standin.engine.databases import ClusterDatabases
from redshift_standin.engine.interfaces import Copier, Unloader
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.engine.programs import Programs
from redshift_standin.settings import HOST
from redshift_standin.temporary_passwords import TemporaryPasswords
from redshift_standin.wire.certificate import server_context
from redshift_standin.wire.listener import ClusterEndpoint, Listener
from redshift_standin.wire.passwords import Passwords

T = TypeVar("T")

# Redshift's own limit is 2,000 ("Quotas and limits"); each is a PostgreSQL process here.
CONNECTIONS = 500


@dataclass(frozen=True)
class EndpointSettings:
    """How the clusters listen for clients.

    :param certificate_dir: the folder of the TLS certificate; created if it is missing.
    :param host: the address that the clusters listen on.
    :param host_name: a name by which clients reach them, for the certificate.
    :param connections: the largest number of sessions of a cluster.
    """

    certificate_dir: Path
    host: str = HOST
    host_name: str = ""
    connections: int = CONNECTIONS


@dataclass
class _Cluster:
    port: int
    databases: ClusterDatabases
    passwords: Passwords
    listener: Listener


class Endpoints:
    """The Redshift endpoints of all clusters.

    Every method may be called from any thread; the endpoints run on an event loop in a thread of their own.

    :param postgres: the server that holds the clusters' databases; it must be running.
    :param settings: how the clusters listen.
    :param copier: runs COPY.
    :param unloader: runs UNLOAD; None refuses it.
    """

    def __init__(
        self, postgres: PostgresServer, settings: EndpointSettings, copier: Copier, unloader: Unloader | None = None
    ) -> None:
        self._postgres = postgres
        self._programs = Programs(postgres)
        self._settings = settings
        self._context = server_context(settings.certificate_dir, settings.host, settings.host_name)
        self._copier = copier
        self._unloader = unloader
        self._clusters: dict[str, _Cluster] = {}
        self._lock = threading.RLock()
        # Faster than asyncio's own loop (docs/benchmark.md).
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="redshift-endpoints", daemon=True)
        self._thread.start()

    def create(self, cluster: str, *, port: int, database: str, master_user: str, password_key: bytes) -> None:
        """Create the cluster's first database and its master user if they are missing, and listen.

        :param password_key: the key that signs the cluster's temporary passwords.
        :raises OSError: the port is in use.
        :raises ValueError: the user's name is reserved.
        """
        _check_user(master_user)
        with self._lock:
            databases = ClusterDatabases(self._postgres, cluster, database, master_user)
            databases.open()
            known = self._clusters.get(cluster)
            if known is not None:
                self._run(known.listener.close())
            passwords = Passwords(TemporaryPasswords(password_key))
            endpoint = ClusterEndpoint(
                cluster=cluster,
                socket=self._postgres.dsn.socket,
                context=self._context,
                passwords=passwords,
                databases=databases,
                copier=self._copier,
                unloader=self._unloader,
                max_connections=self._settings.connections,
            )
            listener = Listener(endpoint, self._settings.host)
            self._run(listener.open(port))
            self._clusters[cluster] = _Cluster(port, databases, passwords, listener)

    def set_password(self, cluster: str, user: str, password: str) -> None:
        """Replace a user's permanent password.

        :raises KeyError: the cluster does not exist.
        :raises ValueError: the user's name is reserved.
        """
        _check_user(user)
        with self._lock:
            self._clusters[cluster].passwords.set_permanent(user.lower(), password)

    def create_user(self, cluster: str, user: str) -> None:
        """Create a user if it is missing.

        :raises KeyError: the cluster does not exist.
        :raises ValueError: the user's name is reserved.
        """
        _check_user(user)
        with self._lock:
            self._clusters[cluster].databases.allow_login(user)

    def pause(self, cluster: str) -> None:
        """End the cluster's sessions and refuse new ones."""
        with self._lock:
            self._run(self._clusters[cluster].listener.close())

    def resume(self, cluster: str) -> None:
        """Listen again.

        :raises OSError: the port is in use.
        """
        with self._lock:
            known = self._clusters[cluster]
            self._run(known.listener.close())
            self._run(known.listener.open(known.port))

    def delete(self, cluster: str) -> None:
        """End the cluster's sessions and drop its databases."""
        with self._lock:
            known = self._clusters.pop(cluster)
            self._run(known.listener.close())
            known.databases.delete()

    def save_snapshot(self, cluster: str, folder: Path) -> None:
        """Save the committed data of the cluster's databases in a folder. Sessions continue.

        :raises KeyError: the cluster does not exist.
        :raises StandinError: PostgreSQL's pg_dump failed.
        """
        self._clusters[cluster].databases.save_snapshot(self._programs, folder)

    def load_snapshot(self, cluster: str, folder: Path, *, database: str, master_user: str) -> None:
        """Create the databases of a cluster from a snapshot; call :meth:`create` afterwards.

        An existing database is not changed.

        :raises StandinError: PostgreSQL's pg_restore failed; the database is not created.
        """
        _check_user(master_user)
        ClusterDatabases(self._postgres, cluster, database, master_user).load_snapshot(self._programs, folder)

    @staticmethod
    def delete_snapshot(folder: Path) -> None:
        """Delete a snapshot if it exists."""
        snapshots.remove(folder)

    def end_snapshots(self) -> None:
        """Make running and later operations on snapshots fail at once."""
        self._programs.end()

    def close(self) -> None:
        """End all sessions and stop listening; the databases stay."""
        with self._lock:
            for known in self._clusters.values():
                self._run(known.listener.close())
            self._clusters.clear()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def _check_user(user: str) -> None:
    if user.lower() in (SUPERUSER, "public", "none") or user.lower().startswith("pg_"):
        raise ValueError(f"{user} is a reserved user name")
