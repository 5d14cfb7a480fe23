"""Merge rows of which the source deletes some."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from redshift_elt.loading.deduplication import choices_of, log_rows_of_one_key
from redshift_elt.loading.deleted_keys import DeletedKeys
from redshift_elt.loading.delta import Delta, fill_by_choices
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.written_columns import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.deletes import Deletes
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class MergeWithDeletes:
    """The merge of rows that compete by ``latest_by`` with each other and with the deletes of their keys.

    :param load: the load; its columns include the mark.
    :param deleted: the temporary table of deleted keys, with the time of the latest delete.
    :param fresh: the temporary table of the rows that the SELECT yields.
    """

    load: TargetLoad
    deletes: Deletes
    latest_by: str
    deleted: str
    fresh: str

    @property
    def staged(self) -> Columns:
        """The columns of the target that come from the SELECT."""
        return self.load.columns.without(self.deletes.computed)

    def merge(self, rows: str, touched: Sequence[str]) -> RowCounts:
        """Merge the rows that change the target, and delete those of which no row is left.

        :param rows: a SELECT of the rows that compete, without those that delete.
        :param touched: the temporary tables of the keys that can have changed; none if that can be any key.
        """
        load, gone = self.load, self.load.temporary.gone
        choices = choices_of((), self.latest_by, load.target.table, load.columns.names, load.target.key)
        candidates = load.render(
            "candidates_not_deleted.sql",
            rows=rows,
            columns=self.staged,
            deleted=self.deleted,
            latest_by=self.latest_by,
            mark=self.deletes.mark,
        )
        load.create_temporary(gone, load.target.table, load.columns)
        delete = load.execute(
            "fill_gone_without_candidates.sql",
            gone=gone,
            columns=load.columns,
            candidates=candidates,
            touched=touched,
            # A full load keeps placeholders, which are not in the source.
            latest_by=self.latest_by if load.has_placeholders and not touched else None,
        )
        by_source, of_fresh_keys = self._count_gone() if delete else (0, 0)
        delta = Delta(load, fill_by_choices(load, choices, candidates), self.fresh, self.deletes.mark)
        counts = delta.merge(delete=bool(delete))
        return replace(
            counts,
            unchanged=counts.unchanged - of_fresh_keys,
            deleted_by_source=counts.deleted_by_source if self.deletes.mark else by_source,
        )

    def _count_gone(self) -> tuple[int, int]:
        """Return how many of the rows to delete the source has deleted, and how many have the key of a fresh row."""
        by_source, of_fresh_keys = self.load.fetch_row(
            "count_gone_by_source.sql", gone=self.load.temporary.gone, deleted=self.deleted, fresh=self.fresh
        )
        return by_source, of_fresh_keys


def merge_rows_with_deletes(load: TargetLoad, deletes: Deletes, latest_by: str) -> RowCounts:
    """Merge the rows of the SELECT, which competes with the rows and the deletes of earlier loads.

    A full load that has read all objects starts from nothing: it deletes the rows and forgets the deletes that are not
    staged.

    :raises AirflowFailException: a key is null, or a column does not fit.
    """
    target, temporary = load.target, load.temporary
    load = replace(load, written=load.written_columns(deletes.computed, (deletes.column,)))
    deletes.refuse_wrong_type(load.columns, target.table)
    rebuild = load.window.full and not load.keep_missing
    known = DeletedKeys(load, latest_by, rebuild)
    merge = MergeWithDeletes(load, deletes, latest_by, known.of_load, temporary.fresh)
    refuse_missing(merge.staged, (*target.key, latest_by), target.table)
    load.execute("create_fresh_with_deletes.sql", temporary=temporary, columns=merge.staged)
    fresh = load.execute(
        "fill_fresh_with_deletes.sql",
        temporary=temporary,
        columns=merge.staged,
        deletes=deletes,
        select=target.select,
    )
    if not (fresh or load.window.full):
        return RowCounts(deleted_by_source=0)
    load.check_fresh_keys()
    load.analyze(temporary.fresh)
    any_deleted = known.find()
    rows = load.render("rows_not_deleting.sql", temporary=temporary, columns=merge.staged, rebuild=rebuild)
    counts = merge.merge(rows, touched=() if rebuild else (temporary.fresh,))
    log_rows_of_one_key(target.table, fresh, counts.staged, f"latest_by={latest_by!r}")
    if any_deleted or rebuild:
        known.remember()
    return counts
