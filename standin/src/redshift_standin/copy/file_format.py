"""The interface of the file formats: they yield the rows and the rejected rows of a file, one chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import AnyStr, Protocol

from redshift_standin.copy.conversion import ConversionError
from redshift_standin.errors import WarehouseError, error_block

# The number of bytes of a file that are converted together.
CHUNK = 100_000
# AWS page "COPY": "The maximum size of a single input row from any source is 4 MB".
LARGEST_ROW = 4 << 20


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be loaded.

    :param line: the number of its line in the file.
    :param raw: the row as written in the file.
    :param column: the index of the column with the error among the loaded columns, or None if the error has no column.
    :param value: the value with the error, as written in the file.
    """

    line: int
    raw: str
    column: int | None
    value: str
    error: ConversionError


@dataclass(frozen=True)
class ReplacedRow:
    """A row in which ACCEPTINVCHARS replaced a character.

    :param line: the number of its line in the file.
    :param raw: the row as written in the file.
    :param column: the index of the first column with a replacement among the loaded columns.
    """

    line: int
    raw: str
    column: int


@dataclass
class Batch:
    """Some rows of a file.

    :param rows: the number of rows.
    :param text: the rows in PostgreSQL's text format.
    :param size: the number of bytes or characters that were read for them.
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
        """Yield the rows of a file, in order.

        :param content: the decompressed content of the file.
        :param url: the URL of the file, for errors about the whole file.
        :raises WarehouseError: the file cannot be read at all.
        """
        ...


def skip_lines(content: AnyStr, newline: AnyStr, count: int) -> tuple[int, int]:
    """Return the position and the number of the first line after the skipped lines.

    :param count: the number of lines to skip.
    """
    position = 0
    for _ in range(count):
        found = content.find(newline, position)
        if found < 0:
            return len(content), count + 1
        position = found + 1
    return position, count + 1


def check_size(size: int, line: int, url: str) -> None:
    """Reject a row that is too large; MAXERROR does not tolerate it (snowplow/snowplow-rdb-loader issue 72).

    :param size: the size of the row in bytes.
    :param line: the number of its line.
    :raises WarehouseError: the row is too large. AWS does not document Redshift's message.
    """
    if size > LARGEST_ROW:
        message = f"The row on line {line} is larger than {LARGEST_ROW} bytes"
        raise WarehouseError(message, detail=error_block(message, f"S3 key being read : {url}", "table_s3_scanner.cpp"))


def end_of_chunk(content: AnyStr, newline: AnyStr, start: int) -> int:
    """Return the end of the last complete line in the next chunk, or of the first line if it is longer than a chunk."""
    size = len(content) - content.endswith(newline)
    if start + CHUNK >= size:
        return size
    end = content.rfind(newline, start, start + CHUNK)
    if end < 0:
        end = content.find(newline, start + CHUNK)
    return size if end < 0 else end
