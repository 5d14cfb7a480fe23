"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow
from pyarrow import parquet

from redshift_standin.copy.columnar_format import ROWS, ColumnarFormat


class ParquetFormat(ColumnarFormat):
    """The Parquet files of one COPY."""

    name = "Parquet"

    def _open(self, content: bytes) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
        file = parquet.ParquetFile(pyarrow.BufferReader(content))
        return file.schema_arrow, file.iter_batches(ROWS)
