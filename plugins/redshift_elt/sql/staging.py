"""A run's own staging tables."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.sql.identifiers import bare, columns, identifier, table


def drop(staging: str) -> str:
    """Return the statement that drops a staging table, or does nothing where there is none."""
    return f"drop table if exists {table(staging)}"


def create(staging: str, template: str, *, temporary: bool = False) -> str:
    """Return the statement that makes a staging table: the columns, encodings and keys of its permanent template.

    :param temporary: whether it is the session's own; it then has no schema.
    """
    if temporary:
        return f"create temporary table {identifier(bare(staging))} (like {table(template)})"
    return f"create table {table(staging)} (like {table(template)})"


def empty(staging: str) -> str:
    """Return the statement that removes a table's rows; TRUNCATE would commit (AWS page "TRUNCATE")."""
    return f"delete from {table(staging)}"


def keep_between(incoming: str, staging: str, names: Sequence[str], column: str) -> str:
    """Return the statement that takes over the rows of an interval of time, whose start and end are its values."""
    return (
        f"insert into {table(staging)} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names)}\n"
        f"from {table(incoming)}\n"
        f"where {identifier(column)} >= %s\n"
        f"  and {identifier(column)} < %s"
    )


def count_outside(incoming: str, column: str) -> str:
    """Return the query for how many rows are not in an interval of time, whose start and end are its values."""
    return (
        "select count(*)\n"
        f"from {table(incoming)}\n"
        f"where {identifier(column)} < %s\n"
        f"   or {identifier(column)} >= %s\n"
        f"   or {identifier(column)} is null"
    )


def count(staging: str) -> str:
    """Return the query for a table's number of rows."""
    return f"select count(*)\nfrom {table(staging)}"
