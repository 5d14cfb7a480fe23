"""How clients reach a stand-in: addresses, logins and the environment variables that hold them."""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from redshift_standin.certificates import certificate_files
from redshift_standin.settings import ACCESS_KEY, REGION, SECRET_KEY, Settings


@dataclass(frozen=True)
class Aws:
    """Where AWS's services are: S3, IAM, STS, EC2, Secrets Manager, Redshift with its Data API, Redshift Serverless.

    :param certificate: the file with the certificate of the clusters, which accept only TLS.
    :param trusted_certificates: a file with the same certificate and the authorities that Python usually trusts, for
        ``SSL_CERT_FILE``, which replaces them.
    """

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str
    certificate: str
    trusted_certificates: str

    @classmethod
    def of(cls, settings: Settings) -> Aws:
        """Return the addresses of the stand-in with these settings. Missing certificates are created."""
        files = certificate_files(settings)
        return cls(settings.aws_url, REGION, ACCESS_KEY, SECRET_KEY, str(files.certificate), str(files.bundle))

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of a service, such as ``s3``.

        It ignores the account and the proxies of the environment.

        :param options: further arguments of :meth:`boto3.session.Session.client`.
        """
        import boto3
        from botocore.config import Config

        session = boto3.Session(self.aws_access_key_id, self.aws_secret_access_key, region_name=self.region_name)
        config = Config(max_pool_connections=16, proxies={}, retries={"max_attempts": 2})
        return session.client(service, **{"endpoint_url": self.endpoint_url, "config": config, **options})

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which boto3, redshift_connector and libpq use the stand-in."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.aws_secret_access_key,
            "AWS_DEFAULT_REGION": self.region_name,
            "SSL_CERT_FILE": self.trusted_certificates,
            "PGSSLROOTCERT": self.certificate,
        }

    def lines(self) -> list[tuple[str, str]]:
        """Return what a user has to know, as titles and values."""
        keys = f"region {self.region_name}, key {self.aws_access_key_id}, secret {self.aws_secret_access_key}"
        return [("AWS", f"{self.endpoint_url}   ({keys})")]


@dataclass(frozen=True)
class Cluster:
    """A cluster, the bucket that it may read and write, and a login.

    :param role_arn: the cluster's default role, for ``iam_role default`` in COPY and UNLOAD.
    """

    aws: Aws
    cluster_identifier: str
    host: str
    port: int
    database: str
    user: str
    password: str
    bucket: str
    role_arn: str

    def environment(self) -> dict[str, str]:
        """Return the environment variables for boto3, psql, psycopg and redshift_connector."""
        return {
            **self.aws.environment(),
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGSSLMODE": "verify-full",
        }

    def libpq(self) -> dict[str, Any]:
        """Return the arguments of ``psycopg.connect`` and ``psycopg2.connect``."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": "verify-full",
            "sslrootcert": self.aws.certificate,
        }

    def redshift_connector(self) -> dict[str, Any]:
        """Return the arguments of ``redshift_connector.connect``, which trusts what ``SSL_CERT_FILE`` names."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": "verify-full",
        }

    @contextmanager
    def new_database(self) -> Iterator[Cluster]:
        """Create an empty database for the block, and return the cluster with it.

        It is dropped at the end, unless a connection to it is still open: then there is a warning.
        """
        import psycopg

        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(**self.libpq(), autocommit=True) as administrator:
            administrator.execute(f"create database {name}".encode())
            yield replace(self, database=name)
            try:
                administrator.execute(f"drop database {name}".encode())
            except psycopg.errors.ObjectInUse:
                warnings.warn(f"A connection to the database {name} is still open: close it in the test.", stacklevel=1)

    def lines(self) -> list[tuple[str, str]]:
        """Return what a user has to know, as titles and values."""
        return [
            *self.aws.lines(),
            ("S3", f"s3://{self.bucket}"),
            ("Role", f"{self.role_arn}   (the cluster's default role)"),
            ("Redshift", f"{self.host}:{self.port}, database {self.database}, TLS only"),
            ("Login", f"{self.user} / {self.password}"),
            ("Certificate", self.aws.certificate),
        ]


def to_json(access: Aws | Cluster) -> str:
    """Return addresses, logins and environment variables as one line of JSON."""
    return json.dumps({**asdict(access), "environment": access.environment()})


def cluster_from_json(line: str) -> Cluster:
    """Return the cluster that a line of :func:`to_json` describes."""
    found = json.loads(line)
    del found["environment"]
    return Cluster(**{**found, "aws": Aws(**found["aws"])})


def standin_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables of the stand-in with these settings; see :meth:`Aws.environment`."""
    return Aws.of(settings).environment()


def as_text(lines: list[tuple[str, str]]) -> str:
    """Return titles and values as a table, one entry on each line."""
    width = max(len(title) for title, _ in lines) + 2
    return "\n".join(f"{title + ':':{width}}{value}" for title, value in lines)
