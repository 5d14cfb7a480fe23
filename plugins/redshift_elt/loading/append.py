"""The strategy for tables that only grow, such as a click stream."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_elt.loading.phases import WRITING
from redshift_elt.loading.row_counts import RowCounts
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session
    from redshift_elt.loading.target_load import TargetLoad
    from redshift_elt.staging.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Append:
    """Append the rows of each version of an object exactly once, without comparing them with the rows of the target.

    The ledger of the target shows which versions (ETags) it has, so the sources need a ``prefix``. A load that is
    retried, repeated, delayed or run at the same time as others appends only what the target does not have yet. The
    window has no effect, and equal rows are all kept.

    If an object changes, its new version is appended as a whole, with a warning. The rows of the old version stay,
    because COPY does not say which object a row comes from. A full load deletes all rows and appends the objects that
    S3 has, in one transaction. It fails if the ledger has objects that are no longer in S3, unless the source has
    ``on_missing="delete"``.

    The SELECT must yield the rows of each object whatever else is staged: no aggregates, no DISTINCT, and no join of
    the staging tables of two sources. Joins with permanent tables and UNION ALL are fine.
    """

    @property
    def named_columns(self) -> tuple[str, ...]:
        """The columns of the target that the arguments name."""
        return ()

    @property
    def needs_all_objects(self) -> bool:
        """Whether every run must stage all objects: no, only those that the target has not loaded."""
        return False

    def apply(self, load: TargetLoad) -> RowCounts:
        """Append all rows of the SELECT; a full load deletes the others first."""
        target, temporary = load.target.table, load.temporary
        load.create_temporary(temporary.fresh, target, load.stored)
        rows = load.execute("fill_fresh_all.sql", temporary=temporary, columns=load.columns, select=load.target.select)
        load.phases.enter(WRITING)
        deleted = load.session.execute(render("table/empty.sql", name=target)) if load.window.full else 0
        if rows:
            load.set_audit_values(temporary.fresh)
            load.execute("append_fresh.sql", temporary=temporary, columns=load.stored)
        return RowCounts(rows, inserted=rows, deleted=deleted)


def warn_of_new_versions(session: Session, table: str, ledgers: Iterable[Ledger]) -> None:
    """Warn of the objects of which a table keeps the rows of an older version when it gets those of the staged one."""
    for ledger in ledgers:
        changed = ledger.changed(session, table)
        if changed.count:
            log.warning(
                "%s objects have changed since %s loaded them: %s. Their new versions are appended, and the rows of "
                "the old ones stay until a full load.",
                f"{changed.count:,}",
                table,
                ", ".join(changed.urls),
            )
