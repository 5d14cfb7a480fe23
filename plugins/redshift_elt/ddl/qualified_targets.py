"""Change the rows that earlier versions wrote: they knew every target by its name without a schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from redshift_elt.sql.bookkeeping import bookkeeping_schema
from redshift_elt.sql.identifiers import target_name
from redshift_elt.sql.render import render

VERSION = 13

_LEDGER = ("loaded_files", "listings")


@dataclass(frozen=True)
class OldTarget:
    """A row of ``migrate/targets.sql``: a name that targets have without their schema.

    :param tables: the number of tables with this name.
    :param schema: the first schema that has one.
    :param in_public: the number of them in the schema ``public``: 0 or 1.
    :param may_drop: 1 if the user may drop the lock table of this name, otherwise 0.
    """

    name: str
    tables: int
    schema: str
    in_public: int
    may_drop: int

    @property
    def qualified(self) -> str | None:
        """The new name of the only table with this name; None if nothing changes, or a load would refuse the name."""
        if self.tables > 1 or self.in_public:
            return None
        try:
            return target_name(f"{self.schema}.{self.name}")
        except ValueError:
            return None


def statements_for(rows: Iterable[tuple[str, int, str, int, int]]) -> list[str]:
    """Return the statements that change the rows of the existing targets.

    The rows of a target outside of ``public`` get its qualified name, and its old lock table is dropped: the next load
    creates the new one. If several schemas have a table of the name, the ledger does not say which one it is about. It
    is emptied for that name, so each of the tables loads all objects again, which does not change correct rows.

    :param rows: of ``migrate/targets.sql``.
    """
    targets = [OldTarget(*row) for row in rows]
    moved = [target for target in targets if target.qualified]
    ambiguous = [target.name for target in targets if target.tables > 1]
    statements = []
    if moved:
        names = [(target.name, target.qualified) for target in moved]
        statements += [render("migrate/qualify_targets.sql", name=name, targets=names) for name in ("loads", *_LEDGER)]
    if ambiguous:
        statements += [render("migrate/forget_targets.sql", name=name, targets=ambiguous) for name in _LEDGER]
    if locks := [f"{bookkeeping_schema()}.lock_{target.name}" for target in moved if target.may_drop]:
        statements.append(render("access/drop.sql", tables=locks))
    return statements
