"""The cluster itself: created and deleted, each step safe to repeat."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.cluster.find import find_cluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list

log = logging.getLogger(__name__)


def ensure_cluster(
    identifier: str,
    *,
    node_type: str,
    role_arn: str,
    tags: dict[str, str],
    labels: dict[str, str] | None = None,
    nodes: int = 1,
    security_groups: Sequence[str] = (),
    parameter_group: str | None = None,
    subnet_group: str | None = None,
    database: str = "dev",
    master_user: str = "awsuser",
    aws_conn_id: str = "aws_default",
) -> None:
    """Ask for a cluster, unless there is one of this name with the same tags and properties.

    It is private and encrypted, its administrator's password is made and kept by Secrets Manager, and COPY uses the
    role by default.

    :param tags: the tags by which the project knows its own cluster.
    :param labels: further tags of a new cluster.
    :raises AirflowFailException: a cluster of this name belongs to somebody else or has other properties.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    size = {"ClusterType": "single-node"} if nodes == 1 else {"ClusterType": "multi-node", "NumberOfNodes": nodes}
    optional = {
        "VpcSecurityGroupIds": list(security_groups),
        "ClusterParameterGroupName": parameter_group,
        "ClusterSubnetGroupName": subnet_group,
    }
    try:
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType=node_type,
            **size,
            DBName=database,
            MasterUsername=master_user,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            IamRoles=[role_arn],
            DefaultIamRoleArn=role_arn,
            Tags=tag_list({**(labels or {}), **tags}),
            **{name: value for name, value in optional.items() if value},
        )
        log.info("Cluster %s (%s x %s): created; it takes some minutes to be available.", identifier, nodes, node_type)
    except redshift.exceptions.ClusterAlreadyExistsFault:
        wanted = {
            **plain_properties(node_type, nodes, database, master_user),
            "default role of COPY": role_arn,
            "security groups": sorted(security_groups),
            "parameter group": parameter_group,
            "subnet group": subnet_group,
        }
        found = check_existing(identifier, wanted, tags, aws_conn_id)
        log.info("Cluster %s: already there, %s.", identifier, found["ClusterStatus"] if found else "going")


def check_existing(
    identifier: str, wanted: dict[str, Any], tags: dict[str, str], aws_conn_id: str = "aws_default"
) -> dict[str, Any] | None:
    """Return the cluster of this name, None if there is none, and refuse one that is not as it is wanted.

    :param wanted: its properties by the names of :func:`plain_properties` and :func:`properties`; what is None or
        empty is not compared.
    :param tags: the tags by which the project knows its own cluster.
    :raises AirflowFailException: it belongs to somebody else, or differs; the message names each difference.
    """
    redshift = AwsBaseHook(aws_conn_id=aws_conn_id, client_type="redshift").conn
    cluster = find_cluster(redshift, identifier)
    if cluster is None:
        return None
    refuse_foreign(f"cluster {identifier!r}", cluster.get("Tags", ()), tags)
    found = properties(cluster)
    differences = [
        f"{name} is {found[name]!r} and not {value!r}"
        for name, value in wanted.items()
        if value not in (None, []) and found[name] != value
    ]
    if differences:
        raise AirflowFailException(
            f"There is a cluster {identifier!r} already, with other properties: {'; '.join(differences)}. It is left "
            "as it is. Ask for what it has, choose another cluster_identifier, or change or remove it yourself."
        )
    return cluster


def plain_properties(node_type: str, nodes: int, database: str, master_user: str) -> dict[str, Any]:
    """Return what a cluster of the project has beside what is made for it, by the names of :func:`properties`."""
    return {
        "node type": node_type,
        "number of nodes": nodes,
        "database": database,
        "administrator": master_user,
        "encrypted": True,
        "publicly accessible": False,
        "password managed by Secrets Manager": True,
    }


def properties(cluster: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a cluster that matter here, from an answer of DescribeClusters."""
    return {
        "node type": cluster["NodeType"],
        "number of nodes": cluster["NumberOfNodes"],
        "database": cluster["DBName"],
        "administrator": cluster["MasterUsername"],
        "encrypted": cluster["Encrypted"],
        "publicly accessible": cluster["PubliclyAccessible"],
        "password managed by Secrets Manager": bool(cluster.get("MasterPasswordSecretArn")),
        "default role of COPY": cluster.get("DefaultIamRoleArn") or None,
        "security groups": sorted(group["VpcSecurityGroupId"] for group in cluster.get("VpcSecurityGroups", ())),
        "parameter group": next((each["ParameterGroupName"] for each in cluster["ClusterParameterGroups"]), None),
        "subnet group": cluster.get("ClusterSubnetGroupName"),
    }
