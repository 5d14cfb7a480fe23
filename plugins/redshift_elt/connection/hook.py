"""The hook for the warehouse: finds a cluster or workgroup by name, so that connections need no host name."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import redshift_connector
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from redshift_elt.connection.aws_api import AwsApi, Deadline
from redshift_elt.connection.connection_settings import ConnectionSettings
from redshift_elt.connection.endpoints import AwsCall, Cluster, Endpoint, Login, TemporaryLogin, Workgroup
from redshift_elt.connection.secret import login_in_secret
from redshift_elt.connection.server_error import ServerError
from redshift_elt.connection.tls import CertificateRefusedError, is_certificate_refusal

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.providers.openlineage.sqlparser import DatabaseInfo
    from airflow.sdk import Connection

# A connection succeeds or fails within this time, calls to AWS and the login together.
DEADLINE_SECONDS = 20
# The driver applies this limit to the connect and to each response until the login; one of those may use it up.
_CONNECT_SECONDS = 8
_LEAST_CONNECT_SECONDS = 1
_DEFAULT_PORT = 5439
_MANAGED = "managed"
# Firewalls and NAT gateways drop connections that are idle for about 350 seconds, such as one that waits for a lock or
# for a long COPY (AWS page "Troubleshooting connection issues in Amazon Redshift").
_KEEPALIVE = {"tcp_keepalive_idle": 60, "tcp_keepalive_interval": 30, "tcp_keepalive_count": 5}
# SYS_CONNECTION_LOG shows it. Without a name, the driver searches the call stack for one, which takes about as long as
# the rest of the login.
_APPLICATION_NAME = "redshift_elt"


class WarehouseHook(RedshiftSQLHook):
    """A RedshiftSQLHook that looks up its warehouse by name.

    It differs from its parent as follows:

    * With ``cluster_identifier`` or ``serverless_work_group`` in the connection's extra and no host, it looks up the
      endpoint through the Airflow AWS connection.
    * The extras of a URI, which are texts, have the types that the driver expects. The user, the database, the port and
      the host may be extras too, and ``profile`` or an access key replaces the AWS connection.
    * ``iam`` without a user logs in as the user that the IAM identity is mapped to.
    * ``secret_arn`` takes user and password from Secrets Manager; its value ``managed`` takes them from the secret
      that AWS manages for the cluster.
    * The host name in the warehouse's certificate is verified, unless ``sslmode`` is ``verify-ca``.
    * A connection that fails is reported within :data:`DEADLINE_SECONDS`, with what to do, and not tried five times.
    """

    def get_conn(self) -> redshift_connector.Connection:  # type: ignore[override]  # the parent has a decorator
        """Return an open connection.

        :raises ClusterPausedError: the cluster is paused.
        :raises CertificateRefusedError: the certificate is not the warehouse's.
        :raises AirflowException: the warehouse does not exist, cannot be reached or refuses the login; the message says
            which.
        """
        deadline = Deadline(DEADLINE_SECONDS)
        extras = self._settings.driver_extras()
        parameters = {**_KEEPALIVE, "application_name": _APPLICATION_NAME, **self._parameters(deadline), **extras}
        parameters.setdefault("timeout", _connect_seconds(deadline))
        try:
            connection = redshift_connector.connect(**parameters)
        except (redshift_connector.Error, OSError) as error:
            if is_certificate_refusal(error):
                raise CertificateRefusedError(_where(parameters), _text(error), self.get_conn_id()) from error
            raise AirflowException(_not_connected(error, parameters)) from error
        # The limit applies to connecting only: a load may take as long as it needs. No public method of the driver
        # changes it.
        connection._usock.settimeout(None)
        return connection

    def get_iam_token(self, conn: Connection) -> tuple[str, str, int]:
        """Return a temporary user and password, and the port."""
        endpoint = self._endpoint(self._call(Deadline(DEADLINE_SECONDS)))
        if endpoint is None:
            raise self._no_warehouse_error()
        settings = ConnectionSettings.of(conn)
        return *endpoint.credentials(TemporaryLogin.of(settings)), settings.port or _DEFAULT_PORT

    def get_openlineage_database_info(self, connection: Connection) -> DatabaseInfo:
        """Return what the parent does, with the database of the extra if it has one."""
        info = super().get_openlineage_database_info(connection)
        info.database = ConnectionSettings.of(connection).database
        return info

    def _get_openlineage_redshift_authority_part(self, connection: Connection) -> str:
        """Return cluster or workgroup, region and port, as the parent does for a connection with ``iam``.

        The port is the connection's, or Redshift's default, as for the Amazon provider's own operators.
        """
        settings = ConnectionSettings.of(connection)
        name = settings.workgroup or settings.extras.get("cluster_identifier")
        if not name:
            return super()._get_openlineage_redshift_authority_part(connection)
        region = settings.extras.get("region") or AwsBaseHook(aws_conn_id=self.aws_conn_id).get_session().region_name
        return f"{name}.{region}:{settings.port or _DEFAULT_PORT}"

    def _get_conn_params(self) -> dict[str, Any]:
        return self._parameters(Deadline(DEADLINE_SECONDS))

    def _parameters(self, deadline: Deadline) -> dict[str, Any]:
        """Return what the driver needs to connect: host, port, database, user, password."""
        settings = self._settings
        host, port, user, password = settings.host, settings.port, settings.user, settings.password
        if not settings.uses_identity_provider:
            call = self._call(deadline)
            endpoint = self._endpoint(call)
            if not host:
                if endpoint is None:
                    raise self._no_warehouse_error()
                host, port = endpoint.address()
            user, password = self._login(endpoint, call)
            port = port or _DEFAULT_PORT
        parameters = {"host": host, "port": port, "database": settings.database, "user": user, "password": password}
        return {name: value for name, value in parameters.items() if value}

    def _login(self, endpoint: Endpoint | None, call: AwsCall) -> Login:
        settings, named_in = self._settings, self.get_conn_id()
        methods = [name for name in ("iam", "secret_arn") if settings.extras.get(name)] or ["password"]
        if len(methods) > 1:
            raise AirflowFailException(
                f"The connection {named_in!r} has both iam and secret_arn in its extra: remove one of them."
            )
        if methods == ["password"]:
            if not settings.password:
                raise AirflowFailException(
                    f"The connection {named_in!r} does not say how to log in: put iam or secret_arn into its extra, or "
                    "give it a password."
                )
            return settings.user or "", settings.password
        if methods == ["secret_arn"]:
            secret = settings.extras["secret_arn"]
            if secret == _MANAGED:
                if endpoint is None:
                    raise self._no_warehouse_error()
                secret = endpoint.managed_secret()
            user, password = login_in_secret(secret, call, named_in)
        else:
            if endpoint is None:
                raise self._no_warehouse_error()
            user, password = endpoint.credentials(TemporaryLogin.of(settings))
        mask_secret(password)
        return user, password

    def _endpoint(self, call: AwsCall) -> Endpoint | None:
        """Return the cluster or workgroup that the connection names, or None if it names only a host."""
        settings, named_in = self._settings, self.get_conn_id()
        if settings.workgroup:
            seconds = settings.extras.get("serverless_token_duration_seconds", 900)
            return Workgroup(settings.workgroup, named_in, call, seconds)
        if settings.extras.get("is_serverless"):
            raise AirflowFailException(
                f"The connection {named_in!r} is for Redshift Serverless but names no workgroup: put "
                "serverless_work_group into its extra."
            )
        identifier = settings.extras.get("cluster_identifier")
        if not identifier and settings.host and settings.extras.get("iam"):
            # A host name begins with the cluster identifier; the parent relies on that too.
            identifier = settings.host.split(".")[0]
        return Cluster(identifier, named_in, call) if identifier else None

    def _call(self, deadline: Deadline) -> AwsCall:
        return partial(self._aws.call, deadline)

    def _no_warehouse_error(self) -> AirflowFailException:
        return AirflowFailException(
            f"The connection {self.get_conn_id()!r} does not say where the warehouse is: put cluster_identifier or "
            "serverless_work_group into its extra, or give it a host."
        )

    @cached_property
    def _settings(self) -> ConnectionSettings:
        return ConnectionSettings.of(self.conn)

    @cached_property
    def _aws(self) -> AwsApi:
        return AwsApi(self.aws_conn_id, self._settings.extras.get("region"), self._settings.aws_session)


def _connect_seconds(deadline: Deadline) -> float:
    """Return the driver's limit for one response, such that two of them meet the deadline."""
    seconds = min(_CONNECT_SECONDS, deadline.remaining() / 2)
    if seconds < _LEAST_CONNECT_SECONDS:
        raise AirflowException(
            "AWS has responded so slowly that no time is left to connect to the warehouse. Try again; if the problem "
            "persists, check the network between this machine and AWS."
        )
    return seconds


