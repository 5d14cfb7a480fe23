"""The types of JSON values, and which types of columns COPY can load them into."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any

# The type OIDs in the result descriptions of every driver. COPY loads any value into a column of another type.
_INTEGER = (20, 21, 23)
_NUMBER = (700, 701, 1700)
_BOOLEAN = (16,)
_TIMESTAMP = (1114, 1184)
_DATE_OR_TIME = (1082, 1083, 1266, *_TIMESTAMP)

_BIGINT_END = 2**63
_DIGITS = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
# Digits with the separators of any format of a date or time, or seconds since 1970.
_MOMENT = re.compile(r"\s*\d[\dTZ:./+\s-]*", re.ASCII)
# AWS page "Boolean type".
_TRUTH_VALUES = frozenset({"t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"})

# "time" is a type of Parquet only.
_NEVER_NUMBERS = frozenset({"text", "nested", "time"})
# What COPY refuses in every case (AWS page "COPY from JSON format"; a blank text is NULL outside of text columns).
_REFUSED: Mapping[int, Set[str]] = MappingProxyType(
    {
        **dict.fromkeys(_INTEGER, frozenset({"boolean", "number", *_NEVER_NUMBERS, "text with a decimal number"})),
        **dict.fromkeys(_NUMBER, frozenset({"boolean", *_NEVER_NUMBERS})),
        **dict.fromkeys(_BOOLEAN, frozenset({"number", "text with a decimal number", *_NEVER_NUMBERS})),
        **dict.fromkeys(_TIMESTAMP, frozenset({"boolean", "nested"})),
    }
)
# With TIMEFORMAT 'epochsecs' or 'epochmillisecs'.
_REFUSED_AS_EPOCH = frozenset({"boolean", "text", "nested"})


def value_type(value: Any) -> str | None:
    """Return the type of a JSON value; None for null and blank text, which fit every type."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_BIGINT_END <= value < _BIGINT_END else "number"
    if isinstance(value, float):
        return "number"
    return _text_type(value) if isinstance(value, str) else "nested"


def is_refused(types: Set[str], column_type: int, *, epoch: bool) -> bool:
    """Return whether COPY can load no value of these types into a column.

    :param types: the types of a field's values, as :func:`value_type` returns them.
    :param column_type: the type OID of the column.
    :param epoch: whether COPY reads times as numbers.
    """
    refused = _REFUSED_AS_EPOCH if epoch and column_type in _TIMESTAMP else _REFUSED.get(column_type, frozenset())
    return bool(types) and types <= refused


def is_number_or_time(text: str, column_type: int) -> bool:
    """Return whether a text is a number and the column one of numbers, or a date or time and the column one of these.

    :param column_type: the type OID of the column.
    """
    if column_type in (*_INTEGER, *_NUMBER):
        return bool(_DECIMAL.fullmatch(text))
    return column_type in _DATE_OR_TIME and bool(_MOMENT.fullmatch(text))


def _text_type(text: str) -> str | None:
    if not text.strip():
        return None
    if text.strip().lower() in _TRUTH_VALUES and not text.strip().isdecimal():
        return "text with a truth value"
    if _DIGITS.fullmatch(text):
        return "text with an integer"
    return "text with a decimal number" if _DECIMAL.fullmatch(text) else "text"
