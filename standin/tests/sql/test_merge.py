"""MERGE in both of its modes, and what it refuses (AWS page "MERGE")."""

from __future__ import annotations

import psycopg
import pytest

TARGETS = (
    "create table t (id int, name varchar(10))",
    "insert into t values (1, 'one'), (2, 'two')",
    "create table s (id int, name varchar(10))",
    "insert into s values (2, 'zwei'), (3, 'drei')",
)

MERGE = "merge into t using s on t.id = s.id "
BOTH = "when matched then update set name = s.name when not matched then insert (id, name) values (s.id, s.name)"


def test_merge_updates_and_inserts(ask):
    rows = ask(*TARGETS, MERGE + BOTH, "select * from t order by id")
    assert rows == [(1, "one"), (2, "zwei"), (3, "drei")]


def test_merge_deletes_and_takes_a_subquery_and_cases(ask):
    deleting = "when matched then delete when not matched then insert values (s.id, nvl(s.name, '-'))"
    assert ask(*TARGETS, MERGE + deleting, "select id from t order by id") == [(1,), (3,)]
    source = "merge into t using (select id, len(name) as size from s) as s on t.id = s.id "
    case = "when matched then update set name = case when size > 4 then 'long' else 'short' end "
    rows = ask(
        *TARGETS, source + case + "when not matched then insert values (s.id, 'new')", "select name from t order by id"
    )
    assert rows == [("one",), ("short",), ("new",)]


@pytest.mark.parametrize(
    "statement",
    [
        "merge into t as x using s on x.id = s.id " + BOTH,
        "merge into t x using s on x.id = s.id " + BOTH,
        MERGE + "when matched then update set name = s.name",
        MERGE + "when not matched then insert values (s.id, s.name)",
        MERGE + "when not matched then insert values (s.id, s.name) when matched then delete",
        MERGE + BOTH.replace("when matched", "when matched and s.id > 1"),
        MERGE + BOTH.replace("when not matched", "when not matched by source"),
        MERGE + "when matched then do nothing when not matched then insert values (s.id, s.name)",
        MERGE + BOTH.replace("set name", "set t.name"),
        MERGE + "remove duplicates returning id",
        MERGE + "when matched then delete remove duplicates",
        "merge into t as x using s on x.id = s.id remove duplicates",
        "merge into t using s on t.id < s.id remove duplicates",
        "merge into t using t on t.id = t.id remove duplicates",
        "merge into t using (select id, name from s) on t.id = s.id remove duplicates",
        "merge into t using (select id, name from s) on t.id = s.id " + BOTH,
        "merge into t using s, u on t.id = s.id " + BOTH,
        "merge into t using s join u on s.id = u.id on t.id = s.id " + BOTH,
        "with s as (select 1 as id, 'x' as name) " + MERGE + "remove duplicates",
        MERGE + BOTH + " returning id",
        "merge into t using s on t.id < s.id " + BOTH,
        "merge into t using s on t.id = s.id or s.id = 1 " + BOTH,
        "merge into t using t on t.id = t.id " + BOTH,
        "merge into t using (select t.id, t.name from t) s on t.id = s.id " + BOTH,
        "with s as (select 1 as id, 'x' as name) " + MERGE + BOTH,
    ],
)
def test_merge_has_no_other_forms(ask, statement):
    with pytest.raises(psycopg.Error):
        ask(*TARGETS, statement)


REPLACED = (
    "create table t (id int, name varchar(10))",
    "insert into t values (30, 'Tony'), (30, 'Toni'), (11, 'Alice'), (23, 'Bill'), (23, 'Will'), (null, 'Nemo')",
    "create table s (id int, name varchar(10))",
    "insert into s values (23, 'David'), (22, 'Clarence'), (null, 'Nobody')",
)


@pytest.mark.parametrize(
    "source", ["s", "s as x", "s x", "public.s", "(select id, name from s) x", "(select id, name from s) as s"]
)
def test_merge_replaces_and_removes_duplicates(ask, source):
    """Only matching duplicates are removed, and NULL does not match anything."""
    name = "x" if source.endswith("x") else "s"
    merge = f"merge into t using {source} on t.id = {name}.id remove duplicates"
    rows = ask(*REPLACED, merge, "select id, name from t order by id, name")
    others = [(30, "Toni"), (30, "Tony"), (None, "Nemo"), (None, "Nobody")]
    assert rows == [(11, "Alice"), (22, "Clarence"), (23, "David"), *others]


def test_remove_duplicates_refuses_two_matches_and_inserts_two_unmatched_rows(ask):
    merge = "merge into t using s on t.id = s.id remove duplicates"
    with pytest.raises(psycopg.errors.InternalError_, match="Found multiple matches to update the same tuple"):
        ask(*REPLACED, "insert into s values (23, 'Dave')", merge)
    rows = ask(*REPLACED, "insert into s values (22, 'Claire')", merge, "select count(*) from t where id = 22")
    assert rows == [(2,)]
