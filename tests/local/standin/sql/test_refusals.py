"""What Redshift does not have, and what the stand-in does not know, is refused: never done, never done otherwise."""

from __future__ import annotations

import psycopg
import pytest

STATEMENTS = [
    # AWS pages "Unsupported PostgreSQL features" and "Unsupported PostgreSQL functions", and each grammar
    "create index i on t (a)",
    "create unique index i on t (a)",
    "create sequence s",
    "create trigger x before insert on t execute function f()",
    "create rule r as on insert to t do nothing",
    "create extension pg_trgm",
    "create type x as enum ('a')",
    "create domain d as int",
    "create materialized view v as select 1",
    "create function f() returns int as 'select 1' language sql",
    "create database x",
    "create user u password 'Secret-1'",
    "create role r",
    "create table x partition of t default",
    "create view v as select 1 as a with no schema binding",
    "savepoint s",
    "release savepoint s",
    "rollback to savepoint s",
    "listen x",
    "notify x",
    "do 'begin end'",
    "call p()",
    "prepare p as select 1",
    "explain select 1",
    "unload (select 1) to 's3://b/k' iam_role default",
    "unload $$select 1$$ to 's3://b/k' iam_role default",
    "insert into t values (1) on conflict do nothing",
    "insert into t select 1 on conflict do nothing",
    "insert into t values (1) returning a",
    "insert into t select 1 returning a",
    "insert into t as x values (1)",
    "insert into t overriding system value values (1)",
    "update t set a = 1 returning a",
    "update t set (a) = (select 1)",
    "update only t set a = 1",
    "delete from t returning a",
    "delete from t as x where x.a = 1",
    "delete from t x where x.a = 1",
    "delete from only t",
    "with x as (delete from t where a = 1) select 1",
    "with x as (select 1) insert into t select * from x",
    "lock table t in share mode",
    "lock t nowait",
    "truncate t, t",
    "truncate t restart identity",
    "alter table t append from t",
    "alter table t alter column a set not null",
    "alter table t add column b int, add column c int",
    "alter table t add constraint k check (a > 0)",
    "alter table t enable row level security",
    "set transaction isolation level serializable",
    "set role rdsdb",
    "set session authorization rdsdb",
    "set standard_conforming_strings to on",
    "set default_transaction_isolation to 'serializable'",
    "set allow_system_table_mods to on",
    "set enable_case_sensitive_identifier to true",
    "show all",
    "reset all",
    "grant rdsdb to awsuser",
    "select * into x from t",
    "select distinct on (a) a from t",
    "select a from t for update",
    "select a from t fetch first 1 rows only",
    "select count(*) filter (where a > 0) from t",
    "select * from t, lateral (select 1) x",
    "select * from t tablesample system (10)",
    "select * from only t",
    "select * from (values (1)) v",
    "values (1)",
    "table t",
    "select top 1 a from t",
    "select a from t qualify row_number() over (order by a) = 1",
    "select sum(a) over (order by a) from t",
    "select first_value(a) over (partition by a order by a) from t",
    "select a is distinct from 1 from t",
    "select a is not distinct from 1 from t",
    "select array[1]",
    "select array(select 1)",
    "select row(1)",
    "select a[1] from t",
    "select a = any('{1}') from t",
    "select xmin from t",
    "select ctid from t",
    'select a collate "C" from t',
    "select '{}'::json",
    "select '{}'::jsonb -> 'a'",
    "select 't'::regclass",
    "select json '{}'",
    "select b'1'",
    "select x'1f'",
    "select 1_000",
    "select 0x1f",
    "select $$text$$",
    "select current_timestamp",
    "select now()",
    "select datediff(week, '2018-01-01', '2018-02-01')",
    "select dateadd(fortnight, 1, '2018-01-01')",
    "select extract(isoyear from getdate())",
    "select extract(isodow from getdate())",
    "select date_trunc('dow', getdate())",
    "select to_timestamp(1)",
    "select concat('a', 'b', 'c')",
    "select public.f()",
    "select \"upper\"('a')",
    "select a from t order by a using <",
    "with x as materialized (select 1) select * from x",
    "select * from generate_series(1, 2)",
    "select * from pg_ls_dir('.')",
    f"select {'x' * 64} from t",
    *(
        f"select {function}"
        for function in [
            "generate_series(1, 2)",
            "string_agg('a', ',')",
            "array_agg(1)",
            "every(true)",
            "pg_sleep(1)",
            "clock_timestamp()",
            "transaction_timestamp()",
            "format('x')",
            "concat_ws(',', 'a')",
            "regexp_matches('a', 'a')",
            "width_bucket(1, 1, 2, 3)",
            "div(1, 2)",
            "setseed(1)",
            "bit_length('a')",
            "overlay('a' placing 'b' from 1)",
            "encode('a', 'hex')",
            "convert_from('a', 'utf8')",
            "quote_nullable('a')",
            "pg_advisory_lock(1)",
            "nextval('s')",
            "txid_current()",
            "pg_read_file('/etc/passwd')",
            "lo_import('/etc/passwd')",
            "pg_reload_conf()",
            "set_config('role', 'rdsdb', false)",
            "current_setting('role')",
            "dblink('x')",
            "query_to_xml('select 1', true, true, '')",
            "xmlparse(document 'x')",
            "json_build_object('a', 1)",
            "corr(1, 2)",
            "row_to_json(null)",
            "pg_catalog.pg_sleep(0)",
        ]
    ),
]


@pytest.fixture(scope="module")
def table(session):
    session.execute("create table t (a int)")
    session.execute("insert into t values (7)")
    yield
    session.execute("drop table t")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_is_refused(session, table, statement):
    with pytest.raises(psycopg.Error):
        session.execute(statement)
    assert session.execute("select a from t").fetchall() == [(7,)]


@pytest.mark.parametrize(
    "statement",
    ["frobnicate t", "select frobnicate(1)", "select 1::frobnicate", "select 1 <-> 2", "set frobnicate to 1"],
)
def test_what_is_not_known_is_refused_as_such(session, statement):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="not supported by the stand-in"):
        session.execute(statement)
