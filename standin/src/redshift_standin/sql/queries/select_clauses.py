"""Clauses that only Redshift's SELECT has: TOP, QUALIFY and GROUP BY ALL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries import functions
from redshift_standin.sql.queries.select_items import Item, read_item
from redshift_standin.sql.statement import Statement, quote

_SET_OPERATORS = ("union", "intersect", "except", "minus")
_AFTER_QUALIFY = ("order", "limit", "offset")
_JOINS = words("join inner left right full cross outer natural on using")

_ROWS = "standin_rows"
_QUALIFIES = "standin_kept"


class ExpressionWriter(Protocol):
    """Writes the expressions of a query."""

    def emit(self, low: int, high: int) -> None:
        """Write the tokens of a range."""

    def substitute(self, substitutes: dict[int, tuple[int, int]]) -> None:
        """Write each of these tokens as the expression in another range."""


def emit_select(expressions: ExpressionWriter, statement: Statement, output: Output, index: int) -> int | None:
    """Write a SELECT that has TOP or QUALIFY and return the index after it, or None if it has neither.

    :raises WarehouseError: the stand-in does not support its form.
    """
    end = _end_of_query(statement, index)
    first, limit = index + 1, ""
    if statement.at(first, "top") and statement.at_kind(first + 1, Kind.NUMBER):
        if any(statement.find(word, first, end) >= 0 for word in (*_SET_OPERATORS, "limit")):
            raise unsupported("TOP beside LIMIT or a set operator")
        limit = f" limit {statement.tokens[first + 1].value}"
        first += 2
    last = min((at for at in (statement.find(word, first, end) for word in _SET_OPERATORS) if at >= 0), default=end)
    qualify = statement.find("qualify", first, last)
    if qualify >= 0:
        _Qualified(expressions, statement, output).emit(first, qualify, last)
    elif limit:
        output.replace(index, "select")
        expressions.emit(first, end)
        last = end
    else:
        return None
    output.write(limit)
    return last


def emit_group_by_all(statement: Statement, output: Output, index: int) -> int:
    """Write GROUP BY ALL as the positions of the items without aggregates, and return the index after it.

    :raises WarehouseError: the list has a star or a window.
    """
    level = statement.opening[index]
    start = next(at for at in range(index - 1, -1, -1) if statement.at(at, "select") and statement.opening[at] == level)
    low = start + 1 + statement.at_any(start + 1, ("all", "distinct"))
    places = []
    for place, (first, last) in enumerate(statement.split(low, statement.find("from", low, index)), 1):
        if statement.at(last - 1, "*") or any(statement.at(at, "over") for at in range(first, last)):
            raise unsupported("GROUP BY ALL of * or of windows")
        if not any(
            statement.at(at + 1, "(") and statement.at_any(at, functions.AGGREGATES) for at in range(first, last)
        ):
            places.append(str(place))
    output.replace(index, f"group by {', '.join(places) or '()'}")
    return index + 3


class _Qualified:
    """Writes a SELECT with QUALIFY as one with WHERE around a subquery that computes the windows."""

    def __init__(self, expressions: ExpressionWriter, statement: Statement, output: Output) -> None:
        self._expressions = expressions
        self._statement = statement
        self._output = output

    def emit(self, first: int, qualify: int, last: int) -> None:
        """Write the SELECT whose list, or DISTINCT before it, begins at ``first``."""
        statement, output = self._statement, self._output
        if statement.find("into", first, last) >= 0:
            raise unsupported("SELECT INTO with QUALIFY")
        distinct = statement.at(first, "distinct")
        start = statement.find("from", first, qualify)
        if start < 0:
            raise statement.near(qualify)
        self._require_alias(start + 1, qualify)
        items = [read_item(statement, *item) for item in statement.split(first + distinct, start)]
        end = min((at for word in _AFTER_QUALIFY if (at := statement.find(word, qualify, last)) >= 0), default=last)
        outer, inner = self._columns(items, start + 1, qualify)
        output.write(f"select {'distinct ' if distinct else ''}{', '.join(outer)} ")
        output.write("from (select ")
        for number, column in enumerate(inner):
            output.write(", " if number else "")
            if isinstance(column, Item):
                self._expressions.emit(column.low, column.high)
            else:
                output.write(quote(column))
            output.write(f" as standin_{number}")
        output.write(", (")
        self._expressions.substitute({at: (item.low, item.high) for at, item in self._aliases(items, qualify + 1, end)})
        self._expressions.emit(qualify + 1, end)
        output.write(f") as {_QUALIFIES} ")
        self._expressions.emit(start, qualify)
        output.write(f") as {_ROWS} where {_QUALIFIES} ")
        self._expressions.emit(end, last)

    def _require_alias(self, low: int, qualify: int) -> None:
        """Refuse a relation without an alias directly before QUALIFY, which Redshift would read as the alias."""
        statement = self._statement
        if statement.tokens[low].is_name and statement.name(low)[1] == qualify:
            raise statement.near(qualify)

    def _columns(self, items: list[Item], low: int, high: int) -> tuple[list[str], list[Item | str]]:
        """Return the columns of the outer and of the inner SELECT; a whole row represents all columns of a relation."""
        outer: list[str] = []
        inner: list[Item | str] = []
        for item in items:
            relations = self._starred(item, low, high)
            for relation in relations:
                outer.append(f"({_ROWS}.standin_{len(inner)}).*")
                inner.append(relation)
            if relations:
                continue
            if item.name is None:
                raise unsupported("QUALIFY beside an expression without a name")
            outer.append(f"{_ROWS}.standin_{len(inner)} as {quote(item.name)}")
            inner.append(item)
        return outer, inner

    def _starred(self, item: Item, low: int, high: int) -> list[str]:
        """Return the relations whose columns an item with a star stands for."""
        statement = self._statement
        if not statement.at(item.high - 1, "*"):
            return []
        if item.high == item.low + 1:
            return list(self._relations(low, high))
        if item.high != item.low + 3 or not statement.tokens[item.low].is_name:
            raise unsupported("QUALIFY beside such a star")
        return [statement.tokens[item.low].value]

    def _relations(self, low: int, high: int) -> Iterator[str]:
        """Yield the names or aliases of the relations in FROM."""
        statement = self._statement
        end = min(
            (at for word in ("where", "group", "having") if (at := statement.find(word, low, high)) >= 0), default=high
        )
        if any(statement.find(word, low, end) >= 0 for word in ("natural", "using")):
            raise unsupported("QUALIFY beside * of a join that has columns in common")
        index = low
        while 0 <= index < end:
            parts: tuple[str, ...]
            if statement.at(index, "("):
                parts, after = (), statement.closing[index] + 1
            else:
                parts, after = statement.name(index)
            after += statement.at(after, "as")
            if after < end and statement.tokens[after].is_name and not statement.at_any(after, _JOINS):
                parts, after = statement.name(after)
            if not parts or statement.at(after, "("):
                raise statement.near(after)
            yield parts[-1]
            index = next((at + 1 for at in self._level(after, end) if statement.at_any(at, (",", "join"))), -1)

    def _level(self, low: int, high: int) -> Iterator[int]:
        """Yield the indexes in a range outside its parentheses."""
        index = low
        while index < high:
            yield index
            index = self._statement.closing[index] + 1 if self._statement.at(index, "(") else index + 1

    def _aliases(self, items: list[Item], low: int, high: int) -> Iterator[tuple[int, Item]]:
        """Yield the indexes in the condition that name the alias of a window, with its item."""
        statement = self._statement
        windows = {
            item.name: item
            for item in items
            if item.is_alias and any(statement.at(at, "over") for at in range(item.low, item.high))
        }
        for at in range(low, high):
            token = statement.tokens[at]
            qualified = statement.at(at - 1, ".") or statement.at_any(at + 1, (".", "("))
            if token.is_name and token.value in windows and not qualified:
                yield at, windows[token.value]


def _end_of_query(statement: Statement, index: int) -> int:
    opening = statement.opening[index]
    return statement.closing[opening] if opening >= 0 else len(statement)
