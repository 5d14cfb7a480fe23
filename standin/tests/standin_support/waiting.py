"""Wait for other threads and processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# Even on a busy machine, only something that hangs takes longer.
HANGS_AFTER_SECONDS = 300

# The same limit for boto3's waiters.
WAITER_CONFIG = {"Delay": 0.01, "MaxAttempts": 30_000}

# Short pauses notice a quick change at once; longer ones leave the CPU to the process that is waited for.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.2


def wait_until(condition: Callable[[], Value], what: str) -> Value:
    """Call ``condition`` until it returns something true, and return that.

    :param what: what is waited for; the error message names it.
    :raises AssertionError: the condition is still not true after ``HANGS_AFTER_SECONDS``.
    """
    deadline = time.monotonic() + HANGS_AFTER_SECONDS
    pause = _FIRST_PAUSE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not after {HANGS_AFTER_SECONDS} s"
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.5)
    return value
