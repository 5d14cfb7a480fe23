"""The data folder of a PostgreSQL server: where it is, who owns it, and what it says about the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil

from redshift_standin.engine import private_folders
from redshift_standin.engine.address import SUPERUSER
from redshift_standin.engine.private_folders import NOBODY, is_root, make_private
from redshift_standin.errors import StandinError


class DataFolder:
    """The data folder of one server.

    The server runs as the folder's owner: for root, as the user ``nobody`` when the folder is new.

    :param link: the folder, or a link to it that root makes where the folder must be elsewhere.
    """

    def __init__(self, link: Path) -> None:
        self._link = link

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self._link.resolve()

    @property
    def log(self) -> Path:
        """The file that the server logs to."""
        return self._link.with_name(self._link.name + ".log")

    @property
    def owner(self) -> tuple[int, int]:
        """The user and the group that the server runs as."""
        if not is_root():
            return os.getuid(), os.getgid()
        found = self.path.stat() if self.path.exists() else None
        return (found.st_uid, found.st_gid) if found and found.st_uid else (NOBODY, NOBODY)

    @property
    def as_owner(self) -> dict[str, Any]:
        """The arguments with which :mod:`subprocess` runs a program as the owner."""
        if not is_root():
            return {}
        user, group = self.owner
        return {"user": user, "group": group, "extra_groups": []}

    def initialise(self, programs: Path) -> None:
        """Create the folder if it is missing: completely or not at all, even if this is interrupted.

        :param programs: the folder of PostgreSQL's programs.
        :raises StandinError: the folder cannot be created, or root's link to it leads nowhere.
        """
        if is_root():
            self._settle_in_reach()
        if (self.path / "PG_VERSION").exists():
            return
        unfinished = self.path.with_name(self.path.name + ".new")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        make_private(unfinished, *self.owner)
        _run_initdb(programs, unfinished, self.as_owner)
        unfinished.replace(self.path)

    def find_server(self) -> psutil.Process | None:
        """Return the server's main process; after a kill, the PID file may name an unrelated process."""
        lines = self._read_pid_file()
        if not lines or not lines[0].strip().isdecimal():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            alive = process.status() != psutil.STATUS_ZOMBIE and str(self.path) in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if alive else None

    def is_server_ready(self) -> bool:
        """Whether the server accepts connections: the last line of its PID file says so."""
        lines = self._read_pid_file()
        return len(lines) > 7 and lines[7].strip() == "ready" and self.find_server() is not None

    def _settle_in_reach(self) -> None:
        """Create the data folder where the server's user can reach it, and link to it."""
        if self._link.is_symlink() and not self._link.exists():
            raise StandinError(
                f"The data of the local PostgreSQL is gone: {self._link} points to {self.path}, which does not exist. "
                f"Delete {self._link.parent} to start over."
            )
        if self._link.exists() or private_folders.is_in_reach(self._existing_ancestor()):
            return
        folder = Path(tempfile.mkdtemp(prefix="redshift-standin-", dir=private_folders.OPEN_FOLDER))
        folder.chmod(0o711)
        make_private(folder / "data", NOBODY, NOBODY)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._link.symlink_to(folder / "data")

    def _existing_ancestor(self) -> Path:
        return next(folder for folder in self._link.absolute().parents if folder.exists())

    def _read_pid_file(self) -> list[str]:
        try:
            return (self.path / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise StandinError(
                f"{self._link} belongs to another user: run as that user, or choose another state folder."
            ) from error


def _run_initdb(programs: Path, folder: Path, as_owner: dict[str, Any]) -> None:
    command = [str(programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C", "--no-sync"]
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **as_owner
    )
    if done.returncode:
        raise StandinError(f"PostgreSQL's initdb failed in {folder}: {last_line(done.stderr)}")


def last_line(text: str) -> str:
    """Return the last line that a program printed, for messages."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it printed nothing"
