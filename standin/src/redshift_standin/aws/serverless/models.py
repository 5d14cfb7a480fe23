"""The records of namespaces and workgroups."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redshift_standin.aws.redshift.backend import StandInRedshift
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.settings import ACCOUNT

_BASE_CAPACITY = 128

Request = Mapping[str, Any]


@dataclass
class Namespace:
    """A namespace: databases and users. A workgroup gives it an endpoint."""

    name: str
    admin: str
    password: str = field(repr=False)
    database: str
    roles: list[str]
    default_role: str | None
    region: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: float = field(default_factory=time.time)
    secret: str | None = None

    def describe(self) -> dict[str, Any]:
        """Return the response of GetNamespace."""
        members = {
            "namespaceName": self.name,
            "namespaceId": self.id,
            "namespaceArn": f"arn:aws:redshift-serverless:{self.region}:{ACCOUNT}:namespace/{self.id}",
            "adminUsername": self.admin,
            "dbName": self.database,
            "iamRoles": self.roles,
            "defaultIamRoleArn": self.default_role,
            "adminPasswordSecretArn": self.secret,
            "creationDate": self.created,
            "status": "AVAILABLE",
        }
        return {name: value for name, value in members.items() if value is not None}


class StandInWorkgroup(StandInCluster):
    """A workgroup: behind the API it is a cluster that has the namespace's databases."""

    def __init__(self, backend: StandInRedshift, namespace: Namespace, request: Request) -> None:
        super().__init__(
            backend,
            # No cluster can have this name.
            cluster_identifier=f"serverless!{namespace.name}",
            node_type="ra3.4xlarge",
            master_username=namespace.admin,
            master_user_password=namespace.password,
            db_name=namespace.database,
            cluster_type="multi-node",
            cluster_security_groups=[],
            vpc_security_group_ids=request.get("securityGroupIds", []),
            cluster_subnet_group_name="",
            availability_zone="",
            preferred_maintenance_window="",
            cluster_parameter_group_name="",
            automated_snapshot_retention_period="",
            port="",
            cluster_version="",
            allow_version_upgrade=True,
            number_of_nodes="2",
            publicly_accessible=request.get("publiclyAccessible", False),
            encrypted=True,
            region_name=backend.region_name,
            iam_roles_arn=list(namespace.roles),
        )
        self.default_iam_role_arn = namespace.default_role
        self.name = request["workgroupName"]
        self.namespace = namespace.name
        self.subnets = request.get("subnetIds", [])
        self.capacity = request.get("baseCapacity", _BASE_CAPACITY)

    def describe(self) -> dict[str, Any]:
        """Return the response of GetWorkgroup."""
        endpoint = self.endpoint
        return {
            "workgroupName": self.name,
            "workgroupId": self.unique_cluster_id,
            "workgroupArn": f"arn:aws:redshift-serverless:{self.region}:{ACCOUNT}:workgroup/{self.unique_cluster_id}",
            "namespaceName": self.namespace,
            "baseCapacity": self.capacity,
            "enhancedVpcRouting": bool(self.enhanced_vpc_routing),
            "publiclyAccessible": self.publicly_accessible,
            "securityGroupIds": self.vpc_security_group_ids,
            "subnetIds": self.subnets,
            "creationDate": self.create_time.timestamp(),
            "status": self.status.upper(),
            **({"endpoint": {"address": endpoint["Address"], "port": endpoint["Port"]}} if endpoint else {}),
        }
