"""The records at the beginning of a JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from redshift_elt.staging.drift.field_values import Fields, FieldValues, merged

# A record begins on a new line, and the values inside an indented record do not.
_NEXT_RECORD = re.compile(r"\n\{")
_BLANK = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


def json_fields(text: str) -> Fields:
    """Return the fields of the records at the beginning of an object."""
    return merged(*({name: FieldValues.of(value) for name, value in record.items()} for record in records(text)))


def records(text: str) -> Iterator[dict[str, Any]]:
    """Yield the complete records of a text that may end within one; what is not a record is skipped."""
    position = 0
    while True:
        position = _end_of_blank(text, position)
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            following = _NEXT_RECORD.search(text, position)
            if following is None:
                return
            position = following.start()
        else:
            if isinstance(value, dict):
                yield value


def _end_of_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
