"""Common table expressions, and where in a statement their names hide tables of the same name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from redshift_standin.sql.statement import Statement


@dataclass(frozen=True)
class _CommonTable:
    """A common table expression.

    :param low: the index from which on its name can be used.
    :param high: the index after the query that its WITH belongs to.
    """

    name: str
    low: int
    high: int


class CommonTables:
    """The common table expressions of a statement."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._tables = list(_read_all(statement)) if statement.has_any("with") else []

    def is_named(self, index: int) -> bool:
        """Whether the relation that is named at this index is a common table expression."""
        statement = self._statement
        if not self._tables or statement.at(index + 1, "."):
            return False
        name = statement.tokens[index].value
        return any(table.name == name and table.low <= index < table.high for table in self._tables)


def _read_all(statement: Statement) -> Iterator[_CommonTable]:
    for index in range(len(statement)):
        if statement.at(index, "with"):
            yield from _read_list(statement, index)


def _read_list(statement: Statement, start: int) -> Iterator[_CommonTable]:
    """Yield the common table expressions of the WITH at ``start``, if it begins a list of them."""
    enclosing = statement.opening[start]
    high = statement.closing[enclosing] if enclosing >= 0 else len(statement)
    recursive = statement.at(start + 1, "recursive")
    index = start + 1 + recursive
    while index < high and statement.tokens[index].is_name:
        columns = statement.at(index + 1, "(")
        after = statement.closing[index + 1] + 1 if columns else index + 1
        if not statement.at(after, "as", "("):
            return
        end = statement.closing[after + 1]
        yield _CommonTable(statement.tokens[index].value, start if recursive else end, high)
        if not statement.at(end + 1, ","):
            return
        index = end + 2
