"""The resources in an AWS account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def contents(client: Callable[[str], Any]) -> dict[str, list[str]]:
    """Return the names of all resources that cost money or grant access, by kind, except those that every account has.

    :param client: returns the boto3 client of a service.
    """
    redshift = client("redshift")
    groups = redshift.describe_cluster_parameter_groups()["ParameterGroups"]
    found = {
        "clusters": [one["ClusterIdentifier"] for one in redshift.describe_clusters()["Clusters"]],
        "snapshots": [one["SnapshotIdentifier"] for one in redshift.describe_cluster_snapshots()["Snapshots"]],
        "parameter groups": [
            one["ParameterGroupName"] for one in groups if not one["ParameterGroupName"].startswith("default.")
        ],
        "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
        "security groups": [
            one["GroupName"]
            for one in client("ec2").describe_security_groups()["SecurityGroups"]
            if one["GroupName"] != "default"
        ],
        "secrets": [one["Name"] for one in client("secretsmanager").list_secrets()["SecretList"]],
    }
    return {kind: names for kind, names in found.items() if names}
