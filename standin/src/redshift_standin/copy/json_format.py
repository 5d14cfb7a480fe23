"""Reads the rows of JSON files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

import orjson

from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.conversion import LineError, SpellingNeeded, text_of
from redshift_standin.copy.file_format import (
    LARGEST_ROW,
    BadRow,
    Batch,
    ReplacedRow,
    check_size,
    end_of_chunk,
    skip_lines,
)
from redshift_standin.copy.json_values import Record, read_json_values
from redshift_standin.copy.jsonpaths import PathError, Step, follow
from redshift_standin.copy.row_converter import FieldError, RowConverter
from redshift_standin.copy.statement import AUTO_IGNORE_CASE, CopyStatement, unsupported

_BLANK = re.compile(rb"[ \t\r\n]*")


class JsonFormat:
    """The JSON files of one COPY.

    :param paths: the path to the value of each column, or None to match columns by name.
    """

    def __init__(self, copy: CopyStatement, target: Target, paths: list[list[Step]] | None) -> None:
        self._copy = copy
        self._converter = RowConverter(target.columns, copy)
        self._takers = list(_takers(paths, target.columns))
        self._generated = frozenset(target.generated if copy.columns is None and paths is None else ())
        self._ignore_case = copy.json == AUTO_IGNORE_CASE
        needs_object = any(isinstance(take, str) for take in self._takers)
        # One call for all keys is much faster than one call per key.
        direct = len(self._takers) > 1 and all(isinstance(take, str) for take in self._takers)
        self._take_all = itemgetter(*self._takers) if direct else None
        self._roots: tuple[type, ...] = (dict,) if needs_object else (dict, list)

    def batches(self, content: bytes, url: str) -> Iterator[Batch]:
        """Yield the values of a file; see :class:`redshift_standin.copy.file_format.FileFormat`."""
        position, line = skip_lines(content, b"\n", self._copy.header_lines)
        while True:
            start = _BLANK.match(content, position).end()  # type: ignore[union-attr]  # always matches
            line += content.count(b"\n", position, start)
            if start == len(content):
                return
            end = end_of_chunk(content, b"\n", start)
            large = end - start > LARGEST_ROW // 2
            batch = None if large else self._one_value_a_line(content[start:end].split(b"\n"), line)
            position = end
            if batch is None:
                batch, position = self._value_by_value(content, start, end, line, url)
            batch.size = position - start
            line = batch.last_line
            yield batch

    def _one_value_a_line(self, lines: list[bytes], first: int) -> Batch | None:
        """Return the rows of lines with one valid value each, or None if a line needs individual handling."""
        try:
            values = list(map(orjson.loads, lines))
            if not set(map(type, values)) <= set(self._roots):
                return None
            if self._ignore_case:
                values = [_lower(value) for value in values]
            if self._generated:
                for value in values:
                    self._refuse_identities(value)
            rows = self._converter.rows(self._columns(values))
        except (orjson.JSONDecodeError, PathError):
            return None
        if rows is None:
            return None
        return Batch(len(rows), "\n".join(rows) + "\n", last_line=first + len(lines) - 1)

    def _columns(self, values: list[Any]) -> Iterable[Sequence[Any]]:
        if self._take_all is not None:
            try:
                return zip(*map(self._take_all, values), strict=True)
            except KeyError:
                # At least one value lacks a key.
                pass
        return (
            [value.get(take) for value in values] if isinstance(take, str) else list(map(take, values))
            for take in self._takers
        )

    def _value_by_value(self, content: bytes, start: int, end: int, line: int, url: str) -> tuple[Batch, int]:
        """Return the rows of the values that begin in a chunk of the file, and the end position of the last value."""
        rows: list[str] = []
        batch, position = Batch(), start
        for record in read_json_values(content, start, line):
            # A vertical bar counts twice ("Data format parameters", JSON).
            check_size(len(record.raw) + record.raw.count(b"|"), record.line, url)
            self._read(record, batch, rows)
            batch.last_line, position = record.line, record.end
            if position >= end:
                break
        batch.rows, batch.text = len(rows), "".join(rows)
        return batch, position

    def _read(self, record: Record, batch: Batch, rows: list[str]) -> None:
        try:
            try:
                rows.append(self._converter.row(self._taken(record, record.value)))
            except SpellingNeeded:
                rows.append(self._converter.row(self._taken(record, record.spelled())))
        except FieldError as failure:
            in_line = isinstance(failure.error, LineError)
            value = (
                "" if isinstance(failure.error, PathError) or in_line else self._spelled_value(record, failure.index)
            )
            column = None if in_line else failure.index
            batch.bad.append(BadRow(record.line, record.shown(), column, value, failure.error))
            return
        if self._converter.replaced:
            batch.replaced.append(ReplacedRow(record.line, record.shown(), self._converter.replaced[0]))

    def _taken(self, record: Record, value: Any) -> Iterator[Any]:
        if not record.valid or not isinstance(value, self._roots):
            raise LineError(1216, "Invalid value.")
        if self._ignore_case:
            value = _lower(value)
        self._refuse_identities(value)
        for take in self._takers:
            yield value.get(take) if isinstance(take, str) else take(value)

    def _refuse_identities(self, value: Any) -> None:
        if isinstance(value, dict) and not self._generated.isdisjoint(value):
            # The AWS page "Column mapping options" does not say which of the two values the row gets.
            raise unsupported("COPY without a column list of values for a column GENERATED BY DEFAULT AS IDENTITY")

    def _spelled_value(self, record: Record, index: int) -> str:
        spelled = record.spelled()
        take = self._takers[index]
        value = _lower(spelled) if self._ignore_case else spelled
        item = value.get(take) if isinstance(take, str) else take(value)
        return "" if item is None else text_of(item)


def _takers(paths: list[list[Step]] | None, columns: tuple[Column, ...]) -> Iterator[str | Callable[[Any], Any]]:
    """Yield a key for each value at the top level of an object, and a function for any other path."""
    if paths is None:
        yield from (column.name for column in columns)
        return
    for steps in paths:
        first = steps[0]
        yield first if len(steps) == 1 and isinstance(first, str) else follow(steps)


def _lower(value: Any) -> dict[str, Any]:
    return {key.lower(): item for key, item in value.items()}
