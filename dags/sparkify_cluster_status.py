"""Show what the Redshift cluster is, does and has cost so far."""

from __future__ import annotations

from airflow.sdk import DAG, task

from redshift_elt.cluster.fields import cluster_identifier
from sparkify_defaults import CLUSTER, CLUSTER_DAG

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
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
    },
) as dag:

    @task
    def show_status(params: dict | None = None) -> dict[str, str]:
        """Log the table and return its lines."""
        from redshift_elt.cluster.status import cluster_status

        return cluster_status(params["cluster_identifier"])

    show_status()
