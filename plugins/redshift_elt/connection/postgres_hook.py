"""The hook for a connection of type ``postgres``, with the TLS of one of type ``redshift``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redshift_connector
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import Connection

from redshift_elt.connection.tls import VERIFY_FULL, CertificateRefusedError, is_certificate_refusal

if TYPE_CHECKING:
    from airflow.providers.postgres.hooks.postgres import CompatConnection

# The authorities of Redshift's certificates, which the driver ships. libpq ships none.
_AUTHORITIES = Path(redshift_connector.__file__).parent / "files" / "redshift-ca-bundle.crt"

# In seconds. libpq waits without a limit for a connection, and sends the first keepalive after two hours.
_LIMITS = {"connect_timeout": 20, "keepalives_idle": 60, "keepalives_interval": 30, "keepalives_count": 5}


class PostgresWarehouseHook(PostgresHook):
    """A PostgresHook that verifies the certificate of the warehouse and the host name in it.

    It waits for a connection as long as one of type ``redshift`` does, and sends keepalives. Extras of the connection
    replace both.

    An ``sslmode`` in the extra replaces the default; then libpq's rules apply. Without it, the trusted authorities are
    those of ``sslrootcert`` in the extra, of the environment variable ``PGSSLROOTCERT``, or those of Redshift.

    :param connection: the Airflow connection.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(postgres_conn_id=connection.conn_id, connection=_with_defaults(connection))

    def get_conn(self) -> CompatConnection:
        """Return an open connection.

        :raises CertificateRefusedError: the certificate is not the warehouse's.
        """
        try:
            return super().get_conn()
        except Exception as error:
            if not is_certificate_refusal(error):
                raise
            where = f"the warehouse at {self.connection.host}:{self.connection.port}"
            raise CertificateRefusedError(where, str(error).strip(), self.connection.conn_id) from error


def _with_defaults(connection: Connection) -> Connection:
    extras: dict[str, Any] = {
        **_LIMITS,
        **{name: extra for name, extra in connection.extra_dejson.items() if extra is not None},
    }
    if "sslmode" not in extras:
        extras["sslmode"] = VERIFY_FULL
        if "PGSSLROOTCERT" not in os.environ:
            extras.setdefault("sslrootcert", str(_AUTHORITIES))
    return Connection(
        conn_id=connection.conn_id,
        conn_type=connection.conn_type,
        host=connection.host,
        login=connection.login,
        password=connection.password,
        schema=connection.schema,
        port=connection.port,
        extra=json.dumps(extras),
    )
