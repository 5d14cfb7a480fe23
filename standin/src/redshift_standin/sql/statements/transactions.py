"""BEGIN, COMMIT, ROLLBACK and their synonyms."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translation import Action, Translation


def translate_begin(statement: Statement) -> Translation:
    """Translate BEGIN or START TRANSACTION. Only the database has an isolation level."""
    index = 1
    if statement.at(0, "start"):
        index = statement.expect(1, "transaction")
    elif statement.at_any(1, ("work", "transaction")):
        index = 2
    sql = "begin"
    while index < len(statement):
        if statement.at(index, "isolation", "level"):
            index = _skip_level(statement, index + 2)
        elif statement.at(index, "read") and statement.at_any(index + 1, ("only", "write")):
            sql = f"begin read {statement.tokens[index + 1].value}"
            index += 2
        else:
            raise statement.near(index)
        index += statement.at(index, ",")
    return Translation.from_text(statement, sql, Action.BEGIN, "BEGIN")


def _skip_level(statement: Statement, index: int) -> int:
    for level in (("serializable",), ("repeatable", "read"), ("read", "committed"), ("read", "uncommitted")):
        if statement.at(index, *level):
            return index + len(level)
    raise statement.near(index)


def translate_end(statement: Statement) -> Translation:
    """Translate COMMIT, END, ROLLBACK or ABORT."""
    index = 2 if statement.at_any(1, ("work", "transaction")) else 1
    if statement.at(index, "to"):
        raise unsupported("ROLLBACK TO")
    if index != len(statement):
        raise statement.near(index)
    sql = "commit" if statement.at_any(0, ("commit", "end")) else "rollback"
    return Translation.from_text(statement, sql, Action.END)


def refuse_savepoint(statement: Statement) -> Translation:
    """Refuse SAVEPOINT and RELEASE, as Redshift does.

    :raises WarehouseError: always.
    """
    raise WarehouseError(f'SQL command "{statement.text}" not supported.', sqlstate=sqlstate.FEATURE_NOT_SUPPORTED)
