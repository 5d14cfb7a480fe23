"""What a load has to go on with: what the staging tasks that it reads have told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redshift_elt.staging.stage import Stage


@dataclass(frozen=True)
class StagedBefore:
    """What was staged for a load, all of its staging tasks together; None where one of them has told nothing.

    :param objects: how many S3 objects.
    :param read: how many records they hold.
    :param rejected: how many of these COPY could not load.
    :param seconds: how long the staging tasks took.
    """

    objects: int | None
    read: int | None
    rejected: int | None
    seconds: float | None

    @classmethod
    def by(cls, stages: Iterable[Stage], told: Iterable[Mapping[str, Any] | None]) -> StagedBefore:
        """Add up what staging tasks have told.

        :param stages: those of the load, of which some may have been made again by the load itself.
        :param told: what the staging task of each has returned; None where it has returned nothing.
        """
        parts = [_part(stage, one or {}) for stage, one in zip(stages, told, strict=True)]
        return (
            cls(*(None if None in column else sum(column) for column in zip(*parts, strict=True))) if parts else _NONE
        )

    def __str__(self) -> str:
        if None in (self.objects, self.read, self.rejected, self.seconds):
            return "how long staging took is not known"
        rejected = f", rejected: {self.rejected:,}" if self.rejected else ""
        return f"staged before in {self.seconds:.1f} s (objects: {self.objects:,}, records: {self.read:,}{rejected})"


_NONE = StagedBefore(0, 0, 0, 0.0)


def _part(stage: Stage, told: Mapping[str, Any]) -> tuple[int | None, int | None, int | None, float | None]:
    again = stage.again
    seconds = 0.0 if stage.temporary else told.get("seconds")
    if again is not None:
        return again.objects, again.read, again.rejected, seconds
    return told.get("objects"), told.get("read"), told.get("rejected"), seconds
