"""Handles requests to the Redshift control plane, and refuses those that the stand-in does not support."""

from __future__ import annotations

import re
from typing import Any, cast

from moto.core.responses import ActionResult
from moto.redshift.responses import RedshiftResponse

from redshift_standin.aws.iam.access_keys import KeyRefusedError, database_user
from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.backend import StandInRedshift, redshift_in_region
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.managed_passwords import random_password
from redshift_standin.aws.redshift.parameter_groups import DEFAULT_GROUP
from redshift_standin.aws.redshift.snapshots import page

_KEY = re.compile(r"Credential=([^/,]+)/")

# Moto has more, which have no effect on a cluster.
OPERATIONS = frozenset(
    {
        "CreateCluster",
        "CreateClusterParameterGroup",
        "CreateClusterSnapshot",
        "CreateClusterSubnetGroup",
        "CreateTags",
        "DeleteCluster",
        "DeleteClusterParameterGroup",
        "DeleteClusterSnapshot",
        "DeleteClusterSubnetGroup",
        "DeleteTags",
        "DescribeClusterParameterGroups",
        "DescribeClusterParameters",
        "DescribeClusterSnapshots",
        "DescribeClusterSubnetGroups",
        "DescribeClusters",
        "DescribeLoggingStatus",
        "DescribeTags",
        "DisableLogging",
        "EnableLogging",
        "GetClusterCredentials",
        "GetClusterCredentialsWithIAM",
        "ModifyCluster",
        "ModifyClusterIamRoles",
        "ModifyClusterParameterGroup",
        "PauseCluster",
        "RebootCluster",
        "ResizeCluster",
        "RestoreFromClusterSnapshot",
        "ResumeCluster",
    }
)


