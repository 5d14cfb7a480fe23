"""The Redshift control plane: moto's, extended by state changes that take time and clusters with endpoints."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from moto.redshift.exceptions import (
    ClusterAlreadyExistsFaultError,
    ClusterNotFoundError,
    ClusterParameterGroupNotFoundError,
    ClusterSnapshotAlreadyExistsError,
    ClusterSnapshotNotFoundError,
    ClusterSubnetGroupNotFoundError,
)
from moto.redshift.models import Cluster, RedshiftBackend
from moto.secretsmanager.models import secretsmanager_backends

from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.lifecycle import Lifecycle, TemporaryPassword
from redshift_standin.aws.redshift.parameter_groups import (
    DEFAULT,
    FAMILIES,
    InvalidGroupState,
    StandInParameterGroup,
    check_new,
    check_own,
    read_changes,
)
from redshift_standin.aws.redshift.snapshots import StandInSnapshot, choose, has_tags

PARAMETER_GROUP = DEFAULT
_REACHABLE = {"available", "modifying"}
_WITH_PASSWORDS = _REACHABLE | {"paused", "pausing", "rebooting", "resizing", "resuming"}
_DELETABLE = {"available", "paused", "incompatible-network", "incompatible-restore"}


class StandInRedshift(RedshiftBackend):
    """The clusters and the snapshots of one region."""

    # Set while the service runs; not a part of what is kept across restarts.
    lifecycle: ClassVar[Lifecycle]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        # Redshift Serverless's, by their names.
        self.namespaces: dict[str, Any] = {}
        self.workgroups: dict[str, Any] = {}
        self.parameter_groups.clear()
        for family in FAMILIES:
            self.parameter_groups[f"default.{family}"] = StandInParameterGroup(
                f"default.{family}", family, f"Default parameter group for {family}", account_id, region_name
            )

    def create_cluster_parameter_group(
        self,
        cluster_parameter_group_name: str,
        group_family: str,
        description: str,
        region_name: str,
        tags: list[dict[str, str]] | None = None,
    ) -> StandInParameterGroup:
        """Make a parameter group with its family's defaults."""
        name = cluster_parameter_group_name.lower()
        check_new(name, group_family, self.parameter_groups)
        group = StandInParameterGroup(name, group_family, description, self.account_id, region_name, tags)
        self.parameter_groups[name] = group
        return group

    def modify_cluster_parameter_group(self, name: str, parameters: list[dict[str, Any]]) -> StandInParameterGroup:
        """Set parameters of a group."""
        [group] = self.describe_cluster_parameter_groups(name)
        check_own(group.name)
        group.require_ssl = read_changes(parameters)
        return group

    def delete_cluster_parameter_group(self, parameter_group_name: str) -> StandInParameterGroup:
        """Remove a group that no cluster uses."""
        check_own(parameter_group_name)
        if any(parameter_group_name in cluster.cluster_parameter_group_name for cluster in self.clusters.values()):
            raise InvalidGroupState(f"The parameter group {parameter_group_name} is used by a cluster.")
        return super().delete_cluster_parameter_group(parameter_group_name)

    def describe_cluster_parameters(self, parameter_group_name: str) -> list[dict[str, Any]]:
        """Tell the parameters of a group, with where each value comes from."""
        parameters = super().describe_cluster_parameters(parameter_group_name)
        group = self.parameter_groups[parameter_group_name]
        for parameter in parameters:
            if parameter["ParameterName"] == "require_ssl":
                parameter["ParameterValue"] = str(group.requires_ssl).lower()
                parameter["Source"] = "engine-default" if group.require_ssl is None else "user"
        return parameters

    def describe_clusters(
        self,
        cluster_identifier: str | None = None,
        tag_keys: list[str] | None = None,
        tag_values: list[str] | None = None,
    ) -> list[Cluster]:
        """Find one cluster, or those with tags."""
        found = super().describe_clusters(cluster_identifier)
        return [cluster for cluster in found if has_tags(cluster, tag_keys or [], tag_values or [])]

    def create_cluster(self, **cluster_kwargs: Any) -> StandInCluster:
        """Make the cluster's record; :meth:`launch` makes the cluster."""
        identifier, subnet_group = cluster_kwargs["cluster_identifier"], cluster_kwargs["cluster_subnet_group_name"]
        parameter_group = cluster_kwargs["cluster_parameter_group_name"]
        if identifier in self.clusters:
            raise ClusterAlreadyExistsFaultError
        if subnet_group and subnet_group not in self.subnet_groups:
            raise ClusterSubnetGroupNotFoundError(subnet_group)
        if parameter_group and parameter_group not in self.parameter_groups:
            raise ClusterParameterGroupNotFoundError(parameter_group)
        cluster = StandInCluster(self, **cluster_kwargs)
        self.clusters[identifier] = cluster
        return cluster

    def launch(self, cluster: StandInCluster, *, managed_password: bool) -> None:
        """Begin to create what stands behind a cluster's record."""
        if managed_password:
            cluster.master_password_secret_arn = self._create_secret(cluster)
        if cluster.restored_from is None:
            self.lifecycle.create(cluster)
        else:
            self.lifecycle.restore(cluster)

    def pause_cluster(self, cluster_id: str) -> Cluster:
        """Close the cluster's connections and refuse new ones."""
        cluster = self._idle(cluster_id, "available", "pause")
        cluster.status = "pausing"
        self.lifecycle.pause(cluster)
        return cluster

    def resume_cluster(self, cluster_id: str) -> Cluster:
        """Open a paused cluster again."""
        cluster = self._in_state(cluster_id, "paused", "resume")
        cluster.status = "resuming"
        self.lifecycle.resume(cluster)
        return cluster

    def reboot_cluster(self, cluster_id: str) -> Cluster:
        """Close the cluster's connections, and open it again after a while."""
        cluster = self._idle(cluster_id, "available", "reboot")
        cluster.status = "rebooting"
        self.lifecycle.reboot(cluster)
        return cluster

    def resize_cluster(
        self, cluster_id: str, node_type: str | None, cluster_type: str | None, nodes: int | None
    ) -> Any:
        """Give the cluster other nodes; it goes down for a while. What is not given stays."""
        cluster = self._idle(cluster_id, "available", "resize")
        size = {
            "NodeType": node_type or cluster.node_type,
            "ClusterType": cluster_type or ("multi-node" if (nodes or cluster.number_of_nodes) > 1 else "single-node"),
        }
        if size["ClusterType"] == "multi-node":
            size["NumberOfNodes"] = nodes or cluster.number_of_nodes
        validation.check_size(size)
        changes = {"node_type": size["NodeType"], "number_of_nodes": size.get("NumberOfNodes", 1)}
        if changes == {"node_type": cluster.node_type, "number_of_nodes": cluster.number_of_nodes}:
            raise errors.InvalidCombination(f"Cluster {cluster_id} has the requested size already.")
        cluster.pending_changes = changes
        cluster.status = "resizing"
        self.lifecycle.resize(cluster)
        return cluster

    def delete_cluster(self, **cluster_kwargs: Any) -> Cluster:
        """Drop the cluster's data, after a final snapshot if one is asked for."""
        identifier = cluster_kwargs["cluster_identifier"]
        cluster = self.describe_clusters(identifier)[0]
        if cluster.status not in _DELETABLE or self._is_being_kept(cluster):
            raise errors.InvalidState(
                "There is an operation running on the Cluster. Please try to delete it at a later time."
            )
        if final := cluster_kwargs["final_cluster_snapshot_identifier"]:
            snapshot = self._new_snapshot(cluster, final, cluster_kwargs.get("retention_period"), cluster.tags)
            cluster.status, cluster.final_snapshot = "final-snapshot", snapshot.snapshot_identifier
            self.lifecycle.delete_with_snapshot(cluster, snapshot, lambda: self.forget(identifier))
        else:
            cluster.status = "deleting"
            self.lifecycle.delete(cluster, lambda: self.forget(identifier))
        return cluster

    def modify_cluster(self, **cluster_kwargs: Any) -> Cluster:
        """Change settings; they hold after a while."""
        cluster = self._in_state(cluster_kwargs.pop("cluster_identifier"), "available", "modify")
        if "master_user_password" in cluster_kwargs and cluster.master_password_secret_arn:
            raise errors.Unsupported("ModifyCluster with MasterUserPassword for a cluster whose password is managed")
        cluster.pending_changes = cluster_kwargs
        cluster.status = "modifying"
        self.lifecycle.modify(cluster)
        return cluster

    def modify_cluster_iam_roles(
        self, cluster_identifier: str, add: list[str], remove: list[str], default: str | None
    ) -> Cluster:
        """Associate and dissociate roles, and choose the default one."""
        cluster = self._in_state(cluster_identifier, "available", "modify the IAM roles of")
        remaining = [arn for arn in cluster.iam_roles_arn if arn not in remove]
        validation.check_roles([*remaining, *(arn for arn in add if arn not in remaining)], default or None)
        cluster.change_roles(add, remove, self.lifecycle.durations.of("roles"))
        if default is not None:
            cluster.default_iam_role_arn = default or None
        elif cluster.default_iam_role_arn in remove:
            cluster.default_iam_role_arn = None
        return cluster

    def take_snapshot(
        self, cluster_identifier: str, identifier: str, retention_period: int | None, tags: list[dict[str, str]]
    ) -> StandInSnapshot:
        """Begin to keep the cluster's data under a name."""
        cluster = self._idle(cluster_identifier, "available", "take a snapshot of")
        snapshot = self._new_snapshot(cluster, identifier, retention_period, tags)
        self.lifecycle.take_snapshot(cluster, snapshot)
        return snapshot

    def find_snapshots(self, request: Mapping[str, Any]) -> list[StandInSnapshot]:
        """Find the snapshots that a request of DescribeClusterSnapshots asks for.

        :raises ServiceException: one that is named does not exist, or the request is refused.
        """
        chosen = choose(self.snapshots.values(), request, self.clusters)
        named, cluster = (
            request.get("SnapshotIdentifier") or request.get("SnapshotArn"),
            request.get("ClusterIdentifier"),
        )
        if named and not chosen:
            raise ClusterSnapshotNotFoundError(named)
        known = {snapshot.cluster_identifier for snapshot in self.snapshots.values()} | set(self.clusters)
        if cluster and cluster not in known:
            raise ClusterNotFoundError(cluster)
        return chosen

    def delete_cluster_snapshot(self, snapshot_identifier: str, cluster_identifier: str | None = None) -> Any:
        """Remove a snapshot with its data."""
        snapshot = self._snapshot(snapshot_identifier, cluster_identifier)
        used = any(c.status == "creating" and c.restored_from == snapshot.folder for c in self.clusters.values())
        if snapshot.status not in ("available", "failed") or used:
            raise errors.InvalidSnapshotState(
                f"The snapshot {snapshot.snapshot_identifier} cannot be deleted while it is being taken or restored."
            )
        del self.snapshots[snapshot.snapshot_identifier]
        self.lifecycle.delete_snapshot(snapshot)
        snapshot.status = "deleted"
        return snapshot

    def restorable(self, request: Mapping[str, Any]) -> StandInSnapshot:
        """Find the snapshot that RestoreFromClusterSnapshot names.

        :raises ServiceException: there is none, or it is not available.
        """
        identifier, arn = request.get("SnapshotIdentifier"), request.get("SnapshotArn")
        if bool(identifier) == bool(arn):
            raise errors.InvalidCombination("Specify either SnapshotIdentifier or SnapshotArn.")
        snapshot = self._snapshot(identifier or arn.rpartition("/")[2], request.get("SnapshotClusterIdentifier"))
        if arn and snapshot.arn != arn:
            raise ClusterSnapshotNotFoundError(arn)
        if snapshot.status != "available":
            raise errors.InvalidSnapshotState(f"The snapshot {snapshot.snapshot_identifier} is {snapshot.status}.")
        return snapshot

    def reopen(self) -> None:
        """Take up all clusters, workgroups and snapshots after a restart.

        :raises StandinError: the port of a cluster is taken.
        """
        for identifier, cluster in list(self.clusters.items()):
            self.lifecycle.reopen(
                cluster,
                lambda identifier=identifier: self.forget(identifier),
                self.snapshots.get(cluster.final_snapshot),
            )
        for workgroup in self.workgroups.values():
            self.lifecycle.reopen(workgroup, lambda: None)
        for snapshot in self.snapshots.values():
            cluster = self.clusters.get(snapshot.cluster_identifier)
            if snapshot.status == "creating" and cluster and cluster.status != "final-snapshot":
                self.lifecycle.take_snapshot(cluster, snapshot)

    def get_cluster_credentials(
        self, cluster_identifier: str, db_user: str, auto_create: bool, duration_seconds: int
    ) -> dict[str, Any]:
        """Make a password that is valid for a while, and tell the endpoint of it."""
        validation.check_user(db_user)
        credentials = super().get_cluster_credentials(cluster_identifier, db_user, auto_create, duration_seconds)
        cluster = self.clusters[cluster_identifier]
        if cluster.status not in _WITH_PASSWORDS:
            raise errors.Unsupported(f"GetClusterCredentials for a cluster that is {cluster.status}")
        password = secrets.token_urlsafe(32)
        self.lifecycle.add_temporary_password(
            cluster, TemporaryPassword(db_user, password, credentials["Expiration"]), create_user=auto_create
        )
        return {**credentials, "DbPassword": password}

    def get_cluster_credentials_with_iam(
        self, cluster_identifier: str, db_user: str, duration_seconds: int
    ) -> dict[str, Any]:
        """Make a password for the user that an IAM identity is mapped to, who is made if missing.

        :param db_user: the user, as :func:`redshift_standin.aws.iam.access_keys.database_user` names it.
        """
        if not 900 <= duration_seconds <= 3600:
            raise errors.InvalidValue("Token duration must be between 900 and 3600 seconds")
        cluster = self.describe_clusters(cluster_identifier)[0]
        if cluster.status not in _WITH_PASSWORDS:
            raise errors.Unsupported(f"GetClusterCredentialsWithIAM for a cluster that is {cluster.status}")
        password = secrets.token_urlsafe(32)
        expiration = datetime.now(timezone.utc) + timedelta(seconds=duration_seconds)
        self.lifecycle.add_temporary_password(
            cluster, TemporaryPassword(db_user, password, expiration), create_user=True
        )
        return {
            "DbUser": db_user,
            "DbPassword": password,
            "Expiration": expiration,
            "NextRefreshTime": datetime.now(timezone.utc) + timedelta(seconds=duration_seconds / 2),
        }

    def forget(self, identifier: str) -> None:
        """Remove a cluster's record, and the secret of its password."""
        cluster = self.clusters.pop(identifier)
        if cluster.master_password_secret_arn:
            secretsmanager_backends[self.account_id][self.region_name].delete_secret(
                cluster.master_password_secret_arn, None, force_delete_without_recovery=True
            )

    def _in_state(self, identifier: str, state: str, operation: str) -> StandInCluster:
        cluster = self.describe_clusters(identifier)[0]
        if cluster.status != state:
            raise errors.InvalidState(
                f"You can't {operation} cluster {identifier}: it is {cluster.status}, and must be {state}."
            )
        return cluster

    def _idle(self, identifier: str, state: str, operation: str) -> StandInCluster:
        cluster = self._in_state(identifier, state, operation)
        if self._is_being_kept(cluster):
            raise errors.InvalidState("There is an operation running on the Cluster. Please try again at a later time.")
        return cluster

    def _is_being_kept(self, cluster: Cluster) -> bool:
        return any(
            snapshot.status == "creating" and snapshot.cluster_identifier == cluster.cluster_identifier
            for snapshot in self.snapshots.values()
        )

    def _new_snapshot(
        self, cluster: Cluster, identifier: str, retention_period: int | None, tags: list[dict[str, str]]
    ) -> StandInSnapshot:
        if retention_period is None:
            retention_period = cluster.manual_snapshot_retention_period
        validation.check_snapshot(identifier, retention_period)
        if any(identifier.lower() == known.lower() for known in self.snapshots):
            raise ClusterSnapshotAlreadyExistsError(identifier)
        snapshot = self.snapshots[identifier] = StandInSnapshot(cluster, identifier, retention_period, tags)
        return snapshot

    def _snapshot(self, identifier: str, cluster_identifier: str | None) -> StandInSnapshot:
        for known in self.snapshots.values():
            if known.snapshot_identifier.lower() == identifier.lower() and (
                cluster_identifier in (None, known.cluster_identifier)
            ):
                return known
        raise ClusterSnapshotNotFoundError(identifier)

    def _create_secret(self, cluster: StandInCluster) -> str:
        content = {"username": cluster.master_username, "password": cluster.master_user_password}
        secret = secretsmanager_backends[self.account_id][self.region_name].create_secret(
            name=f"redshift!{cluster.cluster_identifier}-{cluster.master_username}",
            secret_string=json.dumps(content),
            secret_binary=None,
            description=f"The master password of the Redshift cluster {cluster.cluster_identifier}",
            tags=[{"Key": "aws:redshift:primaryClusterArn", "Value": cluster.arn}],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        return json.loads(secret)["ARN"]


def random_password() -> str:
    """Return a password that the rules for master passwords allow."""
    alphabet = string.ascii_letters + string.digits
    # One of each kind that the rules ask for.
    return "aA1" + "".join(secrets.choice(alphabet) for _ in range(29))
