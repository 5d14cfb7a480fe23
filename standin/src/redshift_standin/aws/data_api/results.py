"""Results of statements, in the forms of GetStatementResult and GetStatementResultV2."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import Format

# By PostgreSQL's number of the type: Redshift's name, and the member of Field that has its values.
_TYPES = {
    16: ("bool", "booleanValue"),
    20: ("int8", "longValue"),
    21: ("int2", "longValue"),
    23: ("int4", "longValue"),
    25: ("varchar", "stringValue"),
    700: ("float4", "doubleValue"),
    701: ("float8", "doubleValue"),
    1042: ("bpchar", "stringValue"),
    1043: ("varchar", "stringValue"),
    1082: ("date", "stringValue"),
    1114: ("timestamp", "stringValue"),
    1184: ("timestamptz", "stringValue"),
    1700: ("numeric", "stringValue"),
}
_READERS: dict[str, Callable[[str], Any]] = {
    "booleanValue": lambda text: text == "t",
    "longValue": int,
    "doubleValue": float,
    "stringValue": str,
}
_SIGNED = ("int2", "int4", "int8", "float4", "float8", "numeric")
_HEADER = 4


@dataclass(frozen=True)
class Result:
    """A result set, every value as text.

    :param columns: a name, a type's number and a type modifier for each column.
    """

    columns: tuple[tuple[str, int, int], ...]
    rows: list[tuple[str | None, ...]]

    @property
    def size(self) -> int:
        """How many bytes its values have."""
        return sum(len(value.encode()) for row in self.rows for value in row if value is not None)

    def metadata(self) -> list[dict[str, Any]]:
        """Return ColumnMetadata of each column."""
        return [_metadata(*column) for column in self.columns]

    def records(self, low: int, high: int) -> list[list[dict[str, Any]]]:
        """Return a range of rows as lists of Fields."""
        fields = [_TYPES.get(number, ("", "stringValue"))[1] for _, number, _ in self.columns]
        return [
            [
                {"isNull": True} if value is None else {field: _READERS[field](value)}
                for field, value in zip(fields, row, strict=True)
            ]
            for row in self.rows[low:high]
        ]

    def csv(self, low: int, high: int) -> str:
        """Return a range of rows as CSV; the names of the columns are its first line."""
        output = io.StringIO()
        writer = csv.writer(output)
        if low == 0:
            writer.writerow([name for name, _, _ in self.columns])
        writer.writerows(self.rows[low:high])
        return output.getvalue()


def read_result(cursor: psycopg.Cursor[Any]) -> Result | None:
    """Return the result set of a cursor's last statement, or None if it has none."""
    result = cursor.pgresult
    if result is None or cursor.description is None:
        return None
    columns = tuple(((result.fname(n) or b"").decode(), result.ftype(n), result.fmod(n)) for n in range(result.nfields))
    if any(result.fformat(n) != Format.TEXT for n in range(result.nfields)):
        raise TypeError("the result is not in text format")
    rows = [
        tuple(_text(result.get_value(row, column)) for column in range(result.nfields)) for row in range(result.ntuples)
    ]
    return Result(columns, rows)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _metadata(name: str, number: int, modifier: int) -> dict[str, Any]:
    type_name, field = _TYPES.get(number, ("unknown", "stringValue"))
    size = modifier - _HEADER if modifier >= _HEADER else 0
    precision, scale = (size >> 16, size & 0x7FF) if type_name == "numeric" else (size, 0)
    return {
        "name": name,
        "label": name,
        "typeName": type_name,
        "isCaseSensitive": field == "stringValue" and type_name in ("varchar", "bpchar"),
        "isCurrency": False,
        "isSigned": type_name in _SIGNED,
        "nullable": 1,
        "precision": precision,
        "scale": scale,
        "length": 0,
    }
