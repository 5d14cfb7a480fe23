"""Clusters of one stack share a PostgreSQL server and its users, but a user of one cluster cannot access another."""

from __future__ import annotations

import psycopg
import pytest

from redshift_standin.engine.databases import database_name
from standin_support.endpoint import DATABASE, new_endpoint

SECRET = "the-other-cluster's-secret"

# In each, {other} is PostgreSQL's name of the other cluster's database.
WAYS = [
    'select * from "{other}".public.secrets',
    "select * from dev.public.secrets",
    'insert into "{other}".public.secrets values (1)',
    "copy secrets to stdout",
    "copy secrets from '/etc/passwd'",
    "copy secrets to '/tmp/secrets'",
    "copy secrets from program 'cat /etc/passwd'",
    "unload ('select * from secrets') to '/tmp/secrets' iam_role default",
    "select * from dblink('dbname={other}', 'select * from secrets')",
    "create extension dblink",
    "create extension postgres_fdw",
    "create foreign table secrets (n integer) server other",
    "create server other foreign data wrapper postgres_fdw",
    "select pg_read_file('/etc/passwd')",
    "select pg_catalog.pg_read_file('/etc/passwd')",
    "select \"pg_read_file\"('/etc/passwd')",
    "select * from pg_ls_dir('/')",
    "select lo_import('/etc/passwd')",
    "select lo_get(1)",
    "select query_to_xml('select 1', true, true, '')",
    "create function f() returns integer language sql as 'select 1'",
    "do $$begin null; end$$",
    "load 'dblink'",
    "set role rdsdb",
    'set "role" to rdsdb',
    "set session authorization rdsdb",
    "set local session_authorization to rdsdb",
    "reset session authorization",
    "alter user awsuser superuser",
    "grant rdsdb to awsuser",
    "alter database dev owner to awsuser",
    "alter system set log_statement = 'all'",
    "show data_directory",
    "show hba_file",
    "select current_setting('data_directory')",
    "create view others as select * from pg_stat_activity",
]


@pytest.fixture(scope="module")
def clusters(all_endpoints, endpoint_postgres, certificates):
    parts = (all_endpoints, endpoint_postgres, certificates)
    with new_endpoint(*parts) as one, new_endpoint(*parts) as other:
        owner = other.psycopg(autocommit=True)
        owner.execute("create table secrets (secret varchar(100))")
        owner.execute(f"insert into secrets values ('{SECRET.replace(chr(39), chr(39) * 2)}')")
        yield one, other


@pytest.fixture
def other_name(clusters) -> str:
    return database_name(clusters[1].cluster, DATABASE)


@pytest.mark.parametrize("way", WAYS)
def test_no_statement_accesses_anything_outside_the_cluster(clusters, other_name, way):
    with pytest.raises(psycopg.Error) as refused:
        clusters[0].psycopg(autocommit=True).execute(way.format(other=other_name))
    assert not isinstance(refused.value, psycopg.OperationalError), "the server is still there"


@pytest.mark.parametrize("name", ["{other}", "postgres", "template1", "airflow", "{other}.public"])
def test_no_other_database_can_be_connected_to(clusters, other_name, name):
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        clusters[0].psycopg(dbname=name.format(other=other_name))


def test_password_of_another_cluster_is_refused(clusters, all_endpoints):
    all_endpoints.set_password(clusters[1].cluster, "awsuser", "another-password")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        clusters[0].psycopg(password="another-password")
    all_endpoints.set_password(clusters[1].cluster, "awsuser", "Secret-42")


def rows_of(connection, relation) -> list[tuple] | None:
    """Return a relation's rows, or None if it is refused."""
    try:
        return connection.execute(f"select * from {relation}").fetchall()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        return None


def test_catalog_does_not_show_the_other_cluster(clusters, other_name):
    """Every relation of PostgreSQL or the stand-in is refused, or shows nothing of the other cluster."""
    one, other = clusters
    busy = other.psycopg()
    busy.execute("lock table secrets")
    busy.execute("select secret, 'seen from outside' from secrets")
    numbers = {
        str(number)
        for (number,) in other.connect_to_postgres().execute(
            "select oid::bigint from pg_database where datname = current_database() "
            f"union select {busy.info.backend_pid}"
        )
    }
    named = one.connect_to_postgres().execute(
        "select nspname, relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        "where relkind in ('r', 'v') and nspname in ('pg_catalog', 'information_schema', 'standin') order by 1, 2"
    )
    asking = one.psycopg(autocommit=True)
    read = set()
    for schema, relation in named.fetchall():
        for name in (f"{schema}.{relation}", f'"{schema}"."{relation}"', relation):
            rows = rows_of(asking, name)
            if rows is None:
                continue
            read.add(relation)
            values = {str(value) for row in rows for value in row}
            # Statements of this cluster's own clients can name the other one.
            assert other_name not in values, name
            assert not any("seen from outside" in value for value in values), name
            if relation in ("pg_locks", "svv_transactions", "stv_locks", "pg_database"):
                assert values.isdisjoint(numbers), name
    assert {"pg_class", "pg_database", "pg_locks", "svv_transactions", "pg_user"} <= read
    assert read.isdisjoint({"pg_stat_activity", "pg_authid", "pg_shadow", "pg_settings", "pg_hba_file_rules"})


def test_session_sees_its_database_by_its_redshift_name(clusters):
    connection = clusters[0].psycopg(autocommit=True)
    for name in ("pg_database", "pg_catalog.pg_database"):
        assert connection.execute(f"select datname from {name}").fetchall() == [("dev",)]
    named = "select pg_database.datname from pg_database where pg_database.datname = 'dev'"
    assert connection.execute(named).fetchall() == [("dev",)]


def test_sessions_of_another_cluster_cannot_be_ended(clusters):
    one, other = clusters
    victim = other.psycopg(autocommit=True)
    for function in ("pg_cancel_backend", "pg_terminate_backend"):
        asked = one.psycopg(autocommit=True).execute(f"select {function}({victim.info.backend_pid})")
        assert asked.fetchone() == (0,)
    assert victim.execute("select 42").fetchone() == (42,)


def test_tables_of_another_cluster_cannot_be_locked(clusters):
    for table in ("pg_database", "pg_class", "pg_catalog.pg_class"):
        with pytest.raises(psycopg.Error):
            clusters[0].psycopg(autocommit=True).execute(f"begin; lock table {table}")
