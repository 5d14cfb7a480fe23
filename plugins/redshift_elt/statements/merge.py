"""The delta merge: staged rows are reduced to one a key, and only those that change the target are merged into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redshift_elt.statements import temporary
from redshift_elt.statements.names import bare, columns, identifier, table


@dataclass(frozen=True)
class Choice:
    """Which of the rows with one key gives the values of some columns.

    The result must not depend on the order in which rows arrive, so the columns themselves, in their order, break
    every tie that ``order_by`` leaves.

    :param columns: the columns that are taken together from the chosen row.
    :param order_by: SQL expressions over the target's columns; the first row in this order is chosen.
    """

    columns: Sequence[str]
    order_by: Sequence[str] = ()


def delete_outside(target: str, window_column: str) -> str:
    """Return the statement that forgets staged rows outside the window; its values are the window's start and end."""
    column = identifier(window_column)
    return f"delete from {identifier(temporary.name(target, 'staged'))}\nwhere {column} < %s\n   or {column} >= %s"


def fill_delta(
    target: str, key: Sequence[str], names: Sequence[str], choices: Sequence[Choice], *, compete: bool
) -> str:
    """Return the statement that finds the rows that the target must take over.

    :param choices: together they name every column that is not in the key.
    :param compete: whether the target's rows take part in the choice, or the staged rows replace them.
    """
    candidates = f"select\n    {columns(names)}\nfrom {identifier(temporary.name(target, 'staged'))}"
    if compete:
        candidates += f"\nunion all\n{_loaded(target, key, names)}"
    parts = [f"candidates as (\n{candidates}\n)"]
    parts += [_choose(f"choice_{number}", key, choice) for number, choice in enumerate(choices)]
    chosen = ",\n    ".join(
        [f"choice_0.{identifier(name)}" for name in key]
        + [f"choice_{number}.{identifier(name)}" for number, choice in enumerate(choices) for name in choice.columns]
    )
    joins = "".join(
        f"\njoin choice_{number}\n  on {_same('choice_0', f'choice_{number}', key)}"
        for number in range(1, len(choices))
    )
    written = [*key, *(name for choice in choices for name in choice.columns)]
    return (
        f"insert into {identifier(temporary.name(target, 'delta'))} (\n    {columns(written)}\n)\n"
        f"with {','.join(parts)}\n"
        f"select\n    {chosen}\n"
        f"from choice_0{joins}\n"
        f"except\n{_loaded(target, key, written)}"
    )


def count_keys(target: str, key: Sequence[str]) -> str:
    """Return the query for how many keys were staged."""
    staged = identifier(temporary.name(target, "staged"))
    return f"select count(*)\nfrom (\nselect distinct\n    {columns(key)}\nfrom {staged}\n) as keys"


def count_delta(target: str, key: Sequence[str]) -> str:
    """Return the query for the delta's number of rows, and how many of them the target has already."""
    delta = identifier(temporary.name(target, "delta"))
    return (
        f"select\n    count(*),\n    count({table(target)}.{identifier(key[0])})\n"
        f"from {delta}\n"
        f"left join {table(target)}\n"
        f"  on {_same(table(target), delta, key)}"
    )


def merge_delta(target: str, key: Sequence[str], names: Sequence[str]) -> str:
    """Return the MERGE of the delta. The target has no alias, for Redshift allows none (AWS page "MERGE")."""
    delta = identifier(temporary.name(target, "delta"))
    # Redshift wants both clauses; a table that is all key has nothing to update but the key itself.
    changed = [name for name in names if name not in key] or list(key)
    updates = ",\n    ".join(f"{identifier(name)} = {delta}.{identifier(name)}" for name in changed)
    return (
        f"merge into {table(target)}\n"
        f"using {delta}\n"
        f"on {_same(identifier(bare(target)), delta, key)}\n"
        f"when matched then update set\n    {updates}\n"
        f"when not matched then insert (\n    {columns(names)}\n)\n"
        f"values (\n    {columns(names, of=delta)}\n)"
    )


def delete_gone(target: str, key: Sequence[str]) -> str:
    """Return the statement that deletes the rows whose key was not staged, for a rebuild of the whole table."""
    staged = identifier(temporary.name(target, "staged"))
    return (
        f"delete from {table(target)}\n"
        "where not exists (\n"
        f"select 1\nfrom {staged}\nwhere {_same(staged, table(target), key)}\n"
        ")"
    )


def _loaded(target: str, key: Sequence[str], names: Sequence[str]) -> str:
    staged = identifier(temporary.name(target, "staged"))
    return (
        f"select\n    {columns(names, of=table(target))}\n"
        f"from {table(target)}\n"
        f"join (select distinct {columns(key)} from {staged}) as touched\n"
        f"  on {_same(table(target), 'touched', key)}"
    )


def _choose(name: str, key: Sequence[str], choice: Choice) -> str:
    order = ",\n        ".join([*choice.order_by, *(identifier(column) for column in choice.columns or key)])
    kept = columns([*key, *choice.columns])
    return (
        f"\n{name} as (\n"
        f"select\n    {kept}\n"
        "from (\n"
        f"select\n    {kept},\n"
        f"    row_number() over (\n        partition by {columns(key)}\n        order by {order}\n    ) as choice\n"
        "from candidates\n"
        ") as ranked\n"
        "where choice = 1\n"
        ")"
    )


def _same(left: str, right: str, key: Sequence[str]) -> str:
    return "\n  and ".join(f"{left}.{identifier(name)} = {right}.{identifier(name)}" for name in key)
