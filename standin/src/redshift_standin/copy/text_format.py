"""Converts the records of text files to rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import ConversionError, LineError
from redshift_standin.copy.file_format import (
    CHUNK,
    LARGEST_ROW,
    BadRow,
    Batch,
    ReplacedRow,
    check_size,
    end_of_chunk,
    skip_lines,
)
from redshift_standin.copy.record_splitting import TextRecord, make_record_splitter
from redshift_standin.copy.row_converter import FieldError, RowConverter
from redshift_standin.copy.statement import CopyStatement, Format, unsupported
from redshift_standin.errors import WarehouseError

_NUL = "\0"


class TextFormat:
    """The text files of one COPY: delimited, CSV or fixed-width.

    :raises WarehouseError: FIXEDWIDTH does not have exactly one width per column.
    """

    def __init__(self, copy: CopyStatement, columns: tuple[Column, ...]) -> None:
        if copy.format is Format.FIXED_WIDTH and len(copy.widths) != len(columns):
            raise WarehouseError(
                f"FIXEDWIDTH has {len(copy.widths)} columns, and the table or column list {len(columns)}"
            )
        self._copy = copy
        self._converter = RowConverter(columns, copy)
        self._read = make_record_splitter(copy)
        # The value of each column that is missing at the end of a record.
        self._missing = ["" if column.type == "varchar" else None for column in columns]

    def batches(self, content: bytes, url: str) -> Iterator[Batch]:
        """Yield the records of a file; see :class:`redshift_standin.copy.file_format.FileFormat`."""
        text, sound = _decode(content)
        position, line = skip_lines(text, "\n", self._copy.header_lines)
        while position < len(text):
            end = end_of_chunk(text, "\n", position)
            quick = sound and end - position <= CHUNK
            batch = self._one_record_a_line(text[position:end].split("\n"), line) if quick else None
            after = end + 1
            if batch is None:
                batch, after = self._record_by_record(text, position, end, line, url)
            batch.size = after - position
            position, line = after, batch.last_line + 1
            yield batch

    def _one_record_a_line(self, lines: list[str], first: int) -> Batch | None:
        """Return the rows of lines with one valid record each, or None if a line needs individual handling."""
        copy = self._copy
        if "" in lines or copy.format is Format.FIXED_WIDTH or _has_marks(lines, copy):
            return None
        records = [line.split(copy.delimiter) for line in lines]
        if set(map(len, records)) != {len(self._missing)}:
            return None
        rows = self._converter.rows(
            [None if field == copy.null else field for field in column] for column in zip(*records, strict=True)
        )
        if rows is None:
            return None
        return Batch(len(rows), "\n".join(rows) + "\n", last_line=first + len(lines) - 1)

    def _record_by_record(self, text: str, start: int, end: int, line: int, url: str) -> tuple[Batch, int]:
        """Return the rows of the records that begin in a chunk of the file, and the position of the next record."""
        rows: list[str] = []
        batch, position = Batch(), start
        for record in self._read(text, start, line):
            if len(record.raw) > LARGEST_ROW // 4:
                check_size(len(record.raw.encode("utf-8", "surrogateescape")), record.last_line, url)
            batch.last_line, position = record.last_line, record.end
            if record.raw or not self._copy.ignore_blank_lines:
                self._convert(record, batch, rows)
            if position > end:
                break
        batch.rows, batch.text = len(rows), "".join(rows)
        return batch, position

    def _convert(self, record: TextRecord, batch: Batch, rows: list[str]) -> None:
        try:
            fields = self._fields(record)
            rows.append(self._converter.row(self._values(fields)))
        except LineError as error:
            batch.bad.append(BadRow(record.line, record.raw, None, "", error))
        except FieldError as failure:
            value = fields[failure.index] or ""
            batch.bad.append(BadRow(record.line, record.raw, failure.index, value, failure.error))
        else:
            if self._converter.replaced:
                batch.replaced.append(ReplacedRow(record.line, record.raw, self._converter.replaced[0]))

    def _fields(self, record: TextRecord) -> Sequence[str | None]:
        if not record.raw:
            raise LineError(1211, "The line is empty")
        if record.error is not None:
            raise record.error
        fields, wanted = record.fields, len(self._missing)
        if len(fields) > wanted:
            raise LineError(1202, "Extra column(s) found")
        if len(fields) < wanted and not self._copy.fill_record:
            raise LineError(1214, "Delimiter not found")
        return fields + self._missing[len(fields) :]

    def _values(self, fields: Sequence[str | None]) -> Iterator[str | None]:
        null = self._copy.null
        for field in fields:
            if field is None or field == null:
                yield None
                continue
            if _NUL in field:
                if null == _NUL:
                    raise ConversionError(1218, "Invalid null byte - field longer than 1 byte")
                raise unsupported("A NUL character in a value of a text file")
            yield field


def _has_marks(lines: list[str], copy: CopyStatement) -> bool:
    """Return whether the lines contain a character with a special meaning in this COPY."""
    marks = [_NUL, "\r"]
    if copy.format is Format.CSV:
        marks.append(copy.quote)
    if copy.escape:
        marks.append("\\")
    if copy.remove_quotes:
        marks += ["'", '"']
    joined = "".join(lines)
    return any(mark in joined for mark in marks)


def _decode(content: bytes) -> tuple[str, bool]:
    """Return a file's text, and whether it is valid UTF-8. Invalid bytes become lone surrogates."""
    try:
        return content.decode(), True
    except UnicodeDecodeError:
        return content.decode("utf-8", "surrogateescape"), False
