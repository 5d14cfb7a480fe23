"""COPY from Parquet files.

AWS page "COPY from columnar data formats"; the error messages are from aws/aws-sdk-pandas issue 280 and
rudderlabs/rudder-server pull request 3178.
"""

from __future__ import annotations

import gzip
import io
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet

from redshift_standin.copy import parse
from redshift_standin.copy.columns import Column, Target
from redshift_standin.copy.row_reader import RowReader
from redshift_standin.errors import WarehouseError

COPY = "copy t from 's3://b/k' iam_role default format as parquet "
NULL = r"\N"
MOMENT = datetime(2018, 11, 1, 20, 57, 10, 796000)


def parquet_file(**columns: pyarrow.Array) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def read(monkeypatch):
    """Return the rows of a file."""

    def read(content: bytes, *columns: Column, options: str = "", key: str = "k"):
        monkeypatch.setattr("redshift_standin.copy.row_reader.read_object", lambda *_: content)
        summary = type("Summary", (), {"url": f"s3://b/{key}"})
        reader = RowReader(parse(COPY + options), Target(0, "t", columns), None, [summary], None)
        rows = b"".join(reader.pieces()).decode().splitlines()
        assert len(rows) == reader.rows == reader.files[0].lines
        return [tuple(row.split("\t")) for row in rows]

    return read


@pytest.mark.parametrize(
    ("column", "values", "texts"),
    [
        (Column("c", "int2"), pyarrow.array([1, None], pyarrow.int16()), ["1", NULL]),
        (Column("c", "int4"), pyarrow.array([-1, 2], pyarrow.int32()), ["-1", "2"]),
        (Column("c", "int8"), pyarrow.array([1 << 40], pyarrow.int64()), ["1099511627776"]),
        (Column("c", "float4"), pyarrow.array([0.5], pyarrow.float32()), ["0.5"]),
        (Column("c", "float8"), pyarrow.array([0.1], pyarrow.float64()), ["0.1"]),
        (Column("c", "bool"), pyarrow.array([True, False]), ["t", "f"]),
        (Column("c", "numeric", 5, 2), pyarrow.array([Decimal("1.50")], pyarrow.decimal128(5, 2)), ["1.50"]),
        (Column("c", "varchar", 9), pyarrow.array(["a\tä", "", None]), [r"a\tä", "", NULL]),
        (Column("c", "varchar", 9), pyarrow.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (Column("c", "varchar", 9), pyarrow.array(["a"], pyarrow.large_string()), ["a"]),
        (Column("c", "char", 3), pyarrow.array(["abc"]), ["abc"]),
        (Column("c", "date"), pyarrow.array([date(2018, 11, 1)]), ["2018-11-01"]),
        (Column("c", "timestamp"), pyarrow.array([MOMENT]), ["2018-11-01 20:57:10.796000"]),
        (Column("c", "timestamp"), pyarrow.array([MOMENT], pyarrow.timestamp("ns")), ["2018-11-01 20:57:10.796000"]),
        (
            Column("c", "timestamptz"),
            pyarrow.array([MOMENT.replace(tzinfo=timezone.utc)], pyarrow.timestamp("ms", "UTC")),
            ["2018-11-01 20:57:10.796000+00:00"],
        ),
    ],
)
def test_types(read, column, values, texts):
    assert [tuple(texts)] == list(zip(*read(parquet_file(other=values), column), strict=True))


def test_columns_are_matched_by_position_regardless_of_their_names(read):
    content = parquet_file(b=pyarrow.array([1], pyarrow.int32()), a=pyarrow.array(["x"]))
    assert read(content, Column("a", "int4"), Column("b", "varchar", 5)) == [("1", "x")]


def test_fillrecord_sets_missing_trailing_columns_to_null(read):
    content = parquet_file(a=pyarrow.array([1], pyarrow.int32()))
    columns = (Column("a", "int4"), Column("b", "varchar", 5))
    assert read(content, *columns, options="fillrecord") == [("1", NULL)]
    assert failure(read, content, *columns) == (
        "15007",
        "Unmatched number of columns between table and file. Table columns: 2, Data columns: 1, "
        "File name: https://s3.us-west-2.amazonaws.com/b/k",
    )


def failure(read, *arguments, **options) -> tuple[str, str]:
    """Return the code and the context of the error that a file causes."""
    with pytest.raises(WarehouseError) as caught:
        read(*arguments, **options)
    assert (caught.value.message, caught.value.sqlstate) == ("Spectrum Scan Error", "XX000")
    lines = [line.strip().partition(":") for line in caught.value.detail.splitlines()]
    found = {name: text.strip() for name, _, text in lines}
    return found["code"], found["context"]


def test_too_long_string_fails_the_copy(read):
    code, context = failure(read, parquet_file(c=pyarrow.array(["ä" * 131])), Column("c", "varchar", 256))
    assert (code, context) == (
        "15001",
        "The length of the data column c is longer than the length defined in the table. Table: 256, Data: 262, "
        "File name: https://s3.us-west-2.amazonaws.com/b/k",
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (Column("c", "int4"), pyarrow.array([1], pyarrow.int64())),
        (Column("c", "int8"), pyarrow.array(["1"])),
        (Column("c", "varchar", 9), pyarrow.array([1], pyarrow.int32())),
        (Column("c", "numeric", 5, 2), pyarrow.array([1.5])),
        (Column("c", "numeric", 5, 2), pyarrow.array([Decimal("1.500")], pyarrow.decimal128(5, 3))),
        (Column("c", "timestamptz"), pyarrow.array([MOMENT])),
    ],
)
def test_incompatible_type_fails_the_copy(read, column, values):
    code, context = failure(read, parquet_file(c=values), column)
    assert code == "15001"
    assert "has an incompatible Parquet schema for column 'c'" in context


