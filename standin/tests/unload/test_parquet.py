"""UNLOAD to Parquet: AWS page "UNLOAD", FORMAT AS PARQUET clause."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal

import psycopg
import pyarrow.parquet as pq
import pytest

from standin_support.whole import BUCKET


def unload(connection, query, options=""):
    connection.execute(f"unload ($${query}$$) to 's3://{BUCKET}/p_' iam_role default parquet {options}")


def test_types_and_values(whole):
    connection = whole.psycopg()
    connection.execute(
        "create table t (a smallint, b integer, c bigint, d real, e double precision, f decimal(18,2), g boolean, "
        "h char(3), i varchar(10), j date, k timestamp, l timestamptz)"
    )
    connection.execute(
        "insert into t values (1, 2, 3, 0.5, 0.25, 1.5, true, 'abc', 'äö', '2024-02-29', '2024-02-29 12:30:00.5', "
        "'2024-02-29 12:30:00+02')"
    )
    connection.execute("insert into t (a) values (null)")
    unload(connection, "select * from t order by b", "parallel off manifest verbose")
    objects = whole.objects()
    file = pq.ParquetFile(io.BytesIO(objects["p_000.parquet"]))
    assert file.metadata.format_version == "1.0"
    assert {file.metadata.row_group(0).column(0).compression} == {"SNAPPY"}
    physical = {file.schema.column(n).name: file.schema.column(n).physical_type for n in range(12)}
    assert (physical["f"], physical["k"], physical["l"]) == ("FIXED_LEN_BYTE_ARRAY", "INT96", "INT96")
    assert file.read().to_pylist() == [
        {
            "a": 1,
            "b": 2,
            "c": 3,
            "d": 0.5,
            "e": 0.25,
            "f": Decimal("1.50"),
            "g": True,
            "h": "abc",
            "i": "äö",
            "j": date(2024, 2, 29),
            "k": datetime(2024, 2, 29, 12, 30, 0, 500000),
            # The time zone is not unloaded.
            "l": datetime(2024, 2, 29, 10, 30),
        },
        dict.fromkeys("abcdefghijkl"),
    ]
    assert json.loads(objects["p_manifest"])["meta"]["record_count"] == 2


def test_one_file_for_each_slice_that_has_rows(whole):
    connection = whole.psycopg()
    unload(connection, "select 1 as n union all select 2 union all select 3 order by n")
    counts = {key: pq.read_metadata(io.BytesIO(content)).num_rows for key, content in whole.objects().items()}
    assert counts == {"p_0000_part_00.parquet": 2, "p_0001_part_00.parquet": 1}


def test_size_of_row_groups_needs_large_nodes(whole):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match=r"ROWGROUPSIZE .* for node type ra3\.large"):
        unload(whole.psycopg(), "select 1", "rowgroupsize 64 mb")


def test_computed_number_keeps_its_digits(whole):
    connection = whole.psycopg()
    connection.execute("create table t (n decimal(18,2))")
    connection.execute("insert into t values (1.25), (2.50)")
    unload(connection, "select sum(n) as total from t", "parallel off")
    table = pq.read_table(io.BytesIO(whole.objects()["p_000.parquet"]))
    assert table.to_pylist() == [{"total": Decimal("3.75")}]
