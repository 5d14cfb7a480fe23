"""What the Redshift control plane refuses in a request, as far as it matters to a client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException

# "Amazon Redshift provisioned clusters", RA3 and RG node type details: the fewest nodes that a new cluster can have.
SMALLEST_CLUSTER = {
    "ra3.large": 1,
    "ra3.xlplus": 1,
    "ra3.4xlarge": 2,
    "ra3.16xlarge": 2,
    "rg.large": 1,
    "rg.xlarge": 2,
    "rg.4xlarge": 2,
    "rg.12xlarge": 2,
}
PORTS = (range(5431, 5456), range(8191, 8216))

_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
_DATABASE = re.compile(r"[a-z_][a-z0-9_$]{0,63}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_+.@-]{0,127}")
_RESERVED_USERS = ("none", "public", "rdsdb")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_PASSWORD = re.compile(r"""(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[!#$%&()*+,.:;<=>?\[\]^_`{|}~0-9A-Za-z-]{8,64}""")

_CREATE_UNSUPPORTED = (
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "LoadSampleData",
    "RedshiftIdcApplicationArn",
    "CatalogName",
)
_MODIFIABLE = {
    "ClusterIdentifier",
    "MasterUserPassword",
    "VpcSecurityGroupIds",
    "PubliclyAccessible",
    "EnhancedVpcRouting",
    "ClusterParameterGroupName",
    "AutomatedSnapshotRetentionPeriod",
    "PreferredMaintenanceWindow",
    "AllowVersionUpgrade",
}


class InvalidValue(ServiceException):
    """A parameter has a value that it cannot have."""

    code = "InvalidParameterValue"


class InvalidCombination(ServiceException):
    """Parameters that contradict or need each other."""

    code = "InvalidParameterCombination"


class InvalidState(ServiceException):
    """The cluster's status does not allow the operation."""

    code = "InvalidClusterState"


class Unsupported(ServiceException):
    """AWS does this; the stand-in does not."""

    code = "UnsupportedOperation"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported by the stand-in.")


def check_create(request: Mapping[str, Any]) -> None:
    """Refuse a CreateCluster request that AWS would refuse.

    :raises ServiceException: the first reason found.
    """
    for name in _CREATE_UNSUPPORTED:
        if request.get(name):
            raise Unsupported(f"CreateCluster with {name}")
    check_identifier(request["ClusterIdentifier"])
    _check_size(request)
    database, user = request.get("DBName", "dev"), request["MasterUsername"]
    if not _DATABASE.fullmatch(database):
        raise InvalidValue(f"{database!r} is not a valid database name: use lower-case letters, digits and _.")
    check_user(user)
    if user != user.lower():
        raise InvalidValue(f"{user!r} is not a valid master user name: it must be lower-case.")
    _check_credentials(request)
    if str(request.get("Encrypted", True)).lower() == "false":
        raise InvalidValue("Clusters cannot be created without encryption. Leave out Encrypted, or set it to true.")
    port = int(request.get("Port", 5439))
    if not any(port in ports for ports in PORTS):
        raise InvalidValue(f"Port {port} is outside of 5431-5455 and 8191-8215, which RA3 and RG nodes can use.")
    if int(request.get("AutomatedSnapshotRetentionPeriod", 1)) not in range(1, 36):
        raise InvalidValue("AutomatedSnapshotRetentionPeriod must be between 1 and 35 for RA3 and RG nodes.")
    check_roles(request.get("IamRoles", []), request.get("DefaultIamRoleArn"))


def check_identifier(identifier: str) -> None:
    """Refuse a cluster identifier that AWS would refuse.

    :raises InvalidValue: it has other characters, or hyphens where they cannot stand.
    """
    if len(identifier) > 63 or not _IDENTIFIER.fullmatch(identifier):
        raise InvalidValue(
            f"The parameter ClusterIdentifier is not a valid identifier: {identifier!r}. Identifiers must have 1 to 63 "
            "characters, must begin with a letter; must contain only lower-case ASCII letters, digits, and hyphens; "
            "and must not end with a hyphen or contain two consecutive hyphens."
        )


def check_user(user: str) -> None:
    """Refuse a user name that AWS would refuse, and those that PostgreSQL keeps for itself.

    :raises InvalidValue: it has other characters, or is reserved.
    """
    if not _USER.fullmatch(user) or user.lower() in _RESERVED_USERS or user.lower().startswith("pg_"):
        raise InvalidValue(f"{user!r} is not a valid user name: it is reserved, or has characters that it cannot have.")


def check_password(password: str) -> None:
    """Refuse a master password that AWS would refuse.

    :raises InvalidValue: it is too short, too long, too simple, or has a character that cannot be used.
    """
    if not _PASSWORD.fullmatch(password):
        raise InvalidValue(
            "The parameter MasterUserPassword is not a valid password: it must have 8 to 64 printable ASCII characters "
            "except ' \" \\ / @ and space, with at least one upper-case letter, one lower-case letter and one digit."
        )


def check_roles(roles: list[str], default: str | None) -> None:
    """Refuse role ARNs that cannot be attached, and a default role that is not among those attached.

    :raises ServiceException: the first reason found.
    """
    for arn in roles:
        if not _ROLE.fullmatch(arn):
            raise InvalidValue(f"Invalid IAM role ARN: {arn}")
    if len(roles) > 50:
        raise InvalidValue("At most 50 IAM roles can be associated with a cluster.")
    if default and default not in roles:
        raise InvalidCombination(
            f"The default IAM role {default} is not associated with the cluster: add it to IamRoles."
        )


def check_delete(request: Mapping[str, Any]) -> None:
    """Refuse a DeleteCluster request that does not say what becomes of the data.

    :raises InvalidCombination: neither or both of a final snapshot and no snapshot are asked for.
    """
    skip = str(request.get("SkipFinalClusterSnapshot", False)).lower() == "true"
    snapshot = request.get("FinalClusterSnapshotIdentifier")
    if not skip and not snapshot:
        raise InvalidCombination(
            "FinalClusterSnapshotIdentifier is required unless SkipFinalClusterSnapshot is specified."
        )
    if skip and snapshot:
        raise InvalidCombination(
            "FinalClusterSnapshotIdentifier cannot be specified when SkipFinalClusterSnapshot is true."
        )


def check_modify(request: Mapping[str, Any]) -> None:
    """Refuse the changes of a cluster that the stand-in does not make.

    :raises ServiceException: the first reason found.
    """
    for name in sorted(set(request) - _MODIFIABLE):
        raise Unsupported(f"ModifyCluster with {name}")
    if "MasterUserPassword" in request:
        check_password(request["MasterUserPassword"])


def _check_size(request: Mapping[str, Any]) -> None:
    node_type, cluster_type = request["NodeType"], request.get("ClusterType", "multi-node")
    if node_type not in SMALLEST_CLUSTER:
        raise InvalidValue(f"Invalid node type: {node_type}")
    if cluster_type not in ("single-node", "multi-node"):
        raise InvalidValue(f"Invalid cluster type: {cluster_type}. It is single-node or multi-node.")
    nodes = request.get("NumberOfNodes")
    if cluster_type == "single-node":
        if nodes is not None and int(nodes) != 1:
            raise InvalidCombination("Number of nodes for cluster type single-node must be 1.")
        if SMALLEST_CLUSTER[node_type] > 1:
            raise InvalidCombination(f"Single-node clusters are not available with node type {node_type}.")
    elif nodes is None or int(nodes) < 2:
        raise InvalidCombination("Number of nodes for cluster type multi-node must be greater than or equal to 2")
    elif int(nodes) > 100:
        raise InvalidValue("NumberOfNodes must be at most 100.")


def _check_credentials(request: Mapping[str, Any]) -> None:
    managed = str(request.get("ManageMasterPassword", False)).lower() == "true"
    password = request.get("MasterUserPassword")
    if managed and password:
        raise InvalidCombination("MasterUserPassword cannot be specified when ManageMasterPassword is true.")
    if not managed and not password:
        raise InvalidCombination("MasterUserPassword is required unless ManageMasterPassword is true.")
    if password:
        check_password(password)
