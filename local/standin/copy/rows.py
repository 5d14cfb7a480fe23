"""Reads the objects of a COPY and makes rows of them, in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from local.standin.aws.reading import ClusterStorage, ObjectSummary
from local.standin.backend import WarehouseError
from local.standin.copy.columns import Column, Target
from local.standin.copy.convert import (
    NULL,
    ConversionError,
    SpellingNeeded,
    make_converter,
    not_null_error,
    text_of,
)
from local.standin.copy.jsonpaths import PathError, Step, follow
from local.standin.copy.records import Record, read_records
from local.standin.copy.source import read_object
from local.standin.copy.statement import AUTO_IGNORE_CASE, CopyStatement

# Between pieces a COPY looks whether it has been cancelled.
PIECE = 1_000_000
_SHOWN = 1024


@dataclass(frozen=True)
class LoadError:
    """A row that could not be loaded, as the load error tables show it."""

    file: str
    line: int
    column: str
    type: str
    length: str
    position: int
    raw_line: str
    raw_value: str
    code: int
    reason: str


@dataclass(frozen=True)
class LoadedFile:
    """What was read of one object.

    :param lines: the number of the line on which its last value ends.
    """

    name: str
    size: int
    lines: int
    errors: int
    start: datetime
    end: datetime


class TooManyErrors(Exception):  # noqa: N818 the load's end, not a defect
    """The load has met as many errors as its MAXERROR allows."""


class NoRecordError(PathError):
    """A line is no JSON, or a value that has no fields."""


class RowReader:
    """The rows of one COPY.

    After :meth:`pieces` is used up, the other attributes tell what was read.
    """

    def __init__(
        self,
        copy: CopyStatement,
        target: Target,
        paths: list[list[Step]] | None,
        objects: list[ObjectSummary],
        storage: ClusterStorage,
    ) -> None:
        self.rows = 0
        self.errors: list[LoadError] = []
        self.files: list[LoadedFile] = []
        self._copy = copy
        self._objects = objects
        self._storage = storage
        self._columns = target.columns
        self._ignore_case = copy.json == AUTO_IGNORE_CASE
        self._plan = [
            (take, make_converter(column, copy), column.nullable)
            for take, column in zip(_takers(paths, target.columns), target.columns, strict=True)
        ]
        needs_object = any(isinstance(take, str) for take, _, _ in self._plan)
        self._roots: tuple[type, ...] = (dict,) if needs_object else (dict, list)

    def pieces(self) -> Iterator[bytes]:
        """Yield the rows in PostgreSQL's text format, about a megabyte at a time; a piece may be empty.

        :raises TooManyErrors: more rows were bad than the statement tolerates.
        :raises WarehouseError: an object could not be read.
        """
        lines: list[str] = []
        pending = 0
        for summary in self._objects:
            started = datetime.now(timezone.utc)
            content = read_object(summary, self._storage, self._copy.compression)
            last_line, errors_before = 0, len(self.errors)
            for record in read_records(content):
                last_line = record.line
                line = self._row(record, summary)
                if line is not None:
                    lines.append(line)
                    self.rows += 1
                pending += len(record.raw)
                if pending >= PIECE:
                    yield "".join(lines).encode()
                    lines, pending = [], 0
            self.files.append(
                LoadedFile(
                    summary.url,
                    len(content),
                    last_line,
                    len(self.errors) - errors_before,
                    started,
                    datetime.now(timezone.utc),
                )
            )
        yield "".join(lines).encode()

    def _row(self, record: Record, summary: ObjectSummary) -> str | None:
        fields: list[str] = []
        try:
            value = self._checked(record, record.value)
            try:
                self._convert(value, fields)
            except SpellingNeeded:
                fields.clear()
                value = self._checked(record, record.spelled())
                self._convert(value, fields)
        except (ConversionError, PathError) as error:
            self._note(record, summary, len(fields), error)
            return None
        return "\t".join(fields) + "\n"

    def _checked(self, record: Record, value: Any) -> Any:
        if not record.valid or not isinstance(value, self._roots):
            raise NoRecordError("Invalid value.")
        if self._ignore_case:
            return {key.lower(): item for key, item in value.items()}
        return value

    def _convert(self, value: Any, fields: list[str]) -> None:
        for take, convert, nullable in self._plan:
            item = value.get(take) if type(take) is str else take(value)
            text = None if item is None else convert(item)
            if text is None:
                if not nullable:
                    raise not_null_error()
                text = NULL
            fields.append(text)

    def _note(self, record: Record, summary: ObjectSummary, index: int, error: ConversionError | PathError) -> None:
        bad_line = isinstance(error, PathError)
        column = None if isinstance(error, NoRecordError) else self._columns[index]
        self.errors.append(
            LoadError(
                file=summary.url,
                line=record.line,
                column=column.name if column else "",
                type=column.type if column else "",
                length=column.length if column else "",
                position=0 if bad_line else error.position,
                raw_line=_shown(record.raw.decode("utf-8", "replace")),
                raw_value="" if bad_line else self._raw_value(record, index),
                code=1216 if bad_line else error.code,
                reason=_shown(str(error)),
            )
        )
        limit = self._copy.error_limit
        if limit is not None and len(self.errors) >= limit:
            raise TooManyErrors

    def _raw_value(self, record: Record, index: int) -> str:
        take = self._plan[index][0]
        value = self._checked(record, record.spelled())
        item = value.get(take) if isinstance(take, str) else take(value)
        return "" if item is None else _shown(text_of(item))


def check_path_count(paths: list[list[Step]] | None, target: Target) -> None:
    """Refuse a JSONPaths file that has not one path for each column.

    :raises WarehouseError: the numbers differ.
    """
    if paths is not None and len(paths) != len(target.columns):
        raise WarehouseError(
            "Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: {len(target.columns)}"
        )


def _takers(paths: list[list[Step]] | None, columns: tuple[Column, ...]) -> Iterator[str | Callable[[Any], Any]]:
    """Yield a key for what is found directly in an object, a function for what is deeper."""
    if paths is None:
        yield from (column.name for column in columns)
        return
    for steps in paths:
        first = steps[0]
        yield first if len(steps) == 1 and isinstance(first, str) else follow(steps)


def _shown(text: str) -> str:
    cleaned = text.replace("\0", "").encode("utf-8", "replace").decode()
    return cleaned[:_SHOWN]
