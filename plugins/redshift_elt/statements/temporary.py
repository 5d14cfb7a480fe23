"""The temporary tables that a load works with: private to its session, shaped like the target."""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.statements.names import bare, columns, identifier, table


def name(target: str, part: str) -> str:
    """Return the name of a target's temporary table, such as ``users__delta``."""
    return f"{bare(target)}__{part}"


def create(target: str, part: str) -> str:
    """Return the statement that makes a temporary table with the columns, distribution and sort keys of its target."""
    return f"create temporary table {identifier(name(target, part))} (like {table(target)})"


def count_null_keys(target: str, key: Sequence[str]) -> str:
    """Return the query for how many staged rows have no key."""
    missing = "\n   or ".join(f"{identifier(column)} is null" for column in key)
    return f"select count(*)\nfrom {identifier(name(target, 'staged'))}\nwhere {missing}"


def fill_staged(target: str, names: Sequence[str], select: str) -> str:
    """Return the statement that stores what a load's own SELECT yields, columns matched by name.

    :param select: a SELECT without a semicolon at its end; it is sent as it is, with no value bound into it.
    """
    return (
        f"insert into {identifier(name(target, 'staged'))} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names)}\n"
        f"from (\n{select}\n) as source"
    )
