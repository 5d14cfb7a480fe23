"""Delete the Redshift cluster and the role that its COPY used."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow.providers.amazon.aws.sensors.redshift_cluster import RedshiftClusterSensor
from airflow.sdk import DAG, Param, task

DOCS = """\
### Delete Sparkify's cluster

Takes a final snapshot, deletes the cluster, and then the role that its COPY used. What is gone already is no error,
so it can be run again at any time, and after a creation that failed half-way.

**A snapshot is kept, and billed, until you delete it.** Without one, `final_snapshot` off, the data are lost: they can
be loaded again from the bucket.
"""

TAGS = {"project": "sparkify-warehouse"}

with DAG(
    dag_id="sparkify_teardown_cluster",
    description="Delete the Redshift cluster and the role that its COPY used",
    doc_md=DOCS,
    schedule=None,
    start_date=datetime(2018, 11, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    # A cluster that has just become available refuses its deletion while its first snapshot is taken.
    default_args={"owner": "sparkify", "retries": 10, "retry_delay": timedelta(minutes=2)},
    tags=["sparkify", "cluster"],
    params={
        "cluster_identifier": Param(
            "sparkify",
            type="string",
            pattern="^[a-z](-?[a-z0-9])*$",
            maxLength=63,
            title="Cluster",
        ),
        "final_snapshot": Param(
            True,
            type="boolean",
            title="Final snapshot",
            description="Take a snapshot first, named after the cluster and the time.",
        ),
    },
) as dag:

    @task
    def delete_cluster(params: dict | None = None, dag_run=None) -> None:
        """Ask for the cluster's deletion."""
        from redshift_elt.cluster.deletion import delete_cluster

        identifier = params["cluster_identifier"]
        # One name a run, so that a retry does not take a second snapshot.
        snapshot = f"{identifier}-final-{dag_run.run_after:%Y%m%d-%H%M%S}" if params["final_snapshot"] else None
        delete_cluster(identifier, snapshot, TAGS)

    wait_until_gone = RedshiftClusterSensor(
        task_id="wait_until_gone",
        cluster_identifier="{{ params.cluster_identifier }}",
        target_status="cluster_not_found",
        # Not deferrable: the provider's trigger takes it for an error that the cluster is not found, which is the goal.
        mode="reschedule",
        poke_interval=10,
        timeout=timedelta(hours=1).total_seconds(),
    )

    @task
    def delete_copy_role(params: dict | None = None) -> None:
        """Delete the role."""
        from redshift_elt.cluster.deletion import delete_copy_role

        delete_copy_role(f"{params['cluster_identifier']}-copy", TAGS)

    delete_cluster() >> wait_until_gone >> delete_copy_role()
