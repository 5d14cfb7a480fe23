"""Pause the Redshift cluster."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, task

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.integrations.retry_policy import WarehouseRetryPolicy

DOCS = """\
### Pause Sparkify's cluster

A paused cluster keeps its data and takes no connections; only its storage is billed. `sparkify_resume_cluster` wakes
it. A cluster that is paused already is no error, and one that is busy is waited for.

**Pausing ends what runs on the cluster.** A load that is cut off has written nothing and can be run again.
"""

TAGS = {"project": "sparkify-warehouse"}

with DAG(
    dag_id="sparkify_pause_cluster",
    description="Pause the Redshift cluster: its nodes are not billed until it is resumed",
    doc_md=DOCS,
    schedule=None,
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "sparkify",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": WarehouseRetryPolicy(),
    },
    tags=["sparkify", "cluster"],
    params={
        "cluster_identifier": cluster_identifier("sparkify"),
    },
) as dag:

    @task.sensor(mode="reschedule", poke_interval=15, timeout=timedelta(hours=1).total_seconds())
    def pause_cluster(params: dict | None = None) -> bool:
        """Pause the cluster and wait until it is."""
        from redshift_elt.cluster.pause import ensure_paused

        return ensure_paused(params["cluster_identifier"], TAGS)

    pause_cluster()
