"""The databases of a cluster (AWS pages "CREATE DATABASE", "ALTER DATABASE" and "DROP DATABASE")."""

from __future__ import annotations

import psycopg
import pytest

from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import Endpoint, free_port, open_cluster

LEVELS = "select trim(db_name), trim(isolation_level) from stv_db_isolation_level order by 1"


def test_database_is_created_used_and_dropped(endpoint):
    admin = endpoint.psycopg(autocommit=True)
    cursor = admin.execute("create database other")
    assert cursor.statusmessage == "CREATE DATABASE"
    there = endpoint.psycopg2(dbname="other")
    cursor = there.cursor()
    cursor.execute("create table t (n integer)")
    cursor.execute("select current_database(), count(*) from t")
    assert tuple(cursor.fetchone()) == ("other", 0)
    there.commit()
    with pytest.raises(psycopg.errors.UndefinedTable):
        admin.execute("select * from t")
    there.close()
    endpoint.wait_for("select 1 where not exists (select from pg_stat_activity where datname like '%other')")
    admin.execute("drop database other")
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        endpoint.psycopg(dbname="other")


@pytest.mark.long("PostgreSQL waits five seconds for the sessions of a database that is dropped")
def test_database_in_use_is_not_dropped(endpoint):
    admin = endpoint.psycopg(autocommit=True)
    admin.execute("create database other")
    there = endpoint.psycopg(dbname="other")
    with pytest.raises(psycopg.errors.ObjectInUse):
        admin.execute("drop database other")
    assert there.execute("select current_database()").fetchone() == ("other",)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("create database dev", psycopg.errors.DuplicateDatabase),
        ("create database other owner awsuser", psycopg.errors.FeatureNotSupported),
        ("create database other isolation level chaos", psycopg.errors.SyntaxError),
        ("create database other isolation level snapshot please", psycopg.errors.SyntaxError),
        ("create database a.b", psycopg.errors.SyntaxError),
        ("alter database missing isolation level snapshot", psycopg.errors.InvalidCatalogName),
        ("alter database dev isolation level serializable", psycopg.errors.FeatureNotSupported),
        ("alter database dev rename to other", psycopg.errors.FeatureNotSupported),
        ("drop database missing", psycopg.errors.InvalidCatalogName),
        ("drop database dev", psycopg.errors.ObjectInUse),
        ("drop database dev force", psycopg.errors.FeatureNotSupported),
    ],
)
def test_refused_statements(session, statement, error):
    with pytest.raises(error):
        session.execute(statement)
    assert session.execute(LEVELS).fetchall() == [("dev", "Snapshot Isolation")]


@pytest.mark.parametrize(
    "statement", ["create database other", "alter database dev isolation level snapshot", "drop database other"]
)
@pytest.mark.parametrize("client", ["psycopg", "psycopg2", "redshift"])
def test_database_statements_cannot_run_in_a_transaction(endpoint, client, statement):
    connection = getattr(endpoint, client)()
    cursor = connection.cursor()
    cursor.execute("select 1")
    with pytest.raises(Exception, match="DATABASE cannot run inside a transaction block"):
        cursor.execute(statement)
    connection.rollback()
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        endpoint.psycopg(autocommit=True).execute(f"select 1; {statement}")


def test_level_is_altered_while_no_other_user_is_connected(endpoint):
    admin = endpoint.psycopg(autocommit=True)
    admin.execute("create database other isolation level serializable")
    assert admin.execute(LEVELS).fetchall() == [("dev", "Snapshot Isolation"), ("other", "Serializable")]
    there = endpoint.psycopg(dbname="other", autocommit=True)
    with pytest.raises(psycopg.errors.ObjectInUse):
        admin.execute("alter database other isolation level snapshot")
    there.execute("alter database other isolation level snapshot")
    assert there.execute(LEVELS).fetchall() == [("dev", "Snapshot Isolation"), ("other", "Snapshot Isolation")]


def test_only_the_master_user_can_create_and_drop_databases(endpoint):
    endpoint.psycopg(autocommit=True).execute("create database other")
    endpoint.add_user("analyst")
    analyst = endpoint.psycopg(user="analyst", dbname="other", autocommit=True)
    for statement in (
        "create database more",
        "alter database other isolation level serializable",
        "drop database other",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            analyst.execute(statement)


def test_existing_user_can_connect_to_a_new_database(endpoint):
    endpoint.add_user("analyst")
    endpoint.psycopg(autocommit=True).execute("create database other")
    there = endpoint.psycopg(user="analyst", dbname="other")
    assert there.execute("select current_user").fetchone() == ("analyst",)


def test_databases_and_levels_survive_the_endpoints_and_are_deleted_with_their_cluster(
    endpoint_postgres, certificates, copier
):
    port = free_port()
    endpoint = Endpoint(None, endpoint_postgres, certificates, "several", port)
    for statement in ("create database other isolation level serializable", "select 1"):
        endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
        open_cluster(endpoints, "several", port)
        endpoint.psycopg(autocommit=True).execute(statement)
        levels = endpoint.psycopg(dbname="other", autocommit=True).execute(LEVELS).fetchall()
        endpoint.close()
        if statement == "select 1":
            endpoints.delete("several")
        endpoints.close()
    assert levels == [("dev", "Snapshot Isolation"), ("other", "Serializable")]
    with psycopg.connect(**endpoint_postgres.dsn.parameters("postgres")) as connection:
        assert connection.execute("select datname from pg_database where datname like 'several%'").fetchall() == []
