"""A superuser of the stand-in's PostgreSQL that inspects, saves and restores the database of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from standin_support.waiting import wait_until

# Times, durations and try numbers, which differ between executions. They include the modification time of a file,
# because the ledger's entry of a prefix has the time of the listing there; the ETag also identifies a file's version.
_CHANGING = {
    "started_at", "found_at", "loaded_at", "checked_at", "modified_at", "listed_at", "try_number", "duration_seconds",
    "staging_seconds", "waiting_seconds", "preparing_seconds", "writing_seconds",
}  # fmt: skip

_TABLES = """\
select
    quote_ident(schemaname),
    quote_ident(tablename),
    quote_ident(tableowner),
    (
        select string_agg(quote_ident(attname), ', ' order by attnum)
        from pg_attribute
        where attrelid = format('%%I.%%I', schemaname, tablename)::regclass
          and attnum > 0
          and not attisdropped
          and attname <> all(%s)
    )
from pg_tables
where schemaname in ('public', 'etl')
order by
    schemaname,
    tablename"""

_CLIENTS = """\
select
    pid,
    state,
    query
from pg_stat_activity
where datname = current_database()
  and backend_type = 'client backend'
  and pid <> pg_backend_pid()
  and pid <> all(%s)"""

_LOCKS = """\
select
    locktype,
    relation::regclass::text
from pg_locks
where database = (select oid from pg_database where datname = current_database())
  and pid in (select pid from pg_stat_activity where backend_type = 'client backend')
  and pid <> pg_backend_pid()
  and pid <> all(%s)"""

Contents = dict[str, list[str]]


@dataclass(frozen=True)
class _Table:
    """A user table with quoted names; ``compared``: the columns to compare."""

    schema: str
    bare: str
    owner: str
    compared: str

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.bare}"

    def copy(self, state: str) -> str:
        return f"saved_{state}.{self.bare}"


class PostgresAdmin:
    """A superuser's connection to the database of a cluster.

    :param parameters: libpq's parameters.
    """

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._connection = psycopg.connect(**parameters, autocommit=True)
        self._saved: dict[str, list[_Table]] = {}

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def fetch(self, query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._connection.execute(query, parameters).fetchall()

    def contents(self) -> Contents:
        """Return the rows of every user table as sorted text, without bookkeeping times and tries."""
        query = " union all ".join(
            f"select '{table.name}', coalesce(array_agg(line order by line), '{{}}')"
            f" from (select row({table.compared})::text as line from {table.name}) as lines"
            for table in self._tables()
        )
        return dict(self.fetch(query))

    def wait_until_alone(self, *but: int) -> None:
        """Wait until no other session is connected, so that no transaction is open and no lock is held.

        :param but: the process ids of the sessions that can stay.
        :raises AssertionError: another session stays connected.
        """
        wait_until(lambda: not self.fetch(_CLIENTS, (list(but),)), "no session is left")
        assert self.fetch(_LOCKS, (list(but),)) == []

    def execute(self, statement: str) -> None:
        """Execute a statement that the stand-in or a user's privileges do not allow."""
        self._run(statement)

    def truncate(self, table: str) -> None:
        """Remove the rows of a table and free their space."""
        self._run(f"truncate {table}")

    def wait_for_blocked_session(self) -> None:
        """Wait until a session waits for a lock.

        :raises AssertionError: no session waits.
        """
        wait_until(lambda: self.fetch("select 1 from pg_locks where not granted"), "a session waits for a lock")

    @contextmanager
    def locked(self, table: str) -> Iterator[int]:
        """Hold a table's strongest lock while the block runs.

        :return: the process id of the session that holds it.
        """
        # Another session, because PostgreSQL caches the list of sessions within a transaction.
        with psycopg.connect(self._connection.info.dsn) as holder:
            holder.execute(f"lock table {table}".encode())
            yield holder.info.backend_pid
            holder.rollback()

    def save(self, name: str) -> None:
        """Copy every user table, for :meth:`restore`.

        :param name: the name of this state; an earlier state with this name is replaced.
        """
        saved = self._saved[name] = self._tables()
        copies = [(table.name, table.copy(name)) for table in saved]
        self._run(
            f"drop schema if exists saved_{name} cascade",
            f"create schema saved_{name}",
            *(f"create table {copy} (like {table} including all)" for table, copy in copies),
            *(f"insert into {copy} table {table}" for table, copy in copies),
        )

    def restore(self, name: str) -> None:
        """Restore every table to its saved state, and drop the tables that were created afterwards."""
        saved = self._saved[name]
        there = {table.name for table in self._tables()}
        gone = [table for table in saved if table.name not in there]
        self._run(
            *(f"drop table {table}" for table in there - {table.name for table in saved}),
            *(f"create table {table.name} (like {table.copy(name)} including all)" for table in gone),
            *(f"alter table {table.name} owner to {table.owner}" for table in gone),
            *(f"delete from {table.name}" for table in saved),
            *(f"insert into {table.name} table {table.copy(name)}" for table in saved),
        )

    def drop_saved(self) -> None:
        """Drop all copies."""
        self._run(*(f"drop schema if exists saved_{name} cascade" for name in self._saved))

    def _run(self, *statements: str) -> None:
        # The statements of one message are one transaction.
        self._connection.execute("; ".join(statements).encode())

    def _tables(self) -> list[_Table]:
        return [_Table(*row) for row in self.fetch(_TABLES, (list(_CHANGING),))]
