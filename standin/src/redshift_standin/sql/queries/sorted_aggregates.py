"""Refuses combinations of LISTAGG, MEDIAN and PERCENTILE_CONT (AWS pages "LISTAGG", "MEDIAN")."""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.queries import functions
from redshift_standin.sql.statement import Statement

NAMES = frozenset({"listagg", "median", "percentile_cont"})

# Functions with FROM among their arguments.
_FROM_INSIDE = ("extract", "substring", "trim")


def check_sorted_aggregates(statement: Statement) -> None:
    """Refuse the combinations of sorted aggregates that Redshift refuses, in each SELECT of the statement.

    :raises WarehouseError: two have different orders, another aggregate is DISTINCT, or FROM is missing.
    """
    if not statement.has_any(*NAMES):
        return
    calls = [at for at in range(len(statement)) if statement.at_any(at, NAMES) and _is_aggregate(statement, at)]
    if calls and not _reads_a_relation(statement):
        raise _refusal("One or more of the used functions must be applied on at least one user created table.")
    orders: dict[int, tuple[str, ...]] = {}
    for at in calls:
        order = _order(statement, at)
        if order and orders.setdefault(_select(statement, at), order) != order:
            raise _refusal("within group ORDER BY clauses for aggregate functions must be the same")
    selects = {_select(statement, at) for at in calls}
    for at in range(len(statement)):
        distinct = statement.at_any(at, functions.AGGREGATES - NAMES) and statement.at(at + 1, "(", "distinct")
        if distinct and _select(statement, at) in selects:
            raise _refusal(
                "Using LISTAGG/PERCENTILE_CONT/MEDIAN aggregate functions with other distinct aggregate function "
                "not supported"
            )


def _refusal(text: str) -> WarehouseError:
    return WarehouseError(text, sqlstate=sqlstate.FEATURE_NOT_SUPPORTED)


def _is_aggregate(statement: Statement, index: int) -> bool:
    """Whether a name is that of an aggregate call without OVER."""
    return statement.at(index + 1, "(") and not statement.at(_after(statement, index), "over", "(")


def _after(statement: Statement, index: int) -> int:
    after = statement.closing[index + 1] + 1
    return statement.closing[after + 2] + 1 if statement.at(after, "within", "group", "(") else after


def _order(statement: Statement, index: int) -> tuple[str, ...]:
    """Return the tokens that a call sorts by, or none."""
    low, high = index + 2, statement.closing[index + 1]
    if statement.at(high + 1, "within", "group", "(", "order", "by"):
        low, high = high + 6, statement.closing[high + 3]
    elif not statement.at(index, "median"):
        return ()
    return tuple(token.value for token in statement.tokens[low:high])


def _select(statement: Statement, index: int) -> int:
    """Return the index of the SELECT that encloses a token."""
    for at in _outwards(statement, index):
        if statement.at(at, "select"):
            return at
    return -1


def _outwards(statement: Statement, index: int) -> Iterator[int]:
    """Yield the indexes before a token, outside parentheses that close before it."""
    level = statement.opening[index]
    for at in range(index - 1, -1, -1):
        if at == level:
            level = statement.opening[at]
        if statement.opening[at] == level:
            yield at


def _reads_a_relation(statement: Statement) -> bool:
    return any(
        statement.at(at, "from") and not statement.at_any(statement.opening[at] - 1, _FROM_INSIDE)
        for at in range(len(statement))
    )
