"""Handles IAM requests, and refuses permissions boundaries that do not exist."""

from __future__ import annotations

from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse


class StandInIamResponse(IamResponse):
    """Moto's operations, which accept the ARN of any policy as a permissions boundary."""

    def create_role(self) -> Any:
        """CreateRole.

        :raises NotFoundException: the permissions boundary does not exist (AWS API reference).
        """
        self._refuse_missing_boundary()
        return super().create_role()

    def put_role_permissions_boundary(self) -> Any:
        """PutRolePermissionsBoundary.

        :raises NotFoundException: the permissions boundary does not exist (AWS API reference).
        """
        self._refuse_missing_boundary()
        return super().put_role_permissions_boundary()

    def _refuse_missing_boundary(self) -> None:
        boundary = self._get_param("PermissionsBoundary")
        if boundary and boundary not in self.backend.managed_policies:
            raise NotFoundException(f"Scope ARN: {boundary} does not exist or is not attachable.")
