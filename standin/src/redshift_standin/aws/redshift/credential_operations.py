"""GetClusterCredentials and GetClusterCredentialsWithIAM: temporary passwords."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.cluster_states import ClusterStates

# The states in which a cluster accepts a new password.
_WITH_PASSWORDS = {"available", "modifying", "paused", "pausing", "rebooting", "resizing", "resuming"}


class CredentialOperations(ClusterStates):
    """Creates the temporary passwords of the clusters of one region."""

    def get_cluster_credentials(
        self, cluster_identifier: str, db_user: str, auto_create: bool, duration_seconds: int
    ) -> dict[str, Any]:
        """Create a temporary password, and the user if ``auto_create`` is true and it is missing."""
        validation.check_user(db_user)
        credentials = super().get_cluster_credentials(cluster_identifier, db_user, auto_create, duration_seconds)
        cluster = self.clusters[cluster_identifier]
        if cluster.status not in _WITH_PASSWORDS:
            raise errors.Unsupported(f"GetClusterCredentials for a cluster that is {cluster.status}")
        if auto_create:
            self.lifecycle.create_user(cluster, db_user)
        return {**credentials, "DbPassword": cluster.temporary_password(db_user, credentials["Expiration"])}

    def get_cluster_credentials_with_iam(
        self, cluster_identifier: str, db_user: str, duration_seconds: int
    ) -> dict[str, Any]:
        """Create a temporary password for the user of an IAM identity, and the user if it is missing.

        :param db_user: the user, as :func:`redshift_standin.aws.iam.access_keys.database_user` names it.
        """
        if not 900 <= duration_seconds <= 3600:
            raise errors.InvalidValue("Token duration must be between 900 and 3600 seconds")
        cluster = self.find_cluster(cluster_identifier)
        if cluster.status not in _WITH_PASSWORDS:
            raise errors.Unsupported(f"GetClusterCredentialsWithIAM for a cluster that is {cluster.status}")
        expiration = datetime.now(timezone.utc) + timedelta(seconds=duration_seconds)
        self.lifecycle.create_user(cluster, db_user)
        return {
            "DbUser": db_user,
            "DbPassword": cluster.temporary_password(db_user, expiration),
            "Expiration": expiration,
            "NextRefreshTime": datetime.now(timezone.utc) + timedelta(seconds=duration_seconds / 2),
        }
