"""Rows that are equal to the last byte.

Redshift ignores trailing blanks when it compares texts: rows that differ in nothing else are the same for EXCEPT and
DISTINCT, and no order tells them apart (AWS page "Character types"). LEN counts the blanks of a VARCHAR (AWS page "LEN
function"), so wherever rows are compared or put in order, each text is followed by its length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from redshift_elt.sql.identifiers import columns, identifier


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    :param names: all of them, in their order.
    :param texts: those that hold texts.
    """

    names: tuple[str, ...]
    texts: frozenset[str]


def order(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Return SQL expressions over columns by which no two different rows tie."""
    parts = ((identifier(name), f"len({identifier(name)})") if name in texts else (identifier(name),) for name in names)
    return [expression for part in parts for expression in part]


def distinct(of: Columns, source: str) -> str:
    """Return the SELECT of the rows of a source, equal ones once.

    :param source: what follows FROM.
    """
    listed = columns(of.names)
    return f"select\n    {listed}\nfrom (\nselect distinct\n    {_with_lengths(of)}\nfrom {source}\n) as rows_once"


def difference(of: Columns, rows: str, without: str) -> str:
    """Return the SELECT of the rows of one source that another does not have.

    :param rows: what follows FROM for the rows that are asked for.
    :param without: the same for those that are taken away.
    """
    listed = _with_lengths(of)
    return (
        f"select\n    {columns(of.names)}\n"
        f"from (\nselect\n    {listed}\nfrom {rows}\n"
        f"except\nselect\n    {listed}\nfrom {without}\n) as rows_that_differ"
    )


def equal(name: str, left: str, right: str, texts: Iterable[str], *, nullable: bool) -> str:
    """Return the condition that a column of two tables holds the same.

    :param left: a table, quoted.
    :param right: the other table, quoted.
    :param nullable: whether the column may be null, in both tables then.
    """
    mine, theirs = f"{left}.{identifier(name)}", f"{right}.{identifier(name)}"
    same = f"{mine} = {theirs}"
    if name in texts:
        same += f" and len({mine}) = len({theirs})"
    # Redshift has no "is not distinct from".
    return f"({same} or ({mine} is null and {theirs} is null))" if nullable else same


def _with_lengths(of: Columns) -> str:
    lengths = [f"len({identifier(name)}) as {identifier(f'length_{number}')}" for number, name in enumerate(_texts(of))]
    return ",\n    ".join([columns(of.names), *lengths])


def _texts(of: Columns) -> list[str]:
    return [name for name in of.names if name in of.texts]
