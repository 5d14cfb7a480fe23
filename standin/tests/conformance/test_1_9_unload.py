"""UNLOAD, from its AWS page. More of it is in ../unload."""

from __future__ import annotations

import io
import json

import pytest
from pyarrow import parquet

from standin_support.facts import Here, fact
from standin_support.loading import Loader
from standin_support.whole import BUCKET

UNLOAD = "r_UNLOAD"


@pytest.fixture
def rows(loader) -> Loader:
    loader.run("create table t (id integer, name varchar(9))", "insert into t values (1, 'a,|b'), (2, null)")
    return loader


def unload(loader: Loader, options: str, query: str = "select * from t order by id") -> dict[str, bytes]:
    loader.run(f"unload ('{query}') to 's3://{BUCKET}/out/x_' iam_role default {options}")
    return loader.whole.objects("out/")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param(
            "",
            "1|a,|b\n2|\n",
            marks=fact(
                "UNLOAD/text",
                "Without a format, the files are text with `|` between the fields.",
                Here.SUPPORTED,
                UNLOAD,
            ),
        ),
        pytest.param(
            "escape",
            "1|a,\\|b\n2|\n",
            marks=fact("UNLOAD/ESCAPE", "ESCAPE adds backslashes before delimiters.", Here.SUPPORTED, UNLOAD),
        ),
        pytest.param(
            "delimiter as ';' null as '-'",
            "1;a,|b\n2;-\n",
            marks=fact(
                "UNLOAD/DELIMITER",
                "DELIMITER and NULL AS set the delimiter and the string for NULL.",
                Here.SUPPORTED,
                UNLOAD,
            ),
        ),
        pytest.param(
            "format as csv",
            '1,"a,|b"\n2,\n',
            marks=fact(
                "UNLOAD/CSV", "CSV encloses values that have commas in quotation marks.", Here.SUPPORTED, UNLOAD
            ),
        ),
        pytest.param(
            "csv header",
            'id,name\n1,"a,|b"\n2,\n',
            marks=fact("UNLOAD/HEADER", "HEADER writes a line with the column names.", Here.SUPPORTED, UNLOAD),
        ),
        pytest.param(
            "json",
            '{"id":1,"name":"a,|b"}\n{"id":2,"name":null}\n',
            marks=fact("UNLOAD/JSON", "JSON writes one object for each row.", Here.SUPPORTED, UNLOAD),
        ),
    ],
)
def test_formats(rows, options, text):
    assert unload(rows, f"{options} parallel off") == {"out/x_000": text.encode()}


@fact("UNLOAD/PARQUET", "PARQUET writes Parquet files.", Here.SUPPORTED, UNLOAD)
def test_parquet(rows):
    files = unload(rows, "format as parquet parallel off")
    assert list(files) == ["out/x_000.parquet"]
    table = parquet.read_table(io.BytesIO(files["out/x_000.parquet"]))
    assert table.to_pylist() == [{"id": 1, "name": "a,|b"}, {"id": 2, "name": None}]


@fact("UNLOAD/PARALLEL", "Each slice writes its own files unless PARALLEL is OFF.", Here.SUPPORTED, UNLOAD)
def test_slices(rows):
    assert list(unload(rows, "")) == ["out/x_0000_part_00", "out/x_0001_part_00"]
    assert list(unload(rows, "allowoverwrite parallel off")) == [
        "out/x_000",
        "out/x_0000_part_00",
        "out/x_0001_part_00",
    ]


@fact("UNLOAD/MANIFEST", "MANIFEST writes the URLs of the files to PREFIXmanifest.", Here.SUPPORTED, UNLOAD)
def test_manifest(rows):
    files = unload(rows, "manifest parallel off")
    assert json.loads(files["out/x_manifest"]) == {"entries": [{"url": f"s3://{BUCKET}/out/x_000"}]}


@fact("UNLOAD/MANIFEST COPY", "COPY can read such a manifest.", Here.SUPPORTED, UNLOAD)
def test_copy_from_an_unload_manifest(rows):
    unload(rows, "csv manifest")
    rows.run("create table copied (id integer, name varchar(9))")
    assert rows.copy(f"s3://{BUCKET}/out/x_manifest", "csv manifest emptyasnull", "copied") == [(1, "a,|b"), (2, None)]


@fact(
    "UNLOAD/ALLOWOVERWRITE", "Without ALLOWOVERWRITE, UNLOAD fails if an object has the prefix.", Here.SUPPORTED, UNLOAD
)
def test_overwriting(rows):
    unload(rows, "parallel off")
    error = rows.fails(f"unload ('select 7') to 's3://{BUCKET}/out/x_' iam_role default parallel off")
    assert "Specified unload destination on S3 is not empty" in str(error)
    assert unload(rows, "parallel off allowoverwrite", "select 7") == {"out/x_000": b"7\n"}


@fact("UNLOAD/LIMIT", "A LIMIT in the outer query is refused.", Here.SUPPORTED, UNLOAD)
def test_limit(rows):
    error = rows.fails(f"unload ('select * from t limit 1') to 's3://{BUCKET}/out/x_' iam_role default")
    assert "Limit clause is not supported" in str(error)


@fact("UNLOAD/FIXEDWIDTH", "FIXEDWIDTH writes columns of fixed width.", Here.REFUSED, UNLOAD)
def test_fixed_width(rows):
    error = rows.fails(f"unload ('select 1') to 's3://{BUCKET}/out/x_' iam_role default fixedwidth '0:3'")
    assert error.sqlstate == "0A000"


@fact("UNLOAD/visibility", "Other users do not see a user's rows in SYS_UNLOAD_HISTORY.", Here.SUPPORTED, UNLOAD)
def test_visibility(rows):
    unload(rows, "parallel off")
    guest = rows.as_user("guest")
    for view in ("sys_unload_history", "sys_unload_detail", "stl_unload_log"):
        assert rows.run(f"select count(*) > 0 from {view}") == [(True,)]
        assert guest.run(f"select count(*) from {view}") == [(0,)]
    assert guest.run("select pg_last_unload_count()") == [(0,)]
