"""The user that loads: made, and given what loads need and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from redshift_elt.sql.identifiers import bare, identifier, literal, table

_PUBLIC = "public"
_TABLE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)")
_COMMENT = re.compile(r"--[^\n]*")


def table_of(statement: str) -> str | None:
    """Return the table that a DDL statement makes, as ``schema.table``; None if it makes none."""
    found = _TABLE.match(_COMMENT.sub("", statement).strip().lower())
    if not found:
        return None
    name = found[1].replace('"', "")
    return name if "." in name else f"{_PUBLIC}.{name}"


def existing(user: str, schemas: Iterable[str]) -> str:
    """Return a query of what is there: rows of a kind (``user`` or ``table``) and a name (``schema.table``)."""
    return (
        "select 'user' as kind, usename::varchar(256) as name\n"
        f"from pg_user\nwhere usename = {literal(user)}\n"
        "union all\n"
        "select 'table' as kind, (schemaname || '.' || tablename)::varchar(256) as name\n"
        f"from pg_tables\nwhere schemaname in ({', '.join(literal(schema) for schema in schemas)})"
    )


def create_user(user: str) -> str:
    """Return the statement that makes a user who has no password and logs in with temporary credentials only.

    AWS page "Create a database user and database groups".
    """
    return f"create user {identifier(user)} password disable"


def grants(user: str, tables: Sequence[str]) -> list[str]:
    """Return the statements that let a user load these tables, and make its own beside them.

    It needs to read and write rows, and to make staging tables in the same schemas; ALTER, DROP, TRUNCATE and GRANT
    stay with their owner. A lock is allowed to whoever may update or delete.

    :param tables: each ``schema.table``.
    """
    names = ", ".join(table(name) for name in tables)
    to = identifier(user)
    return [
        *(f"grant usage, create on schema {identifier(schema)} to {to}" for schema in schemas_of(tables)),
        f"grant select, insert, update, delete on table {names} to {to}",
    ]


def drop(tables: Sequence[str]) -> str:
    """Return the statement that drops these tables, as far as they are there."""
    return "drop table if exists " + ", ".join(table(name) for name in tables)


def schemas_of(tables: Iterable[str]) -> list[str]:
    """Return the schemas of tables, each once.

    :param tables: each ``schema.table``.
    """
    return sorted({name.removesuffix(f".{bare(name)}") for name in tables})
