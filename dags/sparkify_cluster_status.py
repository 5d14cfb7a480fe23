"""Show the state and the cost of the Redshift cluster."""

from __future__ import annotations

from airflow.sdk import DAG

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.compatibility import task
from sparkify_defaults import CLUSTER, CLUSTER_AWS_CONN_ID, CLUSTER_DAG

DOCS = """\
### Sparkify's cluster

The log of the task shows a table: the cluster's state, endpoint, nodes and roles, the size of its tables, its age, and
its cost so far.

**The cost assumes on-demand nodes that were never paused**, because AWS does not report how long a cluster was paused.
Storage and snapshots are not included. AWS Cost Explorer shows the actual cost.
"""

with DAG(
    dag_id="sparkify_cluster_status",
    description="Show the state and the cost of the Redshift cluster",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
    },
) as dag:

    @task
    def show_status(params: dict | None = None) -> dict[str, str]:
        """Log the table and return its lines."""
        from redshift_elt.cluster.status import cluster_status

        return cluster_status(params["cluster_identifier"], aws_conn_id=CLUSTER_AWS_CONN_ID)

    show_status()
