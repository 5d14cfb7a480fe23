"""Converts the values of a column many at a time, when none of them needs a closer look.

Converting value by value costs most of the time of a COPY. What is true of the values together (their types, the
longest, the characters in all of them) costs little to find out, and mostly tells that they can be loaded as they are.
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

# Returns the texts of the values, of which None is NULL; or None if they must be converted one by one.
BulkConverter = Callable[[Sequence[Any]], "Sequence[str] | None"]

_EPOCH = datetime(1970, 1, 1)
# How much of a timestamp's text its minute is.
_MINUTE = len("1970-01-01 00:00:")
_SECONDS = [f"{second:02}." for second in range(60)]
_FRACTIONS = [f"{millisecond:03}000" for millisecond in range(1000)]
_JSON_NULL = "null"
_MARKS = "\\\t\n\r\0"
# Of so many digits every number fits.
_SAFE_DIGITS = {"int2": 4, "int4": 9, "int8": 18}


def make_bulk_converter(column: Column, copy: CopyStatement) -> BulkConverter | None:
    """Return the conversion of many values for one column, or None if there is none."""
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
        # A character has four bytes at most.
        if joined is None or max(map(len, present), default=0) > (size if joined.isascii() else size // 4):
            return None
        if any(mark in joined for mark in _MARKS):
            return None
        return values if present is values else [NULL if value is None else value for value in values]

    return convert


def _joined(values: Sequence[Any]) -> str | None:
    """Return the texts together, or None if a value is no text: joining tells it sooner than asking each."""
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
            # Neighbours are mostly of the same minute.
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
    # It also stands for what JSON has no number for, such as infinity.
    return [NULL if text == _JSON_NULL else text for text in texts] if nulls == values.count(None) else None


def _numbers(values: Sequence[Any]) -> list[str]:
    """Return numbers as JSON writes them; PostgreSQL reads them, and Python needs several times as long."""
    return orjson.dumps(values).decode()[1:-1].split(",")
