"""Create the cluster itself, or check the one that exists."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.find import find_cluster
from redshift_elt.cluster.resources import ClusterResources
from redshift_elt.cluster.spec import ClusterSpec, ManagedCluster
from redshift_elt.cluster.tags import refuse_foreign, tag_list
from redshift_elt.connection.aws_api import boto3_client

log = logging.getLogger(__name__)


def ensure_cluster(
    cluster: ManagedCluster, spec: ClusterSpec, resources: ClusterResources, aws_conn_id: str = "aws_default"
) -> None:
    """Request a cluster, unless one of this name exists with the same tags and properties.

    It is private and encrypted, Secrets Manager generates and stores the administrator's password, and COPY uses the
    role by default.

    :raises AirflowFailException: a cluster of this name belongs to somebody else or has other properties.
    """
    redshift = boto3_client("redshift", aws_conn_id)
    size = (
        {"ClusterType": "single-node"}
        if spec.nodes == 1
        else {"ClusterType": "multi-node", "NumberOfNodes": spec.nodes}
    )
    subnet_group = {"ClusterSubnetGroupName": cluster.subnet_group} if cluster.subnet_group else {}
    try:
        redshift.create_cluster(
            ClusterIdentifier=cluster.identifier,
            NodeType=spec.node_type,
            **size,
            DBName=spec.database,
            MasterUsername=spec.master_user,
            ManageMasterPassword=True,
            Encrypted=True,
            PubliclyAccessible=False,
            EnhancedVpcRouting=cluster.enhanced_vpc_routing,
            IamRoles=[resources["role_arn"]],
            DefaultIamRoleArn=resources["role_arn"],
            VpcSecurityGroupIds=[resources["security_group"]],
            ClusterParameterGroupName=resources["parameter_group"],
            Tags=tag_list(cluster.all_tags),
            **subnet_group,
        )
        log.info(
            "Cluster %s (%s x %s): created; it becomes available in a few minutes.",
            cluster.identifier,
            spec.nodes,
            spec.node_type,
        )
    except redshift.exceptions.ClusterAlreadyExistsFault:
        expected = {
            **spec.properties(),
            "default role of COPY": resources["role_arn"],
            "security groups": [resources["security_group"]],
            "parameter group": resources["parameter_group"],
            "subnet group": cluster.subnet_group,
            "enhanced VPC routing": cluster.enhanced_vpc_routing,
        }
        found = check_existing(cluster, expected, aws_conn_id)
        log.info("Cluster %s: already there, %s.", cluster.identifier, found["ClusterStatus"] if found else "deleted")


def check_existing(
    cluster: ManagedCluster, expected: Mapping[str, Any], aws_conn_id: str = "aws_default"
) -> dict[str, Any] | None:
    """Return the cluster of this name, or None if there is none. Refuse one that is not as expected.

    :param expected: properties named as in :func:`properties`; None is not compared.
    :raises AirflowFailException: it belongs to somebody else, or differs; the message lists every difference.
    """
    found = find_cluster(boto3_client("redshift", aws_conn_id), cluster.identifier)
    if found is None:
        return None
    refuse_foreign(f"cluster {cluster.identifier!r}", found.get("Tags", ()), cluster.tags)
    actual = properties(found)
    differences = [
        f"{name} is {actual[name]!r} instead of {value!r}"
        for name, value in expected.items()
        if value is not None and actual[name] != value
    ]
    if differences:
        raise AirflowFailException(
            f"The cluster {cluster.identifier!r} exists already, with other properties: {'; '.join(differences)}. It "
            "was not changed. Request the properties it has, choose another cluster_identifier, or change or delete "
            "it yourself."
        )
    return found


def properties(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a cluster that are compared.

    :param cluster: a cluster in the response of DescribeClusters.
    """
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
        "enhanced VPC routing": cluster["EnhancedVpcRouting"],
    }
