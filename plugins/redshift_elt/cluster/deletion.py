"""Delete the cluster and its resources, in steps that are safe to repeat.

Resources without this project's tags are never touched. AWS deletes the secret of a managed master password together
with the cluster (AWS page "Shutting down and deleting clusters").
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from botocore.exceptions import ClientError

from redshift_elt.cluster.confirmation import require_name
from redshift_elt.cluster.find import ENDING, find_cluster
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.step import Step, not_yet, reached
from redshift_elt.cluster.tags import is_own, refuse_foreign
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Deletion:
    """How a cluster is deleted.

    :param final_snapshot: take a snapshot first. Its name contains the time and is logged. Without it the data is lost.
    :param confirmation: the cluster's name, entered a second time; required without a final snapshot.
    """

    final_snapshot: bool = True
    confirmation: str | None = None

    def check(self, cluster: str) -> None:
        """Refuse the loss of all data that is not confirmed.

        :param cluster: the cluster identifier.
        :raises AirflowFailException: no final snapshot is requested, and the name that confirms the loss of data is not
            the cluster's.
        """
        if not self.final_snapshot:
            consequence = f"Without a final snapshot, all data in the cluster {cluster!r} is lost. This is irreversible"
            require_name(cluster, self.confirmation, param="confirm_data_loss", consequence=consequence)


def delete_cluster(cluster: ManagedCluster, deletion: Deletion, aws_conn_id: str = "aws_default") -> Step:
    """Take the next step towards deleting a cluster, and return whether it is gone.

    AWS refuses while an operation is in progress, including the first automated snapshot; the next call tries again.
    Whether AWS deletes a paused cluster is not documented: if it refuses, the cluster is resumed first.

    :raises AirflowFailException: the loss of the data is not confirmed, or a cluster of this name belongs to somebody
        else.
    """
    identifier = cluster.identifier
    deletion.check(identifier)
    redshift = boto3_client("redshift", aws_conn_id)
    found = find_cluster(redshift, identifier)
    if found is None:
        return reached(f"Cluster {identifier}: gone.")
    refuse_foreign(f"cluster {identifier!r}", found.get("Tags", ()), cluster.tags)
    status = found["ClusterStatus"]
    if status in ENDING:
        return not_yet(f"Cluster {identifier}: {status}; waiting until it is gone.")
    if deletion.final_snapshot:
        name = f"{identifier}-final-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
        snapshot = {"SkipFinalClusterSnapshot": False, "FinalClusterSnapshotIdentifier": name}
    else:
        name, snapshot = "none", {"SkipFinalClusterSnapshot": True}
    faults = redshift.exceptions
    try:
        redshift.delete_cluster(ClusterIdentifier=identifier, **snapshot)
    except (
        # Any of the three may also mean that an earlier request was accepted, but its response was lost.
        faults.InvalidClusterStateFault,
        faults.ClusterSnapshotAlreadyExistsFault,
        faults.ClusterNotFoundFault,
    ) as refusal:
        refused = not_yet(f"Cluster {identifier}: {status}, cannot be deleted yet: {refusal}")
        if status == "paused":
            _resume_if_still_paused(redshift, identifier)
        return refused
    return not_yet(f"Cluster {identifier}: deletion requested; final snapshot: {name}.")


def delete_copy_role(cluster: ManagedCluster, aws_conn_id: str = "aws_default") -> None:
    """Delete the role that COPY uses, with its inline policies, if it exists.

    Managed policies that others have attached to it are detached, not deleted.

    :raises AirflowFailException: a role of this name belongs to somebody else.
    """
    name = cluster.copy_role
    iam = boto3_client("iam", aws_conn_id)
    gone = iam.exceptions.NoSuchEntityException
    try:
        role = iam.get_role(RoleName=name)["Role"]
        refuse_foreign(f"role {name!r}", role.get("Tags", ()), cluster.tags)
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


def delete_security_group(cluster: ManagedCluster, aws_conn_id: str = "aws_default") -> Step:
    """Take the next step towards deleting the cluster's security group, and return whether it is gone.

    Several VPCs can have a group of this name; those with the project's tags are deleted. AWS refuses while a group has
    members or another group's rules refer to it; the network interfaces of a cluster can outlive it by a few minutes.
    """
    name = cluster.security_group
    ec2 = boto3_client("ec2", aws_conn_id)
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"]
    steps = [_delete_group(ec2, group) for group in groups if _is_ours(group, cluster)]
    refused = [step for step in steps if not step]
    return refused[0] if refused else reached(f"Security group {name}: nothing left to delete.")


def delete_parameter_group(cluster: ManagedCluster, aws_conn_id: str = "aws_default") -> Step:
    """Take the next step towards deleting the cluster's parameter group, and return whether it is gone.

    AWS refuses while a cluster uses it.

    :raises AirflowFailException: a parameter group of this name belongs to somebody else.
    """
    name = cluster.parameter_group
    redshift = boto3_client("redshift", aws_conn_id)
    try:
        group = redshift.describe_cluster_parameter_groups(ParameterGroupName=name)["ParameterGroups"][0]
        refuse_foreign(f"parameter group {name!r}", group.get("Tags", ()), cluster.tags)
        redshift.delete_cluster_parameter_group(ParameterGroupName=name)
    except redshift.exceptions.ClusterParameterGroupNotFoundFault:
        return reached(f"Parameter group {name}: gone.")
    except redshift.exceptions.InvalidClusterParameterGroupStateFault as refusal:
        return not_yet(f"Parameter group {name}: cannot be deleted yet: {refusal}")
    return reached(f"Parameter group {name}: deleted.")


def _resume_if_still_paused(redshift: Any, identifier: str) -> None:
    cluster = find_cluster(redshift, identifier)
    if cluster is None or cluster["ClusterStatus"] != "paused":
        return
    faults = redshift.exceptions
    try:
        redshift.resume_cluster(ClusterIdentifier=identifier)
        log.info("Cluster %s: resume requested, to delete it afterwards.", identifier)
    except (faults.InvalidClusterStateFault, faults.InsufficientClusterCapacityFault) as refusal:
        log.info("Cluster %s: cannot be resumed yet: %s", identifier, refusal)


def _is_ours(group: dict[str, Any], cluster: ManagedCluster) -> bool:
    if is_own(group.get("Tags", ()), cluster.tags):
        return True
    log.info("Security group %s (%s): belongs to somebody else, not touched.", group["GroupName"], group["GroupId"])
    return False


def _delete_group(ec2: Any, group: dict[str, Any]) -> Step:
    label = f"{group['GroupName']} ({group['GroupId']})"
    try:
        ec2.delete_security_group(GroupId=group["GroupId"])
    except ClientError as error:
        # EC2's errors have no classes (AWS page "Error codes for the Amazon EC2 API").
        code = error.response["Error"]["Code"]
        if code == "DependencyViolation":
            return not_yet(f"Security group {label}: cannot be deleted yet: {error}")
        if code != "InvalidGroup.NotFound":
            raise
        return reached(f"Security group {label}: gone.")
    return reached(f"Security group {label}: deleted.")
