"""``python -m redshift_standin``: AWS and the Redshift endpoints, in one process, until SIGTERM or SIGINT."""

from __future__ import annotations

import logging
import signal
import sys
import threading

from redshift_standin.aws import Aws
from redshift_standin.client import certificate_folder
from redshift_standin.copy import S3Copier
from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.errors import StandinError
from redshift_standin.settings import Settings
from redshift_standin.unload import S3Unloader
from redshift_standin.wire.endpoints import Endpoints
from redshift_standin.wire.open_files import allow_many_clients

_LOG = logging.getLogger("redshift_standin")


def main() -> int:
    """Run until a signal; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _LOG.setLevel(logging.INFO)
    allow_many_clients()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(Settings.from_environment(), stop)
    except StandinError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve(settings: Settings, stop: threading.Event) -> None:
    """Listen until the event is set.

    :raises StandinError: a port is in use, or stored state cannot be read.
    """
    postgres = PostgresServer(settings.state / "postgres", settings.postgres_port)
    # Under the local stack it is already running: the stack starts it before this process and stops it afterwards.
    postgres.start()
    endpoints = Endpoints(postgres, certificate_folder(settings), S3Copier(), S3Unloader(), host=settings.listen)
    aws = Aws(settings, endpoints)
    try:
        aws.start()
        _LOG.info("ready: AWS at %s", settings.aws_url)
        stop.wait()
        _LOG.info("stopping")
        aws.stop()
    finally:
        endpoints.close()


if __name__ == "__main__":
    sys.exit(main())
