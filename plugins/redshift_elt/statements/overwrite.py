"""The window overwrite: inside the window, the target holds exactly what was staged.

Only rows that differ are written, so a load that is repeated writes nothing. Every function that returns text with
``%s`` in it takes the window's start and end as its values, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence

from redshift_elt.statements import temporary
from redshift_elt.statements.names import columns, identifier, table


def _in_window(window_column: str, of: str | None = None) -> str:
    column = f"{of}.{identifier(window_column)}" if of else identifier(window_column)
    return f"{column} >= %s\n  and {column} < %s"


def fill_fresh(target: str, key: Sequence[str], window_column: str, names: Sequence[str]) -> str:
    """Return the statement that keeps one staged row a key of the window: the first one in the order of its values."""
    return (
        f"insert into {identifier(temporary.name(target, 'fresh'))} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names)}\n"
        "from (\n"
        f"select\n    {columns(names)},\n"
        f"    row_number() over (partition by {columns(key)} order by {columns(names)}) as choice\n"
        f"from {identifier(temporary.name(target, 'staged'))}\n"
        f"where {_in_window(window_column)}\n"
        ") as ranked\n"
        "where choice = 1"
    )


def fill_stale(target: str, window_column: str, names: Sequence[str]) -> str:
    """Return the statement that finds the target's rows in the window that were not staged like this."""
    return (
        f"insert into {identifier(temporary.name(target, 'stale'))} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names)}\n"
        f"from {table(target)}\n"
        f"where {_in_window(window_column)}\n"
        "except\n"
        f"select\n    {columns(names)}\n"
        f"from {identifier(temporary.name(target, 'fresh'))}"
    )


def delete_stale(target: str, key: Sequence[str], window_column: str) -> str:
    """Return the statement that deletes the stale rows from the target."""
    stale = identifier(temporary.name(target, "stale"))
    same = "\n  and ".join(f"{table(target)}.{identifier(name)} = {stale}.{identifier(name)}" for name in key)
    return f"delete from {table(target)}\nusing {stale}\nwhere {same}\n  and {_in_window(window_column, table(target))}"


def insert_fresh(target: str, window_column: str, names: Sequence[str]) -> str:
    """Return the statement that inserts the rows that the target does not have yet."""
    return (
        f"insert into {table(target)} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names)}\n"
        f"from {identifier(temporary.name(target, 'fresh'))}\n"
        "except\n"
        f"select\n    {columns(names)}\n"
        f"from {table(target)}\n"
        f"where {_in_window(window_column)}"
    )
