"""Logins, and clusters that start, pause and end."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from redshift_standin.temporary_passwords import new_key
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from standin_support.endpoint import (
    DATABASE,
    PASSWORD,
    PASSWORD_KEY,
    USER,
    Endpoint,
    free_port,
    open_cluster,
    temporary_password,
)
from standin_support.waiting import wait_until


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
    for password in (temporary_password(), temporary_password(), PASSWORD):
        assert endpoint.redshift(user=f"IAM:{USER}", password=password)


def test_permanent_password_replaces_the_previous_one(endpoint):
    endpoint.endpoints.set_password(endpoint.cluster, USER, "new")
    assert endpoint.psycopg(password="new")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg()


def test_temporary_password_expires(endpoint):
    assert endpoint.psycopg(user=f"IAM:{USER}", password=temporary_password(valid=timedelta(minutes=10)))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user=f"IAM:{USER}", password=temporary_password(valid=timedelta(0)))


def test_temporary_password_is_valid_for_its_user_only(endpoint):
    endpoint.add_user("analyst")
    for user, other in ((USER, "analyst"), ("analyst", USER)):
        assert endpoint.psycopg(user=user, password=temporary_password(user))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            endpoint.psycopg(user=user, password=temporary_password(other))


def test_temporary_password_of_another_cluster_is_refused(endpoint):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user=f"IAM:{USER}", password=temporary_password(key=new_key()))


def test_changed_temporary_password_is_refused(endpoint):
    given = temporary_password()
    for place in range(0, len(given) - 4, 10):
        changed = given[:place] + ("A" if given[place] != "A" else "B") + given[place + 1 :]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            endpoint.psycopg(user=f"IAM:{USER}", password=changed)


@pytest.mark.parametrize("password", ["gAAAAA", "passwörd", "=", "x" * 5000])
def test_password_that_is_no_token_is_refused(endpoint, password):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user=f"IAM:{USER}", password=password)


def test_temporary_password_outlives_the_endpoints_and_the_permanent_password(endpoint_postgres, certificates, copier):
    port, given = free_port(), temporary_password()
    endpoint = Endpoint(None, endpoint_postgres, certificates, "restarted", port)
    for key, valid in ((PASSWORD_KEY, True), (PASSWORD_KEY, True), (new_key(), False)):
        endpoints = Endpoints(endpoint_postgres, EndpointSettings(certificates), copier)
        try:
            endpoints.create("restarted", port=port, database=DATABASE, master_user=USER, password_key=key)
            endpoints.set_password("restarted", USER, "new")
            if valid:
                endpoint.psycopg(user=f"IAM:{USER}", password=given).close()
            else:
                with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                    endpoint.psycopg(user=f"IAM:{USER}", password=given)
                endpoints.delete("restarted")
        finally:
            endpoints.close()


def test_user_is_created_only_on_request(endpoint):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        endpoint.psycopg(user="IAM:nobody_yet", password=temporary_password("nobody_yet"))
    endpoint.endpoints.create_user(endpoint.cluster, "analyst")
    connection = endpoint.psycopg(user="IAMA:analyst", password=temporary_password("analyst"))
    assert connection.execute("select current_user").fetchone() == ("analyst",)


def test_granted_and_missing_privileges(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    owner.execute("create table plays (n integer)")
    endpoint.add_user("analyst", "p")
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
    loader = endpoint.psycopg(user="IAM:loader", password=temporary_password("loader"), autocommit=True)
    loader.execute("create temporary table t (a int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied to create user"):
        loader.execute("create user another password disable")


def maintained(endpoint: Endpoint) -> int:
    """Return how often PostgreSQL has vacuumed and analyzed the table."""
    query = "select vacuum_count + analyze_count from pg_stat_user_tables where relname = 'plays'"
    [(count,)] = endpoint.connect_to_postgres().execute(query).fetchall()
    return count


def test_role_with_the_system_permissions_lets_a_user_vacuum_and_analyze(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    owner.execute("create table plays (a int)")
    owner.execute("create user loader password disable")
    loader = endpoint.psycopg(user="IAM:loader", password=temporary_password("loader"), autocommit=True)
    owner.execute("create role upkeep")
    owner.execute("grant role upkeep to loader")
    with pytest.raises(psycopg.errors.DuplicateObject, match='role "upkeep" already exists'):
        owner.execute("create role upkeep")
    for statement in ("analyze plays", "vacuum plays"):
        loader.execute(statement)
    assert maintained(endpoint) == 0
    owner.execute("grant vacuum, analyze to role upkeep")
    for statement in ("analyze plays", "vacuum plays"):
        loader.execute(statement)
    wait_until(lambda: maintained(endpoint) == 2, "both are in the statistics")
    for statement in ("create role mine", "grant vacuum, analyze to role upkeep", "grant role upkeep to loader"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            loader.execute(statement)


def test_users_can_create_tables_in_public_until_revoked(endpoint):
    owner = endpoint.psycopg(autocommit=True)
    endpoint.add_user("analyst", "p")
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
        endpoint.add_user(user, "p")
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
        open_cluster(all_endpoints, "late-comer", endpoint.port)


def test_clusters_have_separate_databases(endpoint, all_endpoints, certificates):
    endpoint.psycopg(autocommit=True).execute("create table mine (n integer)")
    port = free_port()
    open_cluster(all_endpoints, "other", port)
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
            open_cluster(endpoints, "short-lived", port)
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
        open_cluster(endpoints, "long-lived", port)
        answer = endpoint.psycopg(autocommit=True).execute(statement)
        found = answer.fetchone() if answer.description else None
        endpoints.close()
    assert found == (42,)
