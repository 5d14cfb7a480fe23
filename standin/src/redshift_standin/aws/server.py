"""The server of the local AWS: start, stop, and persistence."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

from cheroot.wsgi import Server
from moto.redshift.models import redshift_backends
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

from redshift_standin.aws.data_api import DataApi
from redshift_standin.aws.door import Door
from redshift_standin.aws.gateway import Gateway, service_of
from redshift_standin.aws.iam.sessions import StandInSts
from redshift_standin.aws.moto_instances import forget_instances
from redshift_standin.aws.redshift.backend import StandInRedshift, redshift_in_all_regions
from redshift_standin.aws.redshift.background import BackgroundChanges
from redshift_standin.aws.redshift.cluster import StandInCluster
from redshift_standin.aws.redshift.durations import Durations
from redshift_standin.aws.redshift.interfaces import ClusterEndpoints
from redshift_standin.aws.redshift.lifecycle import Lifecycle
from redshift_standin.aws.redshift.ports import Ports
from redshift_standin.aws.s3.model import PARTITION, StandInS3
from redshift_standin.aws.serverless.models import StandInWorkgroup
from redshift_standin.aws.serverless.service import Serverless
from redshift_standin.aws.state import SERVICES, StateFile, backends_of
from redshift_standin.errors import StandinError
from redshift_standin.settings import ACCOUNT, REGION, Settings

_LOG = logging.getLogger(__name__)

_WORKERS = 16


class AwsServer:
    """S3, IAM, STS, Secrets Manager, EC2, Redshift with its Data API, and Redshift Serverless on the loopback address.

    Moto keeps its models in module variables, so there is one at a time in a process.

    :param settings: the ports and the state folder.
    :param endpoints: creates the clusters' databases and listeners.
    """

    def __init__(self, settings: Settings, endpoints: ClusterEndpoints) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._ready = False
        self._state: StateFile | None = None
        self._server: Server | None = None
        self._data_api = DataApi(self._lock, REGION)
        self._serving: threading.Thread | None = None
        self._lifecycle = Lifecycle(
            endpoints,
            Ports(settings.listen, settings.redshift_port, lambda: [*_clusters(), *_workgroups()]),
            Durations.from_environment(),
            settings.state / "aws" / "snapshots",
            BackgroundChanges(self._lock, self._save_clusters),
        )

    def start(self) -> None:
        """Load the saved state, open the clusters, listen.

        :raises StandinError: a port is in use, or the state cannot be read.
        """
        _install_backends(self._lifecycle)
        StandInCluster.address = self._settings.cluster_host
        state = self._state = StateFile(self._settings.state / "aws" / "state.sqlite")
        StandInS3.save = staticmethod(lambda: state.save_s3("", ""))
        gateway = Gateway(self._state, self._lock, self._health, self._data_api, Serverless(REGION))
        self._server = Server(
            (self._settings.listen, self._settings.aws_port),
            Door(self._settings, gateway, service_of),
            numthreads=_WORKERS,
        )
        self._server.error_log = _log_server  # type: ignore[assignment, method-assign]
        # The interval, in seconds, at which the serving thread checks for stop().
        self._server.expiration_interval = 0.05
        self._listen()
        try:
            self._state.load()
            # Created now, because they would delay the first request.
            for service, region in (("iam", PARTITION), ("redshift", REGION)):
                backends_of(service)[ACCOUNT][region]
            for backend in redshift_in_all_regions():
                backend.reopen()
            self._save_clusters()
        except BaseException:
            self.stop()
            raise
        self._serving = threading.Thread(target=self._server.serve, name="aws", daemon=True)
        self._serving.start()
        self._ready = True

    def stop(self) -> None:
        """Stop listening. The state is saved already."""
        self._ready = False
        if self._server:
            self._server.stop()
        if self._serving:
            self._serving.join()
        self._data_api.stop()
        self._lifecycle.stop()
        if self._state:
            self._state.close()
        self._server = self._serving = self._state = None

    def _listen(self) -> None:
        assert self._server is not None  # noqa: S101 for the reader
        try:
            self._server.prepare()
        except OSError as error:
            self.stop()
            raise StandinError(_reason(error, self._settings)) from error

    def _save_clusters(self) -> None:
        if self._state:
            self._state.save("redshift")
            self._state.save("secretsmanager")

    def _health(self) -> dict[str, Any] | None:
        if not self._ready:
            return None
        with self._lock:
            clusters = {cluster.cluster_identifier: cluster.status for cluster in _clusters()}
        return {"status": "ready", "clusters": clusters}


def _reason(error: OSError, settings: Settings) -> str:
    """Return why AWS cannot listen, and what to do. The server's error has the system's error only in its text."""
    text = str(error)
    if f"[Errno {errno.EADDRNOTAVAIL}]" in text:
        return f"{settings.listen} is not an address of this machine: set REDSHIFT_STANDIN_LISTEN to one that is."
    if f"[Errno {errno.EACCES}]" in text:
        return f"Port {settings.aws_port} of AWS needs root: set REDSHIFT_STANDIN_AWS_PORT to a port above 1023."
    return (
        f"Port {settings.aws_port} on {settings.listen} is in use, so AWS cannot listen there: "
        "stop the program that uses it, or set REDSHIFT_STANDIN_AWS_PORT to a free port."
    )


def _log_server(message: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    _LOG.log(level, message, exc_info=traceback)


def _install_backends(lifecycle: Lifecycle) -> None:
    # Without it there are no policies such as AmazonS3ReadOnlyAccess.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # Without it moto looks for the owner of each key pair in every partition, and loads the policies of each.
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    forget_instances()
    for service in (*SERVICES, "s3"):
        backends_of(service).clear()
    s3_backends.bucket_accounts.clear()
    s3_backends.backend = StandInS3
    redshift_backends.backend = StandInRedshift
    sts_backends.backend = StandInSts
    StandInRedshift.lifecycle = lifecycle


def _clusters() -> Iterator[StandInCluster]:
    for backend in redshift_in_all_regions():
        yield from list(backend.clusters.values())


def _workgroups() -> Iterator[StandInWorkgroup]:
    for backend in redshift_in_all_regions():
        yield from list(backend.workgroups.values())
