"""The resources of a cluster, which are created and deleted with it: role, security group and parameter group."""

from __future__ import annotations

from typing import TypedDict

from redshift_elt.cluster.cidrs import parse_cidrs
from redshift_elt.cluster.copy_role import ensure_copy_role
from redshift_elt.cluster.network import ensure_security_group
from redshift_elt.cluster.parameter_group import ensure_parameter_group
from redshift_elt.cluster.spec import Access, ManagedCluster


class ClusterResources(TypedDict):
    """The resources of a cluster, as a task passes them to the next one.

    ``role_arn``: the ARN of the role that COPY uses. ``security_group``: its id. ``parameter_group``: its name.
    """

    role_arn: str
    security_group: str
    parameter_group: str


def ensure_resources(cluster: ManagedCluster, access: Access, aws_conn_id: str = "aws_default") -> ClusterResources:
    """Create the resources that are missing, and update and log each of them.

    :raises AirflowFailException: a resource of the same name belongs to somebody else, or a network is refused.
    """
    networks = parse_cidrs(access.cidrs)
    return {
        "role_arn": ensure_copy_role(cluster, access, aws_conn_id),
        "security_group": ensure_security_group(cluster, networks, aws_conn_id),
        "parameter_group": ensure_parameter_group(cluster, aws_conn_id),
    }
