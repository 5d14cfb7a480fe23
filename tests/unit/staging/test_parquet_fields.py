"""The fields in the footer of a Parquet file, and how much is read of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow
from pyarrow import parquet

from redshift_elt.staging.drift.parquet_fields import parquet_fields


class File:
    """A file that notes how much of it is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reads: list[int] = []

    def read_end(self, size: int) -> bytes:
        self.reads.append(size)
        return self.content[-size:]


def file_of(columns: dict[str, pyarrow.Array]) -> File:
    buffer = BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return File(buffer.getvalue())


def test_types():
    file = file_of(
        {
            "int": pyarrow.array([1], pyarrow.int16()),
            "double": pyarrow.array([1.5]),
            "decimal": pyarrow.array([Decimal("1.5")]),
            "text": pyarrow.array(["a"]),
            "bool": pyarrow.array([True]),
            "date": pyarrow.array([date(2018, 11, 1)]),
            "list": pyarrow.array([[1]]),
            "struct": pyarrow.array([{"a": 1}]),
        }
    )
    assert [(name, str(values)) for name, values in parquet_fields(file.read_end, 65536).items()] == [
        ("int", "integer"),
        ("double", "number"),
        ("decimal", "number"),
        ("text", "text"),
        ("bool", "boolean"),
        ("date", "time"),
        ("list", "nested"),
        ("struct", "nested"),
    ]


def test_large_footer_is_read_once_more():
    file = file_of({f"column_{number}": pyarrow.array([number]) for number in range(100)})
    assert len(parquet_fields(file.read_end, 1000)) == 100
    assert len(file.reads) == 2
    assert file.reads[1] < 100_000


def test_what_is_not_parquet_has_no_fields():
    for content in (b"PAR1", b"{}", b"x" * 100, b"PAR1" + b"\xff" * 4 + b"PAR1", b"PAR1" + b"\1\0\0\0" + b"PAR1"):
        assert parquet_fields(File(content).read_end, 65536) == {}
