"""ORC files."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow
from pyarrow import orc

from redshift_standin.copy.columnar_format import ROWS, ColumnarFormat


class OrcFormat(ColumnarFormat):
    """The ORC files of one COPY."""

    name = "ORC"

    def _open(self, content: bytes) -> tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]:
        file = orc.ORCFile(pyarrow.BufferReader(content))
        return file.schema, _parts(file)


def _parts(file: orc.ORCFile) -> Iterator[pyarrow.RecordBatch]:
    for number in range(file.nstripes):
        stripe = file.read_stripe(number)
        for start in range(0, len(stripe), ROWS):
            yield stripe.slice(start, ROWS)
