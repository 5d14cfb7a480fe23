"""The security group: it controls who may connect to the cluster's port."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException
from botocore.exceptions import ClientError

from redshift_elt.cluster.cidrs import Network
from redshift_elt.cluster.spec import ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)

PORT = 5439
# Members of the group itself.
_ITSELF = "the group itself"


def ensure_security_group(
    cluster: ManagedCluster, networks: Sequence[Network], aws_conn_id: str = "aws_default"
) -> str:
    """Create or update the cluster's security group, and return its id.

    It allows connections to :data:`PORT` only from the networks; without networks, only from members of the group.
    Rules that others have added are removed. The group is created in the VPC of the cluster's subnet group.

    :param networks: see :func:`redshift_elt.cluster.cidrs.parse_cidrs`.
    :raises AirflowFailException: a group of this name belongs to somebody else, or there is no VPC.
    """
    name = cluster.security_group
    ec2 = boto3_client("ec2", aws_conn_id)
    vpc = _vpc_of(cluster.subnet_group, aws_conn_id) if cluster.subnet_group else _default_vpc(ec2)
    try:
        group_id = ec2.create_security_group(
            GroupName=name,
            Description="Who may connect to the Redshift cluster",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tag_list(cluster.all_tags)}],
        )["GroupId"]
        log.info("Security group %s (%s): created.", name, group_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidGroup.Duplicate":
            raise
        group_id = _find(ec2, name, vpc)["GroupId"]
        log.info("Security group %s (%s): already there.", name, group_id)
    group = _find(ec2, name, vpc)
    refuse_foreign(f"security group {name!r}", group.get("Tags", ()), cluster.tags)
    _admit(ec2, group, {str(network) for network in networks} or {_ITSELF})
    return group_id


def _admit(ec2: Any, group: dict[str, Any], wanted: set[str]) -> None:
    """Remove the rules that are not wanted, then add the missing ones."""
    group_id, found = group["GroupId"], _rules(group)
    if unwanted := [permission for key, permission in found.items() if key not in wanted]:
        ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=unwanted)
        log.warning("Security group %s: removed rules that were not requested: %s", group_id, unwanted)
    if missing := sorted(wanted - set(found)):
        try:
            ec2.authorize_security_group_ingress(
                GroupId=group_id, IpPermissions=[_permission(key, group_id) for key in missing]
            )
        except ClientError as error:
            # A concurrent run has added it.
            if error.response["Error"]["Code"] != "InvalidPermission.Duplicate":
                raise
    log.info("Security group %s: port %s is open to %s.", group_id, PORT, ", ".join(sorted(wanted)))


def _rules(group: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a permission for each source that a group allows; those that are not for our port have another key."""
    rules = {}
    for permission in group.get("IpPermissions", ()):
        base = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
        is_ours = base == {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
        for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            for source in permission.get(kind, ()):
                name = source.get("CidrIp") or source.get("CidrIpv6") or source.get("GroupId") or str(source)
                key = _ITSELF if name == group["GroupId"] else name
                rules[key if is_ours else f"{key} {base}"] = {**base, kind: [source]}
    return rules


def _permission(key: str, group_id: str) -> dict[str, Any]:
    base = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
    if key == _ITSELF:
        return {**base, "UserIdGroupPairs": [{"GroupId": group_id}]}
    if ":" in key:
        return {**base, "Ipv6Ranges": [{"CidrIpv6": key}]}
    return {**base, "IpRanges": [{"CidrIp": key}]}


def _find(ec2: Any, name: str, vpc: str) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": [name]}, {"Name": "vpc-id", "Values": [vpc]}]
    return ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]


def _vpc_of(subnet_group: str, aws_conn_id: str) -> str:
    redshift = boto3_client("redshift", aws_conn_id)
    try:
        found = redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName=subnet_group)
    except redshift.exceptions.ClusterSubnetGroupNotFoundFault as error:
        raise AirflowFailException(
            f"There is no cluster subnet group {subnet_group!r} in this account and region: create it, or correct "
            "subnet_group."
        ) from error
    return found["ClusterSubnetGroups"][0]["VpcId"]


def _default_vpc(ec2: Any) -> str:
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    if not found:
        raise AirflowFailException(
            "This account has no default VPC in this region: set subnet_group to use the VPC of a subnet group."
        )
    return found[0]["VpcId"]
