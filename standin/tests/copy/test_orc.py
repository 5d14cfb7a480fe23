"""COPY from ORC files; what they share with Parquet files is in test_parquet.py."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import orc

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.row_reader import RowReader
from redshift_standin.errors import WarehouseError

COPY = "copy t from 's3://b/k' iam_role default format as orc "
NULL = r"\N"


def orc_file(**columns: pyarrow.Array) -> bytes:
    buffer = io.BytesIO()
    orc.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def read(monkeypatch):
    """Return the rows of a file."""

    def read(content: bytes, *columns: Column, options: str = ""):
        monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: content)
        summary = type("Summary", (), {"url": "s3://b/k"})
        reader = RowReader(parse(COPY + options), Target(0, "t", columns), None, [summary], None)
        return [tuple(row.split("\t")) for row in b"".join(reader.pieces()).decode().splitlines()]

    return read


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        (Column("c", "int2"), pyarrow.array([1, None], pyarrow.int16()), ["1", NULL]),
        (Column("c", "int8"), pyarrow.array([1 << 40], pyarrow.int64()), ["1099511627776"]),
        (Column("c", "float8"), pyarrow.array([0.1], pyarrow.float64()), ["0.1"]),
        (Column("c", "bool"), pyarrow.array([True, False]), ["t", "f"]),
        (Column("c", "numeric", 5, 2), pyarrow.array([Decimal("1.50")], pyarrow.decimal128(5, 2)), ["1.50"]),
        (Column("c", "varchar", 9), pyarrow.array(["ä", "", None]), ["ä", "", NULL]),
        (Column("c", "date"), pyarrow.array([date(2018, 11, 1)]), ["2018-11-01"]),
        (
            Column("c", "timestamp"),
            pyarrow.array([datetime(2018, 11, 1, 20, 57, 10, 796000)]),
            ["2018-11-01 20:57:10.796000"],
        ),
    ],
)
def test_types(read, column, values, texts):
    assert [tuple(texts)] == list(zip(*read(orc_file(other=values), column), strict=True))


def test_fillrecord_sets_missing_trailing_columns_to_null(read):
    content = orc_file(a=pyarrow.array([1], pyarrow.int32()))
    columns = (Column("a", "int4"), Column("b", "varchar", 5))
    assert read(content, *columns, options="fillrecord") == [("1", NULL)]
    with pytest.raises(WarehouseError, match="Spectrum Scan Error") as caught:
        read(content, *columns)
    assert "Table columns: 2, Data columns: 1" in caught.value.detail


@pytest.mark.parametrize("content", [b"", b"PAR1"])
def test_file_of_another_format_fails_the_copy(read, content):
    with pytest.raises(WarehouseError) as caught:
        read(content, Column("c", "int4"))
    assert "is not a valid ORC file" in caught.value.detail


@pytest.mark.parametrize("option", ["region 'us-west-2'", "maxerror 1", "gzip", "compupdate off"])
def test_options_that_columnar_files_do_not_have_are_refused(option):
    with pytest.raises(WarehouseError, match="not supported for ORC based COPY") as caught:
        parse(COPY + option)
    assert caught.value.sqlstate == "42601"
