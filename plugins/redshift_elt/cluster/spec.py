"""What describes a cluster: its name and tags, its nodes and database, and who may reach what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.cluster.cidrs import parse_cidrs
from redshift_elt.cluster.rendered_values import refuse_invalid
from redshift_elt.connection import aws_values
from redshift_elt.connection.s3_location import S3Location


@dataclass(frozen=True)
class ManagedCluster:
    """A cluster of this project, and the names of the resources that are created and deleted with it.

    :param identifier: the cluster identifier. The names of its resources derive from it, so that they can be found.
    :param tags: the tags that identify the project's resources. Resources without these tags are never touched.
    :param labels: further tags of new resources.
    :param subnet_group: the cluster subnet group; None: the account's default VPC.
    :param enhanced_vpc_routing: whether the traffic of COPY and UNLOAD stays in the VPC.
    :raises AirflowFailException: AWS would refuse a value, or it would mean more in a policy than it says.
    """

    identifier: str
    tags: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    subnet_group: str | None = None
    enhanced_vpc_routing: bool = False

    def __post_init__(self) -> None:
        refuse_invalid(aws_values.NEW_CLUSTER, "cluster_identifier", self.identifier)
        for key, value in self.all_tags.items():
            refuse_invalid(aws_values.TAG, key, value)
        if self.subnet_group is not None:
            refuse_invalid(aws_values.SUBNET_GROUP, "subnet_group", self.subnet_group)

    @property
    def all_tags(self) -> dict[str, str]:
        """The tags of a new resource."""
        return {**self.labels, **self.tags}

    @property
    def copy_role(self) -> str:
        """The name of the IAM role that COPY uses."""
        return f"{self.identifier}-copy"

    @property
    def copy_role_boundary(self) -> str:
        """The name of the policy that is the permissions boundary of that role, unless another one is given."""
        return f"{self.copy_role}-boundary"

    @property
    def security_group(self) -> str:
        """The name of the security group that controls access to the port."""
        return f"{self.identifier}-access"

    @property
    def parameter_group(self) -> str:
        """The name of the parameter group that requires TLS."""
        return f"{self.identifier}-tls"


@dataclass(frozen=True)
class ClusterSpec:
    """The properties of a new cluster.

    :param nodes: the number of nodes.
    :param database: the name of its first database.
    :param master_user: the name of its administrator.
    """

    node_type: str
    nodes: int = 1
    database: str = "dev"
    master_user: str = "awsuser"

    def properties(self) -> dict[str, Any]:
        """Return the properties of such a cluster, named as in :func:`redshift_elt.cluster.cluster.properties`."""
        return {
            "node type": self.node_type,
            "number of nodes": self.nodes,
            "database": self.database,
            "administrator": self.master_user,
            "encrypted": True,
            "publicly accessible": False,
            "password managed by Secrets Manager": True,
        }


@dataclass(frozen=True)
class Access:
    """What the cluster may read, and who may connect to it.

    :param bucket: the bucket that COPY may read, limited to the prefixes.
    :param prefixes: key prefixes or complete keys.
    :param cidrs: the networks that may connect; none: members of the cluster's security group.
    :param also_read: further places that COPY may read, as ``s3://bucket/prefix/``, such as that of manifests.
    :param kms_keys: the ARNs of the KMS keys that COPY may decrypt with.
    :param permissions_boundary: the ARN of the policy that limits the role that COPY uses, whatever its own policies
        say; None: the policy :attr:`ManagedCluster.copy_role_boundary` of the account.
    :param only_these_prefixes: whether an existing role loses the prefixes that are not in the list.
    :raises AirflowFailException: a value is not of its kind, or would mean more in a policy than it says.
    """

    bucket: str
    prefixes: Sequence[str]
    cidrs: Sequence[str] = ()
    also_read: Sequence[str] = ()
    kms_keys: Sequence[str] = ()
    permissions_boundary: str | None = None
    only_these_prefixes: bool = False

    def __post_init__(self) -> None:
        refuse_invalid(aws_values.BUCKET, "bucket", self.bucket)
        if isinstance(self.prefixes, str) or not self.prefixes:
            raise AirflowFailException(
                f"prefixes is {self.prefixes!r}: write a list of at least one key or beginning of keys that COPY may "
                "read, such as ['log_data/']."
            )
        for prefix in self.prefixes:
            refuse_invalid(aws_values.KEY, "The entry of prefixes", prefix)
        _ = self.also_read_locations
        for key in self.kms_keys:
            refuse_invalid(aws_values.KMS_KEY, "kms_key", key)
        if self.permissions_boundary is not None:
            refuse_invalid(aws_values.POLICY_ARN, "permissions_boundary", self.permissions_boundary)
        # Also parsed when the security group is created; here, so that nothing is created before.
        parse_cidrs(self.cidrs)

    @property
    def also_read_locations(self) -> list[S3Location]:
        """The further places.

        :raises AirflowFailException: one of them is not a place in S3.
        """
        try:
            return [S3Location.of("The entry of also_read", url) for url in self.also_read]
        except ValueError as error:
            raise AirflowFailException(f"{error} Nothing was changed.") from error
