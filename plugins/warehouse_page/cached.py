"""A value that is expensive to create, cached for some time."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """A value that is created on first use, and again after its time to live.

    :param create: creates the value.
    :param seconds: the time to live.
    :param clock: returns seconds since a fixed moment.
    """

    def __init__(self, create: Callable[[], T], seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._create = create
        self._seconds = seconds
        self._clock = clock
        self._entry: tuple[float, T] | None = None

    def get(self) -> T:
        """Return the value."""
        entry = self._entry
        if entry is None or self._clock() - entry[0] > self._seconds:
            entry = self._clock(), self._create()
            self._entry = entry
        return entry[1]

    def clear(self) -> None:
        """Discard the value, so that the next use creates a new one."""
        self._entry = None
