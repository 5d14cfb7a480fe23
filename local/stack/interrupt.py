"""What an interrupt does to a command: it ends it in an orderly way, whichever signal asked for that."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asked the command to end. Like KeyboardInterrupt it is no error, so ``except Exception`` lets it pass.

    :param number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def raise_on_signals() -> None:
    """Turn the signals that end a command into :class:`Interrupted`, even if the parent had them ignored."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt wait until the block is done; for what must not be left half done."""
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
