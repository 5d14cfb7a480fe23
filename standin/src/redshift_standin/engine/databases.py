"""The databases of a cluster. Each is a PostgreSQL database."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from redshift_standin import sqlstate
from redshift_standin.engine import snapshots
from redshift_standin.engine.address import SUPERUSER
from redshift_standin.engine.administration import (
    Connection,
    create_user,
    database_exists,
    drop_database,
    get_isolation,
    grant_connect,
    set_isolation,
)
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.engine.programs import Programs
from redshift_standin.engine.template import create_from_template, ensure_template, update_catalog
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.database_changes import DatabaseChange, Isolation

# PostgreSQL truncates longer names silently.
_LONGEST_NAME = 63

# AWS page "ALTER DATABASE": the isolation level of dev cannot change.
_UNALTERED = "dev"


class ClusterDatabases:
    """The databases of one cluster; every method may be called from any thread.

    PostgreSQL stores the names, as comments of the databases, and the isolation levels, as their settings. Both
    therefore survive a crash of the stand-in.

    :param postgres: the server that holds them; it must be running.
    :param cluster: the cluster's identifier.
    :param first: the database that the cluster is created with.
    :param master_user: the cluster's superuser, who owns every database.
    """

    def __init__(self, postgres: PostgresServer, cluster: str, first: str, master_user: str) -> None:
        self._postgres = postgres
        self._cluster = cluster
        self._first = first
        self._master = master_user.lower()
        self._lock = threading.RLock()
        self._names: set[str] = set()

    def open(self) -> None:
        """Create the master user and the first database if they are missing, and update all databases."""
        with self._administer() as connection:
            self._create_master_user(connection)
        for name in {self._first, *self._find_names()}:
            self._prepare(name)

    def find(self, name: str) -> str | None:
        """Return PostgreSQL's name of a database, or None if the cluster has no such database."""
        return database_name(self._cluster, name) if name in self._names else None

    def parameters(self, database: str) -> dict[str, Any]:
        """Return libpq's parameters of a superuser's connection to one of PostgreSQL's databases.

        The endpoint's own records there are independent of the isolation level of clients.
        """
        options = r"-c default_transaction_isolation=read\ committed"
        return {**self._postgres.dsn.parameters(database), "options": options}

    def allow_login(self, user: str) -> None:
        """Create a user if it is missing, and allow it to connect to every database."""
        with self._administer() as connection:
            create_user(connection, user)
            for name in self._names:
                grant_connect(connection, database_name(self._cluster, name), user)

    def change(self, change: DatabaseChange, *, user: str, current: str, process: int) -> None:
        """Create, alter or drop a database for a user's session.

        :param current: the database that the session is connected to.
        :param process: the process ID of the session.
        :raises WarehouseError: the user may not do this, or it cannot be done.
        """
        if user != self._master:
            raise WarehouseError(
                f"permission denied to {change.verb} database {change.name}", sqlstate=sqlstate.INSUFFICIENT_PRIVILEGE
            )
        with self._lock:
            exists = change.name in self._names
            if change.verb == "create":
                if exists:
                    raise WarehouseError(
                        f'database "{change.name}" already exists', sqlstate=sqlstate.DUPLICATE_DATABASE
                    )
                self._prepare(change.name, change.isolation)
                return
            if not exists:
                raise WarehouseError(f'database "{change.name}" does not exist', sqlstate=sqlstate.INVALID_CATALOG_NAME)
            if change.verb == "drop":
                self._drop(change.name, current)
            else:
                self._set_isolation(change.name, change.isolation, process)

    def delete(self) -> None:
        """Drop all databases and end their sessions."""
        with self._lock, self._administer() as connection:
            for name in {self._first, *self._find_names()}:
                drop_database(connection, database_name(self._cluster, name))
            self._names.clear()

    def save_snapshot(self, programs: Programs, folder: Path) -> None:
        """Save the committed data of each database in a folder, all or nothing. Sessions continue.

        Databases are neither created nor dropped meanwhile.

        :param folder: does not exist yet, or is an older snapshot that this one replaces.
        :raises StandinError: PostgreSQL's pg_dump failed.
        """
        with self._lock:
            databases = self._read_isolations()
            snapshots.save(self._postgres, programs, databases, folder)

    def _read_isolations(self) -> dict[str, tuple[str, Isolation]]:
        """Return the client's name and the isolation level of each database, by PostgreSQL's name."""
        with self._administer() as connection:
            names = {database_name(self._cluster, name): name for name in sorted(self._names)}
            return {stored: (name, get_isolation(connection, stored)) for stored, name in names.items()}

    def load_snapshot(self, programs: Programs, folder: Path) -> None:
        """Create the databases of a snapshot; call :meth:`open` afterwards.

        An existing database is not changed.

        :raises StandinError: PostgreSQL's pg_restore failed; the database is not created.
        """
        with self._administer() as connection:
            self._create_master_user(connection)
            for saved in snapshots.databases(folder):
                self._load(connection, programs, saved)

    def _load(self, connection: Connection, programs: Programs, saved: snapshots.SavedDatabase) -> None:
        name = database_name(self._cluster, saved.name)
        if database_exists(connection, name):
            return
        # Renamed when it is complete, so that an interruption leaves no half of a database.
        unfinished = database_name(self._cluster, f"{saved.name}.unfinished")
        drop_database(connection, unfinished)
        try:
            self._create(unfinished, saved.name, saved.isolation)
            for user in snapshots.users(saved):
                create_user(connection, user)
                grant_connect(connection, unfinished, user)
            snapshots.load(self._postgres, programs, unfinished, saved)
        except BaseException:
            drop_database(connection, unfinished)
            raise
        with connection.transaction():
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
            self._record_name(connection, saved.name)

    def _drop(self, name: str, current: str) -> None:
        if name == current:
            raise WarehouseError("cannot drop the currently open database", sqlstate=sqlstate.OBJECT_IN_USE)
        if name in (self._first, _UNALTERED):
            raise WarehouseError(
                f'dropping database "{name}" is not supported by the stand-in', sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
            )
        try:
            with self._administer() as connection:
                connection.execute(sql.SQL("drop database {}").format(self._identifier(name)))
        except psycopg.errors.ObjectInUse:
            raise _in_use(name) from None
        self._names.remove(name)

    def _set_isolation(self, name: str, isolation: Isolation, process: int) -> None:
        if name == _UNALTERED:
            raise WarehouseError(
                f'cannot alter the isolation level of database "{name}"', sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
            )
        with self._administer() as connection:
            others = connection.execute(
                "select 1 from pg_stat_activity where datname = %s and pid <> %s and usename <> %s",
                (database_name(self._cluster, name), process, SUPERUSER),
            )
            if others.fetchone():
                raise _in_use(name)
            set_isolation(connection, database_name(self._cluster, name), isolation)

    def _identifier(self, name: str) -> sql.Identifier:
        return sql.Identifier(database_name(self._cluster, name))

    def _administer(self, database: str = "postgres") -> Connection:
        return psycopg.connect(**self.parameters(database), autocommit=True)

    def _find_names(self) -> set[str]:
        """Return the names of the cluster's databases in PostgreSQL."""
        with self._administer() as connection:
            found = connection.execute(
                "select substr(shobj_description(oid, 'pg_database'), length(%(prefix)s::text) + 1) from pg_database "
                "where starts_with(shobj_description(oid, 'pg_database'), %(prefix)s)",
                {"prefix": f"{self._cluster}/"},
            )
            return {name for (name,) in found}

    def _prepare(self, database: str, isolation: Isolation = Isolation.SNAPSHOT) -> None:
        """Create or update a database with the objects that Redshift has in each.

        :param isolation: the level of a new database.
        """
        name = database_name(self._cluster, database)
        self._create(name, database, isolation)
        with self._administer() as connection:
            self._record_name(connection, database)
            users = connection.execute(
                "select rolname from pg_roles where not rolsuper and has_database_privilege(rolname, %s, 'connect')",
                (database_name(self._cluster, self._first),),
            )
            for (user,) in users.fetchall():
                grant_connect(connection, name, user)
        self._names.add(database)

    def _record_name(self, connection: Connection, database: str) -> None:
        """Record in PostgreSQL that this is a database of the cluster."""
        connection.execute(
            sql.SQL("comment on database {} is {}").format(
                self._identifier(database), sql.Literal(f"{self._cluster}/{database}")
            )
        )

    def _create(self, name: str, database: str, isolation: Isolation) -> None:
        """Create or update a database that only the master user may connect to.

        :param name: PostgreSQL's name of the database.
        :param database: the client's name of it.
        :param isolation: the level of a new database.
        """
        identifier, master = sql.Identifier(name), sql.Identifier(self._master)
        with self._administer() as connection:
            exists = database_exists(connection, name)
            if not exists:
                create_from_template(connection, name, self._administer)
            if not connection.execute(
                "select 1 from pg_db_role_setting join pg_database on pg_database.oid = setdatabase "
                "where datname = %s and setrole = 0",
                (name,),
            ).fetchone():
                set_isolation(connection, name, isolation)
            connection.execute(sql.SQL("revoke connect on database {} from public").format(identifier))
            grant_connect(connection, name, self._master)
            connection.execute(sql.SQL("grant create, temporary on database {} to {}").format(identifier, master))
        with self._administer(name) as connection, connection.transaction():
            if exists:
                update_catalog(connection)
            connection.execute(
                "insert into standin.database (name) values (%s) on conflict (only_row) do nothing", (database,)
            )
            connection.execute(sql.SQL("alter schema public owner to {}").format(master))
            # PostgreSQL 15 no longer grants this (AWS page "Database object permissions").
            connection.execute("grant create on schema public to public")

    def _create_master_user(self, connection: Connection) -> None:
        create_user(connection, self._master)
        connection.execute(
            sql.SQL("grant pg_read_all_data, pg_write_all_data, pg_signal_backend to {}").format(
                sql.Identifier(self._master)
            )
        )


def prepare_for_clusters(postgres: PostgresServer) -> None:
    """Create what the databases of all clusters are copied from, so that the first one is created as fast as the next.

    :param postgres: the server that holds them; it must be running.
    """

    def connect(database: str = "postgres") -> Connection:
        return psycopg.connect(**postgres.dsn.parameters(database), autocommit=True)

    with connect() as connection:
        ensure_template(connection, connect)


def database_name(cluster: str, database: str) -> str:
    """Return PostgreSQL's name of a cluster's database."""
    name = f"{cluster}__{database}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}_{digest}"


def _in_use(name: str) -> WarehouseError:
    return WarehouseError(f'database "{name}" is being accessed by other users', sqlstate=sqlstate.OBJECT_IN_USE)
