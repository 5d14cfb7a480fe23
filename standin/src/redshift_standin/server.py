"""PostgreSQL, AWS and the Redshift endpoints in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redshift_standin.aws import Aws
from redshift_standin.certificates import certificate_folder
from redshift_standin.copy import S3Copier
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.settings import Settings
from redshift_standin.unload import S3Unloader
from redshift_standin.wire.endpoints import Endpoints
from redshift_standin.wire.open_files import allow_many_clients


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Serve clients while the block runs.

    A PostgreSQL that was running before keeps running: whoever started it stops it.

    :raises StandinError: a port is in use, PostgreSQL does not start, or stored state cannot be read.
    """
    allow_many_clients()
    postgres = PostgresServer(settings.state / "postgres", settings.postgres_port)
    started_here = not postgres.is_running()
    postgres.start()
    try:
        endpoints = Endpoints(postgres, certificate_folder(settings), S3Copier(), S3Unloader(), host=settings.listen)
        aws = Aws(settings, endpoints)
        try:
            aws.start()
            yield
            aws.stop()
        finally:
            endpoints.close()
    finally:
        if started_here:
            postgres.stop()
