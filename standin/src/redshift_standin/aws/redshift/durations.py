"""The time that a cluster takes to change its state. A real one takes minutes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from redshift_standin.errors import StandinError

# "2" for all, or "2,creating=300,snapshot=60".
VARIABLE = "REDSHIFT_STANDIN_CLUSTER_SECONDS"

# The states that end by themselves, what a snapshot takes to be available, and what roles take to be in sync.
KINDS = (
    "creating",
    "deleting",
    "final-snapshot",
    "modifying",
    "pausing",
    "rebooting",
    "resizing",
    "resuming",
    "roles",
    "snapshot",
)
_USUAL = 2.0
_LONGEST = 3600


@dataclass(frozen=True)
class Durations:
    """How many seconds each kind of change takes at least."""

    usual: float = _USUAL
    own: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Durations:
        """Read them from the environment variable :data:`VARIABLE`.

        :raises StandinError: it is not a list of seconds.
        """
        text = os.environ.get(VARIABLE) or ""
        usual, own = _USUAL, {}
        for part in filter(None, text.split(",")):
            kind, named, seconds = part.rpartition("=")
            if named and kind not in KINDS:
                raise StandinError(f"{VARIABLE} has the kind {kind!r}: kinds are {', '.join(KINDS)}.")
            if named:
                own[kind] = _seconds(seconds)
            else:
                usual = _seconds(seconds)
        return cls(usual, own)

    def of(self, kind: str) -> float:
        """Return how long a change of this kind takes, in seconds."""
        return self.own.get(kind, self.usual)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST:
        raise StandinError(f"{VARIABLE} has {text!r}: set it to a number of seconds up to {_LONGEST}, or unset it.")
    return seconds
