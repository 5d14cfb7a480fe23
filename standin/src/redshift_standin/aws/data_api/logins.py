"""The logins of requests: by a secret, by a database user, or by the caller's IAM identity."""

from __future__ import annotations

import json
import threading

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.exceptions import HTTPException

from redshift_standin.aws.data_api.errors import invalid
from redshift_standin.aws.data_api.execution import Login
from redshift_standin.aws.data_api.submission import Submission
from redshift_standin.aws.redshift.backend import StandInRedshift, redshift_in_region
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.settings import ACCOUNT


class Logins:
    """Finds the cluster of a request, and a user name and password for it.

    :param lock: held while the control plane's models are read.
    :param region: the region of the clusters.
    """

    def __init__(self, lock: threading.RLock, region: str) -> None:
        self._models = lock
        self._region = region

    def log_in(self, submission: Submission, owner: str) -> tuple[Login, dict[str, str]]:
        """Return how to log in for a request, and the members of its responses that name the target.

        :param owner: the database user of the caller's IAM identity.
        :raises DataApiError: the cluster is not available, or the request names no valid user.
        """
        with self._models:
            backend = redshift_in_region(self._region)
            cluster: StandInCluster | None = backend.clusters.get(submission.cluster or "")
            if cluster is None:
                raise invalid("Redshift endpoint doesn't exist in this region.")
            if cluster.status not in ("available", "modifying"):
                raise invalid(f"Cluster {submission.cluster} is {cluster.status}, and must be available.")
            target = {"ClusterIdentifier": submission.cluster or "", "Database": submission.database or ""}
            if submission.secret:
                user, password = self._read_secret(submission.secret)
                target["SecretArn"] = submission.secret
            elif submission.db_user:
                user, password = submission.db_user, self._password(backend, cluster, submission.db_user)
                target["DbUser"] = submission.db_user
            else:
                user = owner
                credentials = backend.get_cluster_credentials_with_iam(cluster.cluster_identifier, owner, 900)
                password = credentials["DbPassword"]
                target["DbUser"] = owner
            return Login(cluster.address, cluster.port, submission.database or "", user, password), target

    def _password(self, backend: StandInRedshift, cluster: StandInCluster, user: str) -> str:
        try:
            return str(backend.get_cluster_credentials(cluster.cluster_identifier, user, False, 900)["DbPassword"])
        except (ServiceException, HTTPException) as error:
            raise invalid(str(error)) from error

    def _read_secret(self, arn: str) -> tuple[str, str]:
        try:
            secret = secretsmanager_backends[ACCOUNT][self._region].get_secret_value(arn, "", "")
            content = json.loads(secret["SecretString"])
            return content["username"], content["password"]
        except (ServiceException, HTTPException, KeyError, ValueError) as error:
            raise invalid(f"Secret {arn} does not exist, or has no username and no password.") from error
