"""Writes Parquet files: AWS page "UNLOAD", FORMAT AS PARQUET clause."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from redshift_standin.unload.result_columns import Column
from redshift_standin.unload.text_lines import Row

DEFAULT_ROW_GROUP = 32 << 20

_TYPES: dict[str, pa.DataType] = {
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "character": pa.string(),
    "character varying": pa.string(),
    "date": pa.date32(),
    "double precision": pa.float64(),
    "integer": pa.int32(),
    "real": pa.float32(),
    "smallint": pa.int16(),
    "timestamp with time zone": pa.timestamp("us"),
    "timestamp without time zone": pa.timestamp("us"),
}


def parquet_table(columns: Sequence[Column], rows: Sequence[Row]) -> pa.Table:
    """Return rows as an Arrow table with the types that Redshift uses in Parquet files."""
    names = [column.name for column in columns]
    arrays = []
    for place, column in enumerate(columns):
        read = _reader(column)
        values = [None if (text := row[place]) is None else read(text) for row in rows]
        arrays.append(pa.array(values, type=_type(column, values)))
    return pa.Table.from_arrays(arrays, names=names)


def parquet_file(table: pa.Table, row_group: int) -> bytes:
    """Return a table as the content of a Parquet 1.0 file, compressed with Snappy.

    :param row_group: the approximate size of a row group in bytes.
    """
    rows_of_group = max(1, table.num_rows * row_group // max(1, table.nbytes))
    output = io.BytesIO()
    pq.write_table(
        table,
        output,
        version="1.0",
        compression="snappy",
        row_group_size=rows_of_group,
        use_deprecated_int96_timestamps=True,
    )
    return output.getvalue()


def _type(column: Column, values: Sequence[Any]) -> pa.DataType:
    if column.type != "numeric":
        return _TYPES[column.type]
    if column.size is not None:
        return pa.decimal128(column.size, column.scale or 0)
    # A computed number gets the scale that its values need.
    scale = max((-value.as_tuple().exponent for value in values if value is not None), default=0)
    return pa.decimal128(38, max(0, scale))


def _reader(column: Column) -> Callable[[str], Any]:
    if column.type in ("smallint", "integer", "bigint"):
        return int
    if column.type in ("real", "double precision"):
        return float
    return {
        "boolean": lambda text: text == "t",
        "date": date.fromisoformat,
        "numeric": Decimal,
        "timestamp with time zone": _moment_in_utc,
        "timestamp without time zone": _moment,
    }.get(column.type, str)


def _moment(text: str) -> datetime:
    day, _, clock = text.partition(" ")
    clock, _, fraction = clock.partition(".")
    return datetime.fromisoformat(f"{day} {clock}.{fraction.ljust(6, '0')}")


def _moment_in_utc(text: str) -> datetime:
    """Read a timestamp from a session whose time zone is UTC. UNLOAD does not write the time zone."""
    return _moment(text.removesuffix("+00"))
