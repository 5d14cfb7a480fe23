"""Which rows of a table a load compares with the rows of its SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.run.intervals import Interval


@dataclass(frozen=True)
class RowScope:
    """A set of rows of a table: all of them, those in some intervals of time, or those with the key of a fresh row.

    The macro ``in_scope`` in ``sql/macros.sql`` renders the condition; its placeholders are the names of
    :attr:`values`. Use :func:`within`, :func:`with_fresh_key` or :data:`EVERYTHING`.

    :param window_column: the column of event time that the intervals refer to.
    :param intervals: start and end of each interval, UTC without a zone; the end is not included.
    :param kept: intervals in which a row is deleted only if a fresh row has its key and its time, because not all of
        their objects were read.
    :param key: the columns that a row must have in common with a fresh row.
    :param fresh: the temporary table of the fresh rows.
    :param inline: whether the condition has literals instead of placeholders, for statements that bind no values.
    """

    window_column: str = ""
    intervals: tuple[Interval, ...] = ()
    kept: tuple[Interval, ...] = ()
    key: tuple[str, ...] = ()
    fresh: str = ""
    inline: bool = False

    @property
    def values(self) -> dict[str, object]:
        """The values that a statement with the condition binds."""
        return {
            name: moment
            for prefix, intervals in (("", self.intervals), ("kept_", self.kept))
            for number, (start, end) in enumerate(intervals, 1)
            for name, moment in ((f"{prefix}start_{number}", start), (f"{prefix}end_{number}", end))
        }


EVERYTHING = RowScope()


def within(window_column: str, intervals: Sequence[Interval], kept: Sequence[Interval] = ()) -> RowScope:
    """Return the scope of the rows whose event time is in one of some intervals."""
    return RowScope(window_column=window_column, intervals=tuple(intervals), kept=tuple(kept))


def with_fresh_key(key: Sequence[str], fresh: str) -> RowScope:
    """Return the scope of the rows that have the same key as a fresh row.

    :param fresh: the temporary table of the fresh rows.
    """
    return RowScope(key=tuple(key), fresh=fresh)
