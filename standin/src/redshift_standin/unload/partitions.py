"""PARTITION BY: distributes rows to folders. AWS page "UNLOAD", PARTITION BY clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.unload.result_columns import Column
from redshift_standin.unload.statement import UnloadStatement
from redshift_standin.unload.text_lines import Row

_NULL = "__HIVE_DEFAULT_PARTITION__"
_TYPES = ("smallint", "integer", "bigint", "numeric", "real", "character", "character varying", "date", "timestamp")
# AWS does not document how UNLOAD writes other characters in folder names.
_PLAIN = re.compile(r"[\w.+-]+", re.ASCII)


@dataclass(frozen=True)
class Partition:
    """The rows with the same values in the PARTITION BY columns.

    :param folder: the folder under the prefix; empty without PARTITION BY.
    :param columns: the columns that the files contain.
    """

    folder: str
    columns: Sequence[Column]
    rows: Sequence[Row]


def partitions(unload: UnloadStatement, columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Partition]:
    """Yield the partitions. Without PARTITION BY, there is a single one.

    :raises WarehouseError: a column cannot be a partition key, or the stand-in does not support a value as folder name.
    """
    if not unload.partition_by:
        yield Partition("", columns, rows)
        return
    keys = [_find(name, columns) for name in unload.partition_by]
    kept = [place for place in range(len(columns)) if unload.include_partitions or place not in keys]
    if not kept:
        raise WarehouseError("UNLOAD needs a column that is not in PARTITION BY", sqlstate=sqlstate.SYNTAX_ERROR)
    folders: dict[str, list[Row]] = {}
    for row in rows:
        folder = "".join(f"{columns[key].name}={_shown(row[key], columns[key])}/" for key in keys)
        folders.setdefault(folder, []).append([row[place] for place in kept])
    for folder, found in folders.items():
        yield Partition(folder, [columns[place] for place in kept], found)


def _find(name: str, columns: Sequence[Column]) -> int:
    place = next((place for place, column in enumerate(columns) if column.name == name), None)
    if place is None:
        raise WarehouseError(
            f'column "{name}" of PARTITION BY is not in the result of the query', sqlstate=sqlstate.UNDEFINED_COLUMN
        )
    if not columns[place].type.startswith(_TYPES):
        raise WarehouseError(
            f"PARTITION BY column {name} of type {columns[place].type} is not supported by the stand-in.",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
        )
    return place


def _shown(value: str | None, column: Column) -> str:
    if value is None:
        return _NULL
    if not _PLAIN.fullmatch(value):
        raise WarehouseError(
            f"PARTITION BY column {column.name} with the value '{value}' is not supported by the stand-in.",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
        )
    return value
