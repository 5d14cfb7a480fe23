"""The files of an UNLOAD: their names and their rows."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from redshift_standin.unload.formats import FORMATS
from redshift_standin.unload.parquet_files import DEFAULT_ROW_GROUP, parquet_file, parquet_table
from redshift_standin.unload.partitions import Partition, partitions
from redshift_standin.unload.result_columns import Column
from redshift_standin.unload.statement import UnloadStatement
from redshift_standin.unload.text_lines import Row, header, line_writer

_EXTENSIONS = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}


@dataclass(frozen=True)
class UnloadedFile:
    """A file that UNLOAD writes.

    :param slice: the number of the slice that writes it, from 0.
    :param rows: the number of rows.
    :param lines: the number of lines, including the header.
    """

    key: str
    content: bytes
    slice: int
    rows: int
    lines: int


def make_files(
    unload: UnloadStatement, columns: Sequence[Column], rows: Sequence[Row], slices: int
) -> Iterator[UnloadedFile]:
    """Yield the files of each partition in the order of their names. A slice without rows writes no file.

    Rows go to the slices round-robin, so that every file keeps the query's order.

    :param slices: the number of slices of the cluster.
    :raises WarehouseError: the format does not support these columns, or they cannot be partition keys.
    """
    for partition in partitions(unload, columns, rows):
        yield from _files_of(unload, partition, slices)


def _files_of(unload: UnloadStatement, partition: Partition, slices: int) -> Iterator[UnloadedFile]:
    dealt = [partition.rows[number::slices] for number in range(slices)] if unload.parallel else [partition.rows]
    split = _split_table if unload.format == "parquet" else _split_lines
    for number, mine in enumerate(dealt):
        if not mine:
            continue
        for part, (content, count) in enumerate(split(unload, partition.columns, mine)):
            name = f"{number:04}_part_{part:02}" if unload.parallel else f"{part:03}"
            key = unload.prefix + partition.folder + name + extension(unload)
            yield UnloadedFile(key, content, number, count, count + unload.header)


def extension(unload: UnloadStatement) -> str:
    """Return the extension of the file names.

    EXTENSION in the statement replaces the extension of the compression.
    """
    if unload.extension is not None:
        return f".{unload.extension}"
    return FORMATS[unload.format].extension or _EXTENSIONS.get(unload.compression or "", "")


def _split_lines(
    unload: UnloadStatement, columns: Sequence[Column], rows: Sequence[Row]
) -> Iterator[tuple[bytes, int]]:
    write = line_writer(unload, columns)
    first = [header(unload, columns).encode()] if unload.header else []
    lines, size = list(first), sum(map(len, first))
    for row in rows:
        line = write(row).encode()
        if size + len(line) > unload.max_file_bytes and len(lines) > len(first):
            yield _compress(lines, unload.compression), len(lines) - len(first)
            lines, size = list(first), sum(map(len, first))
        lines.append(line)
        size += len(line)
    yield _compress(lines, unload.compression), len(lines) - len(first)


def _split_table(
    unload: UnloadStatement, columns: Sequence[Column], rows: Sequence[Row]
) -> Iterator[tuple[bytes, int]]:
    row_group = unload.row_group or DEFAULT_ROW_GROUP
    # A file holds complete row groups of 32 MB, and at least one.
    largest = max(DEFAULT_ROW_GROUP, unload.max_file_bytes // DEFAULT_ROW_GROUP * DEFAULT_ROW_GROUP)
    table = parquet_table(columns, rows)
    count = max(1, table.num_rows * largest // max(1, table.nbytes))
    for start in range(0, table.num_rows, count):
        piece = table.slice(start, count)
        yield parquet_file(piece, row_group), piece.num_rows


def _compress(lines: Sequence[bytes], compression: str | None) -> bytes:
    content = b"".join(lines)
    return content if compression is None else _COMPRESSORS[compression](content)


def _zstd(content: bytes) -> bytes:
    output = pa.BufferOutputStream()
    with pa.CompressedOutputStream(output, "zstd") as stream:
        stream.write(content)
    compressed: bytes = output.getvalue().to_pybytes()
    return compressed


_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress, "zstd": _zstd}
