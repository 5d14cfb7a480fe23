"""Splits a client's text into statements and translates them. It caches, because clients repeat texts."""

from __future__ import annotations

from functools import lru_cache

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.select_aliases import may_name_aliases
from redshift_standin.sql.statement import Statement, split_statements
from redshift_standin.sql.translate import translate
from redshift_standin.sql.translation import Translation

# "Redshift SQL": the longest statement. The words and the code are in psycopg/psycopg2#1091.
_LONGEST = 16_777_216

# Longer texts are seldom sent twice.
_REMEMBERED_LENGTH = 16_384
_REMEMBERED = 512


def read_statements(text: str) -> list[Statement] | tuple[Statement, ...]:
    """Return the statements of a text.

    :raises WarehouseError: the text cannot be read, or is longer than Redshift takes.
    """
    if len(text) <= _REMEMBERED_LENGTH:
        return _remembered_statements(text)
    size = len(text.encode())
    if size > _LONGEST:
        raise WarehouseError(
            f"Statement is too large. Statement Size: {size} bytes. Maximum Allowed: {_LONGEST} bytes",
            sqlstate="42601",
        )
    return split_statements(text)


def translate_once(statement: Statement) -> Translation:
    """Return what to run for a statement.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    try:
        if len(statement.source) <= _REMEMBERED_LENGTH:
            return _remembered_translation(statement)
        return translate(statement)
    except RecursionError as error:
        raise WarehouseError("stack depth limit exceeded", sqlstate="54001") from error


def may_name_aliases_once(statement: Statement) -> bool:
    """Whether the database has to be asked which names in the statement are aliases.

    :raises WarehouseError: the statement is refused.
    """
    if len(statement.source) <= _REMEMBERED_LENGTH:
        return _remembered_aliases(statement)
    return may_name_aliases(statement)


@lru_cache(_REMEMBERED)
def _remembered_statements(text: str) -> tuple[Statement, ...]:
    return tuple(split_statements(text))


@lru_cache(_REMEMBERED)
def _remembered_translation(statement: Statement) -> Translation:
    return translate(statement)


@lru_cache(_REMEMBERED)
def _remembered_aliases(statement: Statement) -> bool:
    return may_name_aliases(statement)
