"""A lock that lets only one command at a time start or stop the stack of a state folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from local.errors import StackError


@contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Keep other commands from starting or stopping the same stack.

    It is a lock of the operating system, so it is released when the process ends, even if it is killed.

    :raises StackError: another command holds the lock, or the folder cannot be written.
    """
    with _open(state) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise StackError(
                f"Another command (process {holder}) is starting or stopping the stack in {state}: "
                "wait until it is done, or interrupt it."
            ) from None
        file.truncate(0)
        file.seek(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _open(state: Path) -> TextIO:
    try:
        state.mkdir(parents=True, exist_ok=True)
        return (state / "stack.lock").open("a+")
    except OSError as error:
        raise StackError(
            f"The state folder {state} cannot be written ({error.strerror}): set SPARKIFY_STATE to your own folder."
        ) from error
