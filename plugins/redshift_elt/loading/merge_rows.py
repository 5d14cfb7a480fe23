"""The strategy for dimensions whose staged rows are complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.loading.deduplication import (
    Choice,
    checked_choices,
    choices_of,
    log_rows_of_one_key,
    named_columns,
    rule_needed,
)
from redshift_elt.loading.delta import Delta, fill_by_choices
from redshift_elt.loading.merge_with_deletes import merge_rows_with_deletes
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.row_scope import EVERYTHING
from redshift_elt.loading.scoped_table import ScopedTable
from redshift_elt.loading.written_columns import refuse_missing
from redshift_elt.sql.identifiers import identifier

if TYPE_CHECKING:
    from redshift_elt.loading.deletes import Deletes
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class MergeRows:
    """Merge into the target the rows of the SELECT that change it.

    Rows with the same key can differ, in one file or in several. Give exactly one rule for them: ``latest_by``,
    ``choices`` or ``identical_rows``. A staged row competes by this rule with the target's row of the same key. A row
    that has disappeared from all objects stays in the target until the next full load. A full load that may not have
    read all objects, see ``on_missing`` of the staging operator, is like any other load: it merges and deletes nothing.

    With ``choices`` and ``identical_rows``, a staged row replaces the target's row without competing if the run stages
    an object that was loaded before in another version. With ``latest_by`` it never does, so a load that comes late
    cannot replace a newer row. A corrected row therefore needs a later value than the row that it corrects.

    With ``deletes``, a full load also forgets the deletes of rows that are not staged.

    :param latest_by: a column of the target, not in the key, that says which row is the latest. The row with the
        greatest value is taken as a whole; if several have it, the first of them in the order of their values. A null
        is earlier than any value.
    :param choices: which rows provide which columns; together they name every column that is not in the key.
    :param identical_rows: all rows with the same key are equal. A load fails if they are not.
    :param deletes: which rows delete the row of their key; needs ``latest_by``.
    """

    choices: Sequence[Choice] = ()
    latest_by: str | None = None
    identical_rows: bool = False
    deletes: Deletes | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", checked_choices(self.choices))
        if [bool(self.choices), self.latest_by is not None, self.identical_rows].count(True) != 1:
            raise ValueError(f"{rule_needed('MergeRows(')}, or MergeRows(identical_rows=True) if they never differ.")
        if self.latest_by is not None:
            identifier(self.latest_by)
        if self.deletes is not None:
            self.deletes.check_rule("MergeRows(", self.latest_by)

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return named_columns(self.choices, self.latest_by, self.deletes)

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: no, the target keeps the rows of those that are not staged."""
        return False

    def apply(self, load: TargetLoad) -> RowCounts:
        """Merge what differs; a full load that has read all objects deletes the rows that are not staged.

        :raises AirflowFailException: a key is null, the rule does not fit the columns of the target, or rows that
            should be identical differ.
        """
        if self.deletes is not None and self.latest_by is not None:
            return merge_rows_with_deletes(load, self.deletes, self.latest_by)
        target, columns, temporary = load.target, load.columns, load.temporary
        refuse_missing(columns, target.key, target.table)
        choices = choices_of(self.choices, self.latest_by, target.table, columns.names, target.key)
        delete = load.window.full and not load.keep_missing
        fresh = ScopedTable(load, target.table, columns, EVERYTHING).keep_fresh_rows()
        if not (fresh or load.window.full):
            return RowCounts()
        load.check_fresh_keys()
        load.create_temporary(temporary.gone, target.table, columns)
        if delete:
            load.execute(
                "fill_gone.sql",
                gone=temporary.gone,
                columns=columns,
                remaining=temporary.fresh,
                latest_by=self.latest_by if load.has_placeholders else None,
            )
        candidates = load.render(self._candidates(load), temporary=temporary, columns=columns)
        if self.identical_rows:
            self._refuse_rows_that_differ(load, candidates)
        counts = Delta(load, fill_by_choices(load, choices, candidates), temporary.fresh).merge(delete=delete)
        rule = "choices" if self.latest_by is None else f"latest_by={self.latest_by!r}"
        log_rows_of_one_key(target.table, fresh, counts.staged, rule)
        return counts

    def _candidates(self, load: TargetLoad) -> str:
        """Return the template of the candidates: fresh rows, and the target's rows if they compete with them."""
        # If objects are missing, the target may have a later row of theirs.
        complete = load.window.full and not load.keep_missing
        replace = complete or (load.replace and self.latest_by is None)
        return "candidates_fresh.sql" if replace else "candidates_fresh_and_held.sql"

    def _refuse_rows_that_differ(self, load: TargetLoad, candidates: str) -> None:
        (keys,) = load.fetch_row("count_keys_that_differ.sql", candidates=candidates, columns=load.columns)
        if keys:
            raise AirflowFailException(
                f"{keys:,} keys ({', '.join(load.target.key)}) of {load.target.table} have rows that differ, among "
                "the staged rows or from the row of the table. Nothing was loaded. Correct the files, or key if it "
                "does not identify a row; or replace identical_rows=True by latest_by or choices, which say which row "
                "is loaded."
            )
