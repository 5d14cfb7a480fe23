"""The tables that a transaction writes: their locks, and the report of a serialization failure."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement import literal
from redshift_standin.sql.translation import Translation

# AWS page "Managing concurrent write operations": at SNAPSHOT those that only add rows share a table.
_SHARED = "row exclusive"
_ALONE = "share row exclusive"


@dataclass(frozen=True)
class Written:
    """A table that a transaction writes.

    :param table: its number.
    :param transaction: the transaction's number.
    """

    table: str
    transaction: str


class WriteLocks:
    """The write locks that a session's transaction holds.

    :param serializable: whether the database is at SERIALIZABLE, where every writer waits for every other.
    """

    def __init__(self, *, serializable: bool) -> None:
        self._serializable = serializable
        self._held: dict[str, str] = {}

    def missing(self, translation: Translation) -> str | None:
        """Return the mode in which the statement's table must yet be locked, or None."""
        if translation.table is None:
            return None
        mode = _SHARED if translation.only_adds and not self._serializable else _ALONE
        held = self._held.get(translation.table)
        return None if held in (mode, _ALONE) else mode

    def note(self, table: str, mode: str) -> None:
        """Note that a table has been locked."""
        self._held[table] = mode

    def clear(self) -> None:
        """Forget all of them: the transaction is over."""
        self._held.clear()


def lock_command(table: str, mode: str) -> str:
    """Return what locks a table, before PostgreSQL takes the transaction's snapshot."""
    return f"lock table {table} in {mode} mode"


def written_query(table: str) -> str:
    """Return what asks for a table that has just been locked; :func:`read_written` reads the answer."""
    number = f"{literal(table)}::pg_catalog.regclass"
    return (
        f"select {number}::oid, pg_catalog.pg_current_xact_id(), "  # noqa: S608 - quoted
        f"exists (select from pg_catalog.pg_class where oid = {number})"
    )


def read_written(rows: list[tuple[str | None, ...]]) -> Written:
    """Return the table that has been locked.

    A query of PostgreSQL's catalog sees what the transaction's snapshot sees; a name is looked up in what there is now.

    :raises WarehouseError: the table is newer than the snapshot.
    """
    ((table, transaction, is_seen),) = rows
    if is_seen != "t":
        raise _not_there()
    return Written(str(table), str(transaction))


def newer_query(relations: tuple[str, ...]) -> str:
    """Return what asks whether one of these relations is newer than the transaction's snapshot: a row says so."""
    names = ", ".join(literal(name) for name in relations)
    return (
        f"select from pg_catalog.unnest(array[{names}]) as name "  # noqa: S608 - quoted
        "where pg_catalog.to_regclass(name) is not null "
        "and not exists (select from pg_catalog.pg_class where oid = pg_catalog.to_regclass(name))"
    )


def refuse_newer(rows: list[tuple[str | None, ...]]) -> None:
    """Refuse a statement that names a relation which is newer than the snapshot.

    :raises WarehouseError: there is one.
    """
    if rows:
        raise _not_there()


def _not_there() -> WarehouseError:
    """Return the error as the AWS page "Troubleshooting serializable isolation errors" has it."""
    return WarehouseError("1018", detail="Relation does not exist.")
