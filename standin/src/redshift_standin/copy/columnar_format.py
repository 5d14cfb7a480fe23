"""Reads the rows of columnar files. COPY matches their columns to the table's columns by position.

AWS pages "COPY from columnar data formats" and "Amazon Redshift Spectrum: incompatible data formats".
"""

from __future__ import annotations

import bz2
import gzip
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import pyarrow
from pyarrow import types

from redshift_standin.copy.columns import Column
from redshift_standin.copy.file_format import Batch, ReplacedRow
from redshift_standin.copy.row_converter import FieldError, RowConverter
from redshift_standin.copy.statement import CopyStatement, unsupported
from redshift_standin.errors import WarehouseError, error_block
from redshift_standin.settings import REGION

_SCAN_ERROR = 15001
_WRONG_COUNT = 15007
# The number of rows that are converted together.
ROWS = 1_000

# For each column type, the Arrow types that COPY can load into it.
_READABLE: dict[str, Callable[[pyarrow.DataType, Column], bool]] = {
    "int2": lambda kind, _: types.is_int16(kind),
    "int4": lambda kind, _: types.is_int32(kind),
    "int8": lambda kind, _: types.is_int64(kind),
    "float4": lambda kind, _: types.is_float32(kind),
    "float8": lambda kind, _: types.is_float64(kind),
    "numeric": lambda kind, column: (
        types.is_decimal(kind) and (kind.precision, kind.scale) == (column.size, column.scale)
    ),
    "bool": lambda kind, _: types.is_boolean(kind),
    "char": lambda kind, _: types.is_string(kind),
    "varchar": lambda kind, _: types.is_string(kind),
    "date": lambda kind, _: types.is_date32(kind),
    "timestamp": lambda kind, _: types.is_timestamp(kind),
    "timestamptz": lambda kind, _: types.is_timestamp(kind) and kind.tz is not None,
}


class ColumnarFormat(ABC):
    """The columnar files of one COPY. An error in one of them fails the whole COPY."""

    # The name of the format in messages.
    name: ClassVar[str]

    def __init__(self, copy: CopyStatement, columns: tuple[Column, ...]) -> None:
        self._copy = copy
        self._columns = columns
        self._converter = RowConverter(columns, copy)

    def batches(self, content: bytes, url: str) -> Iterator[Batch]:
        """Yield the rows of a file; see :class:`redshift_standin.copy.file_format.FileFormat`."""
        try:
            schema, parts = self._open(_decompressed(content, self.name, url))
        except (OSError, EOFError, pyarrow.ArrowInvalid) as error:
            raise _scan_error(
                _SCAN_ERROR, f"File '{_address(url)}' is not a valid {self.name} file: {error}"
            ) from error
        self._check(schema, url)
        line = 0
        for part in parts:
            batch = self._rows(part, line, url)
            line = batch.last_line
            yield batch

    @abstractmethod
    def _open(self, content: bytes) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
        """Return the schema of a file, and its rows in parts.

        :raises OSError: the file is not of this format.
        """

    def _rows(self, part: pyarrow.RecordBatch, line: int, url: str) -> Batch:
        present = [_values(values, column) for values, column in zip(part.columns, self._columns, strict=False)]
        absent = [[None] * len(part)] * (len(self._columns) - len(present))
        batch, texts = Batch(len(part), size=part.nbytes, last_line=line + len(part)), []
        for number, values in enumerate(zip(*present, *absent, strict=True), line + 1):
            self._check_lengths(values, url)
            try:
                texts.append(self._converter.row(values))
            except FieldError as failure:
                name = self._columns[failure.index].name
                raise _scan_error(_SCAN_ERROR, f"{failure.error.reason}. Column: {name}, {_named(url)}") from failure
            if self._converter.replaced:
                batch.replaced.append(ReplacedRow(number, "", self._converter.replaced[0]))
        batch.text = "".join(texts)
        return batch

    def _check(self, schema: pyarrow.Schema, url: str) -> None:
        wanted, found = len(self._columns), len(schema)
        if found > wanted or (found < wanted and not self._copy.fill_record):
            raise _scan_error(
                _WRONG_COUNT,
                "Unmatched number of columns between table and file. "
                f"Table columns: {wanted}, Data columns: {found}, {_named(url)}",
            )
        for column, field in zip(self._columns, schema, strict=False):
            kind = _stored_type(field.type)
            if types.is_nested(kind):
                raise unsupported(f"The nested type of {field.name} in a file of format {self.name}")
            if not _READABLE[column.type](kind, column):
                raise _scan_error(
                    _SCAN_ERROR,
                    f"File '{_address(url)}' has an incompatible {self.name} schema for column '{column.name}'. "
                    f"Column type: {column.type.upper()}, {self.name} schema: {field.name} {field.type}",
                )

    def _check_lengths(self, values: Sequence[Any], url: str) -> None:
        for value, column in zip(values, self._columns, strict=True):
            if column.type not in ("char", "varchar") or value is None:
                continue
            size = len(value.encode("utf-8", "surrogateescape"))
            if size > column.size:
                raise _scan_error(
                    _SCAN_ERROR,
                    f"The length of the data column {column.name} is longer than the length defined in the table. "
                    f"Table: {column.size}, Data: {size}, {_named(url)}",
                )


def _decompressed(content: bytes, name: str, url: str) -> bytes:
    if url.endswith(".snappy"):
        raise unsupported(f"A file of format {name} that is compressed as a whole with Snappy")
    if url.endswith(".gz"):
        return gzip.decompress(content)
    return bz2.decompress(content) if url.endswith(".bz2") else content


def _stored_type(kind: pyarrow.DataType) -> pyarrow.DataType:
    """Return the type as stored in the file, without the in-memory form that Arrow records in the file."""
    if types.is_dictionary(kind):
        kind = kind.value_type
    return pyarrow.string() if types.is_large_string(kind) else kind


def _values(values: pyarrow.Array, column: Column) -> list[Any]:
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if column.type in ("char", "varchar"):
        # The bytes are not necessarily valid UTF-8.
        raw = values.cast(pyarrow.large_binary()).to_pylist()
        return [None if value is None else value.decode("utf-8", "surrogateescape") for value in raw]
    if column.type in ("timestamp", "timestamptz"):
        zone = "UTC" if column.type == "timestamptz" else None
        values = values.cast(pyarrow.timestamp("us", values.type.tz), safe=False).cast(pyarrow.timestamp("us", zone))
        return [None if value is None else value.isoformat(" ") for value in values.to_pylist()]
    if column.type in ("date", "numeric"):
        return [None if value is None else str(value) for value in values.to_pylist()]
    plain: list[Any] = values.to_pylist()
    return plain


def _scan_error(code: int, context: str) -> WarehouseError:
    detail = error_block("Spectrum Scan Error", context, "dory_util.cpp:1450", code)
    return WarehouseError("Spectrum Scan Error", detail=detail)


def _named(url: str) -> str:
    return f"File name: {_address(url)}"


def _address(url: str) -> str:
    return f"https://s3.{REGION}.amazonaws.com/{url.removeprefix('s3://')}"
