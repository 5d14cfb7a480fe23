"""Delete the Redshift cluster and its resources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.common.compat.sdk import AirflowSkipException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, PokeReturnValue

from redshift_elt.cluster.fields import cluster_identifier
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.compatibility import answer_timeout, task
from redshift_elt.connection.aws_values import NEW_CLUSTER
from redshift_elt.sensors.cluster_step import cluster_step
from sparkify_defaults import CLUSTER, CLUSTER_AWS_CONN_ID, CLUSTER_DAG, TAGS

DOCS = """\
### Delete Sparkify's cluster

1. Waits for an approval (*Required Actions* of the run). Without an answer within a day, nothing is deleted. With
   `approved`, the run does not ask. An answer given at the very moment the question appears can get lost (Airflow
   issue 72716); the run asks again a minute later.
2. Takes a final snapshot, logs its name in `delete_cluster`, and deletes the cluster. The secret of its password is
   deleted with it. If the cluster is busy, the task waits. If AWS refuses to delete a paused cluster, it is resumed.
3. Deletes the role that COPY used, the security group and the parameter group.

Resources without this project's tags are never touched. Resources that are gone already are skipped, so the DAG can be
run again at any time, also after a creation that failed half-way.

**The snapshot is kept, and billed, until you delete it.** `sparkify_restore_cluster` restores the cluster from it. With
`final_snapshot` off, all data in the cluster is lost; it can be loaded again from the bucket, as far as the files are
still there. Therefore `confirm_data_loss` must then be the name of the cluster, whether the run is approved or not.
"""


QUESTION = "Delete the Redshift cluster {{ params.cluster_identifier }}?"
CONSEQUENCES = """\
Its role, security group, parameter group and secret go with it.

{% if params.final_snapshot %}A final snapshot is taken first; it is kept, and billed, until you delete it.
{% else %}**There will be no final snapshot: what is in the cluster is lost.**{% endif %}
"""

DELETION_TIMEOUT = timedelta(hours=2)


def check_params_and_skip_if_approved(context: dict[str, Any]) -> None:
    """Refuse the loss of data that is not confirmed, and skip the question if the run's params answer it.

    :raises AirflowFailException: the loss is not confirmed.
    :raises AirflowSkipException: the params answer the question.
    """
    from redshift_elt.cluster.deletion import Deletion

    params = context["params"]
    Deletion(params["final_snapshot"], params["confirm_data_loss"]).check(params["cluster_identifier"])
    if params["approved"]:
        raise AirflowSkipException("The param approved is set, so no approval is needed.")


with DAG(
    dag_id="sparkify_teardown_cluster",
    description="Delete the Redshift cluster and its resources",
    doc_md=DOCS,
    **CLUSTER_DAG,
    params={
        "cluster_identifier": cluster_identifier(CLUSTER, NEW_CLUSTER),
        "final_snapshot": Param(
            True,
            type="boolean",
            title="Final snapshot",
            description="Take a snapshot first, named after the cluster and the time.",
        ),
        "confirm_data_loss": Param(
            None,
            type=["null", "string"],
            title="Confirm the loss of the data",
            description="Required without a final snapshot: the name of the cluster.",
        ),
        "approved": Param(
            False,
            type="boolean",
            title="Approved",
            description="Do not ask for an approval.",
        ),
    },
) as dag:
    approve = ApprovalOperator(
        task_id="approve",
        subject=QUESTION,
        body=CONSEQUENCES,
        defaults=ApprovalOperator.REJECT,
        **answer_timeout(timedelta(days=1)),
        pre_execute=check_params_and_skip_if_approved,
    )

    @cluster_step(until="the cluster is gone", poke_interval=10, timeout=DELETION_TIMEOUT, trigger_rule="none_failed")
    def delete_cluster(params: dict | None = None) -> PokeReturnValue:
        """Delete the cluster and wait until it is gone."""
        from redshift_elt.cluster.deletion import Deletion, delete_cluster

        cluster = ManagedCluster(params["cluster_identifier"], TAGS)
        deletion = Deletion(params["final_snapshot"], params["confirm_data_loss"])
        return delete_cluster(cluster, deletion, CLUSTER_AWS_CONN_ID)

    @task
    def delete_copy_role(params: dict | None = None) -> None:
        """Delete the role."""
        from redshift_elt.cluster.deletion import delete_copy_role

        delete_copy_role(ManagedCluster(params["cluster_identifier"], TAGS), CLUSTER_AWS_CONN_ID)

    @cluster_step(until="the security group is gone", poke_interval=30, timeout=DELETION_TIMEOUT)
    def delete_security_group(params: dict | None = None) -> PokeReturnValue:
        """Delete the security group and wait until it is gone."""
        from redshift_elt.cluster.deletion import delete_security_group

        return delete_security_group(ManagedCluster(params["cluster_identifier"], TAGS), CLUSTER_AWS_CONN_ID)

    @cluster_step(until="the parameter group is gone", poke_interval=30, timeout=DELETION_TIMEOUT)
    def delete_parameter_group(params: dict | None = None) -> PokeReturnValue:
        """Delete the parameter group and wait until it is gone."""
        from redshift_elt.cluster.deletion import delete_parameter_group

        return delete_parameter_group(ManagedCluster(params["cluster_identifier"], TAGS), CLUSTER_AWS_CONN_ID)

    approve >> delete_cluster() >> [delete_copy_role(), delete_security_group(), delete_parameter_group()]
