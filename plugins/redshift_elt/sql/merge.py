"""The delta merge: candidates are reduced to one row a key, and only those that change the target are merged into it.

``fresh``, ``stale`` and ``new`` are the temporary tables of :mod:`redshift_elt.sql.overwrite`: those of the
target itself, or those of the table that keeps its records.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from redshift_elt.sql import exact, temporary
from redshift_elt.sql.exact import Columns
from redshift_elt.sql.identifiers import bare, columns, identifier, table


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


def fresh_rows(source: str, names: Sequence[str]) -> str:
    """Return the candidates of a load whose rows replace the target's: the fresh rows."""
    return f"select\n    {columns(names)}\nfrom {_part(source, 'fresh')}"


def fresh_and_loaded_rows(target: str, key: Sequence[str], names: Sequence[str]) -> str:
    """Return the candidates of a load whose rows compete with the target's: both."""
    return (
        f"{fresh_rows(target, names)}\n"
        "union all\n"
        f"select\n    {columns(names, of=table(target))}\n"
        f"from {table(target)}\n"
        f"join (select distinct {columns(key)} from {_part(target, 'fresh')}) as touched\n"
        f"  on {_same(table(target), 'touched', key)}"
    )


def all_records(records: str, names: Sequence[str]) -> str:
    """Return the candidates of a rebuild: every record."""
    return f"select\n    {columns(names)}\nfrom {table(records)}"


def changed_records(target: str, records: str, key: Sequence[str], names: Sequence[str]) -> str:
    """Return the candidates of a load that has changed the records.

    Where a record of a key has been taken back, all records of the key that are left: the target's row may rest on the
    one that is gone. For other keys the new records and the target's row, which stands for all older records.
    """
    taken_back = f"(select distinct {columns(key)} from {_part(records, 'stale')}) as taken_back"
    of_new = _part(records, "new")
    return (
        f"select\n    {columns(names, of=table(records))}\n"
        f"from {table(records)}\n"
        f"join {taken_back}\n  on {_same(table(records), 'taken_back', key)}\n"
        "union all\n"
        f"select\n    {columns(names, of=of_new)}\n"
        f"from {of_new}\n"
        f"left join {taken_back}\n  on {_same(of_new, 'taken_back', key)}\n"
        f"where taken_back.{identifier(key[0])} is null\n"
        "union all\n"
        f"select\n    {columns(names, of=table(target))}\n"
        f"from {table(target)}\n"
        f"join (select distinct {columns(key)} from {of_new}) as touched\n"
        f"  on {_same(table(target), 'touched', key)}\n"
        f"left join {taken_back}\n  on {_same(table(target), 'taken_back', key)}\n"
        f"where taken_back.{identifier(key[0])} is null"
    )


def fill_delta(
    target: str, key: Sequence[str], choices: Sequence[Choice], candidates: str, texts: Collection[str]
) -> str:
    """Return the statement that finds the rows that the target must take over.

    :param choices: together they name every column that is not in the key.
    :param candidates: a SELECT of the rows to choose from.
    :param texts: the target's columns that hold texts.
    """
    parts = [f"candidates as (\n{candidates}\n)"]
    parts += [_choose(f"choice_{number}", key, choice, texts) for number, choice in enumerate(choices)]
    chosen = ",\n    ".join(
        [f"choice_0.{identifier(name)}" for name in key]
        + [f"choice_{number}.{identifier(name)}" for number, choice in enumerate(choices) for name in choice.columns]
    )
    joins = "".join(
        f"\njoin choice_{number}\n  on {_same('choice_0', f'choice_{number}', key)}"
        for number in range(1, len(choices))
    )
    written = Columns((*key, *(name for choice in choices for name in choice.columns)), frozenset(texts))
    wanted = f"(\nselect\n    {chosen}\nfrom choice_0{joins}\n) as wanted"
    held = (
        f"(\nselect\n    {columns(written.names, of=table(target))}\n"
        f"from {table(target)}\n"
        f"join (select distinct {columns(key)} from candidates) as touched\n"
        f"  on {_same(table(target), 'touched', key)}\n) as held"
    )
    return (
        f"insert into {_part(target, 'delta')} (\n    {columns(written.names)}\n)\n"
        f"with {','.join(parts)}\n"
        f"{exact.difference(written, wanted, held)}"
    )


def count_keys(source: str, key: Sequence[str]) -> str:
    """Return the query for how many keys the fresh rows have."""
    return f"select count(*)\nfrom (\nselect distinct\n    {columns(key)}\nfrom {_part(source, 'fresh')}\n) as keys"


def count_delta(target: str, source: str, key: Sequence[str]) -> str:
    """Return the query for the delta's number of rows, how many the target has already, and how many are of fresh keys.

    :param source: the table whose temporary tables hold the fresh rows.
    """
    delta = _part(target, "delta")
    return (
        f"select\n    count(*),\n    count({table(target)}.{identifier(key[0])}),\n"
        f"    count(fresh_keys.{identifier(key[0])})\n"
        f"from {delta}\n"
        f"left join {table(target)}\n  on {_same(table(target), delta, key)}\n"
        f"left join (select distinct {columns(key)} from {_part(source, 'fresh')}) as fresh_keys\n"
        f"  on {_same('fresh_keys', delta, key)}"
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


def fill_gone(target: str, key: Sequence[str], names: Sequence[str], left: str) -> str:
    """Return the statement that finds the rows of the target that must go, for a rebuild of the whole table.

    :param left: the table that holds the keys that stay, quoted.
    """
    return (
        f"insert into {_part(target, 'gone')} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names, of=table(target))}\nfrom {table(target)}\n"
        f"where not exists (\nselect 1\nfrom {left}\nwhere {_same(left, table(target), key)}\n)"
    )


def fill_gone_of_stale(target: str, key: Sequence[str], names: Sequence[str], records: str) -> str:
    """Return the statement that finds the rows of the target whose last record has been taken back."""
    of_key = _same(table(records), table(target), key)
    return (
        f"insert into {_part(target, 'gone')} (\n    {columns(names)}\n)\n"
        f"select\n    {columns(names, of=table(target))}\nfrom {table(target)}\n"
        f"join (select distinct {columns(key)} from {_part(records, 'stale')}) as taken_back\n"
        f"  on {_same(table(target), 'taken_back', key)}\n"
        f"where not exists (\nselect 1\nfrom {table(records)}\nwhere {of_key}\n)"
    )


def delete_gone(target: str, key: Sequence[str]) -> str:
    """Return the statement that deletes the rows that must go."""
    gone = _part(target, "gone")
    return f"delete from {table(target)}\nusing {gone}\nwhere {_same(table(target), gone, key)}"


def _choose(name: str, key: Sequence[str], choice: Choice, texts: Collection[str]) -> str:
    order = ",\n        ".join([*choice.order_by, *exact.order([*choice.columns, *key], texts)])
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


def _part(name: str, part: str) -> str:
    return identifier(temporary.name(name, part))
