"""Converts many values of a column at a time, if none of them needs individual handling.

Converting value by value takes most of the time of a COPY. Checking the values together (their types, the maximum
length, the characters that occur) is cheap, and usually shows that they can be loaded unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import NULL
from redshift_standin.copy.number_converters import INTEGERS
from redshift_standin.copy.statement import CopyStatement

# Returns the texts of the values, where None is NULL, or None if the values must be converted one by one.
BulkConverter = Callable[[Sequence[Any]], "Sequence[str] | None"]

_EPOCH = datetime(1970, 1, 1)
# The length of a timestamp's text through the colon after the minute.
_MINUTE = len("1970-01-01 00:00:")
_SECONDS = [f"{second:02}." for second in range(60)]
_FRACTIONS = [f"{millisecond:03}000" for millisecond in range(1000)]
_JSON_NULL = "null"
_MARKS = "\\\t\n\r\0"
# Every number with at most this many digits fits into the type.
_SAFE_DIGITS = {"int2": 4, "int4": 9, "int8": 18}


def make_bulk_converter(column: Column, copy: CopyStatement) -> BulkConverter | None:
    """Return the bulk converter for a column, or None if the column has none."""
    if column.type == "varchar" and not (copy.blanks_as_null or copy.empty_as_null or copy.trim_blanks):
        return _texts(column.size)
    if column.type in INTEGERS:
        return _integers(column.type)
    if column.type == "float8":
        return _floats
    if column.type in ("timestamp", "timestamptz") and copy.time_format == "epochmillisecs":
        return _milliseconds("+00:00" if column.type == "timestamptz" else "")
    return None


def _texts(size: int) -> BulkConverter:
    def convert(values: Sequence[Any]) -> Sequence[str] | None:
        present = values
        joined = _joined(present)
        if joined is None:
            present = _present(values)
            joined = _joined(present)
        # A character has at most four bytes.
        if joined is None or max(map(len, present), default=0) > (size if joined.isascii() else size // 4):
            return None
        if any(mark in joined for mark in _MARKS):
            return None
        return values if present is values else [NULL if value is None else value for value in values]

    return convert


def _joined(values: Sequence[Any]) -> str | None:
    """Return the concatenated texts, or None if a value is not a string. Joining is faster than checking each value."""
    try:
        return "".join(values)
    except TypeError:
        return None


def _present(values: Sequence[Any]) -> Sequence[Any]:
    return [value for value in values if value is not None]


def _integers(kind: str) -> BulkConverter:
    bits, _ = INTEGERS[kind]
    lowest, highest = -(1 << bits), (1 << bits) - 1
    digits = _SAFE_DIGITS[kind]

    def convert(values: Sequence[Any]) -> Sequence[str] | None:
        kinds = set(map(type, values)) - {type(None)}
        if kinds == {int}:
            present = _present(values)
            if min(present) < lowest or max(present) > highest:
                return None
            return [NULL if text == _JSON_NULL else text for text in _numbers(values)]
        if kinds != {str}:
            return None
        # An empty text is NULL in a column of numbers.
        present = list(filter(None, values))
        joined = "".join(present)
        if not (joined.isascii() and joined.isdigit()) or max(map(len, present)) > digits:
            return None
        return [value or NULL for value in values]

    return convert


def _milliseconds(zone: str) -> BulkConverter:
    def convert(values: Sequence[Any]) -> Sequence[str] | None:
        if set(map(type, values)) != {int}:
            return None
        try:
            # Adjacent values are usually in the same minute.
            minutes = {
                minute: (_EPOCH + timedelta(minutes=minute)).isoformat(" ")[:_MINUTE]
                for minute in {value // 60_000 for value in values}
            }
        except OverflowError:
            return None
        return [
            minutes[value // 60_000] + _SECONDS[value // 1000 % 60] + _FRACTIONS[value % 1000] + zone
            for value in values
        ]

    return convert


def _floats(values: Sequence[Any]) -> Sequence[str] | None:
    if not set(map(type, values)) <= {float, type(None)}:
        return None
    texts = _numbers(values)
    nulls = texts.count(_JSON_NULL)
    if not nulls:
        return texts
    # orjson also writes null for numbers that JSON cannot represent, such as infinity.
    return [NULL if text == _JSON_NULL else text for text in texts] if nulls == values.count(None) else None


def _numbers(values: Sequence[Any]) -> list[str]:
    """Return numbers in JSON notation. PostgreSQL accepts it, and Python's own formatting is several times slower."""
    return orjson.dumps(values).decode()[1:-1].split(",")
