"""The relations whose columns an expression can name: those in the FROM clause of its SELECT."""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.sql.lexer import words
from redshift_standin.sql.queries.common_tables import CommonTables
from redshift_standin.sql.statement import Statement, quote

# Words that cannot be the alias of a relation.
_AFTER_RELATION = words(
    """
    cross except full group having inner intersect join left limit minus natural offset on order qualify right union
    using where
    """
)
_SET_OPERATORS = words("except intersect minus union")
_AFTER_FROM = words("group having limit offset order qualify where")


def tables_in_scope(statement: Statement, index: int) -> dict[str, str | None]:
    """Return the relations of the SELECT that encloses a token.

    :return: by its alias, each table in PostgreSQL's quotes, or None for a relation of another kind.
    """
    level = statement.opening[index]
    while True:
        start = next((at for at in range(index, level, -1) if _is_select(statement, at, level)), -1)
        if start >= 0 or level < 0:
            break
        index, level = level, statement.opening[level]
    if start < 0:
        return {}
    end = statement.closing[level] if level >= 0 else len(statement)
    end = min((at for word in _SET_OPERATORS if (at := statement.find(word, start, end)) >= 0), default=end)
    low = statement.find("from", start + 1, end)
    return dict(_read_from(statement, low + 1, end)) if low >= 0 else {}


def _is_select(statement: Statement, at: int, level: int) -> bool:
    return statement.opening[at] == level and statement.at(at, "select")


def _read_from(statement: Statement, index: int, end: int) -> Iterator[tuple[str, str | None]]:
    common_tables = CommonTables(statement)
    while index < end:
        table = None
        parts: tuple[str, ...]
        if statement.at(index, "("):
            parts, index = ("",), statement.closing[index] + 1
        else:
            is_common_table = common_tables.is_named(index)
            parts, index = statement.name(index)
            table = None if statement.at(index, "(") or is_common_table else quote(*parts)
        index += statement.at(index, "as")
        if index < end and statement.tokens[index].is_name and not statement.at_any(index, _AFTER_RELATION):
            parts, index = statement.name(index)
            # The columns have aliases, too.
            table = None if statement.at(index, "(") else table
        yield parts[-1], table
        while index < end and not statement.at_any(index, (",", "join")):
            if statement.at_any(index, _AFTER_FROM):
                return
            index = statement.closing[index] + 1 if statement.at(index, "(") else index + 1
        index += 1