def _not_connected(error: Exception, parameters: dict[str, Any]) -> str:
    """Return why the connection failed, and what to do."""
    where = _where(parameters)
    server_error = ServerError.of(error)
    if server_error is None:
        return (
            f"Cannot connect to {where}: {_text(error)}. Check that the cluster is available and that its port is open "
            "to this machine (security group, routes)."
        )
    refusal = f"{where} refused the user {parameters.get('user')!r}: {server_error.message}."
    refusal = refusal[0].upper() + refusal[1:]
    if server_error.state.startswith("28"):
        return f"{refusal} Check that the user exists and the password is right. Temporary credentials create no user."
    return refusal


def _where(parameters: dict[str, Any]) -> str:
    # With an identity provider, the driver looks up the host.
    return (
        f"the warehouse at {parameters['host']}:{parameters.get('port')}" if "host" in parameters else "the warehouse"
    )


def _text(error: Exception) -> str:
    """Return the driver's message, with that of the underlying error that it carries."""
    return ": ".join(str(part) for part in error.args if str(part)) or type(error).__name__


def warehouse_hook(conn_id: str, aws_conn_id: str | None = "aws_default") -> DbApiHook:
    """Return the hook for a connection to the warehouse.

    :param conn_id: an Airflow connection of type ``redshift`` or ``postgres``.
    :param aws_conn_id: the AWS connection that looks up the cluster and requests temporary credentials.
    :raises AirflowFailException: the connection has another type.
    """
    connection = BaseHook.get_connection(conn_id)
    if connection.conn_type == "redshift":
        return WarehouseHook(redshift_conn_id=conn_id, aws_conn_id=aws_conn_id)
    if connection.conn_type == "postgres":
        # Imported here because it imports drivers that a connection of type redshift does not need.
        from redshift_elt.connection.postgres_hook import PostgresWarehouseHook

        return PostgresWarehouseHook(connection)
    raise AirflowFailException(
        f"The connection {conn_id!r} has type {connection.conn_type!r}: use one of type 'redshift' or 'postgres'."
    )