def test_other_values_that_cannot_be_loaded_fail_the_copy(read):
    content = parquet_file(c=pyarrow.array([None, 1], pyarrow.int32()))
    assert "not-null" in failure(read, content, Column("c", "int4", nullable=False))[1]
    assert "Multibyte" in failure(read, parquet_file(c=pyarrow.array(["ä"])), Column("c", "char", 5))[1]


@pytest.mark.parametrize("content", [b"", b'{"a": 1}\n'])
def test_invalid_parquet_file_fails_the_copy(read, content):
    assert "is not a valid Parquet file" in failure(read, content, Column("c", "int4"))[1]


def test_nested_types_are_refused(read):
    with pytest.raises(WarehouseError, match="nested") as caught:
        read(parquet_file(c=pyarrow.array([[1]])), Column("c", "int4"))
    assert caught.value.sqlstate == "0A000"


def test_file_with_gz_extension_is_decompressed(read):
    content = gzip.compress(parquet_file(c=pyarrow.array([1], pyarrow.int32())))
    assert read(content, Column("c", "int4"), key="k.parquet.gz") == [("1",)]


def test_invalid_utf8(read):
    broken = parquet_file(c=pyarrow.array([b"a\xa4"]).cast(pyarrow.string(), safe=False))
    assert "Bad UTF-8 hex sequence: a4" in failure(read, broken, Column("c", "varchar", 5))[1]
    assert read(broken, Column("c", "varchar", 5), options="acceptinvchars") == [("a?",)]


@pytest.mark.parametrize(
    "option",
    ["region 'us-west-2'", "maxerror 1", "ignoreallerrors", "acceptanydate", "compupdate off", "gzip", "noload", "csv"],
)
def test_other_options_are_refused(option):
    with pytest.raises(WarehouseError, match=r"not supported for PARQUET|not compatible") as caught:
        parse(COPY + option)
    assert caught.value.sqlstate == "42601"


def test_options_for_columnar_files():
    copy = parse(COPY + "acceptinvchars fillrecord manifest explicit_ids statupdate off")
    assert (copy.manifest, copy.fill_record, copy.explicit_ids) == (True, True, True)
