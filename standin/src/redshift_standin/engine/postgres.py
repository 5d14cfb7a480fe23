"""A PostgreSQL server from the binaries of a Python package, in its own data folder. It also runs for root."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from redshift_standin.engine.address import Address
from redshift_standin.engine.binaries import program_folder
from redshift_standin.engine.data_folder import DataFolder, last_line
from redshift_standin.engine.private_folders import make_private, open_private
from redshift_standin.errors import StandinError

START_SECONDS = 60
STOP_SECONDS = 60

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The connections of one cluster (wire/endpoints.py) and those of the stack itself.
    "max_connections": "600",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
}


class PostgresServer:
    """One PostgreSQL server in its own data folder.

    It listens on a unix socket in a private folder and on no network address, so ``port`` only names the socket.
    As root, the server runs as the owner of the data folder, or as the user ``nobody`` when the folder is new.

    :param data: the data folder; the first start creates it.
    :param port: the number in the socket's name.
    :param durable: let each commit wait until it is on the disk, see :class:`redshift_standin.Settings`.
    """

    def __init__(self, data: Path, port: int, *, durable: bool = True) -> None:
        self._data = DataFolder(data)
        self._port = port
        self._options = OPTIONS if durable else {**OPTIONS, "fsync": "off"}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> Address:
        """How to reach the server."""
        return Address.of(self._data.path, self._port)

    @property
    def log(self) -> Path:
        """The file that the server logs to."""
        return self._data.log

    def start(self) -> None:
        """Start the server in its own session unless it is already running, and return when it accepts connections.

        :raises StandinError: the server cannot be started.
        """
        if not self.is_running():
            programs = program_folder()
            self._data.initialise(programs)
            make_private(self.dsn.socket_dir, *self._data.owner)
            self._process = self._run(programs)
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server and wait until it has ended. Clients are disconnected; committed data is kept.

        :raises StandinError: the server does not stop.
        """
        postmaster = self._data.find_server()
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            # It removes its PID file a moment before it ends.
            while not _has_ended(postmaster):
                if time.monotonic() > deadline:
                    raise StandinError(f"PostgreSQL (process {postmaster.pid}) does not stop: see {self.log}.")
                time.sleep(0.02)
        if self._process is not None:
            self._process.wait()
            self._process = None
        sockets = self.dsn.socket_dir
        if sockets != self._data.path and sockets.exists():
            sockets.rmdir()

    def is_running(self) -> bool:
        """Whether the server's process is running, no matter who started it."""
        return self._data.find_server() is not None

    def create_database(self, name: str) -> None:
        """Create a database if it is missing."""
        with psycopg.connect(**self.dsn.parameters("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs, such as ``pg_dump``.

        :raises StandinError: PostgreSQL's binaries are missing.
        """
        return program_folder() / name

    def sqlalchemy_url(self, database: str) -> str:
        """Return SQLAlchemy's address of one database, through psycopg2."""
        return self.dsn.sqlalchemy_url(database)

    def _run(self, programs: Path) -> subprocess.Popen[bytes]:
        command = [str(programs / "postgres"), "-D", str(self._data.path)]
        command += ["-p", str(self._port), "-k", str(self.dsn.socket_dir)]
        for name, value in self._options.items():
            command += ["-c", f"{name}={value}"]
        with open(self.log, "ab", opener=open_private) as log:
            return subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._data.as_owner,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._data.is_server_ready():
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                reason = last_line(self.log.read_text(errors="replace"))
                raise StandinError(f"PostgreSQL did not start in {self._data.path}: {reason} (log: {self.log})")
            if time.monotonic() > deadline:
                raise StandinError(
                    f"PostgreSQL in {self._data.path} does not answer after {START_SECONDS} s: see {self.log}."
                )
            time.sleep(0.02)


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
