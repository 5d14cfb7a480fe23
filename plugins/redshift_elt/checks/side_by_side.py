"""Queries of one row each, sent in one statement: on Redshift, each statement is a round trip and a compilation."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session


@dataclass(frozen=True)
class Query:
    """A query that returns one row.

    :param columns: the number of columns of the row.
    :param values: the values of its placeholders, by name.
    """

    sql: str
    columns: int
    values: Mapping[str, object]


def answers(session: Session, queries: Sequence[Query]) -> list[tuple[tuple[Any, ...], float]]:
    """Return the row of each query, and the seconds that their statement took, in the order of the queries."""
    if not queries:
        return []
    together = with_names_of_their_own(queries)
    values = {name: value for query in together for name, value in query.values.items()}
    started = time.monotonic()
    [row] = session.fetch(statement_of(together), values)
    seconds = time.monotonic() - started
    found: list[tuple[tuple[Any, ...], float]] = []
    for query in together:
        found.append((row[: query.columns], seconds))
        row = row[query.columns :]
    return found


def with_names_of_their_own(queries: Sequence[Query]) -> list[Query]:
    """Return queries of which no two have the same name for two values; a name gets the number of its query then."""
    used: dict[str, object] = {}
    renamed: list[Query] = []
    for number, query in enumerate(queries, 1):
        sql, values = query.sql, dict(query.values)
        for name, value in query.values.items():
            if used.get(name, value) != value:
                own = f"{name}_of_{number}"
                sql = sql.replace(f"%({name})s", f"%({own})s")
                values[own] = values.pop(name)
        used |= values
        renamed.append(Query(sql, query.columns, values))
    return renamed


def statement_of(queries: Sequence[Query]) -> str:
    """Return the statement that answers several queries; a single one is sent as it is."""
    if len(queries) == 1:
        return queries[0].sql
    nested = [(_indented(query.sql), query.columns) for query in queries]
    return render("check/side_by_side.sql", queries=nested)


def _indented(sql: str) -> str:
    """Return a query as a nested one; unchanged if a text in a user's condition may go over several lines."""
    lines = sql.splitlines()
    return sql if any(line.count("'") % 2 for line in lines) else "\n".join(f"    {line}" for line in lines)
