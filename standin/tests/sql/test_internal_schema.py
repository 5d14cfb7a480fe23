"""The stand-in's own schema in each database is not there for clients."""

from __future__ import annotations

import psycopg
import pytest


@pytest.mark.parametrize(
    "statement",
    [
        "select * from standin.database",
        'select * from "STANDIN"."database"',
        "select 1 from t join (t u join standin.database d on true) on true",
        "select 1 from t, standin.database standin",
        "with x as (select * from standin.database) select * from x",
        "select 1 where exists (select 1 from standin.database)",
        "explain select * from standin.database",
        "declare c cursor for select * from standin.database",
        "select * from dev.standin.database",
        "drop table dev.standin.database",
        "insert into standin.database values ('x', true)",
        "insert into t select 1 from standin.database",
        "update standin.database set name = 'x'",
        "update t set a = 1 from standin.database",
        "delete from standin.database",
        "delete from t using standin.database",
        "merge into standin.database using t on t.a = standin.database.name remove duplicates",
        "merge into t using standin.database d on t.a = d.name remove duplicates",
        "truncate standin.database",
        "create table standin.x (a int)",
        "create table x (like standin.database)",
        "create table x (a int references standin.database)",
        "create table x as select * from standin.database",
        "select * into x from standin.database",
        "select a into standin.x from t",
        "create view standin.x as select 1 as a",
        "create view x as select * from standin.database",
        "alter table standin.database rename to x",
        "alter table t append from standin.database",
        "drop table standin.database",
        "drop table if exists t, standin.database",
        "drop schema standin cascade",
        "drop schema if exists x, standin",
        "grant usage on schema standin to public",
        "grant select on standin.primary_keys to public",
        "grant select on all tables in schema standin to public",
        "alter default privileges in schema standin grant select on tables to public",
        "comment on schema standin is 'x'",
        "comment on table standin.database is 'x'",
        "analyze standin.database",
        "vacuum standin.database",
        "lock standin.database",
        "copy standin.database from 's3://b/k' iam_role default",
        "set search_path to standin",
        'set search_path to public, "standin"',
        "set search_path to 'standin'",
    ],
)
def test_it_does_not_exist(session, statement):
    with session.transaction(force_rollback=True):
        session.execute("create table t (a int)")
        with pytest.raises(psycopg.errors.InvalidSchemaName, match='schema "standin" does not exist'):
            session.execute(statement)


def test_its_name_is_not_free(session):
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        session.execute("create schema standin")


@pytest.mark.parametrize(
    "statement",
    [
        "select standin.a from t standin",
        "select standin.a from t as standin where standin.a = 7 order by standin.a",
        "select standin.a from (select 7 as a) standin join t on t.a = standin.a",
        "with standin as (select 7 as a) select standin.a from standin",
    ],
)
def test_its_name_can_be_an_alias(ask, statement):
    assert ask("create table t (a int)", "insert into t values (7)", statement) == [(7,)]


def test_its_name_can_be_the_alias_of_a_changed_table(ask):
    changed = "update t standin set a = 8 where standin.a = 7"
    assert ask("create table t (a int)", "insert into t values (7)", changed, "select a from t") == [(8,)]
