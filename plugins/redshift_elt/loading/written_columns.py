"""The columns of a table that a load writes: those that its SELECT yields, and those that it computes itself.

All others are left to their defaults.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.columns import TIME_TYPES, Columns
from redshift_elt.loading.column_defaults import column_defaults
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

log = logging.getLogger(__name__)

# How the column after those of each table is called; no column of a table or of the SELECT begins so.
_SEPARATOR = "columns_after_table_"


@dataclass(frozen=True)
class Described:
    """What a load needs to know of its SELECT and of some tables.

    :param yielded: the columns that the SELECT yields.
    :param tables: the columns of each table.
    :param rows: the rows of the query that was sent with it.
    """

    yielded: Sequence[str]
    tables: Sequence[Columns]
    rows: Sequence[tuple[Any, ...]] = ()


@dataclass(frozen=True)
class Beside:
    """A query whose rows are read in the statement that describes the columns.

    :param values: the values of its placeholders, by name.
    """

    query: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class LoadColumns:
    """The columns that a load handles itself, instead of writing what its SELECT yields.

    :param computed: the columns of the table that the load computes, which the SELECT does not yield.
    :param read: the columns that the SELECT yields for the load itself, which are written if the table has them.
    """

    computed: Sequence[str] = ()
    read: Sequence[str] = ()


def described(session: Session, select: str, tables: Sequence[str], beside: Beside | None = None) -> Described:
    """Return the columns that a SELECT yields and those of some tables, in one statement with another query.

    :param select: yields at least one column.
    """
    statement = render(
        "load/describe_columns.sql",
        tables=tables,
        select=select,
        separator=_SEPARATOR,
        beside=beside and beside.query,
    )
    found, rows = session.described(statement, beside.values if beside else {})
    parts: list[list[tuple[str, int]]] = [[]]
    for column in found:
        parts.append([]) if column[0].startswith(_SEPARATOR) else parts[-1].append(column)
    of_beside = len(parts.pop(0)) if beside else 0
    yielded = [name for name, _ in parts.pop()]
    return Described(yielded, [Columns.of(columns) for columns in parts], [row[:of_beside] for row in rows])


def written_of(
    session: Session,
    table: str,
    held: Columns,
    yielded: Sequence[str],
    of_load: LoadColumns = LoadColumns(),
) -> Columns:
    """Return the columns of a table that a SELECT yields or that the load computes.

    :param held: all columns of the table.
    :param yielded: the columns that the SELECT yields.
    :param of_load: the columns that the load handles itself.
    :raises AirflowFailException: the SELECT yields a column that the table does not have, yields one that the load
        computes, or lacks one that is needed or that is NOT NULL and has no default.
    """
    refuse_not_yielded(yielded, of_load.read, table)
    if unknown := [name for name in yielded if name not in {*held.names, *of_load.read}]:
        raise AirflowFailException(
            f"{table} does not have {_listed(unknown)} that the SELECT yields. Nothing was loaded. Add what is missing "
            f"(alter table {table} add column ...), or remove or rename it in the SELECT. The table has "
            f"{', '.join(held.names)}."
        )
    written = [name for name in yielded if name not in of_load.read]
    refuse_not_computable(held, written, of_load.computed, table)
    return restricted(session, table, held, [*yielded, *of_load.computed])


def refuse_not_yielded(yielded: Iterable[str], read: Sequence[str], table: str) -> None:
    """Fail if a SELECT does not yield the columns that a load reads itself.

    :param table: the table that is loaded.
    :raises AirflowFailException: one of them is missing.
    """
    if missing := [name for name in read if name not in set(yielded)]:
        raise AirflowFailException(
            f"The SELECT for {table} does not yield {_listed(missing)}, which the strategy of the load reads. Nothing "
            "was loaded. Add what is missing to the SELECT."
        )


def refuse_not_computable(held: Columns, yielded: Sequence[str], computed: Sequence[str], table: str) -> None:
    """Fail if a load cannot write the columns that it computes.

    :param held: all columns of the table.
    :param yielded: the columns of the SELECT that are written.
    :raises AirflowFailException: the table lacks one of them, or the SELECT yields it too.
    """
    if missing := [name for name in computed if name not in held.names]:
        raise AirflowFailException(
            f"{table} does not have {_listed(missing)} that the load computes. Nothing was loaded. Add what is missing "
            f"(alter table {table} add column ...). The table has {', '.join(held.names)}."
        )
    if twice := [name for name in computed if name in yielded]:
        raise AirflowFailException(
            f"The SELECT for {table} yields {_listed(twice)}, but the load computes that. Nothing was loaded. Remove "
            "or rename it in the SELECT."
        )


def restricted(session: Session, table: str, columns: Columns, yielded: Iterable[str]) -> Columns:
    """Return those columns of a table that are yielded; the others are left to their defaults.

    :param columns: all columns of the table.
    :raises AirflowFailException: one of the others is NOT NULL and has no default.
    """
    written = columns.only(yielded)
    if not written.left_out:
        return written
    needed = {column.name for column in column_defaults(session, table) if column.is_required}
    if missing := [name for name in written.left_out if name in needed]:
        raise AirflowFailException(
            f"The SELECT for {table} does not yield {_listed(missing)}: NOT NULL and without a default. Nothing was "
            "loaded. Add what is missing to the SELECT, or create the table with a default for it."
        )
    log.info("%s: the SELECT does not yield %s; new rows get the default.", table, _listed(written.left_out))
    return written


def refuse_missing(columns: Columns, needed: Sequence[str], table: str) -> None:
    """Fail if the load of a table cannot work without a column.

    :param columns: the columns that the load writes.
    :param needed: the columns of the key and those that the strategy names.
    :raises AirflowFailException: one of them is missing.
    """
    if missing := [name for name in needed if name not in columns.names]:
        raise AirflowFailException(
            f"The load of {table} needs {_listed(missing)}, as its key or for its strategy. Nothing was loaded. "
            "Correct key or the argument that names it, or add it to the SELECT and, if it is missing there, to the "
            f"table. The load writes {', '.join(columns.names)}."
        )


def refuse_other_than_time(columns: Columns, name: str, table: str) -> None:
    """Fail if the column of event time has values of another kind.

    :param columns: the columns that the load writes.
    :param name: the column.
    :raises AirflowFailException: it is neither a date nor a timestamp.
    """
    if columns.types[name] not in TIME_TYPES:
        raise AirflowFailException(
            f"{name}, the window_column of the load, is not a timestamp in {table}. Nothing was loaded. Name the "
            "column of event time in window_column, or change its type."
        )


def _listed(names: Sequence[str]) -> str:
    return f"the column {names[0]}" if len(names) == 1 else f"the columns {', '.join(names)}"
