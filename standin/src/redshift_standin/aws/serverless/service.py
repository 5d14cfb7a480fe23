"""The operations of Redshift Serverless that clients need to connect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.core.exceptions import ServiceException

from redshift_standin.aws.data_api.errors import DataApiError, invalid, not_found, unsupported
from redshift_standin.aws.iam.access_keys import KeyRefusedError, database_user
from redshift_standin.aws.redshift import validation
from redshift_standin.aws.redshift.backend import StandInRedshift, redshift_in_region
from redshift_standin.aws.redshift.managed_passwords import create_secret, random_password
from redshift_standin.aws.serverless.models import Namespace, Request, StandInWorkgroup

_NAME = re.compile(r"[a-z0-9-]{3,64}")
# The supported members of CreateNamespace and CreateWorkgroup (API reference).
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


class Serverless:
    """The supported operations of Redshift Serverless.

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
            # The rules of the control plane, as errors of this API.
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
        namespace = Namespace(
            name, request["adminUsername"], password, request.get("dbName", "dev"), roles, default, self._region
        )
        if managed:
            namespace.secret = create_secret(
                self._region,
                f"redshift!{namespace.name}-{namespace.admin}",
                {"username": namespace.admin, "password": namespace.password},
                f"The admin password of the Redshift Serverless namespace {namespace.name}",
                [],
            )
        namespaces[name] = namespace
        return {"namespace": namespace.describe()}

    def _create_workgroup(self, request: Request, _: str) -> dict[str, Any]:
        _check(request, "CreateWorkgroup", _WORKGROUP)
        name, backend = request["workgroupName"], self._backend
        namespace = self._namespace(request["namespaceName"])
        if name in backend.workgroups:
            raise DataApiError("ConflictException", f"Workgroup {name} already exists.")
        if any(other.namespace == namespace.name for other in backend.workgroups.values()):
            raise DataApiError("ConflictException", f"Namespace {namespace.name} already has a workgroup.")
        workgroup = StandInWorkgroup(backend, namespace, request)  # type: ignore[abstract]
        backend.workgroups[name] = workgroup
        backend.lifecycle.create(workgroup)
        return {"workgroup": workgroup.describe()}

    def _get_namespace(self, request: Request, _: str) -> dict[str, Any]:
        return {"namespace": self._namespace(request["namespaceName"]).describe()}

    def _get_workgroup(self, request: Request, _: str) -> dict[str, Any]:
        return {"workgroup": self._workgroup(request["workgroupName"]).describe()}

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
        now = datetime.now(timezone.utc)
        expiration = now + timedelta(seconds=seconds)
        self._backend.lifecycle.create_user(workgroup, user)
        return {
            "dbUser": user,
            "dbPassword": workgroup.temporary_password(user, expiration),
            "expiration": expiration.timestamp(),
            "nextRefreshTime": (now + timedelta(seconds=seconds / 2)).timestamp(),
        }

    @property
    def _backend(self) -> StandInRedshift:
        return redshift_in_region(self._region)

    def _namespace(self, name: str) -> Namespace:
        found: Namespace | None = self._backend.namespaces.get(name)
        if found is None:
            raise not_found(f"Namespace {name} does not exist.", name)
        return found

    def _workgroup(self, name: str) -> StandInWorkgroup:
        found: StandInWorkgroup | None = self._backend.workgroups.get(name)
        if found is None:
            raise not_found(f"Workgroup {name} does not exist.", name)
        return found


def _check(request: Request, operation: str, known: set[str]) -> None:
    if unknown := sorted(set(request) - known):
        raise unsupported(f"{operation} with {unknown[0]}")
    for name in ("namespaceName", "workgroupName"):
        if name in known and not _NAME.fullmatch(request[name]):
            raise invalid(f"{name} must have 3 to 64 lower-case letters, digits and hyphens.")
