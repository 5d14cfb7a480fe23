"""The strategy for dimensions whose source is a snapshot, without their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from redshift_elt.loading.deduplication import Choice
from redshift_elt.loading.delta import Delta, fill_by_choices
from redshift_elt.loading.mark_column import refuse_wrong_mark
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.snapshot import Snapshot, keep_snapshot_rows, refuse_too_many_gone
from redshift_elt.loading.written_columns import refuse_missing
from redshift_elt.run.share import check_share
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class FullRefresh:
    """Make the target's rows those of the latest snapshot that was loaded.

    The source is one snapshot: the objects that a run stages contain every row. The time of a snapshot is the beginning
    of the period in its keys (``key_pattern``). Without a date in the keys, it is the time at which the latest of its
    objects was written. If a run reads several periods, it stages only the last one that has objects.

    With a ``prefix``, all objects below it are one snapshot, so no earlier export may stay there.

    A load whose snapshot is older than one that the target has loaded changes nothing, and its log says so, unless it
    is a full load: that reads the latest snapshot that S3 has, and forgets later ones. So if a wrong snapshot was
    loaded, or one with a wrong date in its keys, remove its objects and start a full load. If a snapshot is replaced,
    loading it again corrects the target.

    A snapshot that is not in S3 changes nothing either, whatever ``on_missing`` of the source is, or fails the load
    with ``on_missing="fail"``. One without rows fails the load, and so does one in which too many rows are gone.

    A snapshot has one row for each key; otherwise the load fails. A snapshot with records that COPY has rejected fails
    the load too, whatever ``max_rejects`` of the source is, because their rows would count as gone. For the same
    reason, the source cannot have ``window_column``.

    :param gone: what happens to rows that the snapshot does not have: ``delete``, or ``mark`` them in the column
        ``mark``. To keep the history, use :class:`redshift_elt.loading.scd2_snapshots.Scd2Snapshots`.
    :param mark: with ``gone="mark"``: the BOOLEAN column of the target, which the SELECT does not yield. It is true
        for rows that the latest snapshot does not have; they keep their last values.
    :param max_deleted: the largest share of the target's rows, from 0 to 1, that one load may delete or mark.
    """

    gone: Literal["delete", "mark"] = "delete"
    mark: str = "is_deleted"
    max_deleted: float = 0.5

    def __post_init__(self) -> None:
        identifier(self.mark)
        check_share("max_deleted", self.max_deleted)
        if self.gone not in ("delete", "mark"):
            raise ValueError(
                f"gone of FullRefresh is {self.gone!r}: write 'delete' or 'mark'. To close rows and keep their "
                "history, use Scd2Snapshots()."
            )

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return (self.mark,) if self.gone == "mark" else ()

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: yes, what is not staged is gone."""
        return True

    def apply(self, load: TargetLoad) -> RowCounts:
        """Write what differs, unless a later snapshot was loaded.

        :raises AirflowFailException: the snapshot cannot be used, or too many rows are gone.
        """
        snapshot = Snapshot.staged(load)
        if snapshot is None:
            return RowCounts(deleted_by_source=0)
        recorded = snapshot.recorded(load)
        if snapshot.is_older(load, recorded):
            return RowCounts(deleted_by_source=0)
        columns = load.written_columns(self._computed)
        if self._mark:
            refuse_wrong_mark(self._mark, columns, load.target.table, "FullRefresh")
        staged = columns.without(self._computed)
        load = replace(load, written=columns)
        refuse_missing(staged, load.target.key, load.target.table)
        keep_snapshot_rows(load, staged)
        gone = self._find_gone(load)
        counts = self._delta(load, staged).merge(delete=bool(gone) and self.gone == "delete")
        if not recorded.is_known:
            snapshot.record(load)
        return replace(counts, deleted_by_source=gone)

    def _find_gone(self, load: TargetLoad) -> int:
        """Fill the temporary table ``gone``, and return the number of rows that the snapshot does not have."""
        temporary = load.temporary
        load.create_temporary(temporary.gone, load.target.table, load.columns)
        load.execute(
            "fill_gone.sql", gone=temporary.gone, columns=load.columns, remaining=temporary.fresh, mark=self._mark
        )
        held, gone = load.fetch_row("count_gone.sql", gone=temporary.gone, mark=self._mark)
        refuse_too_many_gone(load, held, gone, self.max_deleted)
        return int(gone)

    def _delta(self, load: TargetLoad, staged: Columns) -> Delta:
        candidates = load.render(
            "candidates_marked.sql" if self._mark else "candidates_fresh.sql",
            temporary=load.temporary,
            columns=staged,
            mark=self._mark,
        )
        # A snapshot has one row for each key, so there is nothing to choose.
        row = Choice([name for name in load.columns.names if name not in load.target.key])
        return Delta(load, fill_by_choices(load, [row], candidates), load.temporary.fresh)

    @property
    def _mark(self) -> str | None:
        return self.mark if self.gone == "mark" else None

    @property
    def _computed(self) -> Sequence[str]:
        """The columns of the target that the SELECT does not yield."""
        return (self._mark,) if self._mark else ()
