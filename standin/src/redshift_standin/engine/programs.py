"""Runs PostgreSQL's client programs, such as pg_dump, against a server."""

from __future__ import annotations

import os
import subprocess
import threading

from redshift_standin.engine.postgres import PostgresServer
from redshift_standin.errors import StandinError


class Programs:
    """Runs the programs; another thread can end all of them.

    :param server: the server that they connect to.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def run(self, name: str, *arguments: str) -> str:
        """Run a program to its end and return its output.

        :raises StandinError: it failed, or it was ended.
        """
        address = self._server.dsn
        with self._lock:
            if self._ended:
                raise StandinError(f"{name} was not started because the stand-in is stopping.")
            process = subprocess.Popen(
                [self._server.program(name), f"--username={address.user}", "--no-password", *arguments],
                env={
                    **os.environ,
                    "PGHOST": str(address.socket_dir),
                    "PGPORT": str(address.port),
                    # They would note attributes from statements that are not a client's, and make triggers twice.
                    "PGOPTIONS": "-c event_triggers=off",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            self._running.add(process)
        output, errors = process.communicate()
        with self._lock:
            self._running.remove(process)
        if process.returncode:
            raise StandinError(f"{name} failed: {errors.strip() or f'signal {-process.returncode}'}")
        return output

    def end(self) -> None:
        """End what runs, and begin nothing any more: a program may wait for a lock that a client does not give up."""
        with self._lock:
            self._ended = True
            for process in self._running:
                process.terminate()
