"""The temporary tables that a load works with: private to its session, shaped like the target."""

from __future__ import annotations

from redshift_elt.sql.identifiers import bare, identifier, table


def name(target: str, part: str) -> str:
    """Return the name of a target's temporary table, such as ``users__delta``."""
    return f"{bare(target)}__{part}"


def create(target: str, part: str) -> str:
    """Return the statement that makes a temporary table with the columns, distribution and sort keys of its target."""
    return f"create temporary table {identifier(name(target, part))} (like {table(target)})"
