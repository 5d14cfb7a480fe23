"""Compare the rows that two ways of loading produce."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from local.stack.report import STAR_SCHEMA

# The tables whose rows belong to an hour.
HOURLY = ("songplays", "time")


def fingerprints(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Return for each table of the star schema a digest that depends on its rows and not on their order."""
    return {table: _digest(_rows(connection, table)) for table in STAR_SCHEMA}


def fingerprints_of_hours(connection: psycopg.Connection[Any], hours: Collection[datetime]) -> dict[str, str]:
    """Return the digests for the rows of some hours, of the tables whose rows belong to an hour.

    :param hours: their starts, in UTC without a time zone.
    """
    chosen = set(hours)
    return {
        table: _digest(
            row
            for row in _rows(connection, table, "start_time")
            if row[0].replace(minute=0, second=0, microsecond=0) in chosen
        )
        for table in HOURLY
    }


def rows_written(connection: psycopg.Connection[Any], dag_id: str, run_id: str) -> dict[str, int]:
    """Return how many rows of each star schema table a run inserted, updated or deleted."""
    found = connection.execute(
        "select target, sum(inserted + updated + deleted) from etl.loads where dag_id = %s and run_id = %s"
        " group by target",
        (dag_id, run_id),
    ).fetchall()
    return {target: int(rows) for target, rows in found if target in STAR_SCHEMA}


def _rows(connection: psycopg.Connection[Any], table: str, first_column: str | None = None) -> list[tuple[Any, ...]]:
    columns = sql.SQL("{}, *").format(sql.Identifier(first_column)) if first_column else sql.SQL("*")
    return connection.execute(sql.SQL("select {} from {}").format(columns, sql.Identifier(table))).fetchall()


def _digest(rows: Iterable[tuple[Any, ...]]) -> str:
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
