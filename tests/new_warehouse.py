"""A warehouse on a running stack: the cluster, its role, the bucket and the tables, made by the project's own code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from local.stack.environment import BUCKET as STACK_BUCKET
from local.stack.environment import CLUSTER
from local.stack.stack import Stack
from tests.warehouse import BUCKET, ROOT, Warehouse

VISIBLE = ("AIRFLOW_CONN_", "AIRFLOW_VAR_", "AWS_", "SSL_CERT_FILE", "NO_PROXY")
PREFIXES = ("log_data/", "song_data/", "log_json_path.json", "manifests/")


@contextmanager
def new_warehouse(stack: Stack) -> Iterator[Warehouse]:
    """Yield the empty tables on a new cluster, in an environment like that of an Airflow worker."""
    from redshift_elt.cluster.cluster import ensure_cluster
    from redshift_elt.cluster.copy_role import ensure_copy_role
    from redshift_elt.schema import create_tables

    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.airflow_environment().items():
            if name.startswith(VISIBLE):
                patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_SPARKIFY_BUCKET", STACK_BUCKET)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        role = ensure_copy_role("sparkify-copy", BUCKET, PREFIXES, {"project": "tests"})
        ensure_cluster(CLUSTER, node_type="ra3.large", role_arn=role, tags={"project": "tests"})
        boto3.client("redshift").get_waiter("cluster_available").wait(
            ClusterIdentifier=CLUSTER, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        create_tables(ROOT / "include" / "sql" / "schema", CLUSTER)
        yield Warehouse(s3)
