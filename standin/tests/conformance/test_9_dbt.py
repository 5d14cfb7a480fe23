"""Section 9: what dbt sends. It names relations by database, schema and table.

More about such names is in ../sql/test_database_names.py.
"""

from __future__ import annotations

import psycopg
import pytest

from standin_support.facts import Here, fact
from standin_support.whole import BUCKET

CROSS_DATABASE = "cross-database-overview"


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
