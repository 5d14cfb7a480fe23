"""A warehouse on a running stack: the cluster, its role, the bucket and the tables, created by the project's code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import boto3
import pytest

from local.stack.cluster_login import ClusterLogin, require_login
from local.stack.copy_role_boundary import ensure_boundary
from local.stack.environment import BUCKET as STACK_BUCKET
from local.stack.environment import CLUSTER, DATABASE, MASTER_USER
from local.stack.stack import Stack
from redshift_elt.cluster.spec import Access, ManagedCluster
from redshift_standin import REGION, standin_environment
from redshift_standin.engine.databases import database_name
from standin_support.waiting import WAITER_CONFIG
from tests.support.warehouse import BUCKET, BY_PASSWORD, ROOT, TARGETS, WarehouseUnderTest

VISIBLE = ("AIRFLOW_CONN_", "AIRFLOW_VAR_", "AWS_", "SSL_CERT_FILE", "NO_PROXY")
WAREHOUSE = {
    "conn_type": "redshift",
    "schema": DATABASE,
    "extra": {"iam": True, "cluster_identifier": CLUSTER, "region": REGION},
}
TAGS = {"project": "tests"}
MANAGED_CLUSTER = ManagedCluster(CLUSTER, TAGS)
PREFIXES = ("log_data/", "song_data/", "log_json_path.json", "manifests/")
# Those of the examples in the documentation.
EXAMPLE_PREFIXES = ("orders/", "customers/", "products/", "clicks/", "readings/", "stores/")


@contextmanager
def new_warehouse(
    stack: Stack, bucket: str = BUCKET, prefixes: Sequence[str] = (*PREFIXES, *EXAMPLE_PREFIXES)
) -> Iterator[WarehouseUnderTest]:
    """Yield the empty tables on a new cluster, in an environment like that of an Airflow worker.

    :param bucket: the bucket to create; COPY can read what is below the prefixes.
    """
    from redshift_elt.cluster.copy_role import ensure_copy_role
    from redshift_elt.cluster.database import prepare_database

    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.airflow_environment().items():
            if name.startswith(VISIBLE):
                patch.setenv(name, value)
        # Without the public authorities, which take longer to read than a login takes.
        patch.setenv("SSL_CERT_FILE", standin_environment(stack.settings)["PGSSLROOTCERT"])
        patch.setenv("AIRFLOW_VAR_SPARKIFY_BUCKET", STACK_BUCKET)
        # Tests create and change tables, which the loading user is not allowed to do.
        patch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps({**WAREHOUSE, "login": MASTER_USER}))
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
        boundary = ensure_boundary(boto3.client("iam"), f"{bucket}-boundary", bucket)
        role = ensure_copy_role(MANAGED_CLUSTER, Access(bucket, prefixes, permissions_boundary=boundary))
        redshift = boto3.client("redshift")
        redshift.create_cluster(
            ClusterIdentifier=CLUSTER,
            ClusterType="single-node",
            NodeType="ra3.large",
            DBName=DATABASE,
            MasterUsername=MASTER_USER,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role],
            DefaultIamRoleArn=role,
            Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
        )
        redshift.get_waiter("cluster_available").wait(ClusterIdentifier=CLUSTER, WaiterConfig=WAITER_CONFIG)
        prepare_database(MANAGED_CLUSTER, ROOT / "include" / "sql" / "schema")
        patch.setenv(f"AIRFLOW_CONN_{BY_PASSWORD.upper()}", _by_password(require_login(stack.settings)))
        superuser = stack.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
        warehouse = WarehouseUnderTest(s3, BY_PASSWORD, superuser)
        for target in TARGETS:
            # The first load of a target would create it, but some tests lock it before that.
            warehouse.execute(f"create table etl.lock_{target} (unused boolean)")
        yield warehouse


def _by_password(login: ClusterLogin) -> str:
    """Return an Airflow connection that needs no requests to AWS, which take longer than many a statement."""
    return json.dumps(
        {
            "conn_type": "redshift",
            "host": login.host,
            "port": login.port,
            "login": login.user,
            "password": login.password,
            "schema": login.database,
        }
    )
