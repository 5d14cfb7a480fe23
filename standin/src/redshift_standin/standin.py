"""A stand-in of one's own, in a process of its own: what the pytest plugin and other programs use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType

from redshift_standin.access import Cluster, cluster_from_json
from redshift_standin.errors import StandinError

# PostgreSQL disconnects its clients and stops within a moment; this is for a machine that is very busy.
_STOP_SECONDS = 120


class Standin:
    """Starts the command ``redshift-standin``, and stops it. It also stops when this process ends or is killed.

    ``with Standin() as cluster:`` runs it while the block runs. By default it takes free ports and keeps nothing, so
    several can run at the same time.

    :param options: further options of the command, such as ``["--database", "shop"]``.
    :param environ: environment variables of its process; by default those of this process.
    """

    def __init__(self, options: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> None:
        self._options = ["--format", "json", "--stop-at-eof", "--aws-port", "0", "--redshift-port", "0", *options]
        self._environ = environ
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Cluster:
        """Start it and return how to reach its cluster, once the cluster is available.

        :raises StandinError: it does not start; the message says why.
        """
        command = [sys.executable, "-m", "redshift_standin", *self._options]
        self._process = process = subprocess.Popen(
            command,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Ctrl+C in a terminal is for the program that uses the stand-in, which then stops it.
            start_new_session=True,
        )
        assert process.stdout is not None  # noqa: S101 - for the reader
        line = process.stdout.readline()
        if not line:
            _, errors = process.communicate()
            self._process = None
            reason = errors.strip().splitlines()[-1:] or [f"it ended with status {process.returncode}"]
            raise StandinError(f"The stand-in did not start: {reason[0].removeprefix('error: ')}")
        return cluster_from_json(line)

    def stop(self) -> None:
        """Stop it and wait until it has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.communicate(timeout=_STOP_SECONDS)

    def __enter__(self) -> Cluster:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
