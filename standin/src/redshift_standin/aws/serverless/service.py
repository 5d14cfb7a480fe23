"""Redshift Serverless, as far as clients need it to connect: namespaces, workgroups and passwords."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.exceptions import ServiceException
from moto.redshift.models import redshift_backends
from moto.secretsmanager.models import secretsmanager_backends

from redshift_standin.aws.data_api.errors import DataApiError, invalid, not_found, unsupported
from redshift_standin.aws.iam.access_keys import KeyRefusedError, database_user
from redshift_standin.aws.redshift import validation
from redshift_standin.aws.redshift.backend import StandInRedshift, random_password
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.lifecycle import TemporaryPassword
from redshift_standin.settings import ACCOUNT

_NAME = re.compile(r"[a-z0-9-]{3,64}")
# CreateNamespace and CreateWorkgroup (API reference), without what would make a difference that is not made here.
_NAMESPACE = {
    "namespaceName",
    "adminUsername",
    "adminUserPassword",
    "manageAdminPassword",
    "dbName",
    "iamRoles",
    "defaultIamRoleArn",
    "tags",
}
_WORKGROUP = {
    "workgroupName",
    "namespaceName",
    "baseCapacity",
    "securityGroupIds",
    "subnetIds",
    "publiclyAccessible",
    "enhancedVpcRouting",
    "tags",
}
_BASE_CAPACITY = 128

Request = Mapping[str, Any]


@dataclass
class Namespace:
    """The databases and the users; a workgroup gives them an endpoint."""

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

    def tell(self) -> dict[str, Any]:
        """Return what GetNamespace tells."""
        told = {
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
        return {name: value for name, value in told.items() if value is not None}


class StandInWorkgroup(StandInCluster):
    """A workgroup: behind the API it is a cluster of the stand-in's whose databases are the namespace's."""

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

    def tell(self) -> dict[str, Any]:
        """Return what GetWorkgroup tells."""
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


class Serverless:
    """The operations of Redshift Serverless that are known here.

    :param region: the region of the namespaces.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._operations: dict[str, Callable[[Request, str], dict[str, Any]]] = {
            "CreateNamespace": self._create_namespace,
            "CreateWorkgroup": self._create_workgroup,
            "GetCredentials": self._get_credentials,
            "GetNamespace": self._get_namespace,
            "GetWorkgroup": self._get_workgroup,
        }

    def answer(self, operation: str, body: bytes, access_key: str) -> tuple[int, dict[str, str], str]:
        """Answer one request: the HTTP status, headers and a JSON text. The models' lock must be held."""
        headers = {"content-type": "application/x-amz-json-1.1"}
        try:
            run = self._operations.get(operation)
            if run is None:
                raise unsupported(operation)
            return 200, headers, json.dumps(run(json.loads(body or b"{}"), access_key))
        except DataApiError as error:
            return error.status, headers, json.dumps({"__type": error.code, "message": error.message})
        except ServiceException as error:
            # The control plane's rules, in the words of this API.
            return 400, headers, json.dumps({"__type": "ValidationException", "message": error.message})

    def _create_namespace(self, request: Request, _: str) -> dict[str, Any]:
        _check(request, "CreateNamespace", _NAMESPACE)
        name, managed = request["namespaceName"], request.get("manageAdminPassword", False)
        password = random_password() if managed else request.get("adminUserPassword")
        if managed and request.get("adminUserPassword"):
            raise invalid("adminUserPassword cannot be specified when manageAdminPassword is true.")
        if "adminUsername" not in request or not password:
            raise unsupported("CreateNamespace without adminUsername and a password")
        validation.check_user(request["adminUsername"])
        validation.check_password(password)
        roles, default = request.get("iamRoles", []), request.get("defaultIamRoleArn")
        validation.check_roles(roles, default)
        namespaces = self._backend.namespaces
        if name in namespaces:
            raise DataApiError("ConflictException", f"Namespace {name} already exists.")
        made = Namespace(
            name, request["adminUsername"], password, request.get("dbName", "dev"), roles, default, self._region
        )
        if managed:
            made.secret = self._create_secret(made)
        namespaces[name] = made
        return {"namespace": made.tell()}

    def _create_workgroup(self, request: Request, _: str) -> dict[str, Any]:
        _check(request, "CreateWorkgroup", _WORKGROUP)
        name, backend = request["workgroupName"], self._backend
        namespace = self._namespace(request["namespaceName"])
        if name in backend.workgroups:
            raise DataApiError("ConflictException", f"Workgroup {name} already exists.")
        if any(other.namespace == namespace.name for other in backend.workgroups.values()):
            raise DataApiError("ConflictException", f"Namespace {namespace.name} already has a workgroup.")
        workgroup = StandInWorkgroup(backend, namespace, request)
        backend.workgroups[name] = workgroup
        backend.lifecycle.create(workgroup)
        return {"workgroup": workgroup.tell()}

    def _get_namespace(self, request: Request, _: str) -> dict[str, Any]:
        return {"namespace": self._namespace(request["namespaceName"]).tell()}

    def _get_workgroup(self, request: Request, _: str) -> dict[str, Any]:
        return {"workgroup": self._workgroup(request["workgroupName"]).tell()}

    def _get_credentials(self, request: Request, access_key: str) -> dict[str, Any]:
        if "customDomainName" in request or "workgroupName" not in request:
            raise unsupported("GetCredentials with customDomainName")
        workgroup = self._workgroup(request["workgroupName"])
        seconds = request.get("durationSeconds", 900)
        if not 900 <= seconds <= 3600:
            raise invalid("durationSeconds must be between 900 and 3600.")
        if workgroup.status != "available":
            raise unsupported(f"GetCredentials for a workgroup that is {workgroup.status.upper()}")
        try:
            user = database_user(access_key)
        except KeyRefusedError as error:
            raise invalid(error.message) from error
        password, now = secrets.token_urlsafe(32), datetime.now(timezone.utc)
        expiration = now + timedelta(seconds=seconds)
        self._backend.lifecycle.add_temporary_password(
            workgroup, TemporaryPassword(user, password, expiration), create_user=True
        )
        return {
            "dbUser": user,
            "dbPassword": password,
            "expiration": expiration.timestamp(),
            "nextRefreshTime": (now + timedelta(seconds=seconds / 2)).timestamp(),
        }

    @property
    def _backend(self) -> StandInRedshift:
        return redshift_backends[ACCOUNT][self._region]

    def _namespace(self, name: str) -> Namespace:
        found = self._backend.namespaces.get(name)
        if found is None:
            raise not_found(f"Namespace {name} does not exist.", name)
        return found

    def _workgroup(self, name: str) -> StandInWorkgroup:
        found = self._backend.workgroups.get(name)
        if found is None:
            raise not_found(f"Workgroup {name} does not exist.", name)
        return found

    def _create_secret(self, namespace: Namespace) -> str:
        secret = secretsmanager_backends[ACCOUNT][self._region].create_secret(
            name=f"redshift!{namespace.name}-{namespace.admin}",
            secret_string=json.dumps({"username": namespace.admin, "password": namespace.password}),
            secret_binary=None,
            description=f"The admin password of the Redshift Serverless namespace {namespace.name}",
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return json.loads(secret)["ARN"]


def _check(request: Request, operation: str, known: set[str]) -> None:
    if unknown := sorted(set(request) - known):
        raise unsupported(f"{operation} with {unknown[0]}")
    for name in ("namespaceName", "workgroupName"):
        if name in known and not _NAME.fullmatch(request[name]):
            raise invalid(f"{name} must have 3 to 64 lower-case letters, digits and hyphens.")
