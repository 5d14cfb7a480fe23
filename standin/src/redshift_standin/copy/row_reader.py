"""Reads the objects of a COPY and converts them to rows, in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from redshift_standin.aws.redshift.storage import ClusterStorage, ObjectSummary
from redshift_standin.copy.avro_format import AvroFormat
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.conversion import LineError
from redshift_standin.copy.file_encoding import to_utf8
from redshift_standin.copy.file_format import BadRow, Batch, FileFormat, ReplacedRow
from redshift_standin.copy.json_format import JsonFormat
from redshift_standin.copy.jsonpaths import Step
from redshift_standin.copy.orc_format import OrcFormat
from redshift_standin.copy.parquet_format import ParquetFormat
from redshift_standin.copy.s3_objects import read_object
from redshift_standin.copy.statement import CopyStatement, Format
from redshift_standin.copy.text_format import TextFormat
from redshift_standin.errors import WarehouseError

# A COPY checks for cancellation between pieces.
PIECE = 1_000_000
_SHOWN = 1024
# The maximum number of rows in STL_REPLACEMENTS for one COPY.
_REPLACEMENTS = 100


@dataclass(frozen=True)
class LoadError:
    """A row that could not be loaded, as the load error tables show it.

    :param file_number: the index of its file among the files of the COPY, from 0.
    """

    file: str
    file_number: int
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
class Replacement:
    """A row in which ACCEPTINVCHARS replaced a character, as STL_REPLACEMENTS shows it.

    :param file_number: the index of its file among the files of the COPY, from 0.
    """

    file: str
    file_number: int
    line: int
    column: str
    raw_line: str


@dataclass(frozen=True)
class LoadedFile:
    """The result of reading one object.

    :param summary: the object at the start of the COPY.
    :param size: its decompressed size in bytes.
    :param lines: the number of the line on which its last value ends.
    """

    summary: ObjectSummary
    size: int
    lines: int
    errors: int
    start: datetime
    end: datetime


class TooManyErrors(Exception):  # noqa: N818 it ends the load and is not a defect
    """The load reached its limit of errors (MAXERROR)."""


class RowReader:
    """Reads the rows of one COPY.

    After :meth:`pieces` is exhausted, the other attributes describe what was read.
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
        self.replacements: list[Replacement] = []
        self.replaced_rows = 0
        self._copy = copy
        self._objects = objects
        self._storage = storage
        self._columns = target.columns
        self._format = _file_format(copy, target, paths)

    def pieces(self) -> Iterator[bytes]:
        """Yield the rows in PostgreSQL's text format, about a megabyte at a time; a piece may be empty.

        :raises TooManyErrors: the number of rejected rows reached the statement's limit.
        :raises WarehouseError: an object could not be read.
        """
        texts: list[str] = []
        pending = 0
        for number, summary in enumerate(self._objects):
            started = datetime.now(timezone.utc)
            content = read_object(summary, self._storage, self._copy.compression)
            last_line, errors_before = 0, len(self.errors)
            for batch in self._batches(content, summary.url):
                last_line = batch.last_line
                self._note(batch, summary.url, number)
                texts.append(batch.text)
                pending += batch.size
                if pending >= PIECE:
                    yield "".join(texts).encode()
                    texts, pending = [], 0
            errors = len(self.errors) - errors_before
            self.files.append(LoadedFile(summary, len(content), last_line, errors, started, datetime.now(timezone.utc)))
        yield "".join(texts).encode()

    def _batches(self, content: bytes, url: str) -> Iterator[Batch]:
        if url == self._copy.json:
            # AWS page "Data format parameters", JSON: COPY reads all objects under the prefix as data, so this fails.
            yield Batch(bad=[BadRow(1, "", None, "", LineError(1216, "The JSONPaths file is among the data files"))])
            return
        try:
            content = to_utf8(content, self._copy.encoding)
        except LineError as error:
            yield Batch(bad=[BadRow(0, "", None, "", error)])
            return
        yield from self._format.batches(content, url)

    def _note(self, batch: Batch, url: str, file_number: int) -> None:
        limit = self._copy.error_limit
        for bad in batch.bad:
            self.errors.append(_load_error(bad, url, file_number, self._columns))
            if limit is not None and len(self.errors) >= limit:
                raise TooManyErrors
        self.rows += batch.rows
        self.replaced_rows += len(batch.replaced)
        room = _REPLACEMENTS - len(self.replacements)
        self.replacements += [_replacement(row, url, file_number, self._columns) for row in batch.replaced[:room]]


def check_path_count(paths: list[list[Step]] | None, target: Target) -> None:
    """Reject a JSONPaths file that does not have exactly one path per column.

    :raises WarehouseError: the numbers differ.
    """
    if paths is not None and len(paths) != len(target.columns):
        raise WarehouseError(
            "Number of jsonpaths and the number of columns should match. "
            f"JSONPath size: {len(paths)}, Number of columns in table or column list: {len(target.columns)}"
        )


def _file_format(copy: CopyStatement, target: Target, paths: list[list[Step]] | None) -> FileFormat:
    if copy.format is Format.JSON:
        return JsonFormat(copy, target, paths)
    if copy.format is Format.AVRO:
        return AvroFormat(copy, target, paths)
    if copy.format is Format.PARQUET:
        return ParquetFormat(copy, target.columns)
    if copy.format is Format.ORC:
        return OrcFormat(copy, target.columns)
    return TextFormat(copy, target.columns)


def _load_error(bad: BadRow, url: str, file_number: int, columns: tuple[Column, ...]) -> LoadError:
    column = None if bad.column is None else columns[bad.column]
    return LoadError(
        file=url,
        file_number=file_number,
        line=bad.line,
        column=column.name if column else "",
        type=column.type if column else "",
        length=column.length if column else "",
        position=bad.error.position,
        raw_line=_shown(bad.raw),
        raw_value=_shown(bad.value),
        code=bad.error.code,
        reason=_shown(bad.error.reason),
    )


def _replacement(row: ReplacedRow, url: str, file_number: int, columns: tuple[Column, ...]) -> Replacement:
    return Replacement(url, file_number, row.line, columns[row.column].name, _shown(row.raw))


def _shown(text: str) -> str:
    cleaned = text.replace("\0", "").encode("utf-8", "replace").decode()
    return cleaned[:_SHOWN]
