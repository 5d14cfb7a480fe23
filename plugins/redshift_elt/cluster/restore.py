"""Make a cluster of a snapshot, a step towards its being available that is safe to repeat."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.cluster.find import BROKEN, ENDING, find_cluster, is_available
from redshift_elt.cluster.tags import is_own, refuse_foreign, tag_list

log = logging.getLogger(__name__)

# The tag that says which snapshot a cluster was made of.
RESTORED_FROM = "restored-from"


def restore_cluster(
    identifier: str,
    snapshot: str,
    *,
    role_arn: str,
    security_group: str,
    parameter_group: str,
    subnet_group: str | None = None,
    tags: dict[str, str],
    labels: dict[str, str] | None = None,
    aws_conn_id: str = "aws_default",
) -> bool:
    """Do what can be done now to have a cluster of a snapshot's data, and return whether it is available.

    Nodes, databases, users and data are the snapshot's. All else is as in a new cluster: private and encrypted, its
    administrator's password made and kept by Secrets Manager, and the role used by COPY by default.

    :param role_arn: the role that COPY uses; by it a cluster is known as this project's before it has its tags, which
        a request for a restore cannot carry (AWS API reference, RestoreFromClusterSnapshot).
    :param security_group: its id.
    :param tags: the tags by which the project knows its own cluster.
    :param labels: further tags of a new cluster.
    :raises AirflowFailException: there is no such snapshot; or there is a cluster of this name that is somebody
        else's, was not made of this snapshot, or is in a state that does not pass by itself.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    cluster = find_cluster(redshift, identifier)
    if cluster is None:
        settings = {"VpcSecurityGroupIds": [security_group], "ClusterParameterGroupName": parameter_group}
        if subnet_group:
            settings["ClusterSubnetGroupName"] = subnet_group
        _ask(redshift, identifier, snapshot, role_arn, settings)
        return False
    if cluster["ClusterStatus"] in ENDING:
        log.info("Cluster %s: %s, so this waits until it is gone.", identifier, cluster["ClusterStatus"])
        return False
    found = {tag["Key"]: tag.get("Value", "") for tag in cluster.get("Tags", ())}
    is_restored = bool(cluster.get("RestoreStatus"))
    roles = {role["IamRoleArn"]: role["ApplyStatus"] for role in cluster.get("IamRoles", ())}
    if not (is_restored and role_arn in roles):
        refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    if not is_restored or found.get(RESTORED_FROM, snapshot) != snapshot:
        origin = f"made of the snapshot {found[RESTORED_FROM]!r}" if is_restored else "made of no snapshot"
        raise AirflowFailException(
            f"There is a cluster {identifier!r} already, {origin} and not of {snapshot!r}: delete it first, or choose "
            "another cluster_identifier."
        )
    if cluster["ClusterStatus"] in BROKEN:
        raise AirflowFailException(
            f"The cluster {identifier!r} is {cluster['ClusterStatus']}: delete it, and restore the snapshot again."
        )
    marks = {**tags, RESTORED_FROM: snapshot}
    if not is_own(cluster.get("Tags", ()), marks):
        return _tag(redshift, identifier, role_arn, {**(labels or {}), **marks})
    if is_available(cluster) and roles.get(role_arn) == "in-sync":
        log.info("Cluster %s: available.", identifier)
        return True
    log.info("Cluster %s: %s, its role is %s, so this waits.", identifier, cluster["ClusterStatus"], roles)
    return False


def _ask(redshift: Any, identifier: str, snapshot: str, role_arn: str, settings: dict[str, Any]) -> None:
    faults = redshift.exceptions
    try:
        redshift.restore_from_cluster_snapshot(
            ClusterIdentifier=identifier,
            SnapshotIdentifier=snapshot,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role_arn],
            DefaultIamRoleArn=role_arn,
            **settings,
        )
        log.info("Cluster %s: asked for, of the snapshot %s.", identifier, snapshot)
    except faults.ClusterSnapshotNotFoundFault as error:
        raise AirflowFailException(
            f"There is no snapshot {snapshot!r} in this account and region: correct the name. The log of a teardown "
            "has that of its final snapshot."
        ) from error
    except (
        # An earlier request was taken whose answer was lost.
        faults.ClusterAlreadyExistsFault,
        # The snapshot is still being taken.
        faults.InvalidClusterSnapshotStateFault,
        faults.InsufficientClusterCapacityFault,
    ) as refusal:
        log.info("Cluster %s: cannot be made of the snapshot %s yet: %s", identifier, snapshot, refusal)


def _tag(redshift: Any, identifier: str, role_arn: str, tags: dict[str, str]) -> bool:
    """Give the cluster its tags and return False: the next look shows whether it has them."""
    partition, account = (role_arn.split(":")[part] for part in (1, 4))
    arn = f"arn:{partition}:redshift:{redshift.meta.region_name}:{account}:cluster:{identifier}"
    try:
        redshift.create_tags(ResourceName=arn, Tags=tag_list(tags))
        log.info("Cluster %s: tagged.", identifier)
    except redshift.exceptions.InvalidClusterStateFault as refusal:
        log.info("Cluster %s: cannot be tagged yet: %s", identifier, refusal)
    return False
