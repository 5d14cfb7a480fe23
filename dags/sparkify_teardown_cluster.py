"""Delete the Redshift cluster and what was made for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.cluster.spec import ManagedCluster
from sparkify_defaults import CLUSTER, CLUSTER_DAG, TAGS

DOCS = """\
### Delete Sparkify's cluster

1. Waits for an approval (*Required Actions* of the run). A day without an answer is a no. `approved` goes on without.
   An answer in the moment of the question can be lost (Airflow's issue 72716): a minute later it asks once more.
2. Takes a final snapshot, whose name is in the log of `delete_cluster`, and deletes the cluster; the secret of its
   password goes with it. A busy cluster is waited for; a paused one is resumed if AWS does not delete it so.
3. Deletes the role that its COPY used, its security group and its parameter group.

What is not tagged as this project's is left alone, and what is gone already is no error: this can be run again at any
time, and after a creation that failed half-way.

**The snapshot is kept, and billed, until you delete it**; `sparkify_restore_cluster` makes a cluster of it. Without
one, `final_snapshot` off, the data are lost: they can be loaded again from the bucket.
"""


QUESTION = "Delete the Redshift cluster {{ params.cluster_identifier }}?"
CONSEQUENCES = """\
Its role, security group, parameter group and secret go with it.

{% if params.final_snapshot %}A final snapshot is taken first; it is kept, and billed, until you delete it.
{% else %}**There will be no final snapshot: what is in the cluster is lost.**{% endif %}
"""

LONG_ENOUGH = timedelta(hours=2).total_seconds()


def skip_if_approved(context: dict[str, Any]) -> None:
    """Skip the question if the run's params answer it.

    :raises AirflowSkipException: they do.
    """
    if context["params"]["approved"]:
        raise AirflowSkipException("The param approved says that this may go on.")


with DAG(
    dag_id="sparkify_teardown_cluster",
    description="Delete the Redshift cluster and what was made for it",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER),
        "final_snapshot": Param(
            True,
            type="boolean",
            title="Final snapshot",
            description="Take a snapshot first, named after the cluster and the time.",
        ),
        "approved": Param(
            False,
            type="boolean",
            title="Approved",
            description="Go on without asking.",
        ),
    },
) as dag:
    approve = ApprovalOperator(
        task_id="approve",
        subject=QUESTION,
        body=CONSEQUENCES,
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(days=1),
        pre_execute=skip_if_approved,
    )

    @task.sensor(mode="reschedule", poke_interval=10, timeout=LONG_ENOUGH, trigger_rule="none_failed")
    def delete_cluster(params: dict | None = None) -> bool:
        """Delete the cluster and wait until it is gone."""
        from redshift_elt.cluster.deletion import delete_cluster

        cluster = ManagedCluster(params["cluster_identifier"], TAGS)
        return delete_cluster(cluster, final_snapshot=params["final_snapshot"])

    @task
    def delete_copy_role(params: dict | None = None) -> None:
        """Delete the role."""
        from redshift_elt.cluster.deletion import delete_copy_role

        delete_copy_role(ManagedCluster(params["cluster_identifier"], TAGS))

    @task.sensor(mode="reschedule", poke_interval=30, timeout=LONG_ENOUGH)
    def delete_security_group(params: dict | None = None) -> bool:
        """Delete the security group and wait until it is gone."""
        from redshift_elt.cluster.deletion import delete_security_group

        return delete_security_group(ManagedCluster(params["cluster_identifier"], TAGS))

    @task.sensor(mode="reschedule", poke_interval=30, timeout=LONG_ENOUGH)
    def delete_parameter_group(params: dict | None = None) -> bool:
        """Delete the parameter group and wait until it is gone."""
        from redshift_elt.cluster.deletion import delete_parameter_group

        return delete_parameter_group(ManagedCluster(params["cluster_identifier"], TAGS))

    approve >> delete_cluster() >> [delete_copy_role(), delete_security_group(), delete_parameter_group()]
