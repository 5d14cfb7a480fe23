"""The end of a run: what it staged is removed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.run.names import files_table, run_prefix, staging_table
from redshift_elt.sql import staging as statements

log = logging.getLogger(__name__)


def clean_up(
    context: Mapping[str, Any],
    tables: Iterable[str],
    bucket: str,
    conn_id: str = "redshift_default",
    aws_conn_id: str = "aws_default",
) -> None:
    """Drop a run's staging tables and delete its manifests; what is gone already is no error.

    :param tables: the permanent templates of the staging tables.
    :param bucket: where the manifests are.
    """
    run = context["dag_run"]
    staged = [name(table, run) for table in tables for name in (staging_table, files_table)]

    def drop(session: Any) -> None:
        for table in staged:
            session.execute(statements.drop(table))

    in_transaction(warehouse_hook(conn_id, aws_conn_id), drop)
    s3 = S3Hook(aws_conn_id=aws_conn_id)
    keys = s3.list_keys(bucket, prefix=run_prefix(run))
    if keys:
        s3.delete_objects(bucket, keys)
    log.info("Dropped the run's staging tables; deleted %s of its manifest files.", len(keys or ()))
