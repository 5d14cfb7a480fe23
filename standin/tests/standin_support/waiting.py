"""Wait for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# Only something that hangs takes longer, however busy the machine is.
HANGS_AFTER_SECONDS = 300

# The same for boto3's waiters.
WAITER_CONFIG = {"Delay": 0.01, "MaxAttempts": 30_000}

# What is soon true is noticed soon, and a long wait leaves the processor to what it waits for.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.2


def wait_until(condition: Callable[[], Value], what: str) -> Value:
    """Ask until the answer is true, and return it.

    :param what: what is waited for, for the message.
    :raises AssertionError: it hangs.
    """
    deadline = time.monotonic() + HANGS_AFTER_SECONDS
    pause = _FIRST_PAUSE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not after {HANGS_AFTER_SECONDS} s"
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.5)
    return value
