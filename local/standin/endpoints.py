"""The clusters' databases and the ports that their clients connect to."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from local.postgres import SUPERUSER, PostgresServer
from local.standin import snapshots
from local.standin.backend import Copier, Unloader
from local.standin.programs import Programs
from local.standin.wire.certificate import server_context
from local.standin.wire.listener import Listener
from local.standin.wire.passwords import Passwords

T = TypeVar("T")

CATALOG = Path(__file__).parent / "sql" / "catalog"

# Redshift's own limit is 2,000 ("Quotas and limits"); each is a process of PostgreSQL's here.
CONNECTIONS = 500

# PostgreSQL cuts longer names without a word.
_LONGEST_NAME = 63


@dataclass
class _Cluster:
    port: int
    database: str
    passwords: Passwords
    listener: Listener


class Endpoints:
    """The Redshift endpoints of all clusters.

    Every method may be called from any thread; the endpoints themselves live on an event loop in one of their own.

    :param postgres: the server that holds the clusters' databases; it must be running.
    :param certificate_dir: the folder of the TLS certificate; made when it is missing.
    :param copier: what runs COPY.
    :param unloader: what runs UNLOAD; without one it is refused.
    :param connections: how many clients of a cluster can be logged in at once.
    """

    def __init__(
        self,
        postgres: PostgresServer,
        certificate_dir: Path,
        copier: Copier,
        unloader: Unloader | None = None,
        *,
        connections: int = CONNECTIONS,
    ) -> None:
        self._postgres = postgres
        self._programs = Programs(postgres)
        self._context = server_context(certificate_dir)
        self._copier = copier
        self._unloader = unloader
        self._connections = connections
        self._clusters: dict[str, _Cluster] = {}
        self._lock = threading.RLock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="redshift-endpoints", daemon=True)
        self._thread.start()

    def create(self, cluster: str, *, port: int, database: str, master_user: str) -> None:
        """Make the cluster's database and its master user where they are missing, and listen.

        :raises OSError: the port is taken.
        :raises ValueError: the user's name is reserved.
        """
        _check_user(master_user)
        with self._lock:
            self._prepare(database_name(cluster, database), database, master_user)
            known = self._clusters.get(cluster)
            if known is not None:
                self._run(known.listener.close())
            passwords = known.passwords if known is not None else Passwords()
            listener = Listener(
                cluster,
                socket=self._postgres.dsn.socket,
                context=self._context,
                passwords=passwords,
                copier=self._copier,
                unloader=self._unloader,
                database_name=lambda name: database_name(cluster, name) if name == database else None,
                apart=self._postgres.dsn.parameters,
                connections=self._connections,
            )
            self._run(listener.open(port))
            self._clusters[cluster] = _Cluster(port, database, passwords, listener)

    def set_password(
        self,
        cluster: str,
        user: str,
        password: str,
        *,
        expires_at: datetime | None = None,
        create_user: bool = False,
    ) -> None:
        """Let a user log in with this password; a temporary one leaves the others valid.

        :param expires_at: when a temporary password ends, with its time zone; None for a lasting one.
        :param create_user: make the user if it is missing; otherwise the login of a missing user fails.
        :raises KeyError: there is no such cluster.
        :raises ValueError: the user's name is reserved.
        """
        _check_user(user)
        with self._lock:
            known = self._clusters[cluster]
            if create_user:
                with self._administer("postgres") as connection:
                    _create_user(connection, user)
                    _let_connect(connection, database_name(cluster, known.database), user)
            known.passwords.add(user.lower(), password, expires_at)

    def pause(self, cluster: str) -> None:
        """End the cluster's sessions and refuse new ones."""
        with self._lock:
            self._run(self._clusters[cluster].listener.close())

    def resume(self, cluster: str) -> None:
        """Listen again.

        :raises OSError: the port was taken in the meantime.
        """
        with self._lock:
            known = self._clusters[cluster]
            self._run(known.listener.close())
            self._run(known.listener.open(known.port))

    def delete(self, cluster: str) -> None:
        """End the cluster's sessions and drop its database."""
        with self._lock:
            known = self._clusters.pop(cluster)
            self._run(known.listener.close())
            with self._administer("postgres") as connection:
                _drop_database(connection, database_name(cluster, known.database))

    def save_snapshot(self, cluster: str, folder: Path) -> None:
        """Write what is committed in the cluster's database into a folder; its sessions go on.

        :raises KeyError: there is no such cluster.
        :raises StackError: PostgreSQL's pg_dump failed.
        """
        snapshots.save(self._postgres, self._programs, database_name(cluster, self._clusters[cluster].database), folder)

    def load_snapshot(self, cluster: str, folder: Path, *, database: str, master_user: str) -> None:
        """Make the database of a cluster, which :meth:`create` is called for next, from a snapshot.

        A database that is there already is left as it is.

        :raises StackError: PostgreSQL's pg_restore failed; there is no database.
        """
        _check_user(master_user)
        name = database_name(cluster, database)
        # Whole or not at all, whenever this is interrupted.
        unfinished = database_name(cluster, f"{database}.unfinished")
        with self._administer("postgres") as connection:
            if connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                return
            _drop_database(connection, unfinished)
            self._prepare(unfinished, database, master_user)
            for user in snapshots.users(folder):
                _create_user(connection, user)
                _let_connect(connection, unfinished, user)
            try:
                snapshots.load(self._postgres, self._programs, unfinished, folder)
            except BaseException:
                _drop_database(connection, unfinished)
                raise
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )

    @staticmethod
    def delete_snapshot(folder: Path) -> None:
        """Remove a snapshot, if it is there."""
        snapshots.remove(folder)

    def end_snapshots(self) -> None:
        """Let what takes or loads a snapshot fail at once, and everything that would do so later."""
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

    def _administer(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(**self._postgres.dsn.parameters(database), autocommit=True)

    def _prepare(self, name: str, database: str, master_user: str) -> None:
        """Make the role, the database and what Redshift has in each database; all of it can be there already.

        :param name: PostgreSQL's name of the database.
        :param database: the client's.
        """
        with self._administer("postgres") as connection:
            _create_user(connection, master_user)
            connection.execute(
                sql.SQL("grant pg_read_all_data, pg_write_all_data, pg_signal_backend to {}").format(
                    sql.Identifier(master_user.lower())
                )
            )
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                # The order of strings is that of their bytes; upper and lower case are those of all of Unicode.
                connection.execute(
                    sql.SQL(
                        "create database {} template template0 encoding 'UTF8' "
                        "locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"
                    ).format(sql.Identifier(name))
                )
            connection.execute(sql.SQL("revoke connect on database {} from public").format(sql.Identifier(name)))
            _let_connect(connection, name, master_user)
            connection.execute(
                sql.SQL("grant create, temporary on database {} to {}").format(
                    sql.Identifier(name), sql.Identifier(master_user.lower())
                )
            )
        with self._administer(name) as connection, connection.transaction():
            for script in sorted(CATALOG.glob("*.sql")):
                connection.execute(script.read_bytes())
            connection.execute(
                "insert into standin.database (name) values (%s) on conflict (only_row) do nothing", (database,)
            )
            connection.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(master_user.lower())))


def database_name(cluster: str, database: str) -> str:
    """Return PostgreSQL's name of a cluster's database."""
    name = f"{cluster}__{database}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}_{digest}"


def _drop_database(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _check_user(user: str) -> None:
    if user.lower() in (SUPERUSER, "public", "none") or user.lower().startswith("pg_"):
        raise ValueError(f"{user} is a reserved user name")


def _create_user(connection: psycopg.Connection[tuple[Any, ...]], user: str) -> None:
    if not connection.execute("select 1 from pg_roles where rolname = %s", (user.lower(),)).fetchone():
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(user.lower())))


def _let_connect(connection: psycopg.Connection[tuple[Any, ...]], database: str, user: str) -> None:
    connection.execute(
        sql.SQL("grant connect, temporary on database {} to {}").format(
            sql.Identifier(database), sql.Identifier(user.lower())
        )
    )
