"""PostgreSQL's template of the clusters' databases: copying it takes a third of the time that the scripts take."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from psycopg import sql

from redshift_standin.engine.administration import Connection, drop_database

CATALOG = Path(__file__).parent / "catalog"
_PREFIX = "standin_template_"
# The key of an advisory lock: clusters of one server are created at the same time.
_LOCK = 0x7374616E64696E


def update_catalog(connection: Connection) -> None:
    """Create or update the objects that Redshift has in each database, in the database of the connection."""
    for script in _scripts():
        connection.execute(script)


def create_from_template(connection: Connection, name: str, connect: Callable[[str], Connection]) -> None:
    """Create a database with the objects that Redshift has in each.

    :param connection: a superuser's connection to another database.
    :param connect: opens such a connection to a database.
    """
    template = ensure_template(connection, connect)
    # Copied as files: the template is too large for the other strategy, which writes each page to the log.
    connection.execute(
        sql.SQL("create database {} template {} strategy file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def ensure_template(connection: Connection, connect: Callable[[str], Connection]) -> str:
    """Create the template if it is missing, and drop those of other versions of the stand-in.

    The parameters are those of :func:`create_from_template`.

    :return: the name of the template.
    """
    connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    try:
        return _find_or_create(connection, connect)
    finally:
        connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


def _find_or_create(connection: Connection, connect: Callable[[str], Connection]) -> str:
    digest = hashlib.sha256(b"\0".join(_scripts())).hexdigest()[:16]
    template = f"{_PREFIX}{digest}"
    # An interrupted creation leaves a database that is not marked as a template.
    found = connection.execute(
        "select datname, datistemplate from pg_database where starts_with(datname, %s)", (_PREFIX,)
    ).fetchall()
    if (template, True) in found:
        return template
    for name, complete in found:
        if complete:
            connection.execute(sql.SQL("alter database {} is_template false").format(sql.Identifier(name)))
        drop_database(connection, name)
    # Strings sort by their bytes; upper and lower case are those of Unicode.
    connection.execute(
        sql.SQL(
            "create database {} template template0 encoding 'UTF8' "
            "locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"
        ).format(sql.Identifier(template))
    )
    with connect(template) as created, created.transaction():
        update_catalog(created)
    connection.execute(
        sql.SQL("alter database {} with is_template true allow_connections false").format(sql.Identifier(template))
    )
    return template


def _scripts() -> list[bytes]:
    return [script.read_bytes() for script in sorted(CATALOG.glob("*.sql"))]
