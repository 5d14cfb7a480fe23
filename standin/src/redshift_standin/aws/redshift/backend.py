"""The Redshift control plane: moto's, with state changes that take time and clusters that have endpoints."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from moto.redshift.exceptions import (
    ClusterAlreadyExistsFaultError,
    ClusterParameterGroupNotFoundError,
    ClusterSubnetGroupNotFoundError,
)
from moto.redshift.models import Cluster, redshift_backends

from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.credential_operations import CredentialOperations
from redshift_standin.aws.redshift.managed_passwords import create_secret, delete_secret
from redshift_standin.aws.redshift.parameter_group_operations import ParameterGroupOperations
from redshift_standin.aws.redshift.snapshot_operations import SnapshotOperations
from redshift_standin.aws.redshift.snapshots import has_tags
from redshift_standin.aws.s3.model import buckets
from redshift_standin.settings import ACCOUNT

_DELETABLE = {"available", "paused", "incompatible-network", "incompatible-restore"}


class StandInRedshift(SnapshotOperations, CredentialOperations, ParameterGroupOperations):
    """The clusters and the snapshots of one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        # Redshift Serverless: the Namespace and the StandInWorkgroup of each name.
        self.namespaces: dict[str, Any] = {}
        self.workgroups: dict[str, Any] = {}

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
        """Create the cluster's record; :meth:`launch` creates the cluster."""
        identifier, subnet_group = cluster_kwargs["cluster_identifier"], cluster_kwargs["cluster_subnet_group_name"]
        parameter_group = cluster_kwargs["cluster_parameter_group_name"]
        if identifier in self.clusters:
            raise ClusterAlreadyExistsFaultError
        if subnet_group and subnet_group not in self.subnet_groups:
            raise ClusterSubnetGroupNotFoundError(subnet_group)
        if parameter_group and parameter_group not in self.parameter_groups:
            raise ClusterParameterGroupNotFoundError(parameter_group)
        # Moto's models inherit abstract methods that they do not implement.
        cluster = StandInCluster(self, **cluster_kwargs)  # type: ignore[abstract]
        self.clusters[identifier] = cluster
        return cluster

    def launch(self, cluster: StandInCluster, *, managed_password: bool) -> None:
        """Begin to create the cluster of a record."""
        if managed_password:
            cluster.master_password_secret_arn = create_secret(
                self.region_name,
                f"redshift!{cluster.cluster_identifier}-{cluster.master_username}",
                {"username": cluster.master_username, "password": cluster.master_user_password},
                f"The master password of the Redshift cluster {cluster.cluster_identifier}",
                [{"Key": "aws:redshift:primaryClusterArn", "Value": cluster.arn}],
            )
        if cluster.restored_from is None:
            self.lifecycle.create(cluster)
        else:
            self.lifecycle.restore(cluster)

    def enable_logging(
        self,
        cluster_identifier: str,
        bucket_name: str,
        s3_key_prefix: str,
        log_destination_type: str,
        log_exports: list[str],
    ) -> dict[str, Any]:
        """Store the settings of audit logging; nothing is logged."""
        self._require_state(cluster_identifier, "available", "enable logging for")
        if log_destination_type != "cloudwatch" and bucket_name not in buckets():
            raise errors.BucketNotFound("Cannot find the S3 bucket.")
        return super().enable_logging(
            cluster_identifier, bucket_name, s3_key_prefix, log_destination_type or "s3", log_exports
        )

    def pause_cluster(self, cluster_id: str) -> Cluster:
        """Close the cluster's connections and refuse new ones."""
        cluster = self._require_idle(cluster_id, "available", "pause")
        cluster.status = "pausing"
        self.lifecycle.pause(cluster)
        return cluster

    def resume_cluster(self, cluster_id: str) -> Cluster:
        """Reopen a paused cluster."""
        cluster = self._require_state(cluster_id, "paused", "resume")
        cluster.status = "resuming"
        self.lifecycle.resume(cluster)
        return cluster

    def reboot_cluster(self, cluster_id: str) -> Cluster:
        """Close the cluster's connections, and reopen it after a while."""
        cluster = self._require_idle(cluster_id, "available", "reboot")
        cluster.status = "rebooting"
        self.lifecycle.reboot(cluster)
        return cluster

    def resize_cluster(
        self, cluster_id: str, node_type: str | None, cluster_type: str | None, nodes: int | None
    ) -> Any:
        """Change the size of the cluster, which goes down for a while.

        :param node_type: None keeps the node type, as for the other parameters.
        """
        cluster = self._require_idle(cluster_id, "available", "resize")
        size: dict[str, Any] = {
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
        """Drop the cluster's data, after a final snapshot if the request names one."""
        identifier = cluster_kwargs["cluster_identifier"]
        cluster = self.find_cluster(identifier)
        if cluster.status not in _DELETABLE or self._has_unfinished_snapshot(cluster):
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
        """Change settings; they take effect after a while."""
        cluster = self._require_state(cluster_kwargs.pop("cluster_identifier"), "available", "modify")
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
        cluster = self._require_state(cluster_identifier, "available", "modify the IAM roles of")
        remaining = [arn for arn in cluster.iam_roles_arn if arn not in remove]
        validation.check_roles([*remaining, *(arn for arn in add if arn not in remaining)], default or None)
        cluster.change_roles(add, remove, self.lifecycle.durations.of("roles"))
        if default is not None:
            cluster.default_iam_role_arn = default or None
        elif cluster.default_iam_role_arn in remove:
            cluster.default_iam_role_arn = None
        return cluster

    def reopen(self) -> None:
        """Reopen all clusters and workgroups after a restart, and resume unfinished snapshots.

        :raises StandinError: the port of a cluster is in use.
        """
        for identifier, cluster in list(self.clusters.items()):
            final_snapshot = self.snapshots.get(cluster.final_snapshot or "")
            self.lifecycle.reopen(cluster, partial(self.forget, identifier), final_snapshot)
        for workgroup in self.workgroups.values():
            self.lifecycle.reopen(workgroup, lambda: None)
        for snapshot in self.snapshots.values():
            source = self.clusters.get(snapshot.cluster_identifier)
            if snapshot.status == "creating" and source and source.status != "final-snapshot":
                self.lifecycle.take_snapshot(source, snapshot)

    def forget(self, identifier: str) -> None:
        """Remove a cluster's record, and the secret of its password."""
        cluster = self.clusters.pop(identifier)
        if cluster.master_password_secret_arn:
            delete_secret(self.region_name, cluster.master_password_secret_arn)


def redshift_in_region(region: str) -> StandInRedshift:
    """Return the clusters and the snapshots of one region."""
    return cast("StandInRedshift", redshift_backends[ACCOUNT][region])


def redshift_in_all_regions() -> list[StandInRedshift]:
    """Return the clusters and the snapshots of each region in use."""
    return cast("list[StandInRedshift]", list(redshift_backends[ACCOUNT].values()))
