"""The phases of a load and their durations."""

from __future__ import annotations

import time

from redshift_elt.run.clock import now

WAITING, PREPARING, WRITING, COMMITTING = "waiting", "preparing", "writing", "committing"


class Phases:
    """The clock of a load. It is always in exactly one phase, so the phases add up to the time since it was created.

    The first phase is preparing. A phase may be entered several times, for instance if a transaction is repeated.
    """

    def __init__(self) -> None:
        self.started_at = now()
        self._seconds = dict.fromkeys((WAITING, PREPARING, WRITING, COMMITTING), 0.0)
        self._phase = PREPARING
        self._since = time.monotonic()

    def enter(self, phase: str) -> None:
        """End the current phase and begin another one."""
        moment = time.monotonic()
        self._seconds[self._phase] += moment - self._since
        self._phase, self._since = phase, moment

    def seconds(self, phase: str) -> float:
        """Return how long a phase has taken so far, to the millisecond."""
        self.enter(self._phase)
        return round(self._seconds[phase], 3)

    def __str__(self) -> str:
        self.enter(self._phase)
        parts = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in self._seconds.items())
        return f"{sum(self._seconds.values()):.1f} s ({parts})"
