"""A warehouse on the stand-in, made by the project's own functions."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from local.stack.environment import BUCKET as STACK_BUCKET
from local.stack.stack import Stack
from tests.warehouse import BUCKET, ROOT, Warehouse

VISIBLE = ("AIRFLOW_CONN_", "AIRFLOW_VAR_", "AWS_", "SSL_CERT_FILE", "NO_PROXY")


@pytest.fixture(scope="session")
def created_warehouse(standin: Stack) -> Iterator[Warehouse]:
    """The tables on a cluster of the stand-in, and this process's environment as an Airflow worker has it."""
    from redshift_elt.cluster import ensure_cluster, ensure_copy_role
    from redshift_elt.schema import create_tables

    with pytest.MonkeyPatch.context() as patch:
        for name, value in standin.airflow_environment().items():
            if name.startswith(VISIBLE):
                patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_SPARKIFY_BUCKET", STACK_BUCKET)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        prefixes = ["log_data/", "song_data/", "log_json_path.json", "manifests/"]
        role = ensure_copy_role("sparkify-copy", BUCKET, prefixes, {"project": "tests"})
        ensure_cluster("sparkify", node_type="ra3.large", role_arn=role, tags={"project": "tests"})
        boto3.client("redshift").get_waiter("cluster_available").wait(
            ClusterIdentifier="sparkify", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        create_tables(ROOT / "include" / "sql" / "schema", "sparkify")
        yield Warehouse(s3)


@pytest.fixture
def warehouse(created_warehouse: Warehouse) -> Warehouse:
    """The warehouse and its bucket, both empty."""
    created_warehouse.empty()
    return created_warehouse
