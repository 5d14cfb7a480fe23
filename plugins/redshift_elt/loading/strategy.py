"""What a load operator needs of a strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.loading.target_load import TargetLoad


class Strategy(Protocol):
    """How staged rows become rows of the target, with the user's settings."""

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name: the strategy writes or compares them."""

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects of its window, including those that were loaded before."""

    def apply(self, load: TargetLoad) -> RowCounts:
        """Change the target, in the caller's transaction and under the target's lock."""
