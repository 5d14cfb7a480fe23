"""Interrupts: each signal that ends a command lets it clean up first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the command to end. As with KeyboardInterrupt, ``except Exception`` does not catch it.

    :param number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def raise_on_signals() -> None:
    """Turn the signals that end a command into :class:`Interrupted`, even if the parent process ignored them."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


@contextmanager
def held_back() -> Iterator[None]:
    """Delay interrupts until the block has ended, for work that must not stop halfway."""
    caught: list[int] = []
    previous = {
        number: signal.signal(number, lambda caught_number, _: caught.append(caught_number)) for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    if caught:
        signal.raise_signal(caught[0])


def _interrupt(number: int, _: FrameType | None) -> None:
    raise Interrupted(number)
