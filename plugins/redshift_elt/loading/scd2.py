"""The strategy for dimensions that keep the history of their rows: slowly changing dimensions of type 2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_elt.loading.deduplication import log_rows_of_one_key
from redshift_elt.loading.delta import Delta
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.row_scope import EVERYTHING
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.loading.written_columns import refuse_missing
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class Scd2:
    """Keep every version of a row: each distinct pair of key and ``changed_at`` is a row of the target.

    A version is valid from its ``changed_at`` until the next version of its key begins, without that moment. The load
    computes three columns, which the SELECT does not yield: when the version begins, when it ends (null while it is the
    latest), and whether it is the latest. So ``is_current`` is true for exactly one row of each key, and ``at >=
    valid_from and (at < valid_to or valid_to is null)`` finds the version of a moment.

    The target depends only on the set of staged rows. A late version is put in its place and ends the version before
    it, in any order of files and runs. If several rows have the same key and ``changed_at``, the first in the order of
    their values is kept; the columns are compared in the order of the target, false before true and null last. So a
    corrected row needs a later ``changed_at`` than the row that it corrects, or a full load, after which the target has
    exactly the staged versions.

    Versions that differ only in ``changed_at`` stay separate rows. If the target kept only the first of them, a late
    row between the two would be valid for too long. docs/guarantees.md has a query that joins them, and says how a row
    of the source can delete.

    :param changed_at: the column of the SELECT and of the target that says since when a row is as it is; never null. It
        can be the column ``valid_from`` itself.
    :param valid_from: the column of the target for the beginning of a version, of the type of ``changed_at``.
    :param valid_to: the column of the target for its end, nullable and of the same type.
    :param is_current: the BOOLEAN column of the target that says whether the version is the latest.
    """

    changed_at: str
    valid_from: str = "valid_from"
    valid_to: str = "valid_to"
    is_current: str = "is_current"

    def __post_init__(self) -> None:
        names = (self.valid_from, self.valid_to, self.is_current)
        for name in (self.changed_at, *names):
            identifier(name)
        if len(set(names)) < len(names) or self.changed_at in (self.valid_to, self.is_current):
            raise ValueError(f"{self!r} names a column twice: only changed_at and valid_from can be the same column.")

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return self.changed_at, *self._computed

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: no, the target keeps the versions of those that are not staged."""
        return False

    def apply(self, load: TargetLoad) -> RowCounts:
        """Write the versions that are new or end at another time; a full load deletes those that are not staged.

        :raises AirflowFailException: a key or ``changed_at`` is null, or a column is missing.
        """
        target, temporary = load.target, load.temporary
        columns = load.written_columns(self._computed)
        staged = columns.without(self._computed)
        load = replace(load, written=columns)
        # Each version is a row of the target, so its time is a part of its key.
        versions = replace(load, target=replace(target, key=(*target.key, self.changed_at)))
        refuse_missing(staged, versions.target.key, target.table)
        fresh = ScopedTable(versions, target.table, staged, EVERYTHING).keep_fresh_rows()
        if not (fresh or load.window.full):
            return RowCounts()
        versions.check_fresh_keys()
        delete = load.window.full and not load.keep_missing
        load.create_temporary(temporary.gone, target.table, columns)
        if delete:
            versions.execute("fill_gone.sql", gone=temporary.gone, columns=columns, remaining=temporary.fresh)
        candidates = "candidates_fresh.sql" if delete else "candidates_fresh_and_held.sql"
        fill = load.render(
            "fill_versions.sql",
            delta=temporary.delta,
            columns=columns,
            staged=staged,
            history=self,
            candidates=load.render(candidates, temporary=temporary, columns=staged),
        )
        counts = Delta(versions, fill, temporary.fresh).merge(delete=delete)
        log_rows_of_one_key(target.table, fresh, counts.staged, "the order of their values")
        return counts

    @property
    def _computed(self) -> tuple[str, ...]:
        """The columns of the target that the SELECT does not yield."""
        names = (self.valid_from, self.valid_to, self.is_current)
        return tuple(name for name in names if name != self.changed_at)
