"""GetClusterCredentials and GetClusterCredentialsWithIAM: temporary passwords."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

from redshift_standin.aws.redshift import errors, validation
from redshift_standin.aws.redshift.cluster_states import ClusterStates
from redshift_standin.aws.redshift.interfaces import TemporaryPassword

# The states in which a cluster accepts a new password.
_WITH_PASSWORDS = {"available", "modifying", "paused", "pausing", "rebooting", "resizing", "resuming"}


class CredentialOperations(ClusterStates):
    """Creates the temporary passwords of the clusters of one region."""

    def get_cluster_credentials(
        self, cluster_identifier: str, db_user: str, auto_create: bool, duration_seconds: int
    ) -> dict[str, Any]:
        """Create a temporary password, which the endpoint accepts."""
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
        """Create a temporary password for the user of an IAM identity, and the user if it is missing.

        :param db_user: the user, as :func:`redshift_standin.aws.iam.access_keys.database_user` names it.
        """
        if not 900 <= duration_seconds <= 3600:
            raise errors.InvalidValue("Token duration must be between 900 and 3600 seconds")
        cluster = self.find_cluster(cluster_identifier)
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
