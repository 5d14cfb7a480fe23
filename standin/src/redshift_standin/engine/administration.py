"""Users and databases of PostgreSQL, as its superuser changes them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from redshift_standin.sql.database_changes import Isolation

Connection = psycopg.Connection[tuple[Any, ...]]

_LEVELS = {Isolation.SNAPSHOT: "repeatable read", Isolation.SERIALIZABLE: "serializable"}


def create_user(connection: Connection, user: str) -> None:
    """Create a user if it is missing."""
    if not connection.execute("select 1 from pg_roles where rolname = %s", (user.lower(),)).fetchone():
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(user.lower())))


def database_exists(connection: Connection, name: str) -> bool:
    """Whether PostgreSQL has this database."""
    return bool(connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone())


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database if it exists, and end its sessions."""
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def set_isolation(connection: Connection, name: str, isolation: Isolation) -> None:
    """Set the isolation level of a database's transactions."""
    connection.execute(
        sql.SQL("alter database {} set default_transaction_isolation to {}").format(
            sql.Identifier(name), sql.Literal(_LEVELS[isolation])
        )
    )


def grant_connect(connection: Connection, database: str, user: str) -> None:
    """Allow a user to connect to a database and to create temporary tables there."""
    connection.execute(
        sql.SQL("grant connect, temporary on database {} to {}").format(
            sql.Identifier(database), sql.Identifier(user.lower())
        )
    )


def get_isolation(connection: Connection, name: str) -> Isolation:
    """Return the isolation level of a database's transactions."""
    found = connection.execute(
        "select 1 from pg_db_role_setting join pg_database on pg_database.oid = setdatabase "
        "where datname = %s and setrole = 0 and 'default_transaction_isolation=serializable' = any(setconfig)",
        (name,),
    )
    return Isolation.SERIALIZABLE if found.fetchone() else Isolation.SNAPSHOT
