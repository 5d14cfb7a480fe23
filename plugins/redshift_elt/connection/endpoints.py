"""The endpoint that a connection of type ``redshift`` names: a cluster or a Serverless workgroup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from redshift_elt.connection.aws_api import AwsRefusedError

if TYPE_CHECKING:
    from redshift_elt.connection.connection_settings import ConnectionSettings

# AwsApi.call with its deadline: takes a service, an operation and its arguments, and returns the response.
AwsCall = Callable[..., dict[str, Any]]
# A user and a password.
Login = tuple[str, str]

# States in which a cluster does not accept connections (AWS API reference, DescribeClusters; AWS page "Pausing and
# resuming clusters").
_CLOSED = {
    "creating": "Wait until it is available; task retries do.",
    "resuming": "Wait until it is available; task retries do.",
    "rebooting": "Wait until it is available; task retries do.",
    "pausing": "Wait until it is paused, then resume it.",
    "paused": "Resume it, or set resume_cluster to let the task resume it.",
    "deleting": "When it is gone, create another one or restore one from a snapshot.",
    "final-snapshot": "When it is gone, create another one or restore one from a snapshot.",
}
_WORKGROUP_CLOSED = {
    "CREATING": "Wait until it is available; task retries do.",
    "DELETING": "When it is gone, create another one.",
}


class ClusterPausedError(AirflowException):
    """The cluster is paused, pausing or resuming, and does not accept connections yet.

    :param identifier: the cluster's identifier.
    """

    def __init__(self, message: str, identifier: str) -> None:
        super().__init__(message)
        self.identifier = identifier


@dataclass(frozen=True)
class TemporaryLogin:
    """The user and the database for which a temporary password is requested.

    :param user: the database user; None: the user that the caller's IAM identity is mapped to.
    :param groups: the database groups that the user joins for the session.
    :param auto_create: create the user if it does not exist; it then has no privileges.
    """

    user: str | None
    database: str | None
    groups: tuple[str, ...] = ()
    auto_create: bool = False

    @classmethod
    def of(cls, settings: ConnectionSettings) -> TemporaryLogin:
        """Return what a connection requests."""
        extras = settings.extras
        groups = extras.get("db_groups", ())
        return cls(
            None if extras.get("group_federation") else settings.user,
            settings.database,
            tuple(group.lower() for group in groups) if extras.get("force_lowercase") else tuple(groups),
            extras.get("auto_create", False),
        )


class Endpoint(Protocol):
    """A cluster or a workgroup."""

    def address(self) -> tuple[str, int]:
        """Return its host and its port.

        :raises AirflowException: it has none at the moment; the message says why.
        """

    def credentials(self, login: TemporaryLogin) -> Login:
        """Return a temporary user and password."""

    def managed_secret(self) -> str:
        """Return the ARN of the secret that AWS manages for its administrator.

        :raises AirflowFailException: it has none.
        """


class Cluster:
    """A provisioned cluster.

    :param identifier: the cluster's identifier.
    :param named_in: the Airflow connection that names it, for messages.
    """

    def __init__(self, identifier: str, named_in: str, call: AwsCall) -> None:
        self._identifier = identifier
        self._named_in = named_in
        self._call_aws = call
        self._description: dict[str, Any] | None = None

    def address(self) -> tuple[str, int]:
        """See :class:`Endpoint`. A paused cluster raises :class:`ClusterPausedError`."""
        cluster = self._describe()
        status = cluster["ClusterStatus"]
        if status in _CLOSED or not cluster.get("Endpoint", {}).get("Address"):
            advice = _CLOSED.get(status, "Check it in the AWS console.")
            message = f"The Redshift cluster {self._identifier!r} is {status} and does not accept connections. {advice}"
            if status in ("paused", "pausing", "resuming"):
                raise ClusterPausedError(message, self._identifier)
            raise AirflowException(message)
        return cluster["Endpoint"]["Address"], cluster["Endpoint"]["Port"]

    def credentials(self, login: TemporaryLogin) -> Login:
        """See :class:`Endpoint`: GetClusterCredentials for a user, GetClusterCredentialsWithIAM without one."""
        arguments: dict[str, Any] = {"ClusterIdentifier": self._identifier}
        if login.database:
            arguments["DbName"] = login.database
        operation = "GetClusterCredentialsWithIAM"
        if login.user:
            operation = "GetClusterCredentials"
            arguments |= {"DbUser": login.user, "AutoCreate": login.auto_create}
            if login.groups:
                arguments["DbGroups"] = list(login.groups)
        response = self._call(operation, **arguments)
        return response["DbUser"], response["DbPassword"]

    def managed_secret(self) -> str:
        """See :class:`Endpoint`."""
        secret = self._describe().get("MasterPasswordSecretArn")
        if not secret:
            raise AirflowFailException(
                f"The master password of the Redshift cluster {self._identifier!r} is not managed by Secrets Manager: "
                f"set secret_arn of the connection {self._named_in!r} to the name of a secret."
            )
        return secret

    def _describe(self) -> dict[str, Any]:
        if self._description is None:
            [self._description] = self._call("DescribeClusters", ClusterIdentifier=self._identifier)["Clusters"]
        return self._description

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._call_aws("redshift", operation, **arguments)
        except AwsRefusedError as refusal:
            if refusal.code != "ClusterNotFound":
                raise
            raise AirflowException(
                f"There is no Redshift cluster {self._identifier!r} in this account and region. Create it, or correct "
                f"cluster_identifier in the connection {self._named_in!r}."
            ) from refusal


class Workgroup:
    """A workgroup of Redshift Serverless.

    :param name: the workgroup's name.
    :param named_in: the Airflow connection that names it, for messages.
    :param token_seconds: how long a temporary password is valid for logging in, from 900 to 3600.
    """

    def __init__(self, name: str, named_in: str, call: AwsCall, token_seconds: int = 900) -> None:
        self._name = name
        self._named_in = named_in
        self._call_aws = call
        self._token_seconds = token_seconds

    def address(self) -> tuple[str, int]:
        """See :class:`Endpoint`."""
        workgroup = self._call("GetWorkgroup", workgroupName=self._name)["workgroup"]
        status, endpoint = workgroup["status"], workgroup.get("endpoint") or {}
        if status in _WORKGROUP_CLOSED or not endpoint.get("address"):
            advice = _WORKGROUP_CLOSED.get(status, "Check it in the AWS console.")
            raise AirflowException(
                f"The Redshift Serverless workgroup {self._name!r} is {status} and does not accept connections. "
                f"{advice}"
            )
        return endpoint["address"], endpoint["port"]

    def credentials(self, login: TemporaryLogin) -> Login:
        """See :class:`Endpoint`: Serverless supports only the user that the IAM identity is mapped to.

        :raises AirflowFailException: a user is given.
        """
        if login.user:
            raise AirflowFailException(
                "Redshift Serverless derives the user of a temporary password from the caller's IAM identity: remove "
                f"the user {login.user!r} from the connection {self._named_in!r}, or give it a password or a "
                "secret_arn."
            )
        arguments = {"workgroupName": self._name, "durationSeconds": self._token_seconds}
        response = self._call("GetCredentials", **arguments, **({"dbName": login.database} if login.database else {}))
        return response["dbUser"], response["dbPassword"]

    def managed_secret(self) -> str:
        """See :class:`Endpoint`: GetWorkgroup returns none.

        :raises AirflowFailException: always.
        """
        raise AirflowFailException(
            "Only a cluster has a managed secret that can be looked up: set secret_arn of the connection "
            f"{self._named_in!r} to the ARN of the secret."
        )

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._call_aws("redshift-serverless", operation, **arguments)
        except AwsRefusedError as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            raise AirflowException(
                f"There is no Redshift Serverless workgroup {self._name!r} in this account and region. Create it, or "
                f"correct serverless_work_group in the connection {self._named_in!r}."
            ) from refusal
