"""The time that a change of a cluster takes. On AWS it is minutes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from redshift_standin.errors import StandinError

# "2" for all, or "2,creating=300,snapshot=60".
VARIABLE = "REDSHIFT_STANDIN_CLUSTER_SECONDS"

# The transitional states of a cluster, the creation of a snapshot, and the association of roles.
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
_DEFAULT = 2.0
_LONGEST = 3600


@dataclass(frozen=True)
class Durations:
    """The shortest duration of each kind of change, in seconds."""

    default: float = _DEFAULT
    by_kind: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Durations:
        """Read them from the environment variable :data:`VARIABLE`.

        :raises StandinError: it is not a list of seconds.
        """
        text = os.environ.get(VARIABLE) or ""
        default, by_kind = _DEFAULT, {}
        for part in filter(None, text.split(",")):
            kind, named, seconds = part.rpartition("=")
            if named and kind not in KINDS:
                raise StandinError(f"{VARIABLE} has the kind {kind!r}: kinds are {', '.join(KINDS)}.")
            if named:
                by_kind[kind] = _seconds(seconds)
            else:
                default = _seconds(seconds)
        return cls(default, by_kind)

    def of(self, kind: str) -> float:
        """Return how long a change of this kind takes, in seconds."""
        return self.by_kind.get(kind, self.default)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST:
        raise StandinError(f"{VARIABLE} has {text!r}: set it to a number of seconds up to {_LONGEST}, or unset it.")
    return seconds
