"""PostgreSQL, AWS and the Redshift endpoints in this process."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redshift_standin.aws import AwsServer
from redshift_standin.certificates import certificate_folder
from redshift_standin.copy import S3Copier
from redshift_standin.engine.databases import prepare_for_clusters
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.errors import StandinError
from redshift_standin.settings import Settings
from redshift_standin.unload import S3Unloader
from redshift_standin.wire.endpoints import Endpoints, EndpointSettings
from redshift_standin.wire.open_files import allow_many_clients

LOCK = "standin.lock"


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Serve clients while the block runs.

    A PostgreSQL that was running before keeps running: whoever started it stops it.

    :raises StandinError: a port or the state folder is in use, PostgreSQL does not start, or stored state cannot be
        read.
    """
    allow_many_clients()
    with _exclusive(settings.state):
        postgres = PostgresServer(settings.state / "postgres", settings.postgres_port, durable=settings.durable)
        started_here = not postgres.is_running()
        try:
            postgres.start()
            with _serving(settings, postgres):
                yield
        finally:
            if started_here:
                postgres.stop()


@contextmanager
def _serving(settings: Settings, postgres: PostgresServer) -> Iterator[None]:
    listening = EndpointSettings(certificate_folder(settings), settings.listen, settings.host_name)
    endpoints = Endpoints(postgres, listening, S3Copier(), S3Unloader())
    try:
        aws = AwsServer(settings, endpoints)
        aws.start()
        try:
            prepare_for_clusters(postgres)
            yield
        finally:
            aws.stop()
    finally:
        endpoints.close()


@contextmanager
def _exclusive(state: Path) -> Iterator[None]:
    """Keep a second stand-in from using the state folder. The operating system releases the lock with the process."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / LOCK).open("a")
    except OSError as error:
        raise StandinError(
            f"The state folder {state} cannot be written ({error.strerror}): choose a folder of your own with --state."
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StandinError(
                f"Another stand-in uses the state folder {state}: stop it, or choose another folder with --state."
            ) from None
        yield
