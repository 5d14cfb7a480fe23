"""Forms of queries that PostgreSQL accepts and Redshift, or the stand-in, does not."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.queries import functions
from redshift_standin.sql.statement import Statement

# Keywords of features that Redshift or the stand-in does not have, with their names.
REFUSED_WORDS = {
    "array": "ARRAY",
    "asymmetric": "BETWEEN ASYMMETRIC",
    "collate": "COLLATE",
    "current_catalog": "CURRENT_CATALOG",
    "current_role": "CURRENT_ROLE",
    "current_time": "CURRENT_TIME (use GETDATE() or SYSDATE)",
    "current_timestamp": "CURRENT_TIMESTAMP (use GETDATE() or SYSDATE)",
    "fetch": "FETCH",
    "for": "FOR",
    "lateral": "LATERAL",
    "localtime": "LOCALTIME (use GETDATE() or SYSDATE)",
    "localtimestamp": "LOCALTIMESTAMP (use GETDATE() or SYSDATE)",
    "overlaps": "OVERLAPS",
    "pivot": "PIVOT",
    "qualify": "QUALIFY",
    "returning": "RETURNING",
    "symmetric": "BETWEEN SYMMETRIC",
    "tablesample": "TABLESAMPLE",
    "top": "TOP",
    "unpivot": "UNPIVOT",
    "window": "WINDOW",
}

# PostgreSQL's hidden columns of every table (AWS page "Unsupported PostgreSQL features").
_SYSTEM_COLUMNS = words("cmax cmin ctid tableoid xmax xmin")

# Words that a SELECT without items can precede.
_AFTER_LIST = words("except from group having intersect into limit minus offset order qualify union where")

# Functions that WITHIN GROUP can follow.
_SORTED = ("listagg", "percentile_cont", "percentile_disc")

# Words that an expression in parentheses can follow.
_BEFORE_ROW = words("all and between case distinct else having not on or qualify select then when where")


def refuse_row_constructor(statement: Statement, index: int) -> None:
    """Refuse a row constructor, except with IN.

    :raises WarehouseError: the parenthesis opens one.
    """
    before, high = statement.tokens[index - 1], statement.closing[index]
    if before.kind is Kind.WORD and before.value not in _BEFORE_ROW:
        return
    if before.kind not in (Kind.WORD, Kind.OPERATOR) and before.value not in ("(", ","):
        return
    if statement.at_any(index + 1, ("select", "with")) or statement.find(",", index + 1, high) < 0:
        return
    listed = statement.at_any(statement.opening[index] - 1, ("cube", "in", "rollup", "sets"))
    if not listed and not statement.at(high + 1, "in") and not statement.at(high + 1, "not", "in"):
        raise unsupported("a row constructor")


def refuse_system_column(statement: Statement, index: int, *, catalogs: bool) -> None:
    """Refuse a system column. In queries of catalogs, where clients use them, it may be qualified.

    :raises WarehouseError: the token names one.
    """
    token = statement.tokens[index]
    if token.value not in _SYSTEM_COLUMNS or not token.is_name or statement.at(index - 1, "as"):
        return
    if not (catalogs and statement.at(index - 1, ".")):
        raise unsupported(f"system column {token.value}")


def refuse_syntax(statement: Statement, index: int, word: str) -> None:
    """Refuse what only newer versions of PostgreSQL can parse.

    :raises WarehouseError: the word is part of it.
    """
    if word == "select" and _has_no_items(statement, index):
        raise statement.near(index + 1)
    if word == "similar" and not statement.at(index + 1, "to"):
        # SUBSTRING of a regular expression.
        raise statement.near(index)
    if word == "distinct" and statement.at(index - 2, "group", "by"):
        raise statement.near(index)
    if word == "within" and _sorts_other_function(statement, index):
        raise statement.near(index)
    if word == "order" and _is_in_call(statement, index):
        raise statement.near(index)
    if word == "as" and _follows_join_columns(statement, index):
        raise statement.near(index)


def refuse_forms(statement: Statement, index: int, word: str) -> None:
    """Refuse forms that PostgreSQL would run and Redshift does not have.

    :raises WarehouseError: the word begins one.
    """
    refuse_materialized(statement, index)
    refuse_syntax(statement, index, word)
    if word == "all" and statement.at_any(index - 1, ("except", "intersect", "minus")):
        raise unsupported(f"{statement.tokens[index - 1].value.upper()} ALL")
    if word in ("following", "preceding") and _is_range_offset(statement, index):
        raise unsupported("RANGE with an offset")
    if word == "distinct" and statement.at(index + 1, "on"):
        raise unsupported("DISTINCT ON")
    if word == "distinct" and (statement.at(index - 1, "is") or statement.at(index - 2, "is", "not")):
        raise unsupported("IS DISTINCT FROM")
    if word == "only" and statement.at_any(index - 1, ("from", "join", ",", "using")):
        raise unsupported("ONLY")
    if word == "search" and statement.at_any(index + 1, ("breadth", "depth")):
        raise unsupported("SEARCH")
    if word == "groups" and statement.at_any(index + 1, ("between", "unbounded", "current")):
        raise unsupported("GROUPS")
    if word == "using" and statement.at_kind(index + 1, Kind.OPERATOR):
        raise unsupported("ORDER BY .. USING")
    if word == "exclude" and statement.at(index - 1, "*") and statement.at_any(index - 2, (",", ".", "select")):
        raise unsupported("SELECT * EXCLUDE")
    if word == "values":
        raise unsupported("VALUES as a table")
    if word in ("insert", "update", "delete", "merge") and statement.at(index - 1, "("):
        raise unsupported(f"{word.upper()} in WITH")


def _has_no_items(statement: Statement, index: int) -> bool:
    """Whether the list of the SELECT at this index is empty."""
    enclosing = statement.opening[index]
    end = statement.closing[enclosing] if enclosing >= 0 else len(statement)
    first = index + 1
    if statement.at(first, "top"):
        first += 2
    first += statement.at(first, "all")
    return first == end or statement.at_any(first, _AFTER_LIST)


def _sorts_other_function(statement: Statement, index: int) -> bool:
    """Whether the WITHIN GROUP at this index follows a function other than those that need it."""
    function = statement.before(index - 1) - 1
    return statement.at(index + 1, "group") and not statement.at_any(function, _SORTED)


def _is_in_call(statement: Statement, index: int) -> bool:
    """Whether a token is among the arguments of a function."""
    opening = statement.opening[index]
    if not statement.at_kind(opening - 1, Kind.WORD) or statement.at_any(opening + 1, ("select", "with", "(")):
        return False
    return not statement.at_any(opening - 1, functions.SYNTAX)


def _follows_join_columns(statement: Statement, index: int) -> bool:
    """Whether AS gives an alias to the columns of a join, as in ``join u using (a) as x``."""
    opening = statement.before(index - 1)
    return (
        opening > 0
        and statement.at(opening - 1, "using")
        and not statement.at_any(opening + 1, ("select", "with", "("))
    )


def _is_range_offset(statement: Statement, index: int) -> bool:
    if statement.at(index - 1, "unbounded"):
        return False
    return statement.find("range", statement.opening[index] + 1, index) >= 0


def refuse_materialized(statement: Statement, index: int) -> None:
    """Refuse a common table expression that says whether it is materialized."""
    if statement.at(index, "materialized", "(") and statement.at_any(index - 1, ("as", "not")):
        raise unsupported("MATERIALIZED")


def require_frame(statement: Statement, index: int) -> None:
    """Refuse an ordered window without a frame, as Redshift does for aggregates."""
    over = statement.closing[index + 1] + 1
    if not statement.at(over, "over", "("):
        return
    low, high = over + 2, statement.closing[over + 1]
    ordered = statement.find("order", low, high) >= 0
    framed = statement.find("rows", low, high) >= 0 or statement.find("range", low, high) >= 0
    if ordered and not framed:
        raise WarehouseError(
            "Aggregate window functions with an ORDER BY clause require a frame clause",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
        )
