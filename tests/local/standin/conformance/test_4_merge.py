"""Section 4: MERGE. More of it is in ../sql/test_merge.py."""

from __future__ import annotations

import psycopg
import pytest

from tests.local.standin.conformance.facts import Here, fact

TABLES = (
    "create table target (k integer, v varchar(9))",
    "create table source (k integer, v varchar(9))",
    "insert into target values (1, 'old')",
)
MERGE = (
    "merge into target using source on target.k = source.k "
    "when matched then update set v = source.v when not matched then insert values (source.k, source.v)"
)


@fact("4/6", "Two rows of the source for one row of the target are an error.", Here.SUPPORTED, "r_MERGE")
def test_several_matches_fail(ask):
    with pytest.raises(psycopg.Error, match="Found multiple matches to update the same tuple"):
        ask(*TABLES, "insert into source values (1, 'a'), (1, 'b')", MERGE)


@fact(
    "4/7",
    "Rows of the source that share a key and match nothing are all inserted.",
    Here.SUPPORTED,
    "follows from r_MERGE",
)
def test_duplicates_that_match_nothing_all_land(ask):
    rows = ask(*TABLES, "insert into source values (2, 'a'), (2, 'b')", MERGE, "select k, v from target order by k, v")
    assert rows == [(1, "old"), (2, "a"), (2, "b")]
