"""The end of the cluster and of what was made for it, each a step towards its being gone that is safe to repeat.

What has not this project's tags is somebody else's and left alone. The secret of a managed master password is not
here: it goes with its cluster (AWS page "Shutting down and deleting clusters").
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from redshift_elt.cluster.find import ENDING, find_cluster
from redshift_elt.cluster.tags import is_own, refuse_foreign

log = logging.getLogger(__name__)


def delete_cluster(
    identifier: str, tags: dict[str, str], *, final_snapshot: bool, aws_conn_id: str = "aws_default"
) -> bool:
    """Do what can be done now to have a cluster deleted, and return whether it is gone.

    AWS refuses while anything runs on the cluster, also its first automated snapshot; then this is asked again.
    Whether it deletes a paused cluster is not documented: where it refuses, the cluster is resumed, and deleted then.

    :param tags: the tags by which the project knows its own cluster.
    :param final_snapshot: take a snapshot first, whose name has the time and is logged; without it the data are lost.
    :raises AirflowFailException: the cluster of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    cluster = find_cluster(redshift, identifier)
    if cluster is None:
        log.info("Cluster %s: not there.", identifier)
        return True
    refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    status = cluster["ClusterStatus"]
    if status in ENDING:
        log.info("Cluster %s: %s, so this waits until it is gone.", identifier, status)
        return False
    if final_snapshot:
        name = f"{identifier}-final-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
        snapshot = {"SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": name}
    else:
        name, snapshot = "none", {"SkipFinalClusterSnapshot": True}
    faults = redshift.exceptions
    try:
        redshift.delete_cluster(ClusterIdentifier=identifier, **snapshot)
        log.info("Cluster %s: deletion asked for; final snapshot: %s.", identifier, name)
    except (
        # An earlier request was taken whose answer was lost: any of the three.
        faults.InvalidClusterStateFault,
        faults.ClusterSnapshotAlreadyExistsFault,
        faults.ClusterNotFoundFault,
    ) as refusal:
        log.info("Cluster %s: %s, and cannot be deleted yet: %s", identifier, status, refusal)
        if status == "paused":
            _resume_if_still_paused(redshift, identifier)
    return False


def delete_copy_role(name: str, tags: dict[str, str], aws_conn_id: str = "aws_default") -> None:
    """Delete the role that COPY used, with its policies; one that is gone is no error.

    Policies that others have attached to it are detached, and stay.

    :param tags: the tags by which the project knows its own role.
    :raises AirflowFailException: the role of this name belongs to somebody else.
    """
    iam = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="iam").conn
    gone = iam.exceptions.NoSuchEntityException
    try:
        role = iam.get_role(RoleName=name)["Role"]
        refuse_foreign(f"role {name!r}", role.get("Tags", ()), tags)
        for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
            for policy in page["AttachedPolicies"]:
                with suppress(gone):
                    iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
            for policy in page["PolicyNames"]:
                with suppress(gone):
                    iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
        log.info("Role %s: deleted.", name)
    except gone:
        log.info("Role %s: gone.", name)


def delete_security_group(name: str, tags: dict[str, str], aws_conn_id: str = "aws_default") -> bool:
    """Do what can be done now to have the cluster's security group deleted, and return whether it is gone.

    Groups of one name can be in several VPCs: those with the project's tags are deleted. While anything is in a group,
    or another group's rules name it, AWS keeps it; a cluster's network interfaces can outlive it by some minutes.

    :param tags: the tags by which the project knows its own group.
    """
    ec2 = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="ec2").conn
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"]
    if not groups:
        log.info("Security group %s: not there.", name)
    are_gone = [_delete_group(ec2, group) for group in groups if _is_ours(group, tags)]
    return all(are_gone)


def delete_parameter_group(name: str, tags: dict[str, str], aws_conn_id: str = "aws_default") -> bool:
    """Do what can be done now to have the cluster's parameter group deleted, and return whether it is gone.

    AWS keeps it while a cluster has it.

    :param tags: the tags by which the project knows its own group.
    :raises AirflowFailException: the group of this name belongs to somebody else.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    try:
        group = redshift.describe_cluster_parameter_groups(ParameterGroupName=name)["ParameterGroups"][0]
        refuse_foreign(f"parameter group {name!r}", group.get("Tags", ()), tags)
        redshift.delete_cluster_parameter_group(ParameterGroupName=name)
        log.info("Parameter group %s: deleted.", name)
    except redshift.exceptions.ClusterParameterGroupNotFoundFault:
        log.info("Parameter group %s: gone.", name)
    except redshift.exceptions.InvalidClusterParameterGroupStateFault as refusal:
        log.info("Parameter group %s: cannot be deleted yet: %s", name, refusal)
        return False
    return True


def _resume_if_still_paused(redshift: Any, identifier: str) -> None:
    cluster = find_cluster(redshift, identifier)
    if cluster is None or cluster["ClusterStatus"] != "paused":
        return
    faults = redshift.exceptions
    try:
        redshift.resume_cluster(ClusterIdentifier=identifier)
        log.info("Cluster %s: asked to resume, to be deleted then.", identifier)
    except (faults.InvalidClusterStateFault, faults.InsufficientClusterCapacityFault) as refusal:
        log.info("Cluster %s: cannot be resumed yet: %s", identifier, refusal)


def _is_ours(group: dict[str, Any], tags: dict[str, str]) -> bool:
    if is_own(group.get("Tags", ()), tags):
        return True
    log.info("Security group %s (%s): somebody else's, left alone.", group["GroupName"], group["GroupId"])
    return False


def _delete_group(ec2: Any, group: dict[str, Any]) -> bool:
    label = f"{group['GroupName']} ({group['GroupId']})"
    try:
        ec2.delete_security_group(GroupId=group["GroupId"])
        log.info("Security group %s: deleted.", label)
    except ClientError as error:
        # EC2's errors have no classes (AWS page "Error codes for the Amazon EC2 API").
        code = error.response["Error"]["Code"]
        if code == "DependencyViolation":
            log.info("Security group %s: cannot be deleted yet: %s", label, error)
            return False
        if code != "InvalidGroup.NotFound":
            raise
        log.info("Security group %s: gone.", label)
    return True
