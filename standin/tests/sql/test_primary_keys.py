"""Primary keys are hints: not enforced, and shown by information_schema.

AWS page "CREATE TABLE", and the query with which Airflow's RedshiftSQLHook reads them.
"""

from __future__ import annotations

import pytest

KEY = """
select kcu.column_name
from information_schema.table_constraints tco
join information_schema.key_column_usage kcu
    on kcu.constraint_name = tco.constraint_name and kcu.constraint_schema = tco.constraint_schema
where tco.constraint_type = 'PRIMARY KEY' and kcu.table_schema = 'public' and kcu.table_name = 't'
order by kcu.ordinal_position
"""


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("a integer primary key, b integer", ["a"]),
        ("a integer, b varchar(5) not null primary key sortkey", ["b"]),
        ("a integer, b integer, primary key (b, a)", ["b", "a"]),
        ('a integer, "odd */ name" integer, constraint k primary key ("odd */ name")', ["odd */ name"]),
        ("a integer default (1), b integer unique", []),
    ],
)
def test_key_of_a_new_table(ask, columns, key):
    assert [row[0] for row in ask(f"create table t ({columns})", KEY)] == key


def test_primary_key_is_not_enforced_and_follows_a_renamed_column(ask):
    create = "create table t (a integer primary key, b integer)"
    assert ask(create, "insert into t values (1, 1), (1, 2)", "select count(*) from t") == [(2,)]
    assert ask(create, "alter table t rename column a to c", KEY) == [("c",)]
    assert ask(create, "drop table t", "create table t (a integer)", KEY) == []
    assert ask(create, "create table u (like t)", KEY.replace("'t'", "'u'")) == []
