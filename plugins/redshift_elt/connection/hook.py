"""The connection to the warehouse: a cluster is found by its name, so no endpoint has to be written back by hand."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import redshift_connector
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.log import mask_secret

from redshift_elt.connection.aws_api import AwsApi, Deadline
from redshift_elt.connection.endpoints import Ask, Cluster, Login, Target, Workgroup
from redshift_elt.connection.secret import login_in_secret
from redshift_elt.connection.server_error import ServerError

if TYPE_CHECKING:
    from airflow.models.connection import Connection
    from airflow.providers.common.sql.hooks.sql import DbApiHook

# These extras say where the warehouse is and how to log in; the driver itself must not see them, for it would look the
# cluster up again with credentials of its own.
_LOCATING_EXTRAS = {
    "cluster_identifier",
    "iam",
    "is_serverless",
    "region",
    "secret_arn",
    "serverless_token_duration_seconds",
    "serverless_work_group",
}
# Whoever waits is told within this what is wrong, whatever it is: AWS's API and the warehouse's port together.
DEADLINE_SECONDS = 20
# The driver has this limit for connecting and again for each answer until the login; one of them may be used up.
_CONNECT_SECONDS = 8
_LEAST_CONNECT_SECONDS = 1
_DEFAULT_PORT = 5439
_MANAGED = "managed"
# Firewalls and NAT forget a connection that is silent for some 350 seconds, as one that waits for a lock or a long COPY
# is (AWS page "Troubleshooting connection issues in Amazon Redshift").
_KEEPALIVE = {"tcp_keepalive_idle": 60, "tcp_keepalive_interval": 30, "tcp_keepalive_count": 5}


class WarehouseHook(RedshiftSQLHook):
    """A RedshiftSQLHook that finds its warehouse.

    What differs from its parent: with ``cluster_identifier`` or ``serverless_work_group`` in the connection's extra and
    no host, the endpoint comes from AWS through the Airflow AWS connection; ``iam`` without a user logs in as the user
    that the IAM identity is mapped to; ``secret_arn`` takes user and password out of Secrets Manager, its value
    ``managed`` out of the secret that AWS manages for the cluster; a connection that cannot be made is reported within
    :data:`DEADLINE_SECONDS` with what to do, and not tried five times.
    """

    def get_conn(self) -> redshift_connector.Connection:
        """Return an open connection.

        :raises ClusterPausedError: the cluster is paused.
        :raises AirflowException: the warehouse is missing or cannot be reached, or refuses the login; the message says
            which.
        """
        deadline = Deadline(DEADLINE_SECONDS)
        extras = {name: value for name, value in self.conn.extra_dejson.items() if name not in _LOCATING_EXTRAS}
        parameters = {**_KEEPALIVE, **self._parameters(deadline), **extras}
        parameters.setdefault("timeout", _connect_seconds(deadline))
        try:
            connection = redshift_connector.connect(**parameters)
        except (redshift_connector.Error, OSError) as error:
            raise AirflowException(_not_connected(error, parameters)) from error
        # The limit is for connecting only: a load may take as long as it needs.
        connection._usock.settimeout(None)
        return connection

    def get_iam_token(self, conn: Connection) -> tuple[str, str, int]:
        """Return a temporary user and password, and the port."""
        target = self._target(self._ask(Deadline(DEADLINE_SECONDS)))
        if target is None:
            raise self._unnamed()
        return *target.credentials(conn.login, conn.schema), conn.port or _DEFAULT_PORT

    def _get_openlineage_redshift_authority_part(self, connection: Connection) -> str:
        """Return cluster or workgroup, region and port, as the parent does for a connection with ``iam``.

        The port is the connection's or the usual one, as it is for the Amazon provider's own operators.
        """
        extra = connection.extra_dejson
        name = extra.get("serverless_work_group") or extra.get("cluster_identifier")
        if not name:
            return super()._get_openlineage_redshift_authority_part(connection)
        region = extra.get("region") or AwsBaseHook(aws_conn_id=self.aws_conn_id).region_name
        return f"{name}.{region}:{connection.port or _DEFAULT_PORT}"

    def _get_conn_params(self) -> dict[str, Any]:
        return self._parameters(Deadline(DEADLINE_SECONDS))

    def _parameters(self, deadline: Deadline) -> dict[str, Any]:
        """Return what the driver needs to connect: host, port, database, user, password."""
        ask = self._ask(deadline)
        target = self._target(ask)
        if self.conn.host:
            host, port = self.conn.host, self.conn.port or _DEFAULT_PORT
        elif target is not None:
            host, port = target.endpoint()
        else:
            raise self._unnamed()
        user, password = self._login(target, ask)
        parameters = {"host": host, "port": port, "database": self.conn.schema, "user": user, "password": password}
        return {name: value for name, value in parameters.items() if value}

    def _login(self, target: Target | None, ask: Ask) -> Login:
        extra, named_in = self.conn.extra_dejson, self.get_conn_id()
        ways = [name for name in ("iam", "secret_arn") if extra.get(name)] or ["password"]
        if len(ways) > 1:
            raise AirflowFailException(
                f"The connection {named_in!r} has both iam and secret_arn in its extra: leave out one of them."
            )
        if ways == ["password"]:
            if not self.conn.password:
                raise AirflowFailException(
                    f"The connection {named_in!r} says nothing of how to log in: put iam or secret_arn into its extra, "
                    "or give it a password."
                )
            return self.conn.login, self.conn.password
        if ways == ["secret_arn"]:
            secret = extra["secret_arn"]
            if secret == _MANAGED:
                if target is None:
                    raise self._unnamed()
                secret = target.managed_secret()
            user, password = login_in_secret(secret, ask, named_in)
        else:
            if target is None:
                raise self._unnamed()
            user, password = target.credentials(self.conn.login, self.conn.schema)
        mask_secret(password)
        return user, password

    def _target(self, ask: Ask) -> Target | None:
        """Return what the connection names, or None if it names a host only."""
        extra, named_in = self.conn.extra_dejson, self.get_conn_id()
        if name := extra.get("serverless_work_group"):
            return Workgroup(name, named_in, ask, extra.get("serverless_token_duration_seconds", 900))
        if extra.get("is_serverless"):
            raise AirflowFailException(
                f"The connection {named_in!r} is for Redshift Serverless and names no workgroup: put "
                "serverless_work_group into its extra."
            )
        identifier = extra.get("cluster_identifier")
        if not identifier and self.conn.host and extra.get("iam"):
            # An endpoint begins with its cluster's name, which is how the parent finds it.
            identifier = self.conn.host.split(".")[0]
        return Cluster(identifier, named_in, ask) if identifier else None

    def _ask(self, deadline: Deadline) -> Ask:
        return partial(self._aws.ask, deadline)

    def _unnamed(self) -> AirflowFailException:
        return AirflowFailException(
            f"The connection {self.get_conn_id()!r} does not say where the warehouse is: put cluster_identifier or "
            "serverless_work_group into its extra, or give it a host."
        )

    @cached_property
    def _aws(self) -> AwsApi:
        return AwsApi(self.aws_conn_id, self.conn.extra_dejson.get("region"))


def _connect_seconds(deadline: Deadline) -> float:
    """Return how long the driver may wait for one answer, so that two of them end in time."""
    seconds = min(_CONNECT_SECONDS, deadline.left() / 2)
    if seconds < _LEAST_CONNECT_SECONDS:
        raise AirflowException(
            "AWS has answered so slowly that no time is left to connect to the warehouse. Try again; if it stays so, "
            "look at the network between this machine and AWS."
        )
    return seconds


def _not_connected(error: Exception, parameters: dict[str, Any]) -> str:
    """Say why there is no connection, and what to do."""
    where = f"the warehouse at {parameters['host']}:{parameters['port']}"
    told = ServerError.of(error)
    if told is None:
        return (
            f"No connection to {where}: {_words(error)}. Is its port open to this machine (security group, routes), "
            "and is the cluster available?"
        )
    said = f"{where} refuses the user {parameters.get('user')!r}: {told.message}."
    if told.state.startswith("28"):
        return f"{said} Does the user exist, and is the password right? A temporary one does not make the user."
    return said[0].upper() + said[1:]


def _words(error: Exception) -> str:
    """Return what the driver says of an error, and of the one beneath that it carries along."""
    return ": ".join(str(part) for part in error.args if str(part)) or type(error).__name__


def warehouse_hook(conn_id: str, aws_conn_id: str | None = "aws_default") -> DbApiHook:
    """Return the hook of a warehouse's connection.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres``.
    :param aws_conn_id: the connection that finds a cluster by its name and asks for temporary credentials.
    :raises AirflowFailException: the connection has another type.
    """
    connection = BaseHook.get_connection(conn_id)
    if connection.conn_type == "redshift":
        return WarehouseHook(redshift_conn_id=conn_id, aws_conn_id=aws_conn_id)
    if connection.conn_type == "postgres":
        return connection.get_hook()
    raise AirflowFailException(
        f"The connection {conn_id!r} has type {connection.conn_type!r}: use one of type 'redshift' or 'postgres'."
    )
