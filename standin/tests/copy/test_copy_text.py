"""COPY of objects in other formats than JSON into a real table, and its load history."""

from __future__ import annotations

import bz2

import pyarrow
import pytest

from standin_support.copy_session import BUCKET, ROLE

ROLE_CLAUSE = f"iam_role '{ROLE}'"


def test_history_and_errors_of_text(warehouse):
    """AWS pages "STL_LOAD_COMMITS", "SYS_LOAD_HISTORY" and "STL_LOAD_ERRORS"."""
    url = warehouse.put("a", b"id|name\n1|a\n\n2|b|c")
    warehouse.run("create table t (id integer, name varchar(5))")
    statement = f"copy t from '{url}' {ROLE_CLAUSE} delimiter '|' ignoreheader 1 ignoreblanklines maxerror 2"
    assert warehouse.copy(statement).rows == 1
    assert warehouse.run(
        "select line_number, trim(colname), err_code, trim(err_reason), trim(raw_line) from stl_load_errors "
        "where query = pg_last_copy_id()"
    ) == [(4, "", 1202, "Extra column(s) found", "2|b|c")]
    assert warehouse.run(
        "select trim(file_format), lines_scanned, errors from stl_load_commits where query = pg_last_copy_id()"
    ) == [("TEXT", 4, 1)]
    assert warehouse.run("select trim(file_format) from sys_load_history where query_id = pg_last_copy_id()") == [
        ("TEXT",)
    ]


@pytest.mark.parametrize(
    ("option", "compress"),
    [("zstd", lambda data: pyarrow.compress(data, codec="zstd", asbytes=True)), ("bzip2", bz2.compress)],
)
def test_decompresses(warehouse, option, compress):
    """AWS page "File compression parameters"."""
    url = warehouse.put("a", compress(b"1|a\n2|b\n"))
    warehouse.run("create table t (id integer, name varchar(5))")
    warehouse.commit()
    assert warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} {option}").rows == 2
    broken = warehouse.put("b", compress(b"1|a\n2|b\n")[:-6])
    assert f"failed to inflate with {option}" in str(warehouse.fails(f"copy t from '{broken}' {ROLE_CLAUSE} {option}"))


def test_noload_reads_everything_and_loads_nothing(warehouse):
    """AWS page "Data load operations", NOLOAD."""
    good, bad = warehouse.put("good", b"1\n2\n"), warehouse.put("bad", b"1\nx\n")
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    result = warehouse.copy(f"copy t from '{good}' {ROLE_CLAUSE} noload")
    assert (result.rows, result.notices) == (0, ("Load into table 't' completed, 0 record(s) loaded successfully.",))
    assert warehouse.run("select pg_last_copy_count(), (select count(*) from t)") == [(0, 0)]
    assert "Load into table 't' failed" in str(warehouse.fails(f"copy t from '{bad}' {ROLE_CLAUSE} noload"))
    newest = "select line_number, error_code from sys_load_error_detail order by query_id desc limit 1"
    assert warehouse.run(newest) == [(2, 1207)]


def test_replacements_are_counted_and_the_first_hundred_are_listed(warehouse):
    """AWS page "STL_REPLACEMENTS"."""
    url = warehouse.put("a", *[b"%d|a\xe4" % number for number in range(120)])
    warehouse.run("create table t (id integer, name varchar(5))")
    result = warehouse.copy(f"copy t from '{url}' {ROLE_CLAUSE} acceptinvchars as '^'")
    assert result.notices == (
        "Load into table 't' completed, 120 record(s) loaded successfully.",
        "Load into table 't' completed, 120 record(s) were loaded with replacements made for ACCEPTINVCHARS.  "
        "Check 'stl_replacements' system table for details.",
    )
    listed = "select count(*), max(line_number), max(trim(colname)), max(trim(filename)) from stl_replacements"
    listed += " where query = pg_last_copy_id()"
    assert warehouse.run(listed) == [(100, 100, "name", url)]
    warehouse.commit()
    assert warehouse.run(listed) == [(100, 100, "name", url)]
    assert warehouse.run("select distinct name from t") == [("a^",)]


def test_manifest_of_columnar_files_has_their_lengths(warehouse):
    """AWS page "Using a manifest to specify data files"."""
    url = warehouse.put("a", b"no parquet")
    without = warehouse.put("m1", {"entries": [{"url": url}]})
    with_length = warehouse.put("m2", {"entries": [{"url": url, "meta": {"content_length": 10}}]})
    warehouse.run("create table t (id integer)")
    warehouse.commit()
    refused = warehouse.fails(f"copy t from '{without}' {ROLE_CLAUSE} manifest format parquet")
    assert "content_length" in str(refused)
    failed = warehouse.fails(f"copy t from '{with_length}' {ROLE_CLAUSE} manifest format parquet")
    assert "not a valid Parquet file" in failed.detail
    assert f"https://s3.us-west-2.amazonaws.com/{BUCKET}/a" in failed.detail
