"""The databases of a cluster. Each is a PostgreSQL database."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from redshift_standin.engine import snapshots
from redshift_standin.engine.postgres import SUPERUSER, PostgresServer
from redshift_standin.engine.programs import Programs
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.database_changes import DatabaseChange, Isolation

CATALOG = Path(__file__).parent / "catalog"

# PostgreSQL cuts longer names without a word.
_LONGEST_NAME = 63

# AWS page "ALTER DATABASE": its level is the one that it came with.
_UNALTERED = "dev"

_LEVELS = {Isolation.SNAPSHOT: "repeatable read", Isolation.SERIALIZABLE: "serializable"}


class ClusterDatabases:
    """The databases of one cluster; every method may be called from any thread.

    PostgreSQL itself keeps which they are, as their comments, and at which level their transactions run, as a setting
    of each database: so both survive whatever the stand-in does not.

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
        """Make the master user and the first database where they are missing, and bring all databases up to date."""
        with self._administer() as connection:
            self._create_master_user(connection)
        for name in {self._first, *self._noted()}:
            self._prepare(name)

    def find(self, name: str) -> str | None:
        """Return PostgreSQL's name of a database, or None if the cluster has no such database."""
        return database_name(self._cluster, name) if name in self._names else None

    def parameters(self, database: str) -> dict[str, Any]:
        """Return libpq's parameters of a superuser's connection to one of PostgreSQL's databases.

        What the endpoint notes there takes no part in the transactions of clients, whatever their level is.
        """
        options = r"-c default_transaction_isolation=read\ committed"
        return {**self._postgres.dsn.parameters(database), "options": options}

    def let_in(self, user: str) -> None:
        """Make a user if it is missing, and let it connect to every database."""
        with self._administer() as connection:
            create_user(connection, user)
            for name in self._names:
                _let_connect(connection, database_name(self._cluster, name), user)

    def change(self, change: DatabaseChange, *, user: str, current: str, process: int) -> None:
        """Create, alter or drop a database, as a user's session asks for it.

        :param current: the database that the session is connected to.
        :param process: PostgreSQL's number of the session.
        :raises WarehouseError: the user may not do this, or it cannot be done.
        """
        if user != self._master:
            raise WarehouseError(f"permission denied to {change.verb} database {change.name}", sqlstate="42501")
        with self._lock:
            exists = change.name in self._names
            if change.verb == "create":
                if exists:
                    raise WarehouseError(f'database "{change.name}" already exists', sqlstate="42P04")
                self._prepare(change.name, change.isolation)
                return
            if not exists:
                raise WarehouseError(f'database "{change.name}" does not exist', sqlstate="3D000")
            if change.verb == "drop":
                self._drop(change.name, current)
            else:
                self._set_isolation(change.name, change.isolation, process)

    def delete(self) -> None:
        """Drop all of them, whoever is connected."""
        with self._lock, self._administer() as connection:
            for name in {self._first, *self._noted()}:
                _drop_database(connection, database_name(self._cluster, name))
            self._names.clear()

    def save_snapshot(self, programs: Programs, folder: Path) -> None:
        """Write what is committed in each database into a folder, whole or not at all; its sessions go on.

        Databases are neither made nor dropped meanwhile.

        :param folder: does not exist yet, or is an older snapshot that this one replaces.
        :raises StandinError: PostgreSQL's pg_dump failed.
        """
        with self._lock:
            kept = {database_name(self._cluster, name): (name, self._level(name)) for name in sorted(self._names)}
            snapshots.save(self._postgres, programs, kept, folder)

    def load_snapshot(self, programs: Programs, folder: Path) -> None:
        """Make the databases of a snapshot; :meth:`open` is to be called when this has ended.

        A database that is there already is left as it is.

        :raises StandinError: PostgreSQL's pg_restore failed; the database that it was to fill is not there.
        """
        with self._administer() as connection:
            self._create_master_user(connection)
            for saved in snapshots.databases(folder):
                self._load(connection, programs, saved)

    def _load(
        self, connection: psycopg.Connection[tuple[Any, ...]], programs: Programs, saved: snapshots.SavedDatabase
    ) -> None:
        name = database_name(self._cluster, saved.name)
        if _exists(connection, name):
            return
        # Whole or not at all, whenever this is interrupted.
        unfinished = database_name(self._cluster, f"{saved.name}.unfinished")
        _drop_database(connection, unfinished)
        try:
            self._make(unfinished, saved.name, saved.isolation)
            for user in snapshots.users(saved):
                create_user(connection, user)
                _let_connect(connection, unfinished, user)
            snapshots.load(self._postgres, programs, unfinished, saved)
        except BaseException:
            _drop_database(connection, unfinished)
            raise
        with connection.transaction():
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
            self._note(connection, saved.name)

    def _drop(self, name: str, current: str) -> None:
        if name == current:
            raise WarehouseError("cannot drop the currently open database", sqlstate="55006")
        if name in (self._first, _UNALTERED):
            raise WarehouseError(f'dropping database "{name}" is not supported by the stand-in', sqlstate="0A000")
        try:
            with self._administer() as connection:
                connection.execute(sql.SQL("drop database {}").format(self._identifier(name)))
        except psycopg.errors.ObjectInUse:
            raise _in_use(name) from None
        self._names.remove(name)

    def _set_isolation(self, name: str, isolation: Isolation, process: int) -> None:
        if name == _UNALTERED:
            raise WarehouseError(f'cannot alter the isolation level of database "{name}"', sqlstate="0A000")
        with self._administer() as connection:
            others = connection.execute(
                "select 1 from pg_stat_activity where datname = %s and pid <> %s and usename <> %s",
                (database_name(self._cluster, name), process, SUPERUSER),
            )
            if others.fetchone():
                raise _in_use(name)
            _set_level(connection, database_name(self._cluster, name), isolation)

    def _level(self, name: str) -> Isolation:
        with self._administer() as connection:
            found = connection.execute(
                "select 1 from pg_db_role_setting join pg_database on pg_database.oid = setdatabase "
                "where datname = %s and setrole = 0 and 'default_transaction_isolation=serializable' = any(setconfig)",
                (database_name(self._cluster, name),),
            )
            return Isolation.SERIALIZABLE if found.fetchone() else Isolation.SNAPSHOT

    def _identifier(self, name: str) -> sql.Identifier:
        return sql.Identifier(database_name(self._cluster, name))

    def _administer(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(**self.parameters(database), autocommit=True)

    def _noted(self) -> set[str]:
        """Return the names of the databases that PostgreSQL has of this cluster."""
        with self._administer() as connection:
            found = connection.execute(
                "select substr(shobj_description(oid, 'pg_database'), length(%(prefix)s::text) + 1) from pg_database "
                "where starts_with(shobj_description(oid, 'pg_database'), %(prefix)s)",
                {"prefix": f"{self._cluster}/"},
            )
            return {name for (name,) in found}

    def _prepare(self, database: str, isolation: Isolation = Isolation.SNAPSHOT) -> None:
        """Make a database and what Redshift has in each; all of it can be there already.

        :param isolation: its level, if it has none yet.
        """
        name = database_name(self._cluster, database)
        self._make(name, database, isolation)
        with self._administer() as connection:
            self._note(connection, database)
            users = connection.execute(
                "select rolname from pg_roles where not rolsuper and has_database_privilege(rolname, %s, 'connect')",
                (database_name(self._cluster, self._first),),
            )
            for (user,) in users.fetchall():
                _let_connect(connection, name, user)
        self._names.add(database)

    def _note(self, connection: psycopg.Connection[tuple[Any, ...]], database: str) -> None:
        """Let PostgreSQL remember that this is a database of the cluster."""
        connection.execute(
            sql.SQL("comment on database {} is {}").format(
                self._identifier(database), sql.Literal(f"{self._cluster}/{database}")
            )
        )

    def _make(self, name: str, database: str, isolation: Isolation) -> None:
        """Make a database that only the master user may connect to; all of it can be there already.

        :param name: PostgreSQL's name of the database.
        :param database: the client's.
        :param isolation: its level, if it has none yet.
        """
        identifier, master = sql.Identifier(name), sql.Identifier(self._master)
        with self._administer() as connection:
            if not _exists(connection, name):
                # The order of strings is that of their bytes; upper and lower case are those of all of Unicode.
                connection.execute(
                    sql.SQL(
                        "create database {} template template0 encoding 'UTF8' "
                        "locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"
                    ).format(identifier)
                )
            if not connection.execute(
                "select 1 from pg_db_role_setting join pg_database on pg_database.oid = setdatabase "
                "where datname = %s and setrole = 0",
                (name,),
            ).fetchone():
                _set_level(connection, name, isolation)
            connection.execute(sql.SQL("revoke connect on database {} from public").format(identifier))
            _let_connect(connection, name, self._master)
            connection.execute(sql.SQL("grant create, temporary on database {} to {}").format(identifier, master))
        with self._administer(name) as connection, connection.transaction():
            for script in sorted(CATALOG.glob("*.sql")):
                connection.execute(script.read_bytes())
            connection.execute(
                "insert into standin.database (name) values (%s) on conflict (only_row) do nothing", (database,)
            )
            connection.execute(sql.SQL("alter schema public owner to {}").format(master))
            # PostgreSQL 15 has stopped to let everybody make tables there (AWS page "Database object permissions").
            connection.execute("grant create on schema public to public")

    def _create_master_user(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        create_user(connection, self._master)
        connection.execute(
            sql.SQL("grant pg_read_all_data, pg_write_all_data, pg_signal_backend to {}").format(
                sql.Identifier(self._master)
            )
        )


def database_name(cluster: str, database: str) -> str:
    """Return PostgreSQL's name of a cluster's database."""
    name = f"{cluster}__{database}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}_{digest}"


def create_user(connection: psycopg.Connection[tuple[Any, ...]], user: str) -> None:
    """Make a user if it is missing."""
    if not connection.execute("select 1 from pg_roles where rolname = %s", (user.lower(),)).fetchone():
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(user.lower())))


def _exists(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> bool:
    return bool(connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone())


def _drop_database(connection: psycopg.Connection[tuple[Any, ...]], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _set_level(connection: psycopg.Connection[tuple[Any, ...]], name: str, isolation: Isolation) -> None:
    connection.execute(
        sql.SQL("alter database {} set default_transaction_isolation to {}").format(
            sql.Identifier(name), sql.Literal(_LEVELS[isolation])
        )
    )


def _let_connect(connection: psycopg.Connection[tuple[Any, ...]], database: str, user: str) -> None:
    connection.execute(
        sql.SQL("grant connect, temporary on database {} to {}").format(
            sql.Identifier(database), sql.Identifier(user.lower())
        )
    )


def _in_use(name: str) -> WarehouseError:
    return WarehouseError(f'database "{name}" is being accessed by other users', sqlstate="55006")
