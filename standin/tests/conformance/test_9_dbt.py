"""Section 9: what dbt sends. It names relations by database, schema and table.

More about such names is in ../sql/test_database_names.py.
"""

from __future__ import annotations

import psycopg
import pytest

from standin_support.endpoint import new_endpoint
from standin_support.facts import Here, fact
from standin_support.whole import BUCKET, DATABASE, USER

CROSS_DATABASE = "cross-database-overview"
ADAPTER = "dbt-redshift's macros"


@pytest.fixture(scope="module")
def cluster(all_endpoints, endpoint_postgres, certificates):
    """A cluster with a table and a view, which no test here changes."""
    with new_endpoint(all_endpoints, endpoint_postgres, certificates) as made:
        connection = made.psycopg(autocommit=True)
        connection.execute("create table t (a integer primary key)")
        connection.execute("create view v as select a from t")
        yield made


@fact(
    "9/database in front",
    "A relation can be named with its database in front, in every statement.",
    Here.SUPPORTED,
    CROSS_DATABASE,
)
def test_current_database(ask):
    made = ('create table "dev"."public"."n" (a int)', 'insert into "dev"."public"."n" select 7')
    assert ask(*made, 'select dev.public.n.a from "dev"."public"."n"') == [(7,)]


@fact(
    "9/database in front, COPY",
    "COPY and the query of UNLOAD can name the database as well.",
    Here.SUPPORTED,
    CROSS_DATABASE,
)
def test_copy_and_unload(loader):
    loader.put("in/1", "1\n2\n")
    loader.run("create table t (id integer)")
    assert loader.copy(f"s3://{BUCKET}/in/", table='"dev"."public"."t"') == [(1,), (2,)]
    loader.run(f"unload ('select id from dev.public.t order by 1') to 's3://{BUCKET}/out/' iam_role default")
    assert b"".join(loader.whole.objects("out/").values()) == b"1\n2\n"
    assert "another database" in str(loader.copy_fails(f"s3://{BUCKET}/in/", table="other.public.t"))


@fact(
    "9/other databases",
    "A session can read and write the tables of other databases of the cluster.",
    Here.REFUSED,
    CROSS_DATABASE,
)
def test_other_databases(endpoint):
    endpoint.psycopg(autocommit=True).execute("create database other")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="another database"):
        endpoint.psycopg().execute("select * from other.public.t")


@fact(
    "9/information_schema",
    "information_schema shows the database by the name that the client connected to.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_information_schema(cluster):
    session = cluster.psycopg(autocommit=True)
    for query in (
        "select distinct table_catalog from information_schema.tables",
        "select distinct table_catalog from information_schema.views",
        "select distinct table_catalog from information_schema.columns",
        "select distinct catalog_name from information_schema.schemata",
        "select distinct constraint_catalog from information_schema.key_column_usage",
    ):
        assert session.execute(query).fetchall() == [(DATABASE,)], query


@fact(
    "9/privileges of a relation with its database",
    "HAS_TABLE_PRIVILEGE accepts a name with the database in front.",
    Here.SUPPORTED,
    ADAPTER,
)
@pytest.mark.parametrize("name", ["t", "public.t", "dev.public.t", '"DEV"."public"."T"'])
def test_has_table_privilege(ask, name):
    asked = f"""
        select u.usename, has_table_privilege(u.usename, '{name}', kind), has_table_privilege('{name}', kind)
        from pg_user u cross join (select 'select' as kind) as kinds
        where u.usename = current_user
    """
    assert ask("create table t (a int)", asked) == [(USER, True, True)]


@fact(
    "9/dollar quotes of COMMENT",
    "The text of COMMENT can be dollar-quoted.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_comment(ask):
    assert ask(
        "create table t (a int)",
        'comment on table dev.public.t is $tag$It\'s "one"; $1 \\ more$tag$',
        "select obj_description('public.t'::regclass, 'pg_class') from pg_class where relname = 't'",
    ) == [('It\'s "one"; $1 \\ more',)]


@fact(
    "9/keys in rows",
    "A row of columns can be compared with the rows of a subquery by IN.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_delete_by_two_keys(ask):
    assert ask(
        "create table t (a int, b int)",
        "insert into t values (1, 1), (1, 2), (2, 1)",
        "delete from dev.public.t where (a, b) in (select distinct a, b from dev.public.t as s where b = 1)",
        "select a, b from t",
    ) == [(1, 2)]


@fact(
    "9/replaced table",
    "A table can be replaced by renaming in one transaction, and the views of the old one dropped with CASCADE.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_replaced_table(ask):
    assert ask(
        "create table dev.public.items backup no diststyle key distkey (id) compound sortkey (id) as (select 1 as id)",
        "create view dev.public.bound as (select id from dev.public.items)",
        "create view dev.public.late as (select id from dev.public.items) with no schema binding",
        "create table dev.public.items_new diststyle all interleaved sortkey (id) as (select 2 as id)",
        "alter table dev.public.items rename to items_old",
        "alter table dev.public.items_new rename to items",
        "comment on table dev.public.items is 'new'",
        "drop table if exists dev.public.items_old cascade",
        "select viewname from pg_views where schemaname = 'public' and viewname in ('bound', 'late')",
    ) == [("late",)]


@fact(
    "9/incremental merge",
    "The ON of MERGE can be in parentheses, and name the target's columns with database and schema.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_incremental_merge(ask):
    assert ask(
        "create table dev.public.items (id int, name varchar(9))",
        "insert into dev.public.items values (1, 'old'), (2, 'kept')",
        "create temporary table items_new as (select 1 as id, 'new'::varchar(9) as name union all select 3, 'more')",
        "merge into dev.public.items using items_new as source on (source.id = dev.public.items.id) "
        "when matched then update set id = source.id, name = source.name "
        "when not matched then insert (id, name) values (source.id, source.name)",
        "select id, name from dev.public.items order by id",
    ) == [(1, "new"), (2, "kept"), (3, "more")]


@fact(
    "9/snapshot",
    "UPDATE .. FROM can name its target's columns with database and schema.",
    Here.SUPPORTED,
    ADAPTER,
)
def test_snapshot(ask):
    assert ask(
        "create table dev.public.history (id int, valid_to timestamp)",
        "insert into dev.public.history values (1, null), (2, null)",
        "create temporary table changes as (select 1 as id, '2026-01-02'::timestamp as valid_to)",
        "update dev.public.history set valid_to = source.valid_to from changes as source "
        "where source.id::text = dev.public.history.id::text and dev.public.history.valid_to is null",
        "select id, valid_to is null from dev.public.history order by id",
    ) == [(1, False), (2, True)]
