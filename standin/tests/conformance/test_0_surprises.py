"""Section 0: the most common surprises that are not in another section."""

from __future__ import annotations

from standin_support.facts import Here, fact
from standin_support.whole import BUCKET


@fact("0/3", "COPY loads all of its files or none.", Here.SUPPORTED, "copy-usage_notes-multiple-files")
def test_all_or_nothing(loader):
    loader.put("a/1", "1\n")
    loader.put("a/2", "x\n")
    loader.run("create table t (id integer)")
    assert "Load into table 't' failed" in str(loader.copy_fails(f"s3://{BUCKET}/a/"))
    assert loader.run("select count(*) from t") == [(0,)]


@fact("0/10", "NULL sorts last in ascending order and first in descending order.", Here.SUPPORTED, "r_ORDER_BY_clause")
def test_null_ordering(loader):
    loader.run("create table t (id integer)", "insert into t values (2), (null), (1)")
    assert loader.run("select id from t order by id") == [(1,), (2,), (None,)]
    assert loader.run("select id from t order by id desc") == [(None,), (2,), (1,)]
