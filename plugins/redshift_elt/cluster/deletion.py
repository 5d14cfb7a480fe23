"""The end of the cluster and of what was made for it, each step safe to repeat."""

from __future__ import annotations

import logging
from contextlib import suppress

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster.copy_role import READ_POLICY
from redshift_elt.cluster.tags import refuse_foreign

log = logging.getLogger(__name__)


def delete_cluster(
    identifier: str, final_snapshot: str | None, tags: dict[str, str], aws_conn_id: str = "aws_default"
) -> None:
    """Ask for a cluster's deletion; one that is gone, or going, is no error.

    :param final_snapshot: the name of the snapshot to take first; None takes none, and the data are lost.
    :param tags: the tags by which the project knows its own cluster.
    :raises AirflowFailException: the cluster of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    try:
        cluster = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
    except redshift.exceptions.ClusterNotFoundFault:
        log.info("Cluster %s: not there.", identifier)
        return
    refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    if cluster["ClusterStatus"] in ("deleting", "final-snapshot"):
        log.info("Cluster %s: being deleted already.", identifier)
        return
    if final_snapshot:
        snapshot = {"SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": final_snapshot}
    else:
        snapshot = {"SkipFinalClusterSnapshot": True}
    redshift.delete_cluster(ClusterIdentifier=identifier, **snapshot)
    log.info("Cluster %s: deletion asked for; final snapshot: %s.", identifier, final_snapshot or "none")


def delete_copy_role(name: str, tags: dict[str, str], aws_conn_id: str = "aws_default") -> None:
    """Delete the role that COPY used, with its policy; one that is gone is no error.

    :param tags: the tags by which the project knows its own role.
    :raises AirflowFailException: the role of this name belongs to somebody else.
    """
    iam = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="iam").conn
    try:
        role = iam.get_role(RoleName=name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        log.info("Role %s: not there.", name)
        return
    refuse_foreign(f"role {name!r}", role.get("Tags", ()), tags)
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=name, PolicyName=READ_POLICY)
    iam.delete_role(RoleName=name)
    log.info("Role %s: deleted.", name)
