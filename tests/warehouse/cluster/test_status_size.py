"""The status of the cluster behind the connection, with the size of its tables."""

from __future__ import annotations

import json
import logging

import boto3
import psycopg
import pytest

from local.stack.environment import CLUSTER
from redshift_elt.cluster.status import cluster_status
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_standin.engine.databases import database_name


def insert_song():
    insert = "insert into songs (song_id, title) values ('one', 'Song')"
    in_transaction(warehouse_hook("redshift_default"), lambda session: session.execute(insert))


def megabytes(status):
    number, unit = status["tables"].split()
    assert unit == "MB"
    return int(number)


def test_log_has_the_size_of_the_tables(warehouse, caplog):
    before = megabytes(cluster_status(CLUSTER))
    insert_song()
    with caplog.at_level(logging.INFO):
        status = cluster_status(CLUSTER)
    assert status["state"] == "available"
    # A table with rows has at least one block of 1 MB; tests of other files may have left rows in the bookkeeping.
    assert megabytes(status) == before + 1
    assert f"\nstate        available\nendpoint     {status['endpoint']}\n" in caplog.text


# Redshift's own messages may have the general SQLSTATE XX000.
REFUSE = """
create function public.refuse() returns boolean language plpgsql as
$$ begin raise exception 'permission denied for relation svv_table_info' using errcode = 'XX000'; end $$
"""


@pytest.fixture
def postgres(standin):
    """A superuser of the database behind the cluster."""
    behind = standin.postgres.dsn.parameters(database_name(CLUSTER, "dev"))
    with psycopg.connect(**behind, autocommit=True) as connection:
        yield connection


@pytest.fixture
def reader(warehouse, monkeypatch):
    """The name of a connection whose user is not an administrator; a table has rows."""
    insert_song()
    boto3.client("redshift").get_cluster_credentials(ClusterIdentifier=CLUSTER, DbUser="reader", AutoCreate=True)
    extra = {"iam": True, "cluster_identifier": CLUSTER}
    connection = {"conn_type": "redshift", "login": "reader", "schema": "dev", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_READER", json.dumps(connection))
    return "reader"


@pytest.fixture
def revoked(postgres):
    postgres.execute("revoke select on pg_catalog.svv_table_info from public")
    yield
    postgres.execute("grant select on pg_catalog.svv_table_info to public")


@pytest.fixture
def refused_by_the_engine(postgres):
    [(original,)] = postgres.execute("select pg_get_viewdef('pg_catalog.svv_table_info')").fetchall()
    redefine = "create or replace view pg_catalog.svv_table_info as {}"
    postgres.execute("set allow_system_table_mods = on")
    postgres.execute(REFUSE)
    postgres.execute(redefine.format(f"select * from ({original.rstrip(';')}) as tables where public.refuse()"))
    yield
    postgres.execute(redefine.format(original))
    postgres.execute("drop function public.refuse()")


@pytest.mark.parametrize("refusal", ["revoked", "refused_by_the_engine"])
def test_user_without_access_to_sizes_gets_the_rest(reader, refusal, request):
    request.getfixturevalue(refusal)
    status = cluster_status(CLUSTER, reader)
    assert status["state"] == "available"
    assert status["tables"] == "unknown: the user of the connection reader may not read svv_table_info"
