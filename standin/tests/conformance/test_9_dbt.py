"""Section 9: what dbt sends. It names relations by database, schema and table.

More about such names is in ../sql/test_database_names.py.
"""

from __future__ import annotations

import psycopg
import pytest

from standin_support.endpoint import make_endpoint
from standin_support.facts import Here, fact
from standin_support.whole import BUCKET, DATABASE, USER

CROSS_DATABASE = "cross-database-overview"
ADAPTER = "dbt-redshift's macros"


@pytest.fixture(scope="module")
def cluster(all_endpoints, endpoint_postgres, certificates):
    """A cluster with a table and a view, which no test here changes."""
    made = make_endpoint(all_endpoints, endpoint_postgres, certificates)
    connection = made.psycopg(autocommit=True)
    connection.execute("create table t (a integer primary key)")
    connection.execute("create view v as select a from t")
    yield made
    made.close()
    all_endpoints.delete(made.cluster)


@fact(
    "9/database in front",
    "A relation can be named with its database in front, in every statement.",
    Here.SUPPORTED,
    CROSS_DATABASE,
)
def test_the_current_database(ask):
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
