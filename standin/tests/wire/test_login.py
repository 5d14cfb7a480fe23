"""Logins, and clusters that start, pause and end."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import DATABASE, PASSWORD, USER, Endpoint, free_port

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(timezone.utc)


def test_wrong_password_is_refused(endpoint):
    with pytest.raises(psycopg.OperationalError, match='password authentication failed for user "awsuser"'):
        endpoint.psycopg(password="wrong")


def test_unknown_database_is_refused(endpoint):
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        endpoint.psycopg(dbname="other")


def test_connection_without_tls_is_refused(endpoint):
    with pytest.raises(psycopg.OperationalError, match="SSL off"):
        endpoint.psycopg(sslmode="disable")


def test_certificate_is_valid_for_localhost_and_its_address(endpoint):
    for host in ("localhost", "127.0.0.1"):
        assert endpoint.psycopg(host=host).execute("select 1").fetchone() == (1,)


def test_temporary_passwords_are_valid_together_with_the_permanent_one(endpoint):
    for password in ("first", "second"):
        endpoint.endpoints.set_password(endpoint.cluster, USER, password, expires_at=now() + HOUR)
    for password in ("first", "second", PASSWORD):
        assert endpoint.redshift(user=f"IAM:{USER}", password=password)


def test_permanent_password_replaces_the_previous_one(endpoint):
    endpoint.endpoints.set_password(endpoint.cluster, USER, "new")
    assert endpoint.psycopg(password="new")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg()


def test_temporary_password_expires(endpoint):
    endpoint.endpoints.set_password(endpoint.cluster, USER, "late", expires_at=now() - timedelta(seconds=1))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user=f"IAM:{USER}", password="late")


def test_user_is_created_only_on_request(endpoint):
    endpoint.endpoints.set_password(endpoint.cluster, "nobody_yet", "p", expires_at=now() + HOUR)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user="IAM:nobody_yet", password="p")
    endpoint.endpoints.set_password(endpoint.cluster, "analyst", "p", expires_at=now() + HOUR, create_user=True)
    connection = endpoint.psycopg(user="IAMA:analyst", password="p")
    assert connection.execute("select current_user").fetchone() == ("analyst",)


def test_granted_and_missing_privileges(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    owner.execute("create table plays (n integer)")
    endpoint.endpoints.set_password(endpoint.cluster, "analyst", "p", create_user=True)
    analyst = endpoint.psycopg(user="analyst", password="p", autocommit=True)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("select * from plays")
    owner.execute("grant select on table plays to analyst")
    assert analyst.execute("select * from plays").fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.execute("insert into plays values (1)")


def test_user_created_by_sql_logs_in_only_with_a_temporary_password(endpoint):
    owner = endpoint.psycopg()
    owner.execute("create user loader password disable")
    owner.rollback()
    assert owner.execute("select 1 from pg_user where usename = 'loader'").fetchall() == []
    owner.execute("create user loader with password disable")
    owner.commit()
    assert owner.execute("select 1 from pg_user where usename = 'loader'").fetchall() == [(1,)]
    with pytest.raises(psycopg.errors.DuplicateObject, match='user "loader" already exists'):
        owner.execute("create user loader password disable")
    endpoint.endpoints.set_password(endpoint.cluster, "loader", "p", expires_at=now() + HOUR)
    loader = endpoint.psycopg(user="IAM:loader", password="p", autocommit=True)
    loader.execute("create temporary table t (a int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied to create user"):
        loader.execute("create user another password disable")


def test_users_can_create_tables_in_public_until_revoked(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    endpoint.endpoints.set_password(endpoint.cluster, "analyst", "p", create_user=True)
    analyst = endpoint.psycopg(user="analyst", password="p", autocommit=True)
    analyst.execute("create table own (a int)")
    owner.execute("revoke create on schema public from public")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema public"):
        analyst.execute("create table another (a int)")


def test_user_of_another_cluster_does_not_exist(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    endpoint.connect_to_postgres().execute("create role elsewhere login")
    assert owner.execute("select 1 from pg_user where usename = 'elsewhere'").fetchall() == []
    owner.execute("create user elsewhere password disable")
    assert owner.execute("select 1 from pg_user where usename = 'elsewhere'").fetchall() == [(1,)]


@pytest.mark.parametrize("user", ["rdsdb", "RDSDB", "pg_monitor", "public"])
def test_reserved_user_names_are_refused(endpoint, user):
    with pytest.raises(ValueError, match="reserved"):
        endpoint.endpoints.set_password(endpoint.cluster, user, "p", create_user=True)
    with pytest.raises(psycopg.OperationalError):
        endpoint.psycopg(user=user, password="p")


def test_paused_cluster_ends_its_sessions_and_refuses_new_ones(endpoint):
    before = endpoint.psycopg(autocommit=True)
    before.execute("create table kept as select 1 as n")
    endpoint.endpoints.pause(endpoint.cluster)
    with pytest.raises(psycopg.OperationalError):
        before.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        endpoint.psycopg()
    endpoint.endpoints.resume(endpoint.cluster)
    assert endpoint.psycopg().execute("select n from kept").fetchone() == (1,)


def test_port_in_use_is_reported(endpoint, all_endpoints):
    with pytest.raises(OSError, match=str(endpoint.port)):
        all_endpoints.create("late-comer", port=endpoint.port, database=DATABASE, master_user=USER)


def test_clusters_have_separate_databases(endpoint, all_endpoints, certificates):
    endpoint.psycopg(autocommit=True).execute("create table mine (n integer)")
    port = free_port()
    all_endpoints.create("other", port=port, database=DATABASE, master_user=USER)
    all_endpoints.set_password("other", USER, "other-password")
    other = Endpoint(all_endpoints, endpoint.postgres, certificates, "other", port)
    try:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            other.psycopg()
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.psycopg(password="other-password").execute("select * from mine")
    finally:
        other.close()
        all_endpoints.delete("other")


def test_deleted_cluster_loses_its_data(endpoint_postgres, certificates, copier):
    endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
    port = free_port()
    endpoint = Endpoint(endpoints, endpoint_postgres, certificates, "short-lived", port)
    try:
        for expected in ([], []):
            endpoints.create("short-lived", port=port, database=DATABASE, master_user=USER)
            endpoints.set_password("short-lived", USER, PASSWORD)
            connection = endpoint.psycopg(autocommit=True)
            assert connection.execute("select relname from pg_class where relname = 'mine'").fetchall() == expected
            connection.execute("create table mine (n integer)")
            endpoints.delete("short-lived")
    finally:
        endpoints.close()


def test_data_survives_the_endpoints(endpoint_postgres, certificates, copier):
    port = free_port()
    endpoint = Endpoint(None, endpoint_postgres, certificates, "long-lived", port)
    for statement in ("create table kept as select 42 as answer", "select answer from kept"):
        endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
        endpoints.create("long-lived", port=port, database=DATABASE, master_user=USER)
        endpoints.set_password("long-lived", USER, PASSWORD)
        answer = endpoint.psycopg(autocommit=True).execute(statement)
        found = answer.fetchone() if answer.description else None
        endpoints.close()
    assert found == (42,)
