"""Create the Redshift cluster, its resources, the tables, and the database user that loads them."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, Param

from redshift_elt import WaitForClusterOperator
from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.cluster.spec import ClusterSpec, ManagedCluster
from redshift_elt.compatibility import task
from redshift_elt.connection.aws_values import NEW_CLUSTER
from sparkify_defaults import (
    CLUSTER,
    CLUSTER_AWS_CONN_ID,
    CLUSTER_DAG,
    CLUSTER_SETTINGS,
    TAGS,
    new_access,
    new_cluster,
    new_cluster_fields,
)

DOCS = """\
### Create Sparkify's cluster

Creates what `sparkify_etl` needs. Every step skips what exists, so the DAG can be run again at any time.

1. Creates an IAM role that only Redshift can assume and that can list and read only the data's prefixes of the bucket,
   within a permissions boundary, which an administrator has created (docs/aws.md);
   a security group that allows connections from the networks in the form, or only from its own members; a parameter
   group that requires TLS; and the cluster: private and encrypted, with an administrator password that Secrets Manager
   generates and stores.
2. Waits until the cluster is available and its role is in sync. While the task waits, it is deferred and holds no
   worker.
3. Creates the tables, one DDL file each in `include/sql/schema/`, and the database user of the connection
   `redshift_default`, with the privileges that loads need. Switches on the audit log, if `audit_log` says where to.

The log says whether each resource was created or existed already. An existing cluster of this name that has other
properties, or that this project did not create, is not touched, and the run fails with the differences. Nothing is
deleted unless you select `reset`, which drops and recreates the tables.

**The cluster is billed from the moment it is created.** The log shows the approximate price.
`sparkify_teardown_cluster` deletes it. The connection `redshift_default` finds the cluster by its name, so there is no
endpoint to copy.

To run this DAG on a schedule, set `schedule` in its file: every field of the form has a default.
"""

SCHEMA = Path(__file__).parents[1] / "include" / "sql" / "schema"

with DAG(
    dag_id="sparkify_create_cluster",
    description="Create the Redshift cluster, its resources, the tables, and the database user that loads them",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER, NEW_CLUSTER),
        "node_type": Param(
            "ra3.large",
            type="string",
            examples=["ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge", "rg.large", "rg.xlarge", "rg.4xlarge"],
            title="Node type",
            description="The smallest are ra3.large and rg.large.",
        ),
        "nodes": Param(
            1,
            type="integer",
            minimum=1,
            maximum=100,
            title="Number of nodes",
            description="The larger node types need at least two.",
        ),
        **new_cluster_fields(),
        "reset": Param(
            False,
            type="boolean",
            title="Drop and recreate the tables",
            description="Deletes all rows. They can be loaded again from the bucket.",
        ),
        "confirm_reset": Param(
            None,
            type=["null", "string"],
            title="Confirm the reset",
            description="Required for a reset: the name of the cluster.",
        ),
    },
) as dag:

    @task
    def create_cluster(settings: dict[str, str], params: dict | None = None) -> str:
        """Create what is missing and return the ARN of the role that COPY uses."""
        from redshift_elt.cluster.creation import create_cluster
        from redshift_elt.cluster.database import Reset, check_connection
        from redshift_elt.ddl.files import ddl_files

        identifier = params["cluster_identifier"]
        Reset(params["reset"], params["confirm_reset"]).check(identifier)
        _, database = check_connection(identifier)
        # Before anything is billed.
        ddl_files(SCHEMA)
        spec = ClusterSpec(params["node_type"], params["nodes"], database)
        return create_cluster(new_cluster(params), spec, new_access(settings, params), CLUSTER_AWS_CONN_ID)

    @task
    def prepare_database(params: dict | None = None) -> None:
        """Create the tables and the user that loads them."""
        from redshift_elt.cluster.database import Reset, prepare_database

        prepare_database(
            ManagedCluster(params["cluster_identifier"], TAGS),
            SCHEMA,
            Reset(params["reset"], params["confirm_reset"]),
            aws_conn_id=CLUSTER_AWS_CONN_ID,
        )

    @task
    def enable_audit_logging(params: dict | None = None) -> None:
        """Switch on the audit log, if one is requested."""
        from redshift_elt.cluster.audit_logging import ensure_audit_logging

        ensure_audit_logging(new_cluster(params), params["audit_log"], CLUSTER_AWS_CONN_ID)

    role = create_cluster(CLUSTER_SETTINGS)
    wait_until_available = WaitForClusterOperator(
        task_id="wait_until_available",
        cluster_identifier="{{ params.cluster_identifier }}",
        role_arn=role,
        aws_conn_id=CLUSTER_AWS_CONN_ID,
    )
    wait_until_available >> [prepare_database(), enable_audit_logging()]
