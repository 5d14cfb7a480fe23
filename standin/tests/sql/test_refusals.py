"""Statements that Redshift or the stand-in does not support are refused, and never run in another way."""

from __future__ import annotations

import psycopg
import pytest

from redshift_standin.sql.lexer import words

STATEMENTS = [
    # Those that AWS pages list are in ../conformance/test_3_postgresql.py.
    "create rule r as on insert to t do nothing",
    "create extension pg_trgm",
    "create domain d as int",
    "create materialized view v as select 1",
    "create user u password 'Secret-1'",
    "create user u password disable createdb",
    "create role r externalid 'x'",
    "drop role r",
    "grant role r to u with admin option",
    "grant role r to role s",
    "grant vacuum to role r",
    "grant vacuum, analyze, create user to role r",
    "revoke role r from u",
    "release savepoint s",
    "do 'begin end'",
    "prepare p as select 1",
    "explain",
    "explain analyze select 1",
    "explain (costs off) select 1",
    "explain merge into t using u on t.a = u.a when matched then delete when not matched then insert values (u.a)",
    "explain create table x (a int)",
    "explain create view x as select 1 as a",
    "explain copy t from 's3://b/k' iam_role default",
    "unload (select 1) to 's3://b/k' iam_role default",
    "unload $$select 1$$ to 's3://b/k' iam_role default",
    "insert into t select 1 on conflict do nothing",
    "insert into t select 1 returning a",
    "insert into t as x values (1)",
    "insert into t overriding system value values (1)",
    "update t set a = 1 returning a",
    "update t set (a) = (select 1)",
    "update only t set a = 1",
    "delete from t returning a",
    "delete from t x where x.a = 1",
    "delete from only t",
    "with x as (delete from t where a = 1) select 1",
    "with x as (select 1) insert into t select * from x",
    "lock t nowait",
    "truncate t, t",
    "truncate t restart identity",
    "alter table t append from t",
    "alter table t add constraint k check (a > 0)",
    "alter table t enable row level security",
    "set transaction isolation level serializable",
    "set role rdsdb",
    "set session authorization rdsdb",
    "set standard_conforming_strings to on",
    "set default_transaction_isolation to 'serializable'",
    "set allow_system_table_mods to on",
    "show all",
    "reset all",
    "grant rdsdb to awsuser",
    "alter default privileges grant drop on tables to public",
    "alter default privileges grant select on tables to role r",
    "alter default privileges grant execute on functions to public",
    "alter default privileges",
    "select a from t fetch first 1 rows only",
    "select * from t tablesample system (10)",
    "select * from only t",
    "table t",
    "select sum(a) over (order by a) from t",
    "select first_value(a) over (partition by a order by a) from t",
    "select array(select 1)",
    "select '{}'::json",
    "select '{}'::jsonb -> 'a'",
    "select json '{}'",
    "select b'1'",
    "select x'1f'",
    "select 1_000",
    "select 0x1f",
    "select $$text$$",
    "select current_timestamp",
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
    f"select {'x' * 64} from t",
    "select (a, 1) = (7, 1) from t",
    "select * from unnest('{1}')",
    "commit prepared 'x'",
    "unlisten *",
    "rollback to s",
    "set constraints all deferred",
    "copy t to stdout",
    "select '1'::pg_lsn",
    "select concat_ws(',', 'a')",
    "select lo_import('/etc/passwd')",
    "select set_config('role', 'rdsdb', false)",
    "select current_setting('role')",
    "select dblink('x')",
    "select json_build_object('a', 1)",
    "select row_to_json(null)",
    "select pg_catalog.pg_sleep(0)",
]


# Words that are syntax in some places, and names in all others (AWS page "Reserved words" has none of them).
NAMES = words(
    """
    current cycle data day exclude filter first following hour json key last local month names no over preceding range
    row rows second sets text type unbounded value within year zone
    """
)


@pytest.fixture(scope="module")
def table(session):
    session.execute("create table t (a int)")
    session.execute("insert into t values (7)")
    yield
    session.execute("drop table t")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statement_is_refused(session, table, statement):
    with pytest.raises(psycopg.Error):
        session.execute(statement)
    assert session.execute("select a from t").fetchall() == [(7,)]


@pytest.mark.parametrize(
    "statement",
    ["frobnicate t", "select frobnicate(1)", "select 1::frobnicate", "select 1 <-> 2", "set frobnicate to 1"],
)
def test_unsupported_statement_is_refused_as_unsupported(session, statement):
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="not supported by the stand-in"):
        session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "near"),
    [
        ("select a from t where '1' is Json", "Json"),
        ("select a from t union table t", "table"),
        ("select from t", "from"),
        ("select getdate() at local", "local"),
        ("select max(a order by a) from t", "order"),
        ("select a from t group by distinct a", "distinct"),
        ("select a from t offset 0 rows", "rows"),
        ("select rank(1) within group (order by a) from t", "within"),
        ("select sum(a) over (order by a rows unbounded preceding exclude ties) from t", "exclude"),
        ("create table x as select a from t with no data", "no"),
    ],
)
def test_syntax_of_newer_versions_is_a_syntax_error(session, table, statement, near):
    with pytest.raises(psycopg.errors.SyntaxError) as caught:
        session.execute(statement)
    assert caught.value.diag.message_primary == f'syntax error at or near "{near}"'


