"""The columns that are added for new fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from redshift_elt.sql.identifiers import identifier, table
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.staging.drift.field_values import FieldValues

# The last one is the longest VARCHAR (AWS page "Character types").
_TEXT_SIZES = (256, 1024, 4096, 16384, 65535)
# Texts in later objects may be longer than those that were read.
_ROOM = 4


def new_column_name(field: str, *, ignore_case: bool) -> str | None:
    """Return the column that COPY loads a field into; None if it would not find any.

    :param ignore_case: whether COPY ignores upper and lower case of the names of fields.
    """
    name = field.lower() if ignore_case else field
    try:
        identifier(name)
    except ValueError:
        return None
    return name


def column_type(values: FieldValues) -> str | None:
    """Return the type of a column that can hold the values of a field; None if all of them are null.

    ======================== ==========================================================================
    JSON values              type
    ======================== ==========================================================================
    objects or arrays        SUPER
    true and false           BOOLEAN
    integers                 BIGINT
    numbers                  DOUBLE PRECISION
    texts, or several types  VARCHAR of at least four times the longest text that was read: 256, 1,024,
                             4,096, 16,384 or 65,535 bytes
    ======================== ==========================================================================
    """
    if not values.types:
        return None
    if "nested" in values.types:
        return "super"
    if values.types == {"boolean"}:
        return "boolean"
    if values.types == {"integer"}:
        return "bigint"
    if values.types <= {"integer", "number"}:
        return "double precision"
    size = next((size for size in _TEXT_SIZES if size >= _ROOM * values.longest), _TEXT_SIZES[-1])
    return f"varchar({size})"


def add_columns(session: Session, tables: Iterable[str], columns: Mapping[str, str]) -> None:
    """Add columns to tables that do not have them.

    :param columns: the type of each column.
    """
    for name in tables:
        held = session.columns(table(name)).names
        for column, kind in columns.items():
            if column not in held:
                session.execute(render("table/add_column.sql", name=name, column=column, type=kind))
