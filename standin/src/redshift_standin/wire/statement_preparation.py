"""What both query protocols do before a statement runs: translate it and find its aliases."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.select_aliases import resolve_aliases
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translate import translate
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire.codes import TransactionStatus
from redshift_standin.wire.statement_cache import may_use_lateral_aliases, translate_statement
from redshift_standin.wire.transaction import Rows, RunInternally

_ABORTED = WarehouseError(
    "current transaction is aborted, commands ignored until end of transaction block",
    sqlstate=sqlstate.IN_FAILED_SQL_TRANSACTION,
)


def translate_in_transaction(statement: Statement, status: bytes) -> Translation:
    """Translate a statement; in a failed transaction only the statement that ends it is accepted, as in PostgreSQL.

    :param status: one of :class:`TransactionStatus`.
    :raises WarehouseError: Redshift or the stand-in refuses the statement.
    """
    if status != TransactionStatus.FAILED:
        return translate_statement(statement)
    try:
        translation = translate_statement(statement)
    except WarehouseError:
        raise _ABORTED from None
    if translation.action is not Action.END:
        raise _ABORTED
    return translation


async def translate_with_aliases(statement: Statement, translation: Translation, run: RunInternally) -> Translation:
    """Return the translation in which references to aliases of the SELECT list are replaced.

    Call it after the statement's tables have been locked.

    :param translation: the translation without aliases.
    :raises StatementFailed: PostgreSQL refused.
    :raises WarehouseError: the statement is refused.
    """
    if translation.action not in (Action.RUN, Action.WRITE) or not may_use_lateral_aliases(statement):
        return translation

    async def ask(query: str) -> Rows:
        return await run(query)

    # Which names are aliases depends on the tables of this database, but the statement is cached for all databases.
    copy = statement.rest(0)
    return translate(copy) if await resolve_aliases(copy, ask) else translation
