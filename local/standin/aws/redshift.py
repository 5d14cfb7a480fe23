"""The Redshift control plane: moto's, with states that take time, checked requests and clusters that can be reached."""

from __future__ import annotations

import json
import secrets
import string
import time
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.redshift.exceptions import ClusterAlreadyExistsFaultError, ClusterSubnetGroupNotFoundError
from moto.redshift.models import Cluster, ParameterGroup, RedshiftBackend
from moto.redshift.responses import RedshiftResponse
from moto.secretsmanager.models import secretsmanager_backends

from local.standin.aws import cluster_rules as rules
from local.standin.aws.keys import KeyRefusedError, database_user
from local.standin.aws.lifecycle import Lifecycle, TemporaryPassword

# The name that the endpoint's certificate carries.
ADDRESS = "localhost"
PARAMETER_GROUP = "default.redshift-2.0"
_REACHABLE = {"available", "modifying"}


class StandInCluster(Cluster):
    """A cluster whose endpoint is a listener on this machine."""

    default_iam_role_arn: str | None = None
    master_password_secret_arn: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status = "creating"
        self.role_changes: dict[str, tuple[str, float]] = {}
        self.temporary_passwords: list[TemporaryPassword] = []

    @property
    def address(self) -> str:
        """The host name that clients connect to."""
        return ADDRESS

    @property
    def endpoint(self) -> dict[str, str | int] | None:
        """The host and the port; none while there is nothing to connect to."""
        return None if self.status == "creating" else {"Address": self.address, "Port": self.port}

    @property
    def cluster_availability_status(self) -> str:
        """Whether the cluster can be queried."""
        return {"available": "Available", "modifying": "Modifying"}.get(self.status, "Unavailable")

    @property
    def iam_roles(self) -> list[dict[str, str]]:
        """Every associated role with its state: adding, in-sync or removing."""
        return [{"ApplyStatus": state, "IamRoleArn": arn} for arn, state in self._role_states().items()]

    def has_role(self, arn: str) -> bool:
        """Whether the role is associated and the association has taken effect."""
        return self.status != "creating" and self._role_states().get(arn) in ("in-sync", "removing")

    def change_roles(self, add: list[str], remove: list[str], seconds: float) -> None:
        """Associate and dissociate roles; it takes effect after so many seconds."""
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


class StandInRedshift(RedshiftBackend):
    """The clusters of one region."""

    # Set while the service runs; not a part of what is kept across restarts.
    lifecycle: ClassVar[Lifecycle]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.parameter_groups[PARAMETER_GROUP] = ParameterGroup(
            PARAMETER_GROUP, "redshift-2.0", "Default parameter group for redshift-2.0", account_id, region_name
        )

    def create_cluster(self, **cluster_kwargs: Any) -> StandInCluster:
        """Make the cluster's record; :meth:`launch` makes the cluster."""
        identifier, subnet_group = cluster_kwargs["cluster_identifier"], cluster_kwargs["cluster_subnet_group_name"]
        if identifier in self.clusters:
            raise ClusterAlreadyExistsFaultError
        if subnet_group and subnet_group not in self.subnet_groups:
            raise ClusterSubnetGroupNotFoundError(subnet_group)
        cluster = StandInCluster(self, **cluster_kwargs)
        self.clusters[identifier] = cluster
        return cluster

    def launch(self, cluster: StandInCluster, *, managed_password: bool) -> None:
        """Begin to create what stands behind a cluster's record."""
        if managed_password:
            cluster.master_password_secret_arn = self._create_secret(cluster)
        self.lifecycle.create(cluster)

    def pause_cluster(self, cluster_id: str) -> Cluster:
        """Close the cluster's connections and refuse new ones."""
        cluster = self._in_state(cluster_id, "available", "pause")
        cluster.status = "pausing"
        self.lifecycle.pause(cluster)
        return cluster

    def resume_cluster(self, cluster_id: str) -> Cluster:
        """Open a paused cluster again."""
        cluster = self._in_state(cluster_id, "paused", "resume")
        cluster.status = "resuming"
        self.lifecycle.resume(cluster)
        return cluster

    def delete_cluster(self, **cluster_kwargs: Any) -> Cluster:
        """Drop the cluster's data; the final snapshot is a record only and cannot be restored."""
        identifier = cluster_kwargs["cluster_identifier"]
        cluster = self.describe_clusters(identifier)[0]
        if cluster.status not in ("available", "paused", "incompatible-network"):
            raise rules.InvalidState(
                "There is an operation running on the Cluster. Please try to delete it at a later time."
            )
        if snapshot := cluster_kwargs["final_cluster_snapshot_identifier"]:
            self.create_cluster_snapshot(identifier, snapshot, cluster.region, cluster.tags)
        cluster.status = "deleting"
        self.lifecycle.delete(cluster, lambda: self._forget(identifier))
        return cluster

    def modify_cluster(self, **cluster_kwargs: Any) -> Cluster:
        """Change a setting; a new master password is valid at once."""
        self._in_state(cluster_kwargs["cluster_identifier"], "available", "modify")
        cluster = super().modify_cluster(**cluster_kwargs)
        if "master_user_password" in cluster_kwargs:
            self.lifecycle.set_master_password(cluster)
        return cluster

    def modify_cluster_iam_roles(
        self, cluster_identifier: str, add: list[str], remove: list[str], default: str | None
    ) -> Cluster:
        """Associate and dissociate roles, and choose the default one."""
        cluster = self._in_state(cluster_identifier, "available", "modify the IAM roles of")
        remaining = [arn for arn in cluster.iam_roles_arn if arn not in remove]
        rules.check_roles([*remaining, *(arn for arn in add if arn not in remaining)], default or None)
        cluster.change_roles(add, remove, self.lifecycle.seconds)
        if default is not None:
            cluster.default_iam_role_arn = default or None
        elif cluster.default_iam_role_arn in remove:
            cluster.default_iam_role_arn = None
        return cluster

    def get_cluster_credentials(
        self, cluster_identifier: str, db_user: str, auto_create: bool, duration_seconds: int
    ) -> dict[str, Any]:
        """Make a password that is valid for a while, and tell the endpoint of it."""
        rules.check_user(db_user)
        credentials = super().get_cluster_credentials(cluster_identifier, db_user, auto_create, duration_seconds)
        cluster = self.clusters[cluster_identifier]
        status = cluster.status
        if status not in _REACHABLE | {"paused", "pausing", "resuming"}:
            raise rules.Unsupported(f"GetClusterCredentials for a cluster that is {status}")
        password = secrets.token_urlsafe(32)
        self.lifecycle.add_temporary_password(
            cluster, TemporaryPassword(db_user, password, credentials["Expiration"]), create_user=auto_create
        )
        return {**credentials, "DbPassword": password}

    def get_cluster_credentials_with_iam(
        self, cluster_identifier: str, db_user: str, duration_seconds: int
    ) -> dict[str, Any]:
        """Make a password for the user that an IAM identity is mapped to, who is made if missing.

        :param db_user: the user, as :func:`local.standin.aws.keys.database_user` names it.
        """
        if not 900 <= duration_seconds <= 3600:
            raise rules.InvalidValue("Token duration must be between 900 and 3600 seconds")
        cluster = self.describe_clusters(cluster_identifier)[0]
        if cluster.status not in _REACHABLE | {"paused", "pausing", "resuming"}:
            raise rules.Unsupported(f"GetClusterCredentialsWithIAM for a cluster that is {cluster.status}")
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

    def _in_state(self, identifier: str, state: str, operation: str) -> StandInCluster:
        cluster = self.describe_clusters(identifier)[0]
        if cluster.status != state:
            raise rules.InvalidState(
                f"You can't {operation} cluster {identifier}: it is {cluster.status}, and must be {state}."
            )
        return cluster

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

    def _forget(self, identifier: str) -> None:
        cluster = self.clusters.pop(identifier)
        if cluster.master_password_secret_arn:
            secretsmanager_backends[self.account_id][self.region_name].delete_secret(
                cluster.master_password_secret_arn, None, force_delete_without_recovery=True
            )


