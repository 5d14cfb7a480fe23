"""Changes that take time: each runs on a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Change:
    """A change of a cluster or a snapshot.

    :param name: the cluster or the snapshot, for the log.
    :param seconds: how long the change takes at least.
    :param work: makes the change; runs without the lock.
    :param succeeded: updates the record afterwards; runs with the lock.
    :param failed: updates the record after an exception; runs with the lock.
    """

    name: str
    seconds: float
    work: Callable[[], None]
    succeeded: Callable[[], None]
    failed: Callable[[], None]


class BackgroundChanges:
    """Runs changes, and saves the records after each.

    :param lock: held while a record is read or changed.
    :param save: saves the records; called with the lock held.
    """

    def __init__(self, lock: threading.RLock, save: Callable[[], None]) -> None:
        self._lock = lock
        self._save = save
        self._stopping = threading.Event()
        self._threads: set[threading.Thread] = set()

    @contextlib.contextmanager
    def saved(self) -> Iterator[None]:
        """Hold the lock while records change, and save them afterwards."""
        with self._lock:
            yield
            self._save()

    def start(self, change: Change) -> None:
        """Begin a change."""
        thread = threading.Thread(target=self._run, args=(change,), name=f"change of {change.name}", daemon=True)
        self._threads = {known for known in self._threads if known.is_alive()} | {thread}
        thread.start()

    def wait(self, seconds: float) -> None:
        """Wait inside a change, unless the stand-in stops."""
        self._stopping.wait(seconds)

    def interrupt(self) -> None:
        """End every wait; a change that has not ended leaves its record as it is."""
        self._stopping.set()

    def join(self) -> None:
        """Wait for the end of every change."""
        for thread in list(self._threads):
            thread.join()

    def _run(self, change: Change) -> None:
        due = time.monotonic() + change.seconds
        try:
            change.work()
        except Exception:
            if self._stopping.is_set():
                _LOG.info("A change of %s was interrupted", change.name, exc_info=True)
                return
            _LOG.exception("A change of %s failed", change.name)
            with self.saved():
                change.failed()
            return
        if not self._stopping.wait(due - time.monotonic()):
            with self.saved():
                change.succeeded()
