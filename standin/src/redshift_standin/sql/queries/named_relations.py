"""Finds the relations that a statement reads from and writes to."""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.sql.lexer import Kind, words
from redshift_standin.sql.statement import Statement, quote

# Words that the name of a table follows.
BEFORE_RELATION = words("from join into update using")

# Words that cannot be the alias of a relation.
_NO_ALIAS = words(
    """
    cross except full group having inner intersect join left limit minus natural on order qualify right set union
    using values when where
    """
)

# Functions with FROM among their arguments.
_NO_CLAUSE = words("extract substring trim")


def named_relations(statement: Statement) -> tuple[str, ...]:
    """Return the names in PostgreSQL's quotes, each once, without common table expressions."""
    found: dict[str, None] = {}
    for index, token in enumerate(statement.tokens):
        # Fast path: most tokens of a long list of values are not words.
        if token.value not in BEFORE_RELATION or token.kind is not Kind.WORD:
            continue
        if not statement.at_any(statement.opening[index] - 1, _NO_CLAUSE):
            found |= dict.fromkeys(_listed(statement, index + 1))
    given = _common_table_expressions(statement) if statement.has_any("with") else set()
    return tuple(name for name in found if name not in given)


def _common_table_expressions(statement: Statement) -> set[str]:
    given = set()
    for index in range(1, len(statement)):
        if statement.at(index, "as", "("):
            columns = statement.before(index - 1)
            name = statement.tokens[columns - 1 if columns > 0 else index - 1]
            given |= {quote(name.value)} if name.is_name else set()
    return given


def _listed(statement: Statement, index: int) -> Iterator[str]:
    """Yield the names in a list of relations."""
    while index < len(statement):
        if statement.at(index, "("):
            index = statement.closing[index] + 1
        elif statement.tokens[index].is_name and not statement.at_any(index, ("select", "table", "temp", "temporary")):
            parts, index = statement.name(index)
            yield quote(*parts)
        else:
            return
        index += statement.at(index, "as")
        if index < len(statement) and statement.tokens[index].is_name and not statement.at_any(index, _NO_ALIAS):
            index += 1
        if statement.at(index, "("):
            index = statement.closing[index] + 1
        if not statement.at(index, ","):
            return
        index += 1
