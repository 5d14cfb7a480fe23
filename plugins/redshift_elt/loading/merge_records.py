"""The strategy for dimensions whose rows follow from several records each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.deduplication import Choice, checked_choices, choices_of, named_columns, rule_needed
from redshift_elt.loading.delta import Delta, fill_by_choices
from redshift_elt.loading.loaded_periods import LoadedPeriods
from redshift_elt.loading.merge_with_deletes import MergeWithDeletes
from redshift_elt.loading.missing_objects import keep_lost_hours, kept_intervals
from redshift_elt.loading.phases import PREPARING
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.row_scope import EVERYTHING, RowScope, with_fresh_key, within
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.loading.written_columns import (
    refuse_missing,
    refuse_not_computable,
    refuse_other_than_time,
    restricted,
    written_of,
)
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from redshift_elt.connection.columns import Columns
    from redshift_elt.loading.deletes import Deletes
    from redshift_elt.loading.scoped_table import Differences
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class MergeRecords:
    """Keep the rows of the SELECT in a separate table of records, and merge the rows that result from them.

    The target's row is the result of all records with its key. If a corrected file no longer contains a record, the row
    becomes the result of the records that are left, and is deleted if none is left. Give either ``window_column`` or
    ``records_key``.

    :param records: the table of the records. It has the columns that the SELECT yields. Columns of the target that the
        SELECT does not yield are left to their defaults.
    :param records_key: the columns that identify what a record is about, if that is not a time: the records of a
        changed object replace the records with the same key.
    :param window_column: the column of event time of the records. The records of the run's window, and of windows
        loaded before in the periods that the run reads, become exactly those that the SELECT yields.
    :param choices: how records with the same key become one row; see :class:`.merge_rows.MergeRows`. Give either
        ``choices`` or ``latest_by``.
    :param latest_by: the column that says which record is the latest, in the target as in the records; see
        :class:`.merge_rows.MergeRows`.
    :param deletes: which records delete the row of their key; needs ``latest_by``. The table of records has its column.
    """

    records: str
    records_key: str | Sequence[str] | None = None
    window_column: str | None = None
    choices: Sequence[Choice] = ()
    latest_by: str | None = None
    deletes: Deletes | None = None

    def __post_init__(self) -> None:
        identifiers.table(self.records)
        if (self.records_key is None) == (self.window_column is None):
            raise ValueError(f"MergeRecords of {self.records} needs either window_column or records_key.")
        if self.window_column is not None:
            identifiers.identifier(self.window_column)
        if self.records_key is not None:
            object.__setattr__(self, "records_key", identifiers.key(self.records_key))
        object.__setattr__(self, "choices", checked_choices(self.choices))
        if bool(self.choices) == (self.latest_by is not None):
            raise ValueError(f"{rule_needed(f'MergeRecords(records={self.records!r}, ..., ')}.")
        if self.latest_by is not None:
            identifiers.identifier(self.latest_by)
        if self.deletes is not None:
            self.deletes.check_rule(f"MergeRecords(records={self.records!r}, ..., ", self.latest_by)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return named_columns(self.choices, self.latest_by, self.deletes)

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects of its window: records that are not staged are deleted."""
        return self.window_column is not None

    def apply(self, load: TargetLoad) -> RowCounts:
        """Make the records those that the SELECT yields, and merge what changes in the target."""
        target = load.target
        described = load.describe(self.records, target.table)
        of_records, held = described.tables
        columns = written_of(load.session, self.records, of_records, described.yielded)
        refuse_missing(columns, (*target.key, *self._needed), self.records)
        if self.window_column is not None:
            refuse_other_than_time(columns, self.window_column, self.records)
        load = replace(load, written=self._written(load, columns, held))
        refuse_missing(load.columns, target.key, target.table)
        choices = choices_of(self.choices, self.latest_by, target.table, load.columns.names, target.key)
        if self.window_column is None:
            return self._merge(load, choices, *self._compare(load, columns))
        periods = LoadedPeriods.of(load, (*columns.names, *load.columns.names), described.rows)
        records, found = self._compare(load, columns, periods)
        if periods.contradicted_by(found):
            records, found = self._compare(load, columns, periods.widened(), again=True)
        counts = self._merge(load, choices, records, found)
        periods.record()
        return counts

    def _merge(
        self, load: TargetLoad, choices: Sequence[Choice], records: ScopedTable, found: Differences
    ) -> RowCounts:
        """Make the records the fresh rows, and merge what follows from those that change.

        :param found: how they differ.
        """
        full = load.window.full
        if not (found or full):
            by_source = None if self.deletes is None else 0
            return RowCounts(found.keys, unchanged=found.keys, deleted_by_source=by_source)
        records.write(found)
        load.phases.enter(PREPARING)
        if self.deletes is not None and self.latest_by is not None:
            merge = MergeWithDeletes(
                load, self.deletes, self.latest_by, load.temporary.deleted, records.temporary.fresh
            )
            return self._merge_with_deletes(merge, records.temporary, found)
        gone = self._find_gone(load, any_deleted=bool(found.stale))
        candidates = load.render(
            "candidates_all_records.sql" if full else "candidates_changed_records.sql",
            records=self.records,
            temporary=records.temporary,
            columns=load.columns,
            any_deleted=bool(found.stale),
            any_new=bool(found.new),
        )
        return Delta(load, fill_by_choices(load, choices, candidates), records.temporary.fresh).merge(delete=bool(gone))

    @property
    def _needed(self) -> tuple[str, ...]:
        of_deletes = () if self.deletes is None else (self.deletes.column,)
        return (*identifiers.key(self.window_column or self.records_key or ()), *of_deletes)

    def _written(self, load: TargetLoad, columns: Columns, held: Columns) -> Columns:
        """Return the columns of the target that the load writes, without the audit columns.

        :param columns: the columns of the records.
        :param held: all columns of the target.
        """
        table = load.target.table
        marks = () if self.deletes is None else self.deletes.computed
        read = () if self.deletes is None else (self.deletes.column,)
        computed = (*marks, *load.audit)
        refuse_not_computable(held, [name for name in columns.names if name not in read], computed, table)
        written = restricted(load.session, table, held, [*columns.names, *computed])
        if self.deletes is not None:
            self.deletes.refuse_wrong_type(written, table)
        return written.without(load.audit)

    def _merge_with_deletes(
        self, merge: MergeWithDeletes, of_records: TemporaryTables, found: Differences
    ) -> RowCounts:
        """Merge what follows from the records of the keys that were touched, or in a full load from all records."""
        load, deleted = merge.load, merge.deleted
        changed = [(of_records.stale, found.stale), (of_records.new, found.new)]
        touched = () if load.window.full else tuple(name for name, rows in changed if rows)
        names: dict[str, Any] = {"records": self.records, "touched": touched, "deletes": self.deletes}
        load.create_temporary(deleted, load.target.table, load.columns.only((*load.target.key, merge.latest_by)))
        load.execute("fill_deleted_keys_of_records.sql", deleted=deleted, latest_by=merge.latest_by, **names)
        load.analyze(deleted)
        return merge.merge(load.render("records_not_deleting.sql", columns=merge.staged, **names), touched)

    def _compare(
        self, load: TargetLoad, columns: Columns, periods: LoadedPeriods | None = None, *, again: bool = False
    ) -> tuple[ScopedTable, Differences]:
        """Compare the records with the rows of the SELECT; return their table with its scope, and how they differ.

        :param columns: the columns of the records.
        :param periods: what to compare, if the records have a column of event time.
        :param again: whether less was compared before.
        """
        records = ScopedTable(load, self.records, columns, self._scope(load, periods))
        records.keep_fresh_rows(again=again)
        if self.window_column is not None:
            records = keep_lost_hours(records, self.window_column)
        return records, records.compare(delete=load.replace or load.window.full or self.window_column is not None)

    def _scope(self, load: TargetLoad, periods: LoadedPeriods | None) -> RowScope:
        """Return which records the rows of the SELECT are compared with."""
        if self.window_column is not None and periods is not None:
            kept = kept_intervals(load, self.records, within(self.window_column, periods.compared))
            everything = load.window.full and not kept
            return EVERYTHING if everything else within(self.window_column, periods.compared, kept)
        if load.window.full and not load.keep_missing:
            return EVERYTHING
        return with_fresh_key(identifiers.key(self.records_key or ()), TemporaryTables(self.records).fresh)

    def _find_gone(self, load: TargetLoad, *, any_deleted: bool) -> int:
        """Fill the temporary table ``gone``, and return the number of rows of the target that have no record left."""
        gone = load.temporary.gone
        load.create_temporary(gone, load.target.table, load.columns)
        if load.window.full:
            return load.execute(
                "fill_gone.sql",
                gone=gone,
                columns=load.columns,
                remaining=self.records,
                latest_by=self.latest_by if load.has_placeholders else None,
            )
        if not any_deleted:
            return 0
        temporary = TemporaryTables(self.records)
        return load.execute(
            "fill_gone_of_stale.sql", gone=gone, columns=load.columns, records=self.records, temporary=temporary
        )
