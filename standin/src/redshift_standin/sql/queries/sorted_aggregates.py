"""What LISTAGG, MEDIAN and PERCENTILE_CONT cannot be combined with (AWS pages "LISTAGG", "MEDIAN")."""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.queries import functions
from redshift_standin.sql.statement import Statement

NAMES = frozenset({"listagg", "median", "percentile_cont"})

# Functions in whose parentheses FROM stands before no table.
_FROM_INSIDE = ("extract", "substring", "trim")


def check_sorted_aggregates(statement: Statement) -> None:
    """Refuse what Redshift refuses of the aggregates that sort, in any SELECT of the statement.

    :raises WarehouseError: two of them sort otherwise, another aggregate is DISTINCT, or no table is read.
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
    return WarehouseError(text, sqlstate="0A000")


def _is_aggregate(statement: Statement, index: int) -> bool:
    """Whether a name is that of a call, and not of a window."""
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
    """Return the place of the SELECT that a token belongs to."""
    for at in _outwards(statement, index):
        if statement.at(at, "select"):
            return at
    return -1


def _outwards(statement: Statement, index: int) -> Iterator[int]:
    """Yield the places before a token, without what is in parentheses that are closed before it."""
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
