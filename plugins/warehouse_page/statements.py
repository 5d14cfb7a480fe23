"""The SQL of the page: files in ``sql/``, and what cannot be a file because it names the user's tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from redshift_elt.sql.identifiers import identifier, literal, table

_FOLDER = Path(__file__).with_name("sql")

# Milliseconds after which the warehouse gives a statement up (AWS page "statement_timeout").
LIMIT = "set statement_timeout to 10000"


@cache
def statement(name: str) -> str:
    """Return the statement in a file of ``sql/``, by the file's name without its ending."""
    return (_FOLDER / f"{name}.sql").read_text("utf-8")


def count_rows(tables: Sequence[str]) -> str:
    """Return the query for the number of rows of each table: the table as it is given, and the number.

    Counted, because what ``svv_table_info`` has includes rows that are deleted and not yet vacuumed, and is for
    superusers (AWS page "SVV_TABLE_INFO"). Redshift answers a count that it has made before from its result cache,
    until the table changes.

    :raises ValueError: one of them cannot be a table.
    """
    counts = (f"select\n    {literal(name)},\n    count(*)\nfrom {table(name)}" for name in tables)
    return "\nunion all\n".join(counts)


def rows_by_hour(fact: str, time_column: str) -> str:
    """Return the query for the number of rows in each hour; its values are the first moment and the one after the last.

    :raises ValueError: a name cannot be one.
    """
    column = identifier(time_column)
    hour = f"date_trunc('hour', {column})"
    return (
        f"select\n    {hour},\n    count(*)\nfrom {table(fact)}\n"
        f"where {column} >= %s\n  and {column} < %s\ngroup by {hour}"
    )


def time_range(fact: str, time_column: str) -> str:
    """Return the query for the first and the last event time of a fact.

    :raises ValueError: a name cannot be one.
    """
    column = identifier(time_column)
    return f"select\n    min({column}),\n    max({column})\nfrom {table(fact)}"
