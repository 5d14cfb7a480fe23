"""Merge into a target only the rows that change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.connection.columns import Columns
from redshift_elt.loading.phases import WRITING
from redshift_elt.loading.row_counts import RowCounts

if TYPE_CHECKING:
    from redshift_elt.loading.deduplication import Choice
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class Delta:
    """The rows that change a target.

    :param fill: the statement that fills the temporary table ``delta``.
    :param fresh: the temporary table of the rows that the load's SELECT yields.
    :param mark: the column of the target that marks the rows that the source has deleted.
    """

    load: TargetLoad
    fill: str
    fresh: str
    mark: str | None = None

    def merge(self, *, delete: bool) -> RowCounts:
        """Merge the delta into the target.

        :param delete: whether the rows in the temporary table ``gone`` are deleted.
        """
        load, delta = self.load, self.load.temporary.delta
        (keys,) = load.fetch_row("count_keys.sql", fresh=self.fresh)
        load.create_temporary(delta, load.target.table, load.stored)
        rows = updated = of_fresh_keys = 0
        marked: list[int] = []
        if load.session.execute(self.fill):
            rows, updated, of_fresh_keys, *marked = load.fetch_row(
                "count_delta.sql", delta=delta, fresh=self.fresh, mark=self.mark
            )
        if rows:
            load.analyze(delta)
        if delete:
            load.analyze(load.temporary.gone)
        load.phases.enter(WRITING)
        if rows:
            load.set_audit_values(delta)
            load.execute("merge_delta.sql", delta=delta, columns=load.stored)
        deleted = load.execute("delete_gone.sql", gone=load.temporary.gone) if delete else 0
        return RowCounts(
            keys,
            rows - updated,
            updated,
            deleted,
            unchanged=keys - of_fresh_keys,
            deleted_by_source=sum(marked) if self.mark else None,
        )


def fill_by_choices(load: TargetLoad, choices: Sequence[Choice], candidates: str) -> str:
    """Return the statement that fills the delta with one row for each key, if the target does not have it.

    :param choices: how rows with the same key become one row; together they name every column that is not in the key.
    :param candidates: a SELECT of the rows to choose from.
    """
    chosen = [name for choice in choices for name in choice.columns]
    return load.render(
        "fill_delta.sql",
        delta=load.temporary.delta,
        columns=Columns((*load.target.key, *chosen), load.columns.texts),
        choices=choices,
        candidates=candidates,
    )
