"""What is kept for some time because it takes long to make."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A thing that is made when it is needed, and anew when it has been kept for long enough.

    :param make: makes it.
    :param seconds: for how long it is kept.
    :param clock: tells seconds since some moment.
    """

    def __init__(self, make: Callable[[], T], seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._make = make
        self._seconds = seconds
        self._clock = clock
        self._made: tuple[float, T] | None = None

    def get(self) -> T:
        """Return it."""
        made = self._made
        if made is None or self._clock() - made[0] > self._seconds:
            made = self._clock(), self._make()
            self._made = made
        return made[1]

    def forget(self) -> None:
        """Make it anew the next time."""
        self._made = None
