"""The items of a SELECT list, and their names."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin.sql.lexer import Kind, words
from redshift_standin.sql.queries import functions
from redshift_standin.sql.statement import Statement

# Words that an operand follows, which is then not an alias.
_BEFORE_OPERAND = words("all and between case distinct else escape from ilike in is like not or similar then to when")
_NO_ALIAS = words("current_date current_user end false null sysdate true")


@dataclass(frozen=True)
class Item:
    """One item of a SELECT list.

    :param low: where its expression begins.
    :param high: the index after its expression.
    :param name: its alias, or the default name of its column, or None if that is not known.
    """

    low: int
    high: int
    name: str | None
    is_alias: bool


def read_item(statement: Statement, low: int, high: int) -> Item:
    """Return an item of the list with the name that PostgreSQL gives its column."""
    tokens = statement.tokens
    if high - low > 1 and tokens[high - 1].is_name:
        name = tokens[high - 1].value
        if statement.at(high - 2, "as"):
            return Item(low, high - 2, name, is_alias=True)
        is_word = tokens[high - 1].kind is Kind.WORD
        before = tokens[high - 2]
        follows = before.kind in (Kind.QUOTED, Kind.NUMBER, Kind.STRING) or before.value == ")"
        follows = follows or (before.kind is Kind.WORD and before.value not in _BEFORE_OPERAND)
        if follows and not (is_word and name in _NO_ALIAS):
            return Item(low, high - 1, name, is_alias=True)
    if tokens[low].is_name and not statement.at(high - 1, "*"):
        parts, after = statement.name(low)
        if after == high:
            return Item(low, high, parts[-1], is_alias=False)
        if statement.at(after, "(") and _is_one_call(statement, after, high):
            return Item(low, high, functions.column_name(parts[-1]), is_alias=False)
    return Item(low, high, None, is_alias=False)


def _is_one_call(statement: Statement, opening: int, high: int) -> bool:
    after = statement.closing[opening] + 1
    if statement.at(after, "within", "group", "("):
        after = statement.closing[after + 2] + 1
    if statement.at(after, "over", "("):
        after = statement.closing[after + 1] + 1
    return after == high
