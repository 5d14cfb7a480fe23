"""The row counts of a load."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RowCounts:
    """The number of keys that a load found for its window, and of the rows that it changed in its target.

    :param unchanged: keys of the window whose row the target already held with the same values.
    :param late: rows inserted for windows that had been loaded before; not included in ``staged`` and ``inserted``.
    :param deleted_by_source: rows that were deleted or marked as deleted because the source says so; included in
        ``deleted`` or ``updated``. None if the strategy is not ``FullRefresh`` and has no ``deletes``.
    :param placeholders: rows inserted into dimensions, for keys of staged rows that the dimensions did not have. None
        if the load has no ``placeholders``.
    """

    staged: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    late: int = 0
    deleted_by_source: int | None = None
    placeholders: int | None = None

    @property
    def written(self) -> int:
        """How many rows of the target have changed, and placeholders were inserted."""
        return self.inserted + self.updated + self.deleted + self.late + (self.placeholders or 0)

    def __str__(self) -> str:
        late = f", {self.late:,} late rows for windows loaded before" if self.late else ""
        by_source = "" if self.deleted_by_source is None else f"; {self.deleted_by_source:,} deleted by the source"
        placeholders = f"; {self.placeholders:,} placeholders in dimensions" if self.placeholders else ""
        return (
            f"{self.staged:,} rows staged; {self.inserted:,} inserted, {self.updated:,} updated, "
            f"{self.deleted:,} deleted, {self.unchanged:,} unchanged{late}{by_source}{placeholders}"
        )

    def as_xcom(self) -> dict[str, int]:
        """Return the counts by name, without one that the strategy does not have."""
        return {name: count for name, count in asdict(self).items() if count is not None}
