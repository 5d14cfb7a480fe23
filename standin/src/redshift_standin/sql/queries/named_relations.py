"""Finds the relations that a statement reads from and writes to."""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.sql.lexer import Kind, words
from redshift_standin.sql.queries.common_tables import CommonTables
from redshift_standin.sql.statement import Statement, quote

# Words that the name of a table follows.
BEFORE_RELATION = words("from join into update using")

# Words that end FROM or USING.
_AFTER_CLAUSE = words("except group having intersect limit minus offset order qualify union where")

# Functions with FROM among their arguments.
_WITH_FROM = words("extract substring trim")

# Words between INTO and the name of a new table.
_BEFORE_NAME = ("table", "temp", "temporary")

_QUERY = ("select", "with")


def named_relations(statement: Statement) -> tuple[str, ...]:
    """Return the names in PostgreSQL's quotes, each once, without common table expressions."""
    common_tables = CommonTables(statement)
    found = (index for index in relation_indexes(statement) if not common_tables.is_named(index))
    return tuple(dict.fromkeys(quote(*statement.name(index)[0]) for index in found))


def relation_indexes(statement: Statement) -> Iterator[int]:
    """Yield where the names of relations begin, and of functions in FROM."""
    for index, token in enumerate(statement.tokens):
        # Fast path: most tokens of a long list of values are not words.
        if token.value not in BEFORE_RELATION or token.kind is not Kind.WORD or statement.at(index - 1, "."):
            continue
        if token.value in ("from", "using"):
            if _begins_relations(statement, index):
                yield from _of_clause(statement, index)
        elif token.value in ("into", "update"):
            yield from _next_name(statement, index + 1)


def _next_name(statement: Statement, index: int) -> Iterator[int]:
    while statement.at_any(index, _BEFORE_NAME):
        index += 1
    if index < len(statement) and statement.tokens[index].is_name and not statement.at(index, "set"):
        yield index


def _begins_relations(statement: Statement, index: int) -> bool:
    """Whether a FROM is not among the arguments of a function, and a USING does not name the columns of a join."""
    if statement.at(index, "from"):
        return not statement.at_any(statement.opening[index] - 1, _WITH_FROM)
    opening = index + 1
    if not statement.at(opening, "(") or statement.at_any(opening + 1, (*_QUERY, "(")):
        return True
    return statement.find("join", opening + 1, statement.closing[opening]) >= 0


def _of_clause(statement: Statement, start: int) -> Iterator[int]:
    """Yield the names in a FROM or USING, also in joins in parentheses, but not in subqueries."""
    enclosing = statement.opening[start]
    end = statement.closing[enclosing] if enclosing >= 0 else len(statement)
    index = start
    while index < end:
        if index == start or statement.at_any(index, ("join", ",")):
            index += 1
            while statement.at(index, "(") and not statement.at_any(index + 1, _QUERY):
                index += 1
            if index < end and statement.tokens[index].is_name:
                yield index
                _, index = statement.name(index)
            elif not statement.at(index, "("):
                return
        elif _ends_clause(statement, index):
            return
        else:
            index = statement.closing.get(index, index) + 1


def _ends_clause(statement: Statement, index: int) -> bool:
    if statement.at(index, "using"):
        return _begins_relations(statement, index)
    return statement.at_any(index, _AFTER_CLAUSE) or (statement.at(index, "when") and statement.at(0, "merge"))
