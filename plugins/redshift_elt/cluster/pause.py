"""Pause and resume a cluster in steps that are safe to repeat.

The provider's operators fail if the cluster is in the desired state already, and occupy a worker for minutes if AWS
refuses temporarily. These functions check the state, do what is possible now, and return. In a
:func:`~redshift_elt.sensors.cluster_step.cluster_step` they occupy no worker while they wait.
"""

from __future__ import annotations

from collections.abc import Mapping

from redshift_elt.cluster.find import is_available, usable_cluster
from redshift_elt.cluster.step import Step, not_yet, reached
from redshift_elt.connection.aws_api import boto3_client


def ensure_paused(identifier: str, tags: Mapping[str, str] | None = None, aws_conn_id: str = "aws_default") -> Step:
    """Take the next step towards pausing a cluster, and return whether it is paused.

    Pausing ends everything that runs on the cluster; uncommitted work is lost. Storage is still billed, nodes are not
    (AWS page "Pausing and resuming clusters").

    :param tags: the tags that identify the project's cluster; None pauses any cluster.
    :raises AirflowFailException: it does not exist, belongs to somebody else, or cannot be used any more.
    """
    redshift = boto3_client("redshift", aws_conn_id)
    cluster = usable_cluster(redshift, identifier, tags)
    if cluster["ClusterStatus"] == "paused":
        return reached(f"Cluster {identifier}: paused.")
    if not is_available(cluster):
        return not_yet(f"Cluster {identifier}: {cluster['ClusterStatus']}; waiting.")
    try:
        redshift.pause_cluster(ClusterIdentifier=identifier)
    except redshift.exceptions.InvalidClusterStateFault as refusal:
        # An operation such as a snapshot is in progress, or an earlier request was accepted but its response was lost.
        return not_yet(f"Cluster {identifier}: cannot be paused yet: {refusal}")
    return not_yet(f"Cluster {identifier}: pause requested.")


def ensure_available(identifier: str, tags: Mapping[str, str] | None = None, aws_conn_id: str = "aws_default") -> Step:
    """Take the next step towards an available cluster, resume a paused one, and return whether it is available.

    For an available cluster this is a single DescribeClusters.

    :param tags: the tags that identify the project's cluster; None resumes any cluster.
    :raises AirflowFailException: it does not exist, belongs to somebody else, or cannot be used any more.
    """
    redshift = boto3_client("redshift", aws_conn_id)
    cluster = usable_cluster(redshift, identifier, tags)
    if is_available(cluster):
        return reached(f"Cluster {identifier}: available.")
    if cluster["ClusterStatus"] != "paused":
        return not_yet(f"Cluster {identifier}: {cluster['ClusterStatus']}; waiting.")
    faults = redshift.exceptions
    try:
        redshift.resume_cluster(ClusterIdentifier=identifier)
    except (faults.InvalidClusterStateFault, faults.InsufficientClusterCapacityFault) as refusal:
        # AWS may have no capacity at the moment (AWS API reference, ResumeCluster).
        return not_yet(f"Cluster {identifier}: paused, cannot be resumed yet: {refusal}")
    return not_yet(f"Cluster {identifier}: paused; resume requested.")
