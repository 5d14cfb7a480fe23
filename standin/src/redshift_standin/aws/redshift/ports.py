"""The ports of clusters."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable

from redshift_standin.aws.redshift.interfaces import ClusterRecord
from redshift_standin.errors import StandinError


class Ports:
    """Finds free ports. The port that a request names is ignored, so that several stand-ins can share a machine.

    :param host: the address that the clusters listen on.
    :param first: the lowest port.
    :param clusters: returns every cluster that exists.
    """

    def __init__(self, host: str, first: int, clusters: Callable[[], Iterable[ClusterRecord]]) -> None:
        self.host = host
        self._first = first
        self._clusters = clusters

    def find_free(self, cluster: ClusterRecord, above: int = 0) -> int:
        """Return the first port that no other cluster has and no program listens on.

        :param above: take a port above this one.
        :raises StandinError: there is none.
        """
        taken = {other.port for other in self._clusters() if other is not cluster}
        for port in range(max(self._first, above + 1), 65536):
            if port not in taken and self._can_listen(port):
                return port
        raise StandinError(f"No free port from {self._first} upwards: set REDSHIFT_STANDIN_REDSHIFT_PORT lower.")

    def _can_listen(self, port: int) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, port))
            except OSError:
                return False
            return True
