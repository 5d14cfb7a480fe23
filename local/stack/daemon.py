"""A background process: started in its own session, recorded on disk, and stopped with its children."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from local.errors import StackError
from local.settings import ROOT

# The creation time of a process depends on the machine's clock, which may be adjusted while the process runs.
CLOCK_SECONDS = 2.0

# Seconds that a process has to exit by itself.
PATIENCE = 15.0

POLL_SECONDS = 0.05


class Daemon:
    """A named background process of one state folder.

    Its record holds the pid and the creation time, so that a later process with the same pid is never mistaken for it.

    :param name: the name of its record and of its log file.
    :param state: the stack's state folder.
    :param patience: seconds that it has to exit by itself before it is killed.
    """

    def __init__(self, name: str, state: Path, patience: float = PATIENCE) -> None:
        self.name = name
        self.patience = patience
        self.log = state / "logs" / f"{name}.log"
        self._record = state / "run" / f"{name}.json"

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Start the process; it outlives this one."""
        for file in (self.log, self._record):
            file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        record = {"pid": process.pid, "created": psutil.Process(process.pid).create_time()}
        unfinished = self._record.with_suffix(".new")
        unfinished.write_text(json.dumps(record))
        unfinished.replace(self._record)

    def is_running(self) -> bool:
        """Whether the process itself is alive."""
        return self._leader() is not None

    @property
    def started(self) -> float:
        """When the process was started, in seconds since 1970."""
        return self._read()[1]

    def check_alive(self) -> None:
        """Check that the process is running; the error quotes the last line of its log.

        :raises StackError: it is not running.
        """
        if not self.is_running():
            raise StackError(f"{self.name} stopped during startup: {self._last_words()} (log: {self.log})")

    def terminate(self) -> list[psutil.Process]:
        """Ask the process to exit, and return everything that must end with it: the process and its descendants."""
        members = self.members()
        leader = self._leader()
        if leader:
            with contextlib.suppress(psutil.NoSuchProcess):
                leader.terminate()
        return members

    def finish(self, members: Sequence[psutil.Process], deadline: float) -> None:
        """Wait for a terminated process until the deadline, then kill it and its remaining descendants.

        :param members: what :meth:`terminate` returned.
        :param deadline: a time of :func:`time.monotonic`.
        """
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        while remaining := {*filter(_is_running, members), *self.members()}:
            for process in remaining:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(POLL_SECONDS)
        self._record.unlink(missing_ok=True)

    def members(self) -> list[psutil.Process]:
        """Return the process, its descendants, and descendants that outlived it."""
        pid, created = self._read()
        if not pid:
            return []
        leader = self._leader()
        if leader is None and _is_alive(pid):
            # The system does not reuse a pid that still names a session, so none of our processes is left.
            return []
        found = {leader, *_descendants(leader)} if leader else set()
        found |= {process for process in psutil.process_iter() if _is_in_session(process, pid, created)}
        return [process for process in found if _is_running(process)]

    def _leader(self) -> psutil.Process | None:
        pid, created = self._read()
        if not pid or not _is_alive(pid):
            return None
        try:
            process = psutil.Process(pid)
            return process if abs(process.create_time() - created) < CLOCK_SECONDS else None
        except psutil.NoSuchProcess:
            return None

    def _read(self) -> tuple[int, float]:
        try:
            record = json.loads(self._record.read_text())
        except FileNotFoundError:
            return 0, 0.0
        return record["pid"], record["created"]

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it logged nothing")


def stop_all(daemons: Sequence[Daemon]) -> None:
    """Stop several processes at once, each with its children."""
    begun = time.monotonic()
    terminated = [(daemon, daemon.terminate()) for daemon in daemons]
    for daemon, members in sorted(terminated, key=lambda pair: pair[0].patience):
        daemon.finish(members, begun + daemon.patience)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_running(process: psutil.Process) -> bool:
    # Where no init process reaps orphans, an ended process remains as a zombie.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _is_in_session(process: psutil.Process, session: int, created: float) -> bool:
    """Whether a process is in the session that the process with this pid started."""
    try:
        return os.getsid(process.pid) == session and process.create_time() > created - CLOCK_SECONDS
    except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
        return False
