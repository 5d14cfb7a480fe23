"""Count the records in a text, with a bounded use of memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

# The size of a record is at most 16 MB (AWS page "Quotas and limits", the size of a SUPER value).
_LARGEST_RECORD = 16 << 20
_PIECE = 1 << 20
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class TextRules:
    """Where the records of a text end.

    :param header_lines: the number of lines to skip at the start.
    :param ignore_blank: whether a blank line is not a record.
    :param quote: the character within which a line break is part of a value.
    :param escape: whether a line break after a backslash is part of a value.
    """

    header_lines: int = 0
    ignore_blank: bool = False
    quote: str | None = None
    escape: bool = False


def count_json_values(stream: TextIO) -> int:
    """Return the number of JSON values, on one line or several, and of lines that are not JSON."""
    text, position, count, complete = "", 0, 0, False
    while True:
        position = _after_blanks(text, position)
        end = _after_value(text, position)
        # What looks like a malformed value, or the end of a number, may go on.
        if not complete and end in (None, len(text)) and len(text) - position < _LARGEST_RECORD:
            piece = stream.read(max(_PIECE, len(text) - position))
            text, position, complete = text[position:] + piece, 0, not piece
        elif position < len(text):
            count += 1
            position = _after_line(text, position) if end is None else end
        else:
            return count


def count_text_records(stream: TextIO, rules: TextRules) -> int:
    """Return the number of records in a text, without its header."""
    count, inside, blank = 0, False, True
    for line in islice(_lines(stream), rules.header_lines, None):
        blank = blank and not line.strip()
        inside = _goes_on(line, inside, rules)
        if not inside:
            count += not (rules.ignore_blank and blank)
            blank = True
    return count + inside


def _goes_on(line: str, inside: bool, rules: TextRules) -> bool:
    """Return whether the record continues on the next line.

    :param inside: whether the line begins within quotes.
    """
    if rules.quote is not None:
        return inside != (line.count(rules.quote) % 2 == 1)
    text = line.rstrip("\n")
    return rules.escape and line.endswith("\n") and (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _lines(stream: TextIO) -> Iterator[str]:
    yield from iter(lambda: stream.readline(_LARGEST_RECORD), "")


def _after_blanks(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _after_value(text: str, position: int) -> int | None:
    """Return the end of the JSON value at a position, or None if there is none."""
    try:
        return _DECODER.raw_decode(text, position)[1]
    except (ValueError, RecursionError):
        return None


def _after_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end
