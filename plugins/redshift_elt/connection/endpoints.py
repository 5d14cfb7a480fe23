"""What a connection of type ``redshift`` leads to: a cluster or a Serverless workgroup, found by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from redshift_elt.connection.aws_api import AwsRefusedError

# AwsApi.ask with a deadline.
Ask = Callable[..., dict[str, Any]]
# A user and a password.
Login = tuple[str, str]

# DescribeClusters (AWS API reference) and "Pausing and resuming clusters": nothing can connect in these states.
_CLOSED = {
    "creating": "Wait until it is available; the retries of a task do.",
    "resuming": "Wait until it is available; the retries of a task do.",
    "rebooting": "Wait until it is available; the retries of a task do.",
    "pausing": "Wait until it is paused, then resume it.",
    "paused": "Resume it, or let the task do that with resume_cluster.",
    "deleting": "Create another one, or restore one from a snapshot, when it is gone.",
    "final-snapshot": "Create another one, or restore one from a snapshot, when it is gone.",
}
_WORKGROUP_CLOSED = {
    "CREATING": "Wait until it is available; the retries of a task do.",
    "DELETING": "Create another one when it is gone.",
}


class ClusterPausedError(AirflowException):
    """The cluster is paused, or on its way from or to that, so that nothing can connect to it yet.

    :param identifier: the cluster's name.
    """

    def __init__(self, message: str, identifier: str) -> None:
        super().__init__(message)
        self.identifier = identifier


class Target(Protocol):
    """A cluster or a workgroup."""

    def endpoint(self) -> tuple[str, int]:
        """Return its host and its port.

        :raises AirflowException: there is none; the message says why.
        """

    def credentials(self, user: str | None, database: str | None) -> Login:
        """Return a temporary user and password.

        :param user: the database user; None: the one that the caller's IAM identity is mapped to.
        """

    def managed_secret(self) -> str:
        """Return the ARN of the secret that AWS manages for its administrator.

        :raises AirflowFailException: it has none.
        """


class Cluster:
    """A provisioned cluster.

    :param identifier: its name.
    :param named_in: the Airflow connection that names it.
    """

    def __init__(self, identifier: str, named_in: str, ask: Ask) -> None:
        self._identifier = identifier
        self._named_in = named_in
        self._ask = ask
        self._found: dict[str, Any] | None = None

    def endpoint(self) -> tuple[str, int]:
        """See :class:`Target`. A paused cluster raises :class:`ClusterPausedError`."""
        cluster = self._describe()
        status = cluster["ClusterStatus"]
        if status in _CLOSED or not cluster.get("Endpoint", {}).get("Address"):
            what_to_do = _CLOSED.get(status, "Look at it in the AWS console.")
            message = f"The Redshift cluster {self._identifier!r} is {status}: nothing can connect to it. {what_to_do}"
            if status in ("paused", "pausing", "resuming"):
                raise ClusterPausedError(message, self._identifier)
            raise AirflowException(message)
        return cluster["Endpoint"]["Address"], cluster["Endpoint"]["Port"]

    def credentials(self, user: str | None, database: str | None) -> Login:
        """See :class:`Target`: GetClusterCredentials for a user, GetClusterCredentialsWithIAM without one."""
        arguments: dict[str, Any] = {"ClusterIdentifier": self._identifier}
        if database:
            arguments["DbName"] = database
        operation = "GetClusterCredentialsWithIAM"
        if user:
            # A user who is made on the fly would have no rights.
            operation, arguments = "GetClusterCredentials", {**arguments, "DbUser": user, "AutoCreate": False}
        answer = self._named(operation, **arguments)
        return answer["DbUser"], answer["DbPassword"]

    def managed_secret(self) -> str:
        """See :class:`Target`."""
        secret = self._describe().get("MasterPasswordSecretArn")
        if not secret:
            raise AirflowFailException(
                f"The master password of the Redshift cluster {self._identifier!r} is not managed by Secrets Manager: "
                f"write the secret's own name as secret_arn of the connection {self._named_in!r}."
            )
        return secret

    def _describe(self) -> dict[str, Any]:
        if self._found is None:
            [self._found] = self._named("DescribeClusters", ClusterIdentifier=self._identifier)["Clusters"]
        return self._found

    def _named(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._ask("redshift", operation, **arguments)
        except AwsRefusedError as refusal:
            if refusal.code != "ClusterNotFound":
                raise
            raise AirflowException(
                f"There is no Redshift cluster {self._identifier!r} in this account and region. Create it, or correct "
                f"cluster_identifier in the connection {self._named_in!r}."
            ) from refusal


class Workgroup:
    """A workgroup of Redshift Serverless.

    :param name: its name.
    :param named_in: the Airflow connection that names it.
    :param token_seconds: how long a temporary password can be used to log in, from 900 to 3600.
    """

    def __init__(self, name: str, named_in: str, ask: Ask, token_seconds: int = 900) -> None:
        self._name = name
        self._named_in = named_in
        self._ask = ask
        self._token_seconds = token_seconds

    def endpoint(self) -> tuple[str, int]:
        """See :class:`Target`."""
        workgroup = self._named("GetWorkgroup", workgroupName=self._name)["workgroup"]
        status, endpoint = workgroup["status"], workgroup.get("endpoint") or {}
        if status in _WORKGROUP_CLOSED or not endpoint.get("address"):
            what_to_do = _WORKGROUP_CLOSED.get(status, "Look at it in the AWS console.")
            raise AirflowException(
                f"The Redshift Serverless workgroup {self._name!r} is {status}: nothing can connect to it. {what_to_do}"
            )
        return endpoint["address"], endpoint["port"]

    def credentials(self, user: str | None, database: str | None) -> Login:
        """See :class:`Target`: Serverless knows only the user that an IAM identity is mapped to.

        :raises AirflowFailException: a user is named.
        """
        if user:
            raise AirflowFailException(
                f"Redshift Serverless chooses the user of a temporary password by the caller's IAM identity: take the "
                f"user {user!r} out of the connection {self._named_in!r}, or give it a password or a secret_arn."
            )
        arguments = {"workgroupName": self._name, "durationSeconds": self._token_seconds}
        answer = self._named("GetCredentials", **arguments, **({"dbName": database} if database else {}))
        return answer["dbUser"], answer["dbPassword"]

    def managed_secret(self) -> str:
        """See :class:`Target`: GetWorkgroup tells of none.

        :raises AirflowFailException: always.
        """
        raise AirflowFailException(
            f"Only a cluster can be asked for its managed secret: write the secret's own ARN as secret_arn of the "
            f"connection {self._named_in!r}."
        )

    def _named(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._ask("redshift-serverless", operation, **arguments)
        except AwsRefusedError as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            raise AirflowException(
                f"There is no Redshift Serverless workgroup {self._name!r} in this account and region. Create it, or "
                f"correct serverless_work_group in the connection {self._named_in!r}."
            ) from refusal
