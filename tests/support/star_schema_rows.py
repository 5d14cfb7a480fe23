"""Inserts rows into a table of a warehouse, some hundred per statement."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

ROWS_A_STATEMENT = 500


def insert_rows(connection: psycopg.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, each with a value for every column of the table."""
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_A_STATEMENT)):
        row = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * len(batch[0])))
        insert = sql.SQL("insert into {} values {}").format(
            sql.Identifier(table), sql.SQL(", ").join([row] * len(batch))
        )
        connection.execute(insert, [value for values in batch for value in values])
