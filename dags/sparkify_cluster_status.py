"""Show what the Redshift cluster is, does and has cost so far."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, task

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy

DOCS = """\
### Sparkify's cluster

The log of its one task has a table: the cluster's state, endpoint, nodes and roles, what its tables hold, its age, and
what it has cost so far.

**The cost is that of the nodes on demand, if the cluster ran all the time**: AWS does not tell how long it was paused.
Storage and snapshots are not in it; AWS Cost Explorer has what you really pay.
"""

with DAG(
    dag_id="sparkify_cluster_status",
    description="Show what the Redshift cluster is, does and has cost so far",
    doc_md=DOCS,
    schedule=None,
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    is_paused_upon_creation=False,
    default_args={
        "owner": "sparkify",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "retry_policy": WarehouseRetryPolicy(),
    },
    tags=["sparkify", "cluster"],
    params={
        "cluster_identifier": cluster_identifier("sparkify"),
    },
) as dag:

    @task
    def show_status(params: dict | None = None) -> dict[str, str]:
        """Log the table and return its lines."""
        from redshift_elt.cluster.status import cluster_status

        return cluster_status(params["cluster_identifier"])

    show_status()
