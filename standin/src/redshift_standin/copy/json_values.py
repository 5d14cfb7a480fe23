"""Finds the JSON values in a file, with or without line breaks between and within them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

# A string or a bracket. Other characters do not affect where a value ends.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_BLANK = re.compile(rb"[ \t\r\n]*")


class Spelled(str):
    """A JSON number as written in the file."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One value of a file.

    :param line: the number of its last line.
    :param end: its end position in the file.
    :param raw: its bytes.
    :param value: the parsed value.
    :param valid: whether it is valid JSON.
    """

    line: int
    end: int
    raw: bytes
    value: Any
    valid: bool = True

    def spelled(self) -> Any:
        """Return the value with every number as written."""
        return _parse_slowly(self.raw)

    def shown(self) -> str:
        """Return the value as written in the file."""
        return self.raw.decode("utf-8", "replace")


def read_json_values(data: bytes, position: int = 0, line: int = 1) -> Iterator[Record]:
    """Yield every value of a file in order.

    :param position: the position at which to start.
    :param line: the number of the line at this position.
    """
    size = len(data)
    while True:
        blank = _BLANK.match(data, position).end()  # type: ignore[union-attr]  # always matches
        line += data.count(b"\n", position, blank)
        position = blank
        if position == size:
            return
        end = data.find(b"\n", position)
        end = size if end < 0 else end
        raw = data[position:end]
        try:
            yield Record(line, end, raw, orjson.loads(raw))
        except orjson.JSONDecodeError:
            # Several values on a line, one value across several lines, or text that only the slower parser can judge.
            record = _read_slowly(data, position, end, line)
            line, end = record.line, record.end
            yield record
        position = end


def _find_end(data: bytes, start: int) -> int | None:
    if data[start : start + 1] not in (b"{", b"["):
        return None
    depth = 0
    for match in _STRUCTURE.finditer(data, start):
        mark = data[match.start()]
        if mark in b"{[":
            depth += 1
        elif mark in b"}]":
            depth -= 1
            if depth == 0:
                return match.end()
    return None


def _read_slowly(data: bytes, start: int, line_end: int, line: int) -> Record:
    """Return the value that begins at ``start``. Invalid JSON ends at the end of the line at the latest."""
    end = _find_end(data, start)
    if end is None:
        return Record(line, line_end, data[start:line_end], None, valid=False)
    raw = data[start:end]
    try:
        return Record(line + raw.count(b"\n"), end, raw, _parse(raw))
    except (ValueError, RecursionError):
        end = min(end, line_end)
        return Record(line, end, data[start:end], None, valid=False)


def _parse(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _parse_slowly(raw)


def _parse_slowly(raw: bytes) -> Any:
    # Bytes that are not valid UTF-8 become lone surrogates, which the converters for text columns detect.
    text = raw.decode("utf-8", "surrogateescape")
    return json.loads(text, parse_float=Spelled, parse_int=Spelled, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