class StandInRedshiftResponse(RedshiftResponse):
    """The operations of the control plane."""

    @property
    def redshift_backend(self) -> StandInRedshift:
        """The clusters and the snapshots of the request's region."""
        return redshift_in_region(self.region)

    def get_access_key(self) -> str:
        """Return the access key ID of a request. Moto finds only IDs in the form of AWS's."""
        found = _KEY.search(self.headers.get("Authorization", ""))
        return found[1] if found else super().get_access_key()

    def call_action(self) -> Any:
        """Answer a request.

        :raises NotImplementedError: the operation is not supported.
        """
        if self._get_action() not in OPERATIONS:
            raise NotImplementedError(self._get_action())
        return super().call_action()

    def create_cluster(self) -> ActionResult:
        """CreateCluster."""
        validation.check_create(self.params)
        managed = self.params.get("ManageMasterPassword", False)
        if managed:
            self.params["MasterUserPassword"] = random_password()
        self.params.setdefault("Encrypted", True)
        self.params.setdefault("ClusterParameterGroupName", DEFAULT_GROUP)
        result = super().create_cluster()
        self._launch(result, managed_password=managed)
        return result

    def describe_clusters(self) -> ActionResult:
        """DescribeClusters."""
        names = ("ClusterIdentifier", "TagKeys", "TagValues")
        return ActionResult({"Clusters": self.redshift_backend.describe_clusters(*map(self._get_param, names))})

    def delete_cluster(self) -> ActionResult:
        """DeleteCluster."""
        validation.check_delete(self.params)
        cluster = self.redshift_backend.delete_cluster(
            cluster_identifier=self._get_param("ClusterIdentifier"),
            final_cluster_snapshot_identifier=self._get_param("FinalClusterSnapshotIdentifier"),
            retention_period=self._get_param("FinalClusterSnapshotRetentionPeriod"),
        )
        return ActionResult({"Cluster": cluster})

    def modify_cluster(self) -> ActionResult:
        """ModifyCluster, which also resizes."""
        validation.check_modify(self.params)
        if "NodeType" in self.params or "ClusterType" in self.params:
            return self.resize_cluster()
        return super().modify_cluster()

    def resize_cluster(self) -> ActionResult:
        """ResizeCluster, which moto lacks; elastic and classic are the same here."""
        validation.check_resize(self.params)
        names = ("ClusterIdentifier", "NodeType", "ClusterType", "NumberOfNodes")
        return ActionResult({"Cluster": self.redshift_backend.resize_cluster(*map(self._get_param, names))})

    def reboot_cluster(self) -> ActionResult:
        """RebootCluster, which moto lacks."""
        return ActionResult({"Cluster": self.redshift_backend.reboot_cluster(self._get_param("ClusterIdentifier"))})

    def modify_cluster_iam_roles(self) -> ActionResult:
        """ModifyClusterIamRoles, which moto lacks."""
        cluster = self.redshift_backend.modify_cluster_iam_roles(
            self._get_param("ClusterIdentifier"),
            self._get_param("AddIamRoles", []),
            self._get_param("RemoveIamRoles", []),
            self._get_param("DefaultIamRoleArn"),
        )
        return ActionResult({"Cluster": cluster})

    def modify_cluster_parameter_group(self) -> ActionResult:
        """ModifyClusterParameterGroup, which moto lacks."""
        group = self.redshift_backend.modify_cluster_parameter_group(
            self._get_param("ParameterGroupName"), self._get_param("Parameters", [])
        )
        status = "Your parameter group has been updated. Changes to static parameters need a reboot of the cluster."
        return ActionResult({"ParameterGroupName": group.name, "ParameterGroupStatus": status})

    def create_cluster_snapshot(self) -> ActionResult:
        """CreateClusterSnapshot."""
        snapshot = self.redshift_backend.take_snapshot(
            self._get_param("ClusterIdentifier"),
            self._get_param("SnapshotIdentifier"),
            self._get_param("ManualSnapshotRetentionPeriod"),
            self._get_param("Tags", []),
        )
        return ActionResult({"Snapshot": snapshot})

    def describe_cluster_snapshots(self) -> ActionResult:
        """DescribeClusterSnapshots."""
        snapshots, marker = page(self.redshift_backend.find_snapshots(self.params), self.params)
        return ActionResult({"Snapshots": snapshots, "Marker": marker})

    def delete_cluster_snapshot(self) -> ActionResult:
        """DeleteClusterSnapshot."""
        snapshot = self.redshift_backend.delete_cluster_snapshot(
            self._get_param("SnapshotIdentifier"), self._get_param("SnapshotClusterIdentifier")
        )
        return ActionResult({"Snapshot": snapshot})

    def restore_from_cluster_snapshot(self) -> ActionResult:
        """RestoreFromClusterSnapshot: CreateCluster with the master user, the database and the nodes of the snapshot.

        The roles, the security groups and the parameter group of the old cluster do not carry over (AWS API reference).
        """
        validation.check_restore(self.params)
        snapshot = self.redshift_backend.find_restorable_snapshot(self.params)
        nodes = self.params.get("NumberOfNodes", snapshot.number_of_nodes)
        self.params.update(
            NodeType=self.params.get("NodeType", snapshot.node_type),
            ClusterType="multi-node" if nodes > 1 else "single-node",
            NumberOfNodes=nodes,
            MasterUsername=snapshot.master_username,
            MasterUserPassword=snapshot.master_user_password,
            DBName=snapshot.db_name,
            Tags=snapshot.tags,
        )
        validation.check_size({**self.params, "NumberOfNodes": nodes if nodes > 1 else None})
        managed = self.params.get("ManageMasterPassword", False)
        if managed:
            self.params["MasterUserPassword"] = random_password()
        self.params.setdefault("AvailabilityZone", snapshot.availability_zone)
        self.params.setdefault("EnhancedVpcRouting", snapshot.enhanced_vpc_routing)
        self.params.setdefault("Encrypted", True)
        self.params.setdefault("ClusterParameterGroupName", DEFAULT_GROUP)
        result = super().create_cluster()
        self._launch(result, restored_from=snapshot.folder, managed_password=managed)
        return result

    def get_cluster_credentials(self) -> ActionResult:
        """GetClusterCredentials."""
        for name in ("DbGroups", "CustomDomainName"):
            if self._get_param(name):
                raise errors.Unsupported(f"GetClusterCredentials with {name}")
        return super().get_cluster_credentials()

    def get_cluster_credentials_with_iam(self) -> ActionResult:
        """GetClusterCredentialsWithIAM, which moto lacks."""
        if self._get_param("CustomDomainName"):
            raise errors.Unsupported("GetClusterCredentialsWithIAM with CustomDomainName")
        try:
            user = database_user(self.get_access_key())
        except KeyRefusedError as error:
            raise errors.InvalidValue(error.message) from error
        credentials = self.redshift_backend.get_cluster_credentials_with_iam(
            self._get_param("ClusterIdentifier"), user, self._get_int_param("DurationSeconds", 900)
        )
        return ActionResult(credentials)

    def _launch(self, result: ActionResult, *, managed_password: bool, restored_from: str | None = None) -> None:
        cluster: StandInCluster = cast("dict[str, Any]", result.result)["Cluster"]
        cluster.restored_from = restored_from
        cluster.default_iam_role_arn = self.params.get("DefaultIamRoleArn")
        cluster.manual_snapshot_retention_period = self.params.get("ManualSnapshotRetentionPeriod", -1)
        self.redshift_backend.launch(cluster, managed_password=managed_password)
