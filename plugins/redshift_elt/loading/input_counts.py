"""How much was staged for a load, in total."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.staging.summary import StagingSummary


@dataclass(frozen=True)
class InputCounts:
    """The totals of the sources that a load reads; None if they are not known for one of the sources.

    :param objects: the number of S3 objects.
    :param read: the number of records in them.
    :param rejected: the number of records that COPY could not load.
    :param seconds: how long the staging tasks took.
    """

    objects: int | None
    read: int | None
    rejected: int | None
    seconds: float | None

    @classmethod
    def total(cls, summaries: Iterable[StagingSummary | None]) -> InputCounts:
        """Return the totals of the sources that a load reads."""
        known: list[StagingSummary] = []
        for summary in summaries:
            if summary is None:
                return cls(None, None, None, None)
            known.append(summary)
        seconds = [summary.seconds for summary in known if summary.seconds is not None]
        return cls(
            objects=sum(summary.objects for summary in known),
            read=sum(summary.read for summary in known),
            rejected=sum(summary.rejected for summary in known),
            seconds=sum(seconds, 0.0) if len(seconds) == len(known) else None,
        )

    def __str__(self) -> str:
        if self.objects is None or self.read is None or self.seconds is None:
            return "the duration of staging is not known"
        rejected = f", rejected: {self.rejected:,}" if self.rejected else ""
        return f"staged in {self.seconds:.1f} s (objects: {self.objects:,}, records: {self.read:,}{rejected})"
