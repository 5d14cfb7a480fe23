"""What the formats make of a file: rows, and the rows that are none, a part of the file at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import AnyStr, Protocol

from redshift_standin.copy.conversion import ConversionError
from redshift_standin.errors import WarehouseError, error_block

# How many bytes of a file are converted together.
CHUNK = 100_000
# AWS page "COPY": "The maximum size of a single input row from any source is 4 MB".
LARGEST_ROW = 4 << 20


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be loaded.

    :param line: the number of its line in the file.
    :param raw: the row as it stands in the file.
    :param column: the place of the column at fault among those that are loaded, or None if it is none of them.
    :param value: the value at fault as it stands in the file.
    """

    line: int
    raw: str
    column: int | None
    value: str
    error: ConversionError


@dataclass(frozen=True)
class ReplacedRow:
    """A row in which ACCEPTINVCHARS replaced something: its line, as it stands there, and the first such column."""

    line: int
    raw: str
    column: int


@dataclass
class Batch:
    """Some rows of a file.

    :param rows: how many there are.
    :param text: the rows in PostgreSQL's text format.
    :param size: how many bytes or characters were read for them.
    :param last_line: the number of the line on which the last of them ends.
    """

    rows: int = 0
    text: str = ""
    size: int = 0
    last_line: int = 0
    bad: list[BadRow] = field(default_factory=list)
    replaced: list[ReplacedRow] = field(default_factory=list)


class FileFormat(Protocol):
    """Reads the files of a COPY."""

    def batches(self, content: bytes, url: str) -> Iterator[Batch]:
        """Yield what is in a file, in order.

        :param content: the file, decompressed.
        :param url: its address, for errors that concern the file as a whole.
        :raises WarehouseError: the file cannot be read at all.
        """
        ...


def skip_lines(content: AnyStr, newline: AnyStr, count: int) -> tuple[int, int]:
    """Return where the line after the first so many begins, and its number."""
    position = 0
    for _ in range(count):
        found = content.find(newline, position)
        if found < 0:
            return len(content), count + 1
        position = found + 1
    return position, count + 1


def check_size(size: int, line: int, url: str) -> None:
    """Refuse a row that is too large; MAXERROR does not tolerate it (snowplow/snowplow-rdb-loader issue 72).

    :param size: its bytes.
    :param line: the number of its line.
    :raises WarehouseError: it is too large. Redshift's words for it are not documented.
    """
    if size > LARGEST_ROW:
        message = f"The row on line {line} is larger than {LARGEST_ROW} bytes"
        raise WarehouseError(message, detail=error_block(message, f"S3 key being read : {url}", "table_s3_scanner.cpp"))


def end_of_chunk(content: AnyStr, newline: AnyStr, start: int) -> int:
    """Return the end of the last whole line in the next part of a file, or of the first if that is longer."""
    size = len(content) - content.endswith(newline)
    if start + CHUNK >= size:
        return size
    end = content.rfind(newline, start, start + CHUNK)
    if end < 0:
        end = content.find(newline, start + CHUNK)
    return size if end < 0 else end
