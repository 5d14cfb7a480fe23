"""Pause the Redshift cluster."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, PokeReturnValue

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.sensors.cluster_step import cluster_step
from sparkify_defaults import CLUSTER, CLUSTER_AWS_CONN_ID, CLUSTER_DAG, TAGS

DOCS = """\
### Pause Sparkify's cluster

A paused cluster keeps its data and accepts no connections; only its storage is billed. `sparkify_resume_cluster`
resumes it. If the cluster is paused already, the run succeeds; if it is busy, the run waits.

**Pausing ends what is running on the cluster.** A load that is interrupted has changed nothing and can be run again.
"""


with DAG(
    dag_id="sparkify_pause_cluster",
    description="Pause the Redshift cluster: its nodes are not billed until it is resumed",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
    },
) as dag:

    @cluster_step(until="the cluster is paused", poke_interval=15, timeout=timedelta(hours=1))
    def pause_cluster(params: dict | None = None) -> PokeReturnValue:
        """Pause the cluster and wait until it is."""
        from redshift_elt.cluster.pause import ensure_paused

        return ensure_paused(params["cluster_identifier"], TAGS, CLUSTER_AWS_CONN_ID)

    pause_cluster()
