"""The overwrite: within its scope, a table holds exactly the fresh rows.

Three temporary tables, shaped like the table: ``fresh`` has the rows that it must hold, ``stale`` those that it holds
and must not, ``new`` those that it must hold and does not. Only what differs is written, so a load that is repeated
writes nothing. Statements with placeholders take the scope's values.
"""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.sql import exact, temporary
from redshift_elt.sql.exact import Columns
from redshift_elt.sql.identifiers import columns, identifier, table
from redshift_elt.sql.scope import Scope


def fill_fresh(into: str, of: Columns, select: str, scope: Scope) -> str:
    """Return the statement that keeps the rows of a SELECT in the scope, equal ones once.

    :param select: a SELECT without a semicolon at its end.
    """
    where = f"\nwhere {scope.condition()}" if scope.values else ""
    rows = exact.distinct(of, f"(\n{_bound(select, scope)}\n) as source{where}")
    return f"insert into {_part(into, 'fresh')} (\n    {columns(of.names)}\n)\n{rows}"


def fill_fresh_by_key(into: str, key: Sequence[str], window_column: str, of: Columns, select: str, scope: Scope) -> str:
    """Return the statement that keeps of the rows of a SELECT in the scope one a key and UTC day.

    That is the earliest, and of several such the first one in the order of its values. A day is what a run always
    reads as a whole, so all runs choose alike.
    """
    ordered = ", ".join(exact.order([window_column, *of.names], of.texts))
    return (
        f"insert into {_part(into, 'fresh')} (\n    {columns(of.names)}\n)\n"
        f"select\n    {columns(of.names)}\n"
        "from (\n"
        f"select\n    {columns(of.names)},\n"
        "    row_number() over (\n"
        f"        partition by {', '.join(map(identifier, key))}, date_trunc('day', {identifier(window_column)})\n"
        f"        order by {ordered}\n"
        "    ) as choice\n"
        f"from (\n{_bound(select, scope)}\n) as source\n"
        f"where {scope.condition()}\n"
        ") as ranked\n"
        "where choice = 1"
    )


def count_null_keys(into: str, key: Sequence[str]) -> str:
    """Return the query for how many fresh rows have no key."""
    missing = "\n   or ".join(f"{identifier(column)} is null" for column in key)
    return f"select count(*)\nfrom {_part(into, 'fresh')}\nwhere {missing}"


def fill_stale(into: str, of: Columns, scope: Scope) -> str:
    """Return the statement that finds the table's rows in the scope that are not among the fresh ones."""
    rows = exact.difference(of, f"{table(into)}\nwhere {scope.condition()}", _part(into, "fresh"))
    return f"insert into {_part(into, 'stale')} (\n    {columns(of.names)}\n)\n{rows}"


def fill_new(into: str, of: Columns, scope: Scope) -> str:
    """Return the statement that finds the fresh rows that the table does not hold in the scope."""
    rows = exact.difference(of, _part(into, "fresh"), f"{table(into)}\nwhere {scope.condition()}")
    return f"insert into {_part(into, 'new')} (\n    {columns(of.names)}\n)\n{rows}"


def delete_stale(into: str, key: Sequence[str], of: Columns, scope: Scope) -> str:
    """Return the statement that deletes the stale rows, and no others with the same key."""
    target, stale = table(into), _part(into, "stale")
    columns_of_key = [name for name in of.names if name in key]
    others = [name for name in of.names if name not in key]
    same = [exact.equal(name, target, stale, of.texts, nullable=False) for name in columns_of_key]
    same += [exact.equal(name, target, stale, of.texts, nullable=True) for name in others]
    conditions = [*same, scope.condition(of=target)]
    return f"delete from {target}\nusing {stale}\nwhere " + "\n  and ".join(conditions)


def insert_new(into: str, names: Sequence[str]) -> str:
    """Return the statement that inserts the new rows."""
    return (
        f"insert into {table(into)} (\n    {columns(names)}\n)\nselect\n    {columns(names)}\nfrom {_part(into, 'new')}"
    )


def count_result(into: str, scope: Scope, inside: Scope) -> str:
    """Return the query for how many rows the table holds in the scope, and how many are fresh.

    Two more numbers follow: how many fresh rows, and how many new ones, lie in a narrower scope. The query's values are
    those of the scope, then those of the narrower one, twice.
    """
    return (
        "select\n"
        f"    (select count(*) from {table(into)} where {scope.condition()}),\n"
        f"    (select count(*) from {_part(into, 'fresh')}),\n"
        f"    (select count(*) from {_part(into, 'fresh')} where {inside.condition()}),\n"
        f"    (select count(*) from {_part(into, 'new')} where {inside.condition()})"
    )


def _part(into: str, part: str) -> str:
    return identifier(temporary.name(into, part))


def _bound(select: str, scope: Scope) -> str:
    """Return a SELECT as it must stand in a statement that has placeholders, if this one has."""
    text = select.strip().rstrip(";")
    return text.replace("%", "%%") if scope.values else text
