"""The control plane's record of a cluster."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from moto.redshift.models import Cluster

from redshift_standin.temporary_passwords import TemporaryPasswords, new_key

_AVAILABILITY = {"available": "Available", "modifying": "Modifying", "resizing": "Modifying"}
_FAILED = ("incompatible-network", "incompatible-restore")


class StandInCluster(Cluster):
    """A cluster whose endpoint is a listener on this machine."""

    # The host name that clients connect to.
    address = "localhost"
    default_iam_role_arn: str | None = None
    master_password_secret_arn: str | None = None
    manual_snapshot_retention_period = -1
    # The folder of the snapshot that the cluster was restored from.
    restored_from: str | None = None
    # The snapshot that is taken before the cluster is deleted.
    final_snapshot: str | None = None
    # The new values by the names of attributes.
    pending_changes: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status = "creating"
        self.role_changes: dict[str, tuple[str, float]] = {}
        # Signs the temporary passwords, which therefore outlive a restart but not the cluster.
        self.password_key = new_key()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a saved record. Version 1.0.0 had no key: it stored each temporary password."""
        state.pop("temporary_passwords", None)
        self.__dict__.update({"password_key": new_key(), **state})

    @property
    def endpoint(self) -> dict[str, str | int] | None:  # type: ignore[override]
        """The host and the port, or None before the cluster exists."""
        return None if self.status == "creating" else {"Address": self.address, "Port": self.port}

    @property
    def cluster_availability_status(self) -> str:
        """Whether the cluster can be queried."""
        return "Failed" if self.status in _FAILED else _AVAILABILITY.get(self.status, "Unavailable")

    @property
    def iam_roles(self) -> list[dict[str, str]]:
        """Every associated role with its state: adding, in-sync or removing."""
        return [{"ApplyStatus": state, "IamRoleArn": arn} for arn, state in self._role_states().items()]

    @property
    def pending_modified_values(self) -> dict[str, Any]:  # type: ignore[override]
        """The changes by ModifyCluster or ResizeCluster that are not done yet, without the password."""
        shown = {
            "node_type": "NodeType",
            "number_of_nodes": "NumberOfNodes",
            "publicly_accessible": "PubliclyAccessible",
            "enhanced_vpc_routing": "EnhancedVpcRouting",
            "automated_snapshot_retention_period": "AutomatedSnapshotRetentionPeriod",
        }
        values = {shown[name]: value for name, value in self.pending_changes.items() if name in shown}
        if "master_user_password" in self.pending_changes:
            values["MasterUserPassword"] = "****"
        return values

    @property
    def restore_status(self) -> dict[str, str] | None:
        """The state of the restore, or None for a cluster that was not restored from a snapshot."""
        if self.restored_from is None:
            return None
        return {"Status": {"creating": "restoring", "incompatible-restore": "failed"}.get(self.status, "completed")}

    def temporary_password(self, user: str, expires_at: datetime) -> str:
        """Return a password that the endpoint accepts for a user until it expires, also after a restart.

        :param expires_at: with its time zone.
        """
        return TemporaryPasswords(self.password_key).create(user, expires_at)

    def apply_changes(self) -> None:
        """Apply the pending changes."""
        for name, value in self.pending_changes.items():
            setattr(self, name, value)
        self.pending_changes = {}

    def has_role(self, arn: str) -> bool:
        """Whether the role is associated and the association has taken effect."""
        return self.status != "creating" and self._role_states().get(arn) in ("in-sync", "removing")

    def change_roles(self, add: list[str], remove: list[str], seconds: float) -> None:
        """Associate and dissociate roles.

        :param seconds: the time until it takes effect.
        """
        due = time.time() + seconds
        self.role_changes = {arn: change for arn, change in self.role_changes.items() if change[1] > time.time()}
        for arn in add:
            if arn not in self.iam_roles_arn:
                self.iam_roles_arn.append(arn)
                self.role_changes[arn] = ("adding", due)
        for arn in remove:
            if arn in self.iam_roles_arn:
                self.iam_roles_arn.remove(arn)
                self.role_changes[arn] = ("removing", due)

    def _role_states(self) -> dict[str, str]:
        states = dict.fromkeys(self.iam_roles_arn, "in-sync")
        states.update({arn: state for arn, (state, due) in self.role_changes.items() if due > time.time()})
        return states
