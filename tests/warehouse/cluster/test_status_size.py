"""The status of the cluster behind the connection, with the size of its tables."""

from __future__ import annotations

import json
import logging

import boto3
import psycopg

from local.stack.environment import CLUSTER
from redshift_elt.cluster.status import cluster_status
from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_standin.engine.databases import database_name


def test_log_has_the_size_of_the_tables(warehouse, caplog):
    insert = "insert into songs (song_id, title) values ('one', 'Song')"
    in_transaction(warehouse_hook("redshift_default"), lambda session: session.execute(insert))
    with caplog.at_level(logging.INFO):
        status = cluster_status(CLUSTER)
    assert status["state"] == "available"
    # A table with rows has at least one block: songs, and the versions of the bookkeeping schema.
    assert status["tables"] == "2 MB"
    assert f"\nstate        available\nendpoint     {status['endpoint']}\n" in caplog.text


def test_user_without_access_to_sizes_gets_the_rest(standin, warehouse, monkeypatch):
    boto3.client("redshift").get_cluster_credentials(ClusterIdentifier=CLUSTER, DbUser="reader", AutoCreate=True)
    extra = {"iam": True, "cluster_identifier": CLUSTER}
    connection = {"conn_type": "redshift", "login": "reader", "schema": "dev", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_READER", json.dumps(connection))
    behind = standin.postgres.dsn.parameters(database_name(CLUSTER, "dev"))
    with psycopg.connect(**behind, autocommit=True) as postgres:
        postgres.execute("revoke select on pg_catalog.svv_table_info from public")
        try:
            status = cluster_status(CLUSTER, "reader")
        finally:
            postgres.execute("grant select on pg_catalog.svv_table_info to public")
    assert status["state"] == "available"
    assert status["tables"] == "unknown: the user of the connection reader may not read svv_table_info"
