"""The connection to the warehouse: a cluster is found by its name, so no endpoint has to be written back by hand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import redshift_connector
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.redshift_sql import RedshiftSQLHook
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.models.connection import Connection
    from airflow.providers.common.sql.hooks.sql import DbApiHook

# These extras say where the warehouse is; the driver itself must not see them, for it would look the cluster up again
# with credentials of its own.
_LOCATING_EXTRAS = {
    "cluster_identifier",
    "iam",
    "is_serverless",
    "region",
    "serverless_token_duration_seconds",
    "serverless_work_group",
}
_CLOSED_STATES = ("creating", "deleting", "final-snapshot", "paused", "pausing", "resuming")
_CONNECT_SECONDS = 15
_DEFAULT_PORT = 5439
# Firewalls and NAT forget a connection that is silent for some 350 seconds, as one that waits for a lock or a long COPY
# is (AWS page "Troubleshooting connection issues in Amazon Redshift").
_KEEPALIVE = {"tcp_keepalive_idle": 60, "tcp_keepalive_interval": 30, "tcp_keepalive_count": 5}


class WarehouseHook(RedshiftSQLHook):
    """A RedshiftSQLHook that finds its cluster.

    What differs from its parent: with ``cluster_identifier`` in the connection's extra and no host, the endpoint comes
    from DescribeClusters through the Airflow AWS connection; a connection that cannot be made is reported at once with
    what to do, and not tried five times.
    """

    def get_conn(self) -> redshift_connector.Connection:
        """Return an open connection.

        :raises AirflowException: the cluster is missing, paused or cannot be reached; the message says which.
        """
        extras = {name: value for name, value in self.conn.extra_dejson.items() if name not in _LOCATING_EXTRAS}
        parameters: dict[str, Any] = {"timeout": _CONNECT_SECONDS, **_KEEPALIVE, **self._get_conn_params(), **extras}
        try:
            connection = redshift_connector.connect(**parameters)
        except (redshift_connector.InterfaceError, redshift_connector.OperationalError, OSError) as error:
            raise AirflowException(
                f"No connection to the warehouse at {parameters.get('host')}:{parameters.get('port')}: {error}. "
                "Is its port open to this machine (security group, routes), and is the cluster available?"
            ) from error
        # The limit is for connecting only: a load may take as long as it needs.
        connection._usock.settimeout(None)
        return connection

    def get_iam_token(self, conn: Connection) -> tuple[str, str, int]:
        """Return a temporary user and password, and the port, asked for with the client that finds the cluster."""
        identifier = conn.extra_dejson.get("cluster_identifier")
        if not identifier or conn.extra_dejson.get("is_serverless"):
            return super().get_iam_token(conn)
        credentials = self._redshift.get_cluster_credentials(
            ClusterIdentifier=identifier, DbUser=conn.login, DbName=conn.schema, AutoCreate=False
        )
        return credentials["DbUser"], credentials["DbPassword"], conn.port or _DEFAULT_PORT

    def _get_conn_params(self) -> dict[str, str | int]:
        identifier = self.conn.extra_dejson.get("cluster_identifier")
        if self.conn.host or not identifier:
            return super()._get_conn_params()
        endpoint = self._endpoint(identifier)
        return {**super()._get_conn_params(), "host": endpoint["Address"], "port": endpoint["Port"]}

    def _endpoint(self, identifier: str) -> dict[str, Any]:
        try:
            cluster = self._redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
        except self._redshift.exceptions.ClusterNotFoundFault as error:
            raise AirflowException(
                f"There is no Redshift cluster {identifier!r} in this account and region. Create it, or correct "
                f"cluster_identifier in the connection {self.get_conn_id()!r}."
            ) from error
        status = cluster["ClusterStatus"]
        if status in _CLOSED_STATES or not cluster.get("Endpoint", {}).get("Address"):
            raise AirflowException(
                f"The Redshift cluster {identifier!r} is {status}, so nothing can connect to it. "
                "Wait until it is available, or resume it if it is paused."
            )
        return cluster["Endpoint"]

    @cached_property
    def _redshift(self) -> Any:
        # One client for both calls: making it costs more than they do.
        return AwsBaseHook(aws_conn_id=self.aws_conn_id, client_type="redshift").conn


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
