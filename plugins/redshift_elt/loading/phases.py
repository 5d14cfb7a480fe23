"""Where the time of a load goes."""

from __future__ import annotations

import time

WAITING, PREPARING, WRITING, COMMITTING = "waiting", "preparing", "writing", "committing"


class Phases:
    """A clock that is always in one phase, so that the phases together are all of the time since it was made.

    It begins with preparing. A phase may be entered several times, as it is when a transaction is done again.
    """

    def __init__(self) -> None:
        self._seconds = dict.fromkeys((WAITING, PREPARING, WRITING, COMMITTING), 0.0)
        self._phase = PREPARING
        self._since = time.monotonic()

    def enter(self, phase: str) -> None:
        """End the phase that the load is in, and begin another."""
        now = time.monotonic()
        self._seconds[self._phase] += now - self._since
        self._phase, self._since = phase, now

    def seconds(self, phase: str) -> float:
        """Return how long a phase has taken until now, to the millisecond."""
        self.enter(self._phase)
        return round(self._seconds[phase], 3)

    def __str__(self) -> str:
        self.enter(self._phase)
        parts = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in self._seconds.items())
        return f"{sum(self._seconds.values()):.1f} s ({parts})"
