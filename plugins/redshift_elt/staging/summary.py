"""What a staging task reports, through XCom, to the loads of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redshift_elt.staging.staging_result import Staged


@dataclass(frozen=True)
class StagingSummary:
    """The return value of a staging task.

    :param table: the run's staging table.
    :param objects: the number of S3 objects that were read.
    :param bytes: their size.
    :param rows: the number of rows in the staging table.
    :param left_out: the number of rows that were left out because their objects are another period's.
    :param rejected: the number of records that COPY could not load.
    :param read: the number of records in the objects.
    :param seconds: how long it took to list, copy and check; None if that is not known.
    :param listed: whether all objects of the source were listed, which the loads record in their ledgers.
    """

    table: str
    objects: int
    bytes: int
    rows: int
    left_out: int
    rejected: int
    read: int
    seconds: float | None
    listed: bool = True

    @classmethod
    def of(cls, table: str, staged: Staged, seconds: float | None) -> StagingSummary:
        """Return the summary of what was staged into a table."""
        return cls(
            table=table,
            objects=staged.objects,
            bytes=staged.size,
            rows=staged.rows,
            left_out=staged.left_out,
            rejected=staged.rejected,
            read=staged.read,
            seconds=None if seconds is None else round(seconds, 3),
            listed=staged.listed,
        )

    @classmethod
    def from_xcom(cls, value: Mapping[str, Any] | None) -> StagingSummary | None:
        """Return the summary in an XCom value, or None if the task has not returned one."""
        return cls(**value) if value else None

    @property
    def is_empty(self) -> bool:
        """Whether the loads have nothing to load, and nothing to record in their ledgers."""
        return not (self.objects or self.listed)

    def as_xcom(self) -> dict[str, Any]:
        """Return the summary as an XCom value."""
        return asdict(self)
