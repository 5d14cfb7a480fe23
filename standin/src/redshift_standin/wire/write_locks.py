"""The write locks of a transaction, and the check that a relation is not newer than the transaction's snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement import literal
from redshift_standin.sql.translation import Translation

# AWS page "Managing concurrent write operations": at SNAPSHOT, transactions that only add rows share a table.
_SHARED = "row exclusive"
_EXCLUSIVE = "share row exclusive"


@dataclass(frozen=True)
class WrittenTable:
    """A table that a transaction writes.

    :param table: the table's OID.
    :param transaction: the transaction's id.
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

    def missing_mode(self, translation: Translation) -> str | None:
        """Return the mode in which the statement's table has yet to be locked, or None."""
        if translation.table is None:
            return None
        mode = _SHARED if translation.only_adds and not self._serializable else _EXCLUSIVE
        held = self._held.get(translation.table)
        return None if held in (mode, _EXCLUSIVE) else mode

    def add(self, table: str, mode: str) -> None:
        """Record that the transaction has locked a table."""
        self._held[table] = mode

    def clear(self) -> None:
        """Forget all locks after the transaction has ended."""
        self._held.clear()


def lock_command(table: str, mode: str) -> str:
    """Return the command that locks a table; it must run before PostgreSQL takes the transaction's snapshot."""
    return f"lock table {table} in {mode} mode"


def written_table_query(table: str) -> str:
    """Return the query about a table that has just been locked; :func:`read_written_table` reads its result."""
    number = f"{literal(table)}::pg_catalog.regclass"
    return (
        f"select {number}::oid, pg_catalog.pg_current_xact_id(), "  # noqa: S608 - quoted
        f"exists (select from pg_catalog.pg_class where oid = {number})"
    )


def read_written_table(rows: list[tuple[str | None, ...]]) -> WrittenTable:
    """Return the table that has been locked.

    A query of PostgreSQL's catalog uses the transaction's snapshot, but ``regclass`` looks names up in the current
    catalog: a table that only the second finds is newer than the snapshot.

    :raises WarehouseError: the table is newer than the snapshot.
    """
    ((table, transaction, is_in_snapshot),) = rows
    if is_in_snapshot != "t":
        raise _relation_is_newer()
    return WrittenTable(str(table), str(transaction))


def newer_relations_query(relations: tuple[str, ...]) -> str:
    """Return the query that returns a row for each of these relations that is newer than the snapshot."""
    names = ", ".join(literal(name) for name in relations)
    return (
        f"select from pg_catalog.unnest(array[{names}]) as name "  # noqa: S608 - quoted
        "where pg_catalog.to_regclass(name) is not null "
        "and not exists (select from pg_catalog.pg_class where oid = pg_catalog.to_regclass(name))"
    )


def refuse_newer_relations(rows: list[tuple[str | None, ...]]) -> None:
    """Check the result of :func:`newer_relations_query`.

    :raises WarehouseError: it found a relation.
    """
    if rows:
        raise _relation_is_newer()


def _relation_is_newer() -> WarehouseError:
    """Return the error of AWS page "Troubleshooting serializable isolation errors"."""
    return WarehouseError("1018", detail="Relation does not exist.")
