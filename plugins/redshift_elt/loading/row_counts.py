"""The row counts of a load."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class RowCounts:
    """The number of keys that a load found for its window, and of the rows that it changed in its target.

    :param unchanged: keys of the window whose row the target already held with the same values.
    :param late: rows inserted for windows that had been loaded before; not included in ``staged`` and ``inserted``.
    """

    staged: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    late: int = 0

    @property
    def written(self) -> int:
        """How many rows of the target have changed."""
        return self.inserted + self.updated + self.deleted + self.late

    def __str__(self) -> str:
        late = f", {self.late:,} late rows for windows loaded before" if self.late else ""
        return (
            f"{self.staged:,} rows staged; {self.inserted:,} inserted, {self.updated:,} updated, "
            f"{self.deleted:,} deleted, {self.unchanged:,} unchanged{late}"
        )

    def as_xcom(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)
