"""The strategy for dimensions that keep the history of a source whose objects are snapshots."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from redshift_elt.loading.phases import WRITING
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.snapshot import Snapshot, keep_snapshot_rows, refuse_too_many_gone
from redshift_elt.loading.written_columns import refuse_missing
from redshift_elt.run.share import check_share
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class Scd2Snapshots:
    """Keep the history of a source of snapshots: a row is valid from the first snapshot that has it.

    The source and the time of a snapshot are as for :class:`redshift_elt.loading.full_refresh.FullRefresh`. A snapshot
    is valid from its time until that of the next one. A version of a row ends with the first snapshot that has other
    values for its key, or that does not have the key. If a later snapshot has the key again, a new version begins.
    Consecutive equal rows are one version, so the SELECT should not yield a column that differs in each snapshot, such
    as the time of the export. The load computes three columns, which the SELECT does not yield.

    The target depends only on the set of loaded snapshots, not on their order: an older snapshot is put in its place,
    between those before and after it. One that has been replaced corrects the time until the next snapshot when it is
    loaded again. A snapshot that is not in S3 changes nothing. One without rows fails the load, and so does one in
    which too many rows are gone. A full load reads the latest snapshot that S3 has, and no
    earlier ones, so it does not rebuild the history. It removes later snapshots from the history.

    A snapshot has one row for each key; otherwise the load fails. It also fails if COPY has rejected records.

    :param valid_from: the column of the target for the beginning of a version; a TIMESTAMP.
    :param valid_to: the column of the target for its end; a nullable TIMESTAMP, null while the version is current.
    :param is_current: the BOOLEAN column of the target that says whether the latest snapshot has the version. A key
        that the latest snapshot does not have has no current version.
    :param max_deleted: the largest share, from 0 to 1, of the rows valid at the time of a snapshot that it may lack.
    """

    valid_from: str = "valid_from"
    valid_to: str = "valid_to"
    is_current: str = "is_current"
    max_deleted: float = 0.5

    def __post_init__(self) -> None:
        for name in self._computed:
            identifier(name)
        if len(set(self._computed)) < len(self._computed):
            raise ValueError(f"{self!r} names a column twice.")
        check_share("max_deleted", self.max_deleted)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return self._computed

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: yes, what is not staged is gone."""
        return True

    def apply(self, load: TargetLoad) -> RowCounts:
        """Write what differs between the time of the snapshot and that of the next one.

        :raises AirflowFailException: the snapshot cannot be used, or too many rows are gone.
        """
        snapshot = Snapshot.staged(load)
        if snapshot is None:
            return RowCounts()
        recorded = snapshot.recorded(load)
        load = replace(load, written=load.written_columns(self._computed))
        staged = load.columns.without(self._computed)
        refuse_missing(staged, load.target.key, load.target.table)
        rows = keep_snapshot_rows(load, staged)
        place = _Place(self, snapshot.at, recorded.following)
        held, closed = load.fetch_row("count_closed.sql", place.values, fresh=load.temporary.fresh, history=self)
        refuse_too_many_gone(load, held, closed, self.max_deleted)
        counts = place.overwrite(load, staged, rows)
        if not recorded.is_known:
            snapshot.record(load)
        return counts

    @property
    def _computed(self) -> tuple[str, ...]:
        """The columns of the target that the SELECT does not yield."""
        return self.valid_from, self.valid_to, self.is_current


@dataclass(frozen=True)
class _Place:
    """The place of a snapshot in the history: from its own time until that of the following one.

    :param following: the time of the following snapshot that the target has loaded; None if there is none.
    """

    history: Scd2Snapshots
    at: datetime
    following: datetime | None

    @property
    def values(self) -> dict[str, object]:
        """The values to bind."""
        return {"snapshot_at": self.at, "following": self.following}

    def overwrite(self, load: TargetLoad, staged: Columns, rows: int) -> RowCounts:
        """Make the versions of this time those of the snapshot.

        :param staged: the columns that the SELECT yields.
        :param rows: the number of rows of the snapshot.
        """
        temporary = load.temporary
        # Each version is a row of the target, so its time is a part of its key.
        versions = replace(load, target=replace(load.target, key=(*load.target.key, self.history.valid_from)))
        load.create_temporary(temporary.wanted, load.target.table, load.columns)
        self._execute(load, "fill_wanted_versions.sql", fresh=temporary.fresh, staged=staged)
        load.analyze(temporary.wanted)
        load.create_temporary(temporary.gone, load.target.table, load.columns)
        gone = self._execute(versions, "fill_gone_versions.sql", gone=temporary.gone)
        load.create_temporary(temporary.delta, load.target.table, load.stored)
        written = updated = of_snapshot = 0
        if self._execute(load, "fill_changed_versions.sql", delta=temporary.delta):
            written, updated, of_snapshot = versions.fetch_row(
                "count_versions.sql", self.values, delta=temporary.delta, history=self.history
            )
        if written:
            load.analyze(temporary.delta)
        if gone:
            load.analyze(temporary.gone)
        load.phases.enter(WRITING)
        if written:
            load.set_audit_values(temporary.delta)
            versions.execute("merge_delta.sql", delta=temporary.delta, columns=load.stored)
        if gone:
            versions.execute("delete_gone.sql", gone=temporary.gone)
        return RowCounts(rows, written - updated, updated, gone, unchanged=rows - of_snapshot)

    def _execute(self, load: TargetLoad, template: str, **names: object) -> int:
        return load.execute(
            template,
            self.values,
            wanted=load.temporary.wanted,
            columns=load.columns,
            history=self.history,
            following=self.following,
            **names,
        )
