"""What the rows of a staging depend on besides the objects, so that a later try knows whether it may continue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.staging_context import StagingContext


def definition_of(context: StagingContext) -> dict[str, str]:
    """Return the arguments of the staging operator that decide which rows an object has, as texts by name.

    A JSONPaths file, which must exist, is among them in its current version (ETag).
    """
    source = context.source
    named: dict[str, object] = {
        "bucket": source.bucket,
        "key_pattern": repr(source.key_pattern),
        "window_column": source.window_column,
        "margin_days": source.margin_days,
        "format": repr(source.format),
    }
    if (key := source.format.paths_key()) is not None:
        named["JSONPaths file"] = context.s3.get_conn().head_object(Bucket=source.bucket, Key=key)["ETag"]
    return {name: str(value) for name, value in named.items()}


def changed_names(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return the names whose values differ between two definitions."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def columns_differ(session: Session, table: str, other: str) -> bool:
    """Return whether two tables have different columns, types or lengths.

    :param table: the name of a table in the user's search path.
    """
    query = render("stage/column_types.sql")
    first, second = (session.fetch(query, {"table_name": name}) for name in (table, other))
    return first != second
