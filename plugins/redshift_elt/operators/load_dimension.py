"""Load a dimension: merge rows by key, keep their versions, or follow the snapshots of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_records import MergeRecords
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.scd2 import Scd2
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
from redshift_elt.loading.snapshot import refuse_rejects
from redshift_elt.loading.temporary_tables import TemporaryTables
from redshift_elt.operators.arguments import arguments_of, sql_argument
from redshift_elt.operators.load import LoadOperator
from redshift_elt.operators.staged_by import refuse_incomplete_snapshot
from redshift_elt.sql import identifiers

if TYPE_CHECKING:
    from redshift_elt.connection.missing_privilege import TaskTables
    from redshift_elt.connection.refused_statement import Argument
    from redshift_elt.connection.session import Session
    from redshift_elt.integrations.lineage import DatasetNamespace, OperatorLineage
    from redshift_elt.loading.row_counts import RowCounts
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.staging.staged_input import StagedInput


DimensionStrategy = MergeRows | MergeRecords | Scd2 | FullRefresh | Scd2Snapshots


class LoadDimensionOperator(LoadOperator):
    """Load a dimension with what a SELECT yields, in one transaction.

    The strategy determines which rows the table has. Rows that would not change are not written, so a repeated load
    writes nothing. What a load deletes, and what a full load does, depends on the strategy too.

    Arguments besides those of :class:`redshift_elt.operators.load.LoadOperator`:

    :param strategy: how staged rows become rows of the table.

        :class:`redshift_elt.loading.merge_rows.MergeRows`: one row for each key, which a rule chooses from the staged
        rows and the row of the table.
        :class:`redshift_elt.loading.merge_records.MergeRecords`: one row for each key, from a table of all records.
        :class:`redshift_elt.loading.scd2.Scd2`: every version of each key.
        :class:`redshift_elt.loading.full_refresh.FullRefresh`: the rows of the latest snapshot.
        :class:`redshift_elt.loading.scd2_snapshots.Scd2Snapshots`: the history of snapshots.
    :param after_merge: a statement, or a ``.sql`` file with one, for tables that depend on this one. It runs in the
        same transaction if rows have changed, and may read some of the load's temporary tables, see
        :class:`redshift_elt.loading.temporary_tables.TemporaryTables`.
    :param after_merge_writes: the tables that ``after_merge`` changes; the load takes their locks too.
    :raises ValueError: the strategy is not one for dimensions, or the audit columns or the sources do not fit it.
    """

    template_fields: Sequence[str] = (*LoadOperator.template_fields, "after_merge")
    template_fields_renderers = {"select": "sql", "after_merge": "sql"}  # noqa: RUF012 - Airflow's own form

    def __init__(
        self,
        *,
        key: str | Sequence[str],
        strategy: DimensionStrategy,
        after_merge: str | None = None,
        after_merge_writes: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(key=identifiers.key(key), **kwargs)
        if bool(after_merge) != bool(after_merge_writes):
            raise ValueError("Give after_merge together with after_merge_writes, the tables that it changes.")
        if not isinstance(strategy, DimensionStrategy):
            raise ValueError(
                f"strategy is {strategy!r}, which is not for dimensions: write MergeRows(latest_by='updated_at'), "
                "MergeRecords(...), Scd2(changed_at='updated_at'), FullRefresh() or Scd2Snapshots(), or use "
                "LoadFactOperator."
            )
        self.strategy = strategy
        self.after_merge = after_merge
        self.after_merge_writes = identifiers.several(after_merge_writes, "after_merge_writes")
        self.check_audit()
        self.check_sources()

    @property
    def reads_snapshot(self) -> bool:
        """Whether what a run stages must be one snapshot, which contains every row of the target."""
        return isinstance(self.strategy, FullRefresh | Scd2Snapshots)

    def check_sources(self) -> None:
        """Refuse what every load refuses, and several sources of a snapshot.

        :raises ValueError: see the message.
        """
        if self.reads_snapshot and len(self.staged_by) != 1:
            raise ValueError(
                f"{self.strategy!r} loads one snapshot: name the operator that stages it in staged_by, and no other."
            )
        if self.reads_snapshot:
            refuse_incomplete_snapshot(self.staged_by[0], self.task_id)
        super().check_sources()

    def check_inputs(self, session: Session, inputs: Sequence[StagedInput]) -> None:
        """Refuse a snapshot of which records were rejected."""
        if self.reads_snapshot:
            for source in inputs:
                refuse_rejects(self.table, str(source.staging.context.source), source.rejected(session))

    @property
    def locked(self) -> Sequence[str]:
        """The tables whose locks the load takes."""
        return [self.table, *self.after_merge_writes]

    @property
    def task_tables(self) -> TaskTables:
        """What every load has, and the table of records."""
        tables = super().task_tables
        records = [self.strategy.records] if isinstance(self.strategy, MergeRecords) else []
        return replace(tables, targets=[*tables.targets, *records])

    @property
    def written(self) -> Sequence[Argument]:
        """What every load has, and what runs after the merge."""
        others = [sql_argument(self, "after_merge")] if self.after_merge else []
        return [*super().written, *others, *arguments_of(after_merge_writes=self.after_merge_writes)]

    def after_strategy(self, load: TargetLoad, counts: RowCounts) -> RowCounts:
        """Update the tables that depend on the target."""
        if self.after_merge and counts.written:
            rows = load.session.execute(self.after_merge)
            self.log.info("after_merge has changed %s rows of %s.", f"{rows:,}", ", ".join(self.after_merge_writes))
        return counts

    def lineage(self, namespace: DatasetNamespace) -> OperatorLineage[Any, Any]:
        """Return what every load has, and the records and the tables that ``after_merge`` reads and writes."""
        from redshift_elt.integrations.lineage import (
            OperatorLineage,
            input_datasets,
            output_dataset,
            tables_and_columns,
        )

        lineage = super().lineage(namespace)
        outputs = list(lineage.outputs)
        if isinstance(self.strategy, MergeRecords):
            _, columns = tables_and_columns(self.select)
            # The SELECT also yields columns that only the records have; the choices name those of the target.
            choices = self.strategy.choices
            of_target = {*self.key, *(name for choice in choices for name in choice.columns)}
            known = {name: origins for name, origins in columns.items() if choices and name in of_target}
            outputs = [
                output_dataset(namespace, self.table, self._rows_written, known),
                output_dataset(namespace, self.strategy.records, None, columns),
            ]
        outputs += [output_dataset(namespace, table) for table in self.after_merge_writes]
        inputs = {dataset.name: dataset for dataset in lineage.inputs}
        if self.after_merge:
            temporary = TemporaryTables(self.table)
            tables, _ = tables_and_columns(self.after_merge, temporary=[temporary.delta, temporary.gone])
            inputs |= {dataset.name: dataset for dataset in input_datasets(namespace, tables)}
        for dataset in outputs:
            inputs.pop(dataset.name, None)
        return OperatorLineage(inputs=list(inputs.values()), outputs=outputs)
