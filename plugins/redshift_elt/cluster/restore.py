"""Restore a cluster from a snapshot, in steps that are safe to repeat."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.find import BROKEN, ENDING, find_cluster, is_available
from redshift_elt.cluster.rendered_values import refuse_invalid
from redshift_elt.cluster.resources import ClusterResources
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.step import Step, not_yet, reached
from redshift_elt.cluster.tags import is_own, refuse_foreign, tag_list
from redshift_elt.connection import aws_values
from redshift_elt.connection.aws_api import boto3_client

# The tag with the name of the snapshot that a cluster was restored from.
RESTORED_FROM = "restored-from"


def restore_cluster(
    cluster: ManagedCluster, snapshot: str, resources: ClusterResources, aws_conn_id: str = "aws_default"
) -> Step:
    """Take the next step towards a cluster with the data of a snapshot, and return whether it is available.

    Nodes, databases, users and data come from the snapshot. Everything else is as in a new cluster: private and
    encrypted, the administrator's password generated and stored by Secrets Manager, and COPY uses the role by default.

    RestoreFromClusterSnapshot takes no tags (AWS API reference). Until the cluster has its tags, the role that COPY
    uses identifies it as the project's.

    :raises AirflowFailException: there is no such snapshot; or a cluster of this name belongs to somebody else, was not
        restored from this snapshot, or is in a state that requires action.
    """
    check_snapshot(snapshot)
    identifier, role_arn = cluster.identifier, resources["role_arn"]
    redshift = boto3_client("redshift", aws_conn_id)
    found = find_cluster(redshift, identifier)
    if found is None:
        return _request(redshift, cluster, snapshot, resources)
    status = found["ClusterStatus"]
    if status in ENDING:
        return not_yet(f"Cluster {identifier}: {status}; waiting until it is gone.")
    roles = {role["IamRoleArn"]: role["ApplyStatus"] for role in found.get("IamRoles", ())}
    _check_origin(found, cluster, snapshot, has_role=role_arn in roles)
    if status in BROKEN:
        raise AirflowFailException(
            f"The cluster {identifier!r} is {status}: delete it, then restore the snapshot again."
        )
    marks = {**cluster.tags, RESTORED_FROM: snapshot}
    if not is_own(found.get("Tags", ()), marks):
        # The next call sees whether the cluster has its tags.
        return _tag(redshift, identifier, role_arn, {**cluster.labels, **marks})
    if is_available(found) and roles.get(role_arn) == "in-sync":
        return reached(f"Cluster {identifier}: available.")
    return not_yet(f"Cluster {identifier}: {status}, roles {roles}; waiting.")


def check_snapshot(snapshot: str) -> None:
    """Refuse what cannot be the name of a snapshot.

    :raises AirflowFailException: it is not one.
    """
    refuse_invalid(aws_values.SNAPSHOT, "snapshot_identifier", snapshot)


def _check_origin(found: dict[str, Any], cluster: ManagedCluster, snapshot: str, *, has_role: bool) -> None:
    """Refuse a cluster that belongs to somebody else or was not restored from the snapshot."""
    restored = bool(found.get("RestoreStatus"))
    if not (restored and has_role):
        refuse_foreign(f"cluster {cluster.identifier!r}", found.get("Tags", ()), cluster.tags)
    tags = {tag["Key"]: tag.get("Value", "") for tag in found.get("Tags", ())}
    if restored and tags.get(RESTORED_FROM, snapshot) == snapshot:
        return
    origin = f"restored from the snapshot {tags[RESTORED_FROM]!r}" if restored else "not restored from a snapshot"
    raise AirflowFailException(
        f"The cluster {cluster.identifier!r} exists already and was {origin}; requested is {snapshot!r}. Delete the "
        "cluster first, or choose another cluster_identifier."
    )


def _request(redshift: Any, cluster: ManagedCluster, snapshot: str, resources: ClusterResources) -> Step:
    faults = redshift.exceptions
    subnet_group = {"ClusterSubnetGroupName": cluster.subnet_group} if cluster.subnet_group else {}
    try:
        redshift.restore_from_cluster_snapshot(
            ClusterIdentifier=cluster.identifier,
            SnapshotIdentifier=snapshot,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            EnhancedVpcRouting=cluster.enhanced_vpc_routing,
            IamRoles=[resources["role_arn"]],
            DefaultIamRoleArn=resources["role_arn"],
            VpcSecurityGroupIds=[resources["security_group"]],
            ClusterParameterGroupName=resources["parameter_group"],
            **subnet_group,
        )
    except faults.ClusterSnapshotNotFoundFault as error:
        raise AirflowFailException(
            f"There is no snapshot {snapshot!r} in this account and region: correct the name. The log of a teardown "
            "shows the name of its final snapshot."
        ) from error
    except (
        # An earlier request was accepted, but its response was lost.
        faults.ClusterAlreadyExistsFault,
        # The snapshot is still being taken.
        faults.InvalidClusterSnapshotStateFault,
        faults.InsufficientClusterCapacityFault,
    ) as refusal:
        return not_yet(f"Cluster {cluster.identifier}: cannot be restored from the snapshot {snapshot} yet: {refusal}")
    return not_yet(f"Cluster {cluster.identifier}: restore from the snapshot {snapshot} requested.")


def _tag(redshift: Any, identifier: str, role_arn: str, tags: dict[str, str]) -> Step:
    partition, account = (role_arn.split(":")[part] for part in (1, 4))
    arn = f"arn:{partition}:redshift:{redshift.meta.region_name}:{account}:cluster:{identifier}"
    try:
        redshift.create_tags(ResourceName=arn, Tags=tag_list(tags))
    except redshift.exceptions.InvalidClusterStateFault as refusal:
        return not_yet(f"Cluster {identifier}: cannot be tagged yet: {refusal}")
    return not_yet(f"Cluster {identifier}: tagged.")
