"""Splits text files into records, and records into fields: delimited text, CSV and fixed-width columns.

AWS page "Data format parameters". Python's csv module does not fit: it treats a quotation mark in the middle
of a value, and a blank before one, as data, and it does not report the position of a record in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from redshift_standin.copy.conversion import LineError
from redshift_standin.copy.statement import CopyStatement, Format


@dataclass(frozen=True)
class TextRecord:
    """One record of a text file.

    :param line: the number of its first line.
    :param last_line: the number of its last line.
    :param end: the position in the file at which the next record begins.
    :param raw: the record as written in the file.
    :param fields: its fields; empty if it has an error.
    :param error: why the record cannot be split into fields.
    """

    line: int
    last_line: int
    end: int
    raw: str
    fields: list[str]
    error: LineError | None = None


# Returns the fields of the record that begins at a position, and the position of the line break that ends it.
_Divide = Callable[[str, int], "tuple[list[str], int]"]


def make_record_splitter(copy: CopyStatement) -> Callable[[str, int, int], Iterator[TextRecord]]:
    """Return a function that yields the records of a text, given a start position and the line number there."""
    if copy.format is Format.CSV:
        divide = _csv_divider(copy)
    elif copy.format is Format.FIXED_WIDTH:
        divide = _fixed_width_divider(copy)
    else:
        divide = _delimited_divider(copy)

    def read(text: str, position: int, line: int) -> Iterator[TextRecord]:
        size = len(text)
        while position < size:
            try:
                fields, end = divide(text, position)
                error = None
            except LineError as failure:
                fields, end, error = [], _end_of_line(text, position), failure
            raw = text[position:end]
            last_line = line + raw.count("\n")
            yield TextRecord(line, last_line, end + 1, raw.removesuffix("\r"), fields, error)
            position, line = end + 1, last_line + 1

    return read


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _fixed_width_divider(copy: CopyStatement) -> _Divide:
    def divide(text: str, position: int) -> tuple[list[str], int]:
        end = _end_of_line(text, position)
        line = text[position:end].removesuffix("\r")
        fields, start = [], 0
        for width in copy.widths:
            fields.append(line[start : start + width])
            start += width
        if 0 < len(line) < start:
            raise LineError(1203, "The line is shorter than its columns")
        if len(line) > start:
            raise LineError(1202, "Extra column(s) found")
        return fields, end

    return divide


def _csv_divider(copy: CopyStatement) -> _Divide:
    quote, delimiter = re.escape(copy.quote), re.escape(copy.delimiter)
    blank = "[ \t]*" if copy.delimiter not in " \t" else "[ ]*" if copy.delimiter == "\t" else "[\t]*"
    quoted = re.compile(
        rf"{blank}{quote}([^{quote}]*(?:{quote}{quote}[^{quote}]*)*){quote}{blank}(?=({delimiter})|\r?\n|$)"
    )
    opening = re.compile(rf"{blank}{quote}")
    plain = re.compile(rf"([^{delimiter}\n]*)(?=({delimiter})|\n|$)")

    def divide(text: str, position: int) -> tuple[list[str], int]:
        fields = []
        while True:
            match = quoted.match(text, position)
            if match is not None:
                fields.append(match[1].replace(copy.quote * 2, copy.quote))
            else:
                if opening.match(text, position) and text.find(copy.quote, text.index(copy.quote, position) + 1) < 0:
                    raise LineError(1214, "Delimited value missing end quote")
                match = plain.match(text, position)
                assert match is not None  # noqa: S101 it also matches an empty field
                if copy.quote in match[1]:
                    raise LineError(1214, "Invalid quote formatting for CSV")
                fields.append(match[1] if match[2] else match[1].removesuffix("\r"))
            position = match.end() + len(match[2] or "")
            if not match[2]:
                return fields, _end_of_line(text, position)

    return divide


def _delimited_divider(copy: CopyStatement) -> _Divide:
    delimiter = copy.delimiter
    next_mark = re.compile(rf"\\.|{re.escape(delimiter)}" if copy.escape else re.escape(delimiter), re.DOTALL)

    def divide(text: str, position: int) -> tuple[list[str], int]:
        end = _end_of_record(text, position) if copy.escape else _end_of_line(text, position)
        record = text[position:end]
        if record.endswith("\r") and not (copy.escape and _ends_escaped(record[:-1])):
            record = record[:-1]
        fields, start = [], 0
        while True:
            after, field = _field(record, start, next_mark, copy)
            fields.append(field)
            if after == len(record):
                return fields, end
            start = after + len(delimiter)

    return divide


def _field(record: str, start: int, next_mark: re.Pattern[str], copy: CopyStatement) -> tuple[int, str]:
    """Return the end of a field, and the field without enclosing quotation marks and escape characters."""
    if copy.remove_quotes and record[start : start + 1] in ("'", '"'):
        after = _end_of_quoted(record, start, copy)
        return after, _meant(record[start + 1 : after - 1], copy)
    for mark in next_mark.finditer(record, start):
        if not (copy.escape and mark.group().startswith("\\")):
            return mark.start(), _meant(record[start : mark.start()], copy)
    return len(record), _meant(record[start:], copy)


def _end_of_quoted(record: str, start: int, copy: CopyStatement) -> int:
    quote = record[start]
    for mark in re.finditer(rf"\\.|{quote}" if copy.escape else quote, record[start + 1 :], re.DOTALL):
        after = start + 1 + mark.end()
        if mark.group() == quote and (after == len(record) or record.startswith(copy.delimiter, after)):
            return after
    raise LineError(1214, "Delimited value missing end quote")


def _meant(field: str, copy: CopyStatement) -> str:
    # The backslash in the NULL string is not an escape character.
    if not copy.escape or field == copy.null:
        return field
    return re.sub(r"\\(.)", r"\1", field, flags=re.DOTALL)


def _end_of_record(text: str, position: int) -> int:
    """Return the position of the first line break that is not escaped."""
    end = _end_of_line(text, position)
    while end < len(text) and _ends_escaped(text[position:end]):
        end = _end_of_line(text, end + 1)
    return end


def _ends_escaped(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
