"""The words that are syntax in Redshift's queries and expressions.

PostgreSQL receives every other word in quotes, so that it can only read it as a name. This is how the syntax that
Redshift does not have is refused: ``a is json`` becomes ``a is "json"``, a syntax error.
"""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, words
from redshift_standin.sql.statement import Statement

_KEYWORDS = words(
    """
    all and any as asc at between both by case cross current_date current_user default desc distinct else end escape
    except exists false following for from full grouping having ilike in inner intersect interval into is isnull join
    leading left like limit natural not notnull null nulls offset on or order outer partition preceding recursive right
    select session_user similar some then time timestamp to trailing true unbounded union unknown user using when where
    with without zone
    """
)

_FRAME = words("between current unbounded")

_FIELDS = words("day hour minute month second year")

# Words that are syntax before certain words only.
_BEFORE = {
    "current": words("row"),
    "group": words("( by"),
    "over": words("("),
    "range": _FRAME,
    "rows": _FRAME,
    "sets": words("("),
    "within": words("group"),
}

# Words that are syntax after certain words only.
_AFTER = {"first": words("nulls"), "last": words("nulls"), "row": words("current")}


def is_keyword(statement: Statement, index: int) -> bool:
    """Whether the word at this index is syntax, and not a name."""
    word = statement.tokens[index].value
    if word in _BEFORE:
        is_offset = word in ("range", "rows") and statement.at_kind(index + 1, Kind.NUMBER)
        return is_offset or statement.at_any(index + 1, _BEFORE[word])
    if word in _AFTER:
        return statement.at_any(index - 1, _AFTER[word])
    return word in _KEYWORDS or (word in _FIELDS and _ends_interval(statement, index))


def _ends_interval(statement: Statement, index: int) -> bool:
    """Whether a word is a field of an interval literal: ``interval '2' year``, ``interval '1 2' day to hour``."""
    index -= 1
    if statement.at(index, "to"):
        index -= 2
    return statement.at_kind(index, Kind.STRING) and statement.at(index - 1, "interval")
