"""Pause and resume a cluster, each a step towards the goal that is safe to repeat.

The provider's operators for this fail on a cluster that is in the wanted state already, and hold a worker for minutes
when AWS refuses for the moment. These functions look, do what can be done now, and return: as a sensor that is
rescheduled they hold nothing while they wait.
"""

from __future__ import annotations

import logging

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from redshift_elt.cluster.find import is_available, usable_cluster

log = logging.getLogger(__name__)


def ensure_paused(identifier: str, tags: dict[str, str] | None = None, aws_conn_id: str = "aws_default") -> bool:
    """Do what can be done now to have a cluster paused, and return whether it is.

    Pausing ends what runs on the cluster; what is not committed is lost. Storage is billed on, nodes are not (AWS page
    "Pausing and resuming clusters").

    :param tags: the tags by which the project knows its own cluster; None pauses anybody's.
    :raises AirflowFailException: there is no such cluster, it is somebody else's, or it cannot be used any more.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    cluster = usable_cluster(redshift, identifier, tags)
    if cluster["ClusterStatus"] == "paused":
        log.info("Cluster %s: paused.", identifier)
        return True
    if not is_available(cluster):
        log.info("Cluster %s: %s, so this waits.", identifier, cluster["ClusterStatus"])
        return False
    try:
        redshift.pause_cluster(ClusterIdentifier=identifier)
        log.info("Cluster %s: asked to pause.", identifier)
    except redshift.exceptions.InvalidClusterStateFault as refusal:
        # Something runs on it, such as a snapshot, or an earlier request was taken whose answer was lost.
        log.info("Cluster %s: cannot be paused yet: %s", identifier, refusal)
    return False


def ensure_available(identifier: str, tags: dict[str, str] | None = None, aws_conn_id: str = "aws_default") -> bool:
    """Do what can be done now to have a cluster available, a paused one resumed, and return whether it is.

    A cluster that is available costs one DescribeClusters.

    :param tags: the tags by which the project knows its own cluster; None resumes anybody's.
    :raises AirflowFailException: there is no such cluster, it is somebody else's, or it cannot be used any more.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    cluster = usable_cluster(redshift, identifier, tags)
    if is_available(cluster):
        log.info("Cluster %s: available.", identifier)
        return True
    if cluster["ClusterStatus"] != "paused":
        log.info("Cluster %s: %s, so this waits.", identifier, cluster["ClusterStatus"])
        return False
    faults = redshift.exceptions
    try:
        redshift.resume_cluster(ClusterIdentifier=identifier)
        log.info("Cluster %s: paused; asked to resume.", identifier)
    except (faults.InvalidClusterStateFault, faults.InsufficientClusterCapacityFault) as refusal:
        # AWS may have no nodes for it at the moment (AWS API reference, ResumeCluster).
        log.info("Cluster %s: paused, and cannot be resumed yet: %s", identifier, refusal)
    return False
