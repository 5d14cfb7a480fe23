"""Resume the paused Redshift cluster."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, PokeReturnValue

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.sensors.cluster_step import cluster_step
from sparkify_defaults import CLUSTER, CLUSTER_AWS_CONN_ID, CLUSTER_DAG, TAGS

DOCS = """\
### Resume Sparkify's cluster

Resumes a cluster that `sparkify_pause_cluster` has paused, and waits until it accepts connections, which takes some
minutes. If the cluster is available already, the run succeeds; if it is busy, the run waits. If AWS has no capacity at
the moment, the run asks again.

**The nodes are billed again from then on.**
"""


with DAG(
    dag_id="sparkify_resume_cluster",
    description="Resume the paused Redshift cluster",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
    },
) as dag:

    @cluster_step(until="the cluster is available", poke_interval=15, timeout=timedelta(hours=1))
    def resume_cluster(params: dict | None = None) -> PokeReturnValue:
        """Resume the cluster and wait until it is available."""
        from redshift_elt.cluster.pause import ensure_available

        return ensure_available(params["cluster_identifier"], TAGS, CLUSTER_AWS_CONN_ID)

    resume_cluster()
