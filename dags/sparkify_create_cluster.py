"""Create the Redshift cluster, what belongs to it, the tables, and the user that loads them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, task

from redshift_elt.cluster.fields import access_fields, cluster_identifier, label_fields
from redshift_elt.cluster.spec import Access, ClusterSpec, ManagedCluster
from redshift_elt.operators.wait_for_cluster import WaitForClusterOperator
from sparkify_defaults import BUCKET, BUCKET_VARIABLE, CLUSTER, CLUSTER_DAG, PREFIXES, TAGS

DOCS = """\
### Create Sparkify's cluster

Makes what `sparkify_etl` needs, each step only where it is missing, so it can be run again at any time:

1. an IAM role that Redshift may assume, and that may list and read just the data's prefixes of the bucket; a security
   group that admits the networks of the form, or its own members only; a parameter group that requires TLS; and the
   cluster: private, encrypted, its administrator's password made and kept by Secrets Manager;
2. waits, without holding a worker, until the cluster is available and its role in sync;
3. the tables, one DDL file each under `include/sql/schema/`, and the database user of the connection
   `redshift_default`, with the rights that loads need.

The log says of each whether it was created or already there. A cluster of this name that is somebody else's or has
other properties is left alone, and the run says how it differs. Nothing is ever deleted here, unless you ask for
`reset`, which drops the tables and makes them anew.

**It costs money from the moment the cluster is there**: the log says about how much. `sparkify_teardown_cluster`
removes it. The connection `redshift_default` finds the cluster by its name: no endpoint has to be written back.

To run it on a schedule, set `schedule` in its file: every field of the form has a default.
"""

SCHEMA = Path(__file__).parents[1] / "include" / "sql" / "schema"

with DAG(
    dag_id="sparkify_create_cluster",
    description="Create the Redshift cluster, what belongs to it, the tables, and the user that loads them",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
        "node_type": Param(
            "ra3.large",
            type="string",
            examples=["ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge", "rg.large", "rg.xlarge", "rg.4xlarge"],
            title="Node type",
            description="ra3.large and rg.large are the smallest ones.",
        ),
        "nodes": Param(
            1,
            type="integer",
            minimum=1,
            maximum=100,
            title="Number of nodes",
            description="The larger node types begin with two.",
        ),
        **access_fields(
            bucket_variable=BUCKET_VARIABLE,
            prefixes=PREFIXES,
        ),
        **label_fields(owner="sparkify", purpose="analytics of song plays"),
        "reset": Param(
            False,
            type="boolean",
            title="Drop and recreate the tables",
            description="All rows are lost; they can be loaded again from the bucket.",
        ),
        "confirm_reset": Param(
            None,
            type=["null", "string"],
            title="The cluster's name once more",
            description="Wanted for a reset.",
        ),
    },
) as dag:

    @task
    def create_cluster(bucket: str, params: dict | None = None) -> str:
        """Make what is missing and return the ARN of the role that COPY uses."""
        from redshift_elt.cluster.creation import create_cluster
        from redshift_elt.cluster.database import check_connection, check_reset

        identifier = params["cluster_identifier"]
        check_reset(identifier, params["reset"], params["confirm_reset"])
        _, database = check_connection(identifier)
        labels = {"owner": params["owner"], "purpose": params["purpose"]}
        return create_cluster(
            ManagedCluster(identifier, TAGS, labels, params["subnet_group"]),
            ClusterSpec(params["node_type"], params["nodes"], database),
            Access(bucket, params["prefixes"], params["cidrs"]),
        )

    @task(execution_timeout=timedelta(minutes=15))
    def prepare_database(params: dict | None = None) -> None:
        """Make the tables and the user that loads them."""
        from redshift_elt.cluster.database import prepare_database

        prepare_database(
            params["cluster_identifier"],
            SCHEMA,
            TAGS,
            reset=params["reset"],
            confirmation=params["confirm_reset"],
        )

    role = create_cluster(BUCKET)
    wait_until_available = WaitForClusterOperator(
        task_id="wait_until_available",
        cluster_identifier="{{ params.cluster_identifier }}",
        role_arn=role,
        poll_interval=5,
    )
    wait_until_available >> prepare_database()
