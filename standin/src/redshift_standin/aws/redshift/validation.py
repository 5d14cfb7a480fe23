"""Checks requests to the Redshift control plane."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from redshift_standin.aws.redshift import errors
from redshift_standin.settings import ACCOUNT

# "Amazon Redshift provisioned clusters", RA3 and RG node type details: how many nodes a new cluster can have.
NODES = {
    "ra3.large": (1, 16),
    "ra3.xlplus": (1, 16),
    "ra3.4xlarge": (2, 32),
    "ra3.16xlarge": (2, 128),
    "rg.large": (1, 16),
    "rg.xlarge": (2, 16),
    "rg.4xlarge": (2, 32),
    "rg.12xlarge": (2, 128),
}
# CreateCluster (AWS API reference): NumberOfNodes.
_MOST_NODES = 100
PORTS = (range(5431, 5456), range(8191, 8216))

_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
_SNAPSHOT = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
_DATABASE = re.compile(r"[a-z_][a-z0-9_$]{0,63}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_+.@-]{0,127}")
_RESERVED_USERS = ("none", "public", "rdsdb")
# A cluster accepts only roles of its own account.
_ROLE = re.compile(rf"arn:aws[a-z-]*:iam::{ACCOUNT}:role/[\w+=,.@/-]+")
_PASSWORD = re.compile(r"""(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[!#$%&()*+,.:;<=>?\[\]^_`{|}~0-9A-Za-z-]{8,64}""")

_CREATE_UNSUPPORTED = (
    "AdditionalInfo",
    "CatalogName",
    "ClusterSecurityGroups",
    "ElasticIp",
    "ExtraComputeForAutomaticOptimization",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "LoadSampleData",
    "MasterPasswordSecretKmsKeyId",
    "MultiAZ",
    "RedshiftIdcApplicationArn",
    "SnapshotScheduleIdentifier",
)
# The only supported values.
_ONLY = {"IpAddressType": "ipv4", "MaintenanceTrackName": "current"}
_RESTORE_UNSUPPORTED = (*_CREATE_UNSUPPORTED, "ReservedNodeId", "TargetReservedNodeOfferingId")
_MODIFIABLE = {
    "ClusterIdentifier",
    "ClusterType",
    "MasterUserPassword",
    "NodeType",
    "NumberOfNodes",
    "VpcSecurityGroupIds",
    "PubliclyAccessible",
    "EnhancedVpcRouting",
    "AutomatedSnapshotRetentionPeriod",
    "PreferredMaintenanceWindow",
    "AllowVersionUpgrade",
}
_SIZE = {"ClusterType", "NodeType", "NumberOfNodes"}


def check_create(request: Mapping[str, Any]) -> None:
    """Refuse a CreateCluster request that AWS would refuse.

    :raises ServiceException: the first reason found.
    """
    for name in _CREATE_UNSUPPORTED:
        if request.get(name):
            raise errors.Unsupported(f"CreateCluster with {name}")
    check_identifier(request["ClusterIdentifier"])
    check_size(request)
    database, user = request.get("DBName", "dev"), request["MasterUsername"]
    if not _DATABASE.fullmatch(database):
        raise errors.InvalidValue(f"{database!r} is not a valid database name: use lower-case letters, digits and _.")
    check_user(user)
    if user != user.lower():
        raise errors.InvalidValue(f"{user!r} is not a valid master user name: it must be lower-case.")
    _check_credentials(request)
    _check_settings(request)


def check_restore(request: Mapping[str, Any]) -> None:
    """Refuse a RestoreFromClusterSnapshot request that AWS would refuse for any snapshot.

    :raises ServiceException: the first reason found.
    """
    for name in _RESTORE_UNSUPPORTED:
        if request.get(name):
            raise errors.Unsupported(f"RestoreFromClusterSnapshot with {name}")
    check_identifier(request["ClusterIdentifier"])
    _check_settings(request)


def check_snapshot(identifier: str, retention_period: int) -> None:
    """Refuse a name or a retention period that a manual snapshot cannot have.

    :param retention_period: in days; -1 for ever.
    :raises ServiceException: the first reason found.
    """
    if len(identifier) > 255 or not _SNAPSHOT.fullmatch(identifier):
        raise errors.InvalidValue(
            f"The parameter SnapshotIdentifier is not a valid identifier: {identifier!r}. Identifiers have 1 to 255 "
            "ASCII letters, digits and hyphens, begin with a letter, and do not end with a hyphen or contain two in a "
            "row."
        )
    _check_manual_retention(retention_period)


def check_identifier(identifier: str) -> None:
    """Refuse a cluster identifier that AWS would refuse.

    :raises InvalidValue: it has other characters, or misplaced hyphens.
    """
    if len(identifier) > 63 or not _IDENTIFIER.fullmatch(identifier):
        raise errors.InvalidValue(
            f"The parameter ClusterIdentifier is not a valid identifier: {identifier!r}. Identifiers must have 1 to 63 "
            "characters, must begin with a letter; must contain only lower-case ASCII letters, digits, and hyphens; "
            "and must not end with a hyphen or contain two consecutive hyphens."
        )


def check_user(user: str) -> None:
    """Refuse a user name that AWS or PostgreSQL reserves, or that has invalid characters.

    :raises InvalidValue: it has other characters, or is reserved.
    """
    if not _USER.fullmatch(user) or user.lower() in _RESERVED_USERS or user.lower().startswith("pg_"):
        raise errors.InvalidValue(
            f"{user!r} is not a valid user name: it is reserved, or has characters that it cannot have."
        )


def check_password(password: str) -> None:
    """Refuse a master password that AWS would refuse.

    :raises InvalidValue: it is too short, too long, too simple, or has a character that cannot be used.
    """
    if not _PASSWORD.fullmatch(password):
        raise errors.InvalidValue(
            "The parameter MasterUserPassword is not a valid password: it must have 8 to 64 printable ASCII characters "
            "except ' \" \\ / @ and space, with at least one upper-case letter, one lower-case letter and one digit."
        )


def check_roles(roles: list[str], default: str | None) -> None:
    """Refuse role ARNs that cannot be attached, and a default role that is not among those attached.

    :raises ServiceException: the first reason found.
    """
    for arn in roles:
        if not _ROLE.fullmatch(arn):
            raise errors.InvalidValue(f"Invalid IAM role ARN: {arn}")
    if len(roles) > 50:
        raise errors.InvalidValue("At most 50 IAM roles can be associated with a cluster.")
    if default and default not in roles:
        raise errors.InvalidCombination(
            f"The default IAM role {default} is not associated with the cluster: add it to IamRoles."
        )


def check_delete(request: Mapping[str, Any]) -> None:
    """Refuse a DeleteCluster request that does not decide about a final snapshot.

    :raises InvalidCombination: neither or both of FinalClusterSnapshotIdentifier and SkipFinalClusterSnapshot are set.
    """
    skip = request.get("SkipFinalClusterSnapshot", False)
    snapshot = request.get("FinalClusterSnapshotIdentifier")
    if not skip and not snapshot:
        raise errors.InvalidCombination(
            "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is specified."
        )
    if skip and snapshot:
        raise errors.InvalidCombination(
            "FinalClusterSnapshotIdentifier cannot be specified when SkipFinalClusterSnapshot is true."
        )


def check_resize(request: Mapping[str, Any]) -> None:
    """Refuse resizes that the stand-in does not support.

    :raises ServiceException: the first reason found.
    """
    for name in ("ReservedNodeId", "TargetReservedNodeOfferingId"):
        if request.get(name):
            raise errors.Unsupported(f"ResizeCluster with {name}")


def check_modify(request: Mapping[str, Any]) -> None:
    """Refuse changes of a cluster that the stand-in does not support.

    :raises ServiceException: the first reason found.
    """
    for name in sorted(set(request) - _MODIFIABLE):
        raise errors.Unsupported(f"ModifyCluster with {name}")
    if "MasterUserPassword" in request:
        check_password(request["MasterUserPassword"])
    _check_settings(request)
    resized = _SIZE & set(request)
    if resized and len(request) > len(resized) + 1:
        raise errors.Unsupported("ModifyCluster of a cluster's size and of something else at a time")
    is_single = request.get("ClusterType") == "single-node"
    if resized and not ("NodeType" in request and (is_single or "NumberOfNodes" in request)):
        raise errors.InvalidCombination("Both NodeType and NumberOfNodes must be specified when a cluster is resized.")


def _check_settings(request: Mapping[str, Any]) -> None:
    for name, value in _ONLY.items():
        if request.get(name, value) != value:
            raise errors.Unsupported(f"{name} {request[name]}")
    if not request.get("Encrypted", True):
        raise errors.InvalidValue(
            "Clusters cannot be created without encryption. Leave out Encrypted, or set it to true."
        )
    port = request.get("Port", 5439)
    if not any(port in ports for ports in PORTS):
        raise errors.InvalidValue(f"Port {port} is outside of 5431-5455 and 8191-8215, which RA3 and RG nodes can use.")
    if request.get("AutomatedSnapshotRetentionPeriod", 1) not in range(1, 36):
        raise errors.InvalidValue("AutomatedSnapshotRetentionPeriod must be between 1 and 35 for RA3 and RG nodes.")
    _check_manual_retention(request.get("ManualSnapshotRetentionPeriod", -1))
    check_roles(request.get("IamRoles", []), request.get("DefaultIamRoleArn"))


def _check_manual_retention(days: int) -> None:
    if days != -1 and days not in range(1, 3654):
        raise errors.InvalidRetentionPeriod("The retention period must be either -1 or between 1 and 3,653 days.")


def check_size(request: Mapping[str, Any]) -> None:
    """Refuse a number and a type of nodes that a cluster cannot have.

    :raises ServiceException: the first reason found.
    """
    node_type, cluster_type = request["NodeType"], request.get("ClusterType", "multi-node")
    if node_type not in NODES:
        raise errors.InvalidValue(f"Invalid node type: {node_type}")
    if cluster_type not in ("single-node", "multi-node"):
        raise errors.InvalidValue(f"Invalid cluster type: {cluster_type}. It is single-node or multi-node.")
    nodes = request.get("NumberOfNodes")
    if cluster_type == "single-node":
        if nodes is not None and nodes != 1:
            raise errors.InvalidCombination("Number of nodes for cluster type single-node must be 1.")
        if NODES[node_type][0] > 1:
            raise errors.InvalidCombination(f"Single-node clusters are not available with node type {node_type}.")
    elif nodes is None or nodes < 2:
        raise errors.InvalidCombination(
            "Number of nodes for cluster type multi-node must be greater than or equal to 2"
        )
    elif nodes > _MOST_NODES:
        raise errors.InvalidValue(f"NumberOfNodes must be at most {_MOST_NODES}.")
    elif nodes > NODES[node_type][1]:
        raise errors.TooManyNodes(f"A cluster of {node_type} can have at most {NODES[node_type][1]} nodes.")


def _check_credentials(request: Mapping[str, Any]) -> None:
    managed = request.get("ManageMasterPassword", False)
    password = request.get("MasterUserPassword")
    if managed and password:
        raise errors.InvalidCombination("MasterUserPassword cannot be specified when ManageMasterPassword is true.")
    if not managed and not password:
        raise errors.InvalidCombination("MasterUserPassword is required unless ManageMasterPassword is true.")
    if password:
        check_password(password)
