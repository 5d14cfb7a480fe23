"""Aliases of the SELECT list in later items of the list and in WHERE (AWS pages "SELECT list" and "WHERE clause").

Redshift replaces such a name by the alias's expression, unless FROM has a column of that name. PostgreSQL decides which
it is: it analyses the statement without running it, and reports the column that it does not find.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from redshift_standin.sql.lexer import Kind, words
from redshift_standin.sql.queries import functions
from redshift_standin.sql.queries.select_items import Item, read_item
from redshift_standin.sql.statement import NO_SCHEMA_BINDING, Statement, is_late_binding, literal
from redshift_standin.sql.translate import translate

_AFTER_LIST = ("into", "from", "where", "group", "having", "qualify", "order", "limit", "offset")
_AFTER_WHERE = ("group", "having", "qualify", "order", "limit", "offset")
_SET_OPERATORS = ("union", "intersect", "except", "minus")
_KEYWORDS = functions.SYNTAX | words("asc desc end false first last null nulls true")

# Runs a query in the session and transaction in which the statement will run, and returns its rows.
RunQuery = Callable[[str], Awaitable[Sequence[tuple[str | None, ...]]]]


@dataclass(frozen=True)
class _Alias:
    """An alias, and the places in its SELECT that may refer to it."""

    name: str
    low: int
    high: int
    places: tuple[int, ...]


def may_name_aliases(statement: Statement) -> bool:
    """Whether a name in the statement may refer to an alias, judged by the tokens alone.

    :raises WarehouseError: the statement is refused.
    """
    return statement.has_any("select") and bool(list(_aliases(_query(statement))))


async def resolve_aliases(statement: Statement, run_query: RunQuery) -> bool:
    """Substitute aliases by their expressions, and return whether there were any.

    Call it only if :func:`may_name_aliases` says so, because it runs queries.

    :param run_query: runs a query in the session and transaction in which the statement will run, and returns its rows.
    :raises WarehouseError: the statement is refused.
    """
    start = _query_start(statement)
    query = _query(statement)
    aliases = list(_aliases(query))
    if await _undefined_column(query, run_query) is None:
        return False
    for alias in aliases:
        # Aliases that are not decided yet are NULL, so that PostgreSQL reports only this one.
        later = {place: None for other in aliases[aliases.index(alias) + 1 :] for place in other.places}
        decided = dict(query.substitutes)
        query.substitutes = {**decided, **later}
        undefined = await _undefined_column(query, run_query)
        query.substitutes = decided
        if undefined == alias.name:
            query.substitutes |= dict.fromkeys(alias.places, (alias.low, alias.high))
    statement.substitutes = {
        start + place: (start + span[0], start + span[1])
        for place, span in query.substitutes.items()
        if span is not None
    }
    return bool(statement.substitutes)


async def _undefined_column(query: Statement, run_query: RunQuery) -> str | None:
    ((name,),) = await run_query(f"select standin.undefined_column({literal(translate(query).sql)})")
    return name


def _query(statement: Statement) -> Statement:
    """Return the query of a CREATE TABLE, CREATE VIEW, DECLARE or EXPLAIN, or the statement itself."""
    end = len(statement) - len(NO_SCHEMA_BINDING) if is_late_binding(statement) else None
    return statement.rest(_query_start(statement), end)


def _query_start(statement: Statement) -> int:
    """Return where the query of a CREATE TABLE, CREATE VIEW, DECLARE or EXPLAIN begins."""
    if statement.at(0, "explain"):
        start = 2 if statement.at(1, "verbose") else 1
        return start + _query_start(statement.rest(start))
    if not statement.at_any(0, ("create", "declare")):
        return 0
    for index in range(1, len(statement)):
        query = index + 1 if statement.at(index, "(") else index
        if statement.opening[index] < 0 and statement.at_any(query, ("select", "with")):
            return index
    return 0


def _aliases(statement: Statement) -> Iterator[_Alias]:
    """Yield the aliases in the order in which Redshift reads them."""
    for index in range(len(statement)):
        if statement.at(index, "select") and not statement.at_any(index - 1, (".", "as")):
            yield from _aliases_of_select(statement, index + 1)
        elif statement.at(index, "as", "select"):
            yield from _aliases_of_select(statement, index + 2)


def _aliases_of_select(statement: Statement, first: int) -> Iterator[_Alias]:
    opening = statement.opening[first] if first < len(statement) else -1
    end = statement.closing[opening] if opening >= 0 else len(statement)
    end = _first(statement, _SET_OPERATORS, first, end)
    if statement.at(first, "top"):
        first += 2
    first += statement.at_any(first, ("all", "distinct"))
    after_list = _first(statement, _AFTER_LIST, first, end)
    items = [read_item(statement, low, high) for low, high in statement.split(first, after_list) if high > low]
    where = statement.find("where", after_list, end)
    conditions = (where + 1, _first(statement, _AFTER_WHERE, where + 1, end)) if where >= 0 else (end, end)
    names = [item.name for item in items if item.is_alias]
    for place, item in enumerate(items):
        if item.is_alias and item.name is not None and names.count(item.name) == 1:
            yield from _alias(statement, item, [(later.low, later.high) for later in items[place + 1 :]], conditions)


def _alias(
    statement: Statement, item: Item, later: list[tuple[int, int]], conditions: tuple[int, int]
) -> Iterator[_Alias]:
    ranges = [*later, conditions]
    places = tuple(
        at for low, high in ranges for at in _outside_subqueries(statement, low, high) if _names(statement, at, item)
    )
    if places:
        yield _Alias(item.name or "", item.low, item.high, places)


def _outside_subqueries(statement: Statement, low: int, high: int) -> Iterator[int]:
    """Yield the indexes of a range that are outside subqueries."""
    index = low
    while index < high:
        if statement.at(index, "(") and statement.at_any(index + 1, ("select", "with")):
            index = statement.closing[index]
        else:
            yield index
        index += 1


def _names(statement: Statement, index: int, item: Item) -> bool:
    """Whether a token may be a column with the item's name."""
    token = statement.tokens[index]
    return (
        token.is_name
        and token.value == item.name
        and not (token.kind is Kind.WORD and token.value in _KEYWORDS)
        and not statement.at_any(index - 1, (".", "as", "::"))
        and not statement.at_any(index + 1, (".", "("))
        and not statement.at_kind(index + 1, Kind.STRING)
    )


def _first(statement: Statement, values: Sequence[str], low: int, high: int) -> int:
    """Return where the first of these words stands in a range outside parentheses, or where the range ends."""
    return min((at for value in values if (at := statement.find(value, low, high)) >= 0), default=high)
