"""Check that the ports of the stack are free, and say which process uses them if not."""

from __future__ import annotations

import contextlib
import errno
import socket

import psutil

from local.errors import StackError
from redshift_standin import HOST


def check_free(port: int, use: str, variable: str, host: str = HOST) -> None:
    """Check that nothing listens on a port.

    :param use: what the port is for; the error message names it.
    :param variable: the environment variable that chooses another port.
    :param host: the address to listen on.
    :raises StackError: the port is in use, or the address is not one of this machine's.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except PermissionError as error:
            raise StackError(f"Port {port} for {use} needs root: set {variable} to a port above 1023.") from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise StackError(
                    f"{host} is not an address of this machine: set SPARKIFY_LISTEN to one that is, or unset it."
                ) from error
            raise StackError(
                f"Port {port} for {use} is in use{_owner(port)}: stop that process, or set {variable} to a free port."
            ) from error


def _owner(port: int) -> str:
    # Some systems show the owner of a port only to root.
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listens and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
