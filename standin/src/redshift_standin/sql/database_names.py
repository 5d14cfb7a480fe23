"""Names with a database in front: ``database.schema.table``, and ``database.schema.table.column`` in expressions.

Redshift accepts its current database there in every statement (AWS page "Cross-database queries").
"""

from __future__ import annotations

from collections.abc import Iterator

from redshift_standin.sql.lexer import unsupported, words
from redshift_standin.sql.queries.named_relations import relation_indexes
from redshift_standin.sql.statement import Statement

# Statements without expressions: their names of three parts are relations.
_WITHOUT_EXPRESSIONS = words("alter analyse analyze comment copy drop grant lock revoke truncate vacuum")

# SHOW has its own names: a schema's has two parts.
_NOT_CHECKED = ("show",)

# Words that a relation follows, in addition to those that relation_indexes() knows.
_BEFORE_RELATION = words("delete join table temp temporary")


def remove_current_database(statement: Statement, database: str) -> Statement:
    """Return the statement without its current database's name in front of other names.

    :param database: the name by which clients know the current database.
    :raises WarehouseError: the statement's parentheses do not match.
    """
    removed = {at for at in _databases(statement) if statement.tokens[at].value == database.lower()}
    if not removed:
        return statement
    removed |= {at + 1 for at in removed}
    return Statement(statement.source, [token for at, token in enumerate(statement.tokens) if at not in removed])


def refuse_other_databases(statement: Statement) -> None:
    """Refuse names with a database in front, in a statement without the current database's name.

    :raises WarehouseError: there is one.
    """
    for at in _databases(statement):
        raise unsupported(f'access to another database ("{statement.tokens[at].value}")')


def _databases(statement: Statement) -> Iterator[int]:
    """Yield the indexes of the tokens that name a database.

    A name of three parts is a relation or ``schema.table.column``, which its place decides.
    """
    names = [(start, parts) for start, parts in _qualified_names(statement) if parts > 2]
    if not names or statement.at_any(0, _NOT_CHECKED):
        return
    listed = frozenset(relation_indexes(statement))
    without_expressions = _end_without_expressions(statement)
    for start, parts in names:
        is_relation = start < without_expressions or start in listed or statement.at_any(start - 1, _BEFORE_RELATION)
        if is_relation or parts > 3:
            yield start


def _qualified_names(statement: Statement) -> Iterator[tuple[int, int]]:
    """Yield the index and the number of parts of each name of two or more parts; ``*`` is a part."""
    index = 1
    while index < len(statement):
        # Fast path: most tokens of a long list of values are not dots.
        if statement.tokens[index].value == "." and statement.at(index, ".") and statement.tokens[index - 1].is_name:
            start = index - 1
            while statement.at(index, "."):
                index += 2
            yield start, (index - start + 1) // 2
        index += 1


def _end_without_expressions(statement: Statement) -> int:
    """Return the index of the first token that can be in an expression."""
    if statement.at(0, "create"):
        query = statement.find("as", 1, len(statement))
        return query if query >= 0 else len(statement)
    # COMMENT ON COLUMN names schema.table.column.
    if statement.at(0, "comment", "on", "column"):
        return 0
    return len(statement) if statement.at_any(0, _WITHOUT_EXPRESSIONS) else 0
