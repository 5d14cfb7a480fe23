"""Splits a client's text into statements and translates them, with caches, because clients repeat their statements."""

from __future__ import annotations

from functools import lru_cache

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.database_names import remove_current_database
from redshift_standin.sql.select_aliases import may_name_aliases
from redshift_standin.sql.statement import Statement, split_statements
from redshift_standin.sql.translate import translate
from redshift_standin.sql.translation import Translation

# "Redshift SQL": the longest statement. The wording and the code are in psycopg/psycopg2#1091.
_MAX_STATEMENT_BYTES = 16_777_216

# Clients seldom repeat longer texts.
_MAX_CACHED_LENGTH = 16_384
_CACHE_SIZE = 512


def parse_statements(text: str, database: str) -> tuple[Statement, ...]:
    """Return the statements of a text, without the current database's name in front of other names.

    :param database: the name by which clients know the current database.
    :raises WarehouseError: the text cannot be read, or is longer than Redshift accepts.
    """
    if len(text) <= _MAX_CACHED_LENGTH:
        return _cached_statements(text, database)
    size = len(text.encode())
    if size > _MAX_STATEMENT_BYTES:
        raise WarehouseError(
            f"Statement is too large. Statement Size: {size} bytes. Maximum Allowed: {_MAX_STATEMENT_BYTES} bytes",
            sqlstate=sqlstate.SYNTAX_ERROR,
        )
    return _parse(text, database)


def translate_statement(statement: Statement) -> Translation:
    """Return the translation of a statement.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    try:
        if len(statement.source) <= _MAX_CACHED_LENGTH:
            return _cached_translation(statement)
        return translate(statement)
    except RecursionError as error:
        raise WarehouseError("stack depth limit exceeded", sqlstate=sqlstate.STATEMENT_TOO_COMPLEX) from error


def may_use_lateral_aliases(statement: Statement) -> bool:
    """Whether only the database can tell which names in the statement are aliases and which are columns.

    :raises WarehouseError: the statement is refused.
    """
    if len(statement.source) <= _MAX_CACHED_LENGTH:
        return _cached_may_name_aliases(statement)
    return may_name_aliases(statement)


@lru_cache(_CACHE_SIZE)
def _cached_statements(text: str, database: str) -> tuple[Statement, ...]:
    return _parse(text, database)


def _parse(text: str, database: str) -> tuple[Statement, ...]:
    return tuple(remove_current_database(statement, database) for statement in split_statements(text))


@lru_cache(_CACHE_SIZE)
def _cached_translation(statement: Statement) -> Translation:
    return translate(statement)


@lru_cache(_CACHE_SIZE)
def _cached_may_name_aliases(statement: Statement) -> bool:
    return may_name_aliases(statement)