def test_syntax_error_position_is_in_the_text_of_the_client(session, table):
    statement = "select a as b, a c from t where 'x' is normalized"
    with pytest.raises(psycopg.errors.SyntaxError) as caught:
        session.execute(statement)
    assert caught.value.diag.statement_position == str(statement.index("normalized") + 1)


def test_keywords_of_postgresql_can_be_names(endpoint):
    keywords = [word for (word,) in endpoint.connect_to_postgres().execute("select word from pg_get_keywords()")]
    assert len(keywords) > 400
    columns = ", ".join(f'{number} as "{word}"' for number, word in enumerate(keywords))
    named = ", ".join(f"x.{word}" for word in keywords)
    row = endpoint.psycopg().execute(f"select {named} from (select {columns}) x").fetchone()
    assert row == tuple(range(len(keywords)))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_words_that_are_not_reserved_are_names(session, table, name):
    query = f"select {name}, a + {name} {name} from (select a, 1 as {name} from t) {name} order by {name}.{name}"
    assert session.execute(query).fetchall() == [(1, 8)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select sum(a) over (order by a rows between 1 preceding and current row) from t", 7),
        ("select sum(a) over (order by a rows between current row and unbounded following) from t", 7),
        ("select sum(a) over (order by a range between unbounded preceding and current row) from t", 7),
        ("select interval '1 2' day to hour = interval '26' hour", True),
        ("select extract(day from interval '2' day)", 2),
        ("select timestamp with time zone '2018-11-01 00:00:00+00' = timestamptz '2018-11-01 00:00:00+00'", True),
        ("select time without time zone '10:00' = time '10:00'", True),
        ("select (a = 1) is unknown from t", False),
        ("select a isnull from t", False),
        ("select count(*) from ((select a from t) minus (select 1)) x", 1),
        ("select a = all (select 7) from t", True),
        ("select a = some ((select 7) union (select 8)) from t", True),
        ("select grouping(a) from t group by grouping sets ((a))", 0),
        ("select a from t where a between 1 and 7 order by a desc nulls last limit all", 7),
    ],
)
def test_syntax_that_redshift_has_is_kept(session, table, query, expected):
    assert session.execute(query).fetchone() == (expected,)


# Each of these must fail if something unknown follows: unknown words must not be ignored.
WHOLE = [
    "alter table t add column b int default 1 encode raw",
    "alter table t alter column a encode raw",
    "alter table t alter distkey a",
    "alter table t alter diststyle even",
    "alter table t alter encode auto",
    "alter table t alter sortkey (a)",
    "alter table t append from u",
    "alter table t drop column a cascade",
    "alter table t owner to awsuser",
    "alter table t rename column a to c",
    "alter table t rename to x",
    "analyze t",
    "begin",
    "close c",
    "comment on table t is 'x'",
    "commit",
    "create group g",
    "create schema x",
    "create table x (a int) diststyle even sortkey (a)",
    "create table x (a int encode raw not null) backup no",
    "create table x (like t)",
    "create table x sortkey (a) as select a from t where a = 1",
    "create view x as select a from t where a = 1",
    "deallocate p",
    "delete from t using u where t.a = u.a",
    "delete from t where a = 7",
    "drop table t cascade",
    "insert into t values (1)",
    "insert into t (a) select a from u where a = 1",
    "lock table t",
    "merge into t using u on t.a = u.a remove duplicates",
    "merge into t using u on t.a = u.a when matched then delete when not matched then insert values (u.a)",
    "merge into t using u on t.a = u.a when matched then update set a = u.a when not matched then insert values (u.a)",
    "reset query_group",
    "rollback",
    "select a from t group by all",
    "select a from t x qualify row_number() over (order by a) = 1",
    "select a into x from t where a = 7",
    "select top 1 a from t where a = 7",
    "set query_group to 'x'",
    "show query_group",
    "truncate table t",
    "update t set a = 1 where a = 7",
    "vacuum full t to 99 percent boost",
    "with x as (select 7 as a) delete from t using x where t.a = x.a",
]


@pytest.mark.parametrize("rest", ["frobnicate 1", ", frobnicate 1", "frobnicate = frobnicate frobnicate"])
@pytest.mark.parametrize("statement", WHOLE)
def test_unsupported_clauses_are_refused_and_not_ignored(session, table, statement, rest):
    with pytest.raises(psycopg.Error):
        session.execute(f"{statement} {rest}")
    assert session.execute("select a from t").fetchall() == [(7,)]