class StandInRedshiftResponse(RedshiftResponse):
    """Reads the requests of the control plane."""

    def create_cluster(self) -> ActionResult:
        """CreateCluster."""
        rules.check_create(self.params)
        managed = str(self.params.get("ManageMasterPassword", False)).lower() == "true"
        if managed:
            self.params["MasterUserPassword"] = _random_password()
        self.params.setdefault("Encrypted", True)
        self.params.setdefault("ClusterParameterGroupName", PARAMETER_GROUP)
        result = super().create_cluster()
        cluster = result.result["Cluster"]
        cluster.default_iam_role_arn = self.params.get("DefaultIamRoleArn")
        self.redshift_backend.launch(cluster, managed_password=managed)
        return result

    def delete_cluster(self) -> ActionResult:
        """DeleteCluster."""
        rules.check_delete(self.params)
        return super().delete_cluster()

    def modify_cluster(self) -> ActionResult:
        """ModifyCluster."""
        rules.check_modify(self.params)
        return super().modify_cluster()

    def modify_cluster_iam_roles(self) -> ActionResult:
        """ModifyClusterIamRoles, which moto lacks."""
        cluster = self.redshift_backend.modify_cluster_iam_roles(
            self._get_param("ClusterIdentifier"),
            self._get_param("AddIamRoles", []),
            self._get_param("RemoveIamRoles", []),
            self._get_param("DefaultIamRoleArn"),
        )
        return ActionResult({"Cluster": cluster})

    def get_cluster_credentials_with_iam(self) -> ActionResult:
        """GetClusterCredentialsWithIAM, which moto lacks."""
        if self._get_param("CustomDomainName"):
            raise rules.Unsupported("GetClusterCredentialsWithIAM with CustomDomainName")
        try:
            user = database_user(self.get_access_key())
        except KeyRefusedError as error:
            raise rules.InvalidValue(error.message) from error
        credentials = self.redshift_backend.get_cluster_credentials_with_iam(
            self._get_param("ClusterIdentifier"), user, self._get_int_param("DurationSeconds", 900)
        )
        return ActionResult(credentials)

    def restore_from_cluster_snapshot(self) -> ActionResult:
        """RestoreFromClusterSnapshot is refused: a snapshot here has no data."""
        raise rules.Unsupported("RestoreFromClusterSnapshot")


def _random_password() -> str:
    alphabet = string.ascii_letters + string.digits
    # One of each kind that the rules ask for.
    return "aA1" + "".join(secrets.choice(alphabet) for _ in range(29))
