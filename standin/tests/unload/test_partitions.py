"""UNLOAD .. PARTITION BY: AWS page "UNLOAD", PARTITION BY clause."""

from __future__ import annotations

import io
import json

import psycopg
import pyarrow.parquet as pq
import pytest

from standin_support.whole import BUCKET


@pytest.fixture
def sales(whole):
    connection = whole.psycopg()
    connection.execute("create table sales (year integer, month varchar(10), amount integer)")
    connection.execute("insert into sales values (2018, 'nov', 1), (2018, 'nov', 2), (2018, 'dec', 3), (2019, null, 4)")
    return connection


def unload(connection, options, query="select * from sales order by amount"):
    connection.execute(f"unload ($${query}$$) to 's3://{BUCKET}/sales' iam_role default {options}")


def test_folder_for_each_value_and_one_manifest(whole, sales):
    unload(sales, "partition by (year, month) parallel off manifest verbose")
    objects = whole.objects()
    manifest = json.loads(objects.pop("sales/manifest"))
    assert objects == {
        "sales/year=2018/month=nov/000": b"1\n2\n",
        "sales/year=2018/month=dec/000": b"3\n",
        "sales/year=2019/month=__HIVE_DEFAULT_PARTITION__/000": b"4\n",
    }
    assert sorted(entry["url"] for entry in manifest["entries"]) == sorted(f"s3://{BUCKET}/{key}" for key in objects)
    # The schema also has the partition columns.
    assert [element["name"] for element in manifest["schema"]["elements"]] == ["year", "month", "amount"]


def test_parquet_with_the_partition_columns(whole, sales):
    unload(sales, "parquet partition by (year) include")
    objects = whole.objects()
    # The three rows of 2018 are distributed to two slices.
    assert sorted(objects) == [
        "sales/year=2018/0000_part_00.parquet",
        "sales/year=2018/0001_part_00.parquet",
        "sales/year=2019/0000_part_00.parquet",
    ]
    table = pq.read_table(io.BytesIO(objects["sales/year=2018/0000_part_00.parquet"]), partitioning=None)
    assert table.to_pylist() == [
        {"year": 2018, "month": "nov", "amount": 1},
        {"year": 2018, "month": "dec", "amount": 3},
    ]


def test_clean_path_empties_the_folders_that_receive_files(whole, sales):
    whole.put("sales/year=2018/old", b"")
    whole.put("sales/year=2017/old", b"")
    unload(sales, "partition by (year) cleanpath parallel off", "select year, amount from sales")
    assert sorted(whole.objects()) == ["sales/year=2017/old", "sales/year=2018/000", "sales/year=2019/000"]


@pytest.mark.parametrize(
    ("columns", "query", "sqlstate"),
    [
        ("day", "select * from sales", "42703"),
        ("year", "select year from sales", "42601"),
        ("yes", "select true as yes, 1 as n", "0A000"),
        ("name", "select 'a b' as name, 1 as n", "0A000"),
        ("name", "select '' as name, 1 as n", "0A000"),
    ],
)
def test_refused(whole, sales, columns, query, sqlstate):
    with pytest.raises(psycopg.Error) as caught:
        unload(sales, f"partition by ({columns})", query)
    assert caught.value.sqlstate == sqlstate
    assert whole.objects() == {}
