"""The strategy for dimensions whose staged rows are complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.loading.deduplication import Choice, complete_choices
from redshift_elt.loading.delta import Delta
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.loading.row_scope import EVERYTHING
from redshift_elt.loading.scoped_table import ScopedTable

if TYPE_CHECKING:
    from redshift_elt.loading.target_load import TargetLoad


@dataclass(frozen=True)
class MergeRows:
    """Merge into the target the rows of the SELECT that change it.

    A staged row competes with the target's row of the same key by the rules of the choices; if the object that it comes
    from was loaded before in another version, it replaces the target's row. A row that is no longer in any object stays
    in the target until the next full load.

    :param choices: how rows with the same key become one row; together they name every column that is not in the key.
        Without choices, the row that is first in the order of its values is taken as a whole.
    """

    choices: Sequence[Choice] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", tuple(self.choices))

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: no, the target keeps the rows of those that are not staged."""
        return False

    def apply(self, load: TargetLoad) -> RowCounts:
        """Merge what differs; a full load deletes the rows of the target that are not staged."""
        target, columns, temporary = load.target, load.columns, load.temporary
        choices = complete_choices(self.choices, target.table, columns.names, target.key)
        fresh = ScopedTable(load, target.table, columns, EVERYTHING).keep_fresh_rows()
        if not (fresh or load.window.full):
            return RowCounts()
        load.refuse_null_keys(temporary)
        load.create_temporary(temporary.gone, like=target.table)
        if load.window.full:
            load.execute("fill_gone.sql", gone=temporary.gone, columns=columns, remaining=temporary.fresh)
        candidates = load.render(self._candidates(load), temporary=temporary, columns=columns)
        return Delta(load, choices, candidates, temporary.fresh).merge(delete=load.window.full)

    def _candidates(self, load: TargetLoad) -> str:
        """Return the template of the candidates: fresh rows, and the target's rows if they compete with them."""
        return "candidates_fresh.sql" if load.replace or load.window.full else "candidates_fresh_and_held.sql"
