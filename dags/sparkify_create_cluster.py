"""Create the Redshift cluster, the role that COPY uses, and the tables."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.amazon.aws.sensors.redshift_cluster import RedshiftClusterSensor
from airflow.sdk import DAG, Param, task

DOCS = """\
### Create Sparkify's cluster

Makes what `sparkify_etl` needs, each step only where it is missing, so it can be run again at any time:

1. an IAM role that Redshift may assume, and that may list and read just the data's prefixes of the bucket;
2. a single-node cluster: private, encrypted, its administrator's password made and kept by Secrets Manager;
3. the tables, one DDL file each under `include/sql/schema/`.

**It costs money from the moment the cluster is there.** `sparkify_teardown_cluster` removes it.
The connection `redshift_default` finds the cluster by its name: no endpoint has to be written back.
"""

TAGS = {"project": "sparkify-warehouse"}
SCHEMA = Path(__file__).parents[1] / "include" / "sql" / "schema"

with DAG(
    dag_id="sparkify_create_cluster",
    description="Create the Redshift cluster, the role that COPY uses, and the tables",
    doc_md=DOCS,
    schedule=None,
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "sparkify", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["sparkify", "cluster"],
    params={
        "cluster_identifier": Param(
            "sparkify",
            type="string",
            pattern="^[a-z](-?[a-z0-9])*$",
            maxLength=63,
            title="Cluster",
            description="The name by which the connection redshift_default finds it.",
        ),
        "node_type": Param(
            "ra3.large",
            type="string",
            enum=["ra3.large", "ra3.xlplus", "rg.large"],
            title="Node type",
            description="Those that can be had as a single node.",
        ),
        "bucket": Param(
            None,
            type=["null", "string"],
            title="Bucket",
            description="The bucket that COPY may read; none: the Airflow Variable sparkify_bucket.",
        ),
        "prefixes": Param(
            ["log_data/", "song_data/", "log_json_path.json", "manifests/"],
            type="array",
            items={"type": "string", "minLength": 1},
            title="Prefixes",
            description="What COPY may read in the bucket.",
        ),
        "security_groups": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^sg-"},
            title="Security groups",
            description="They must admit the Airflow workers; none: the VPC's default group.",
        ),
        "subnet_group": Param(
            None,
            type=["null", "string"],
            title="Subnet group",
            description="None: the default one.",
        ),
    },
) as dag:

    @task
    def create_copy_role(bucket: str, params: dict | None = None) -> str:
        """Create the role that COPY uses and return its ARN."""
        from redshift_elt.cluster.copy_role import ensure_copy_role

        return ensure_copy_role(f"{params['cluster_identifier']}-copy", bucket, params["prefixes"], TAGS)

    @task
    def create_cluster(role_arn: str, params: dict | None = None) -> None:
        """Ask for the cluster."""
        from redshift_elt.cluster.cluster import ensure_cluster

        ensure_cluster(
            params["cluster_identifier"],
            node_type=params["node_type"],
            role_arn=role_arn,
            tags=TAGS,
            security_groups=params["security_groups"],
            subnet_group=params["subnet_group"],
        )

    wait_until_available = RedshiftClusterSensor(
        task_id="wait_until_available",
        cluster_identifier="{{ params.cluster_identifier }}",
        target_status="available",
        deferrable=True,
        poke_interval=5,
        timeout=timedelta(hours=1).total_seconds(),
    )

    @task
    def create_tables(params: dict | None = None) -> None:
        """Create the tables that are missing."""
        from redshift_elt.schema import create_tables

        create_tables(SCHEMA, params["cluster_identifier"])

    role = create_copy_role("{{ params.bucket or var.value.sparkify_bucket }}")
    create_cluster(role) >> wait_until_available >> create_tables()
