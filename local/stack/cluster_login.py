"""How PostgreSQL clients log in to a local cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import StackError
from local.settings import Settings
from local.stack.aws_client import aws_client
from local.stack.environment import CLUSTER
from redshift_standin import standin_environment

# The maximum of GetClusterCredentials.
CREDENTIAL_SECONDS = 3600

# A stack that has been stopped would be reported only after the pauses between the retries, of seconds.
_NO_RETRIES = Config(proxies={}, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class ClusterLogin:
    """The endpoint of a local cluster, and a user and password that are valid now."""

    host: str
    port: int
    database: str
    user: str
    password: str
    certificate: str

    def environment(self) -> dict[str, str]:
        """Return the libpq variables, for psql, psycopg and the user's shell."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": self.certificate,
        }

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Open a connection that commits each statement."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=self.user,
            password=self.password,
            sslmode="verify-full",
            sslrootcert=self.certificate,
            autocommit=True,
        )


def find_login(settings: Settings, cluster_identifier: str = CLUSTER) -> ClusterLogin | None:
    """Return a login for a local cluster, or None if the cluster does not exist or is not available.

    :raises StackError: the stand-in does not answer.
    """
    redshift = aws_client(settings, "redshift", config=_NO_RETRIES)
    try:
        cluster = redshift.describe_clusters(ClusterIdentifier=cluster_identifier)["Clusters"][0]
    except redshift.exceptions.ClusterNotFoundFault:
        return None
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"The local stack does not answer at {settings.aws_url}: run make up first.") from error
    if cluster["ClusterStatus"] != "available":
        return None
    user, password = _login(settings, cluster)
    return ClusterLogin(
        host=cluster["Endpoint"]["Address"],
        port=cluster["Endpoint"]["Port"],
        database=cluster["DBName"],
        user=user,
        password=password,
        certificate=standin_environment(settings)["PGSSLROOTCERT"],
    )


def require_login(settings: Settings, cluster_identifier: str = CLUSTER) -> ClusterLogin:
    """Return a login for a local cluster.

    :raises StackError: the cluster does not exist or is not available, or the stand-in does not answer.
    """
    login = find_login(settings, cluster_identifier)
    if login is None:
        raise StackError(
            f'There is no available cluster "{cluster_identifier}" yet: run make demo, or trigger the DAG '
            "sparkify_create_cluster."
        )
    return login


def _login(settings: Settings, cluster: dict[str, Any]) -> tuple[str, str]:
    """Return the master user and its managed password or, if it has none, a temporary password."""
    if secret := cluster.get("MasterPasswordSecretArn"):
        value = aws_client(settings, "secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return cluster["MasterUsername"], json.loads(value)["password"]
    credentials = aws_client(settings, "redshift").get_cluster_credentials(
        DbUser=cluster["MasterUsername"],
        ClusterIdentifier=cluster["ClusterIdentifier"],
        DurationSeconds=CREDENTIAL_SECONDS,
    )
    return credentials["DbUser"], credentials["DbPassword"]
