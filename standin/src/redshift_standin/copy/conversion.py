"""The common parts of the converters, which turn values from a file into the text that PostgreSQL loads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from redshift_standin.copy.json_values import Spelled

NULL = "\\N"
# Takes a value that is not None and returns the text for PostgreSQL, or None for NULL.
Converter = Callable[[Any], "str | None"]


class ConversionError(Exception):
    """A value that cannot be loaded, with the code and the reason that the load error tables show."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


class LineError(ConversionError):
    """A line that cannot be split into values; the error does not belong to a column."""


class SpellingNeeded(Exception):  # noqa: N818 not an error: the record is read again
    """The conversion needs a number's digits as written, and the parser did not keep them."""


def not_null_error() -> ConversionError:
    """Return the error for NULL in a NOT NULL column."""
    return ConversionError(1213, "Missing data for not-null field")


def text_of(value: Any) -> str:
    """Return a JSON value as text: a string unchanged, a number as written, any other value as JSON.

    :raises SpellingNeeded: the value is or contains a number with a decimal point or an exponent.
    """
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        raise SpellingNeeded
    return _json_text(value)


def _json_text(value: Any) -> str:
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, float):
        raise SpellingNeeded
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_text(key)}:{_json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
