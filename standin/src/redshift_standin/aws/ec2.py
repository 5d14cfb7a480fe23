"""Handles EC2 requests, and refuses to delete what a cluster uses."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.responses import EC2Response
from moto.redshift.models import redshift_backends


class StandInEC2Response(EC2Response):
    """Moto's operations, with the clusters as users of security groups."""

    def delete_security_group(self) -> Any:
        """DeleteSecurityGroup.

        :raises DependencyViolationError: a cluster is in the group (AWS API reference).
        """
        group = self.ec2_backend.get_security_group_by_name_or_id(
            self._get_param("GroupId") or self._get_param("GroupName")
        )
        clusters = redshift_backends[self.current_account][self.region].clusters.values()
        if group and any(group.id in cluster.vpc_security_group_ids for cluster in clusters):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        return super().delete_security_group()
