"""The simple query protocol: one message with any number of statements.

The statements of a message run in one transaction unless the client manages its own.
"""

from __future__ import annotations

from functools import partial

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire import messages
from redshift_standin.wire.codes import BackendMessage
from redshift_standin.wire.endpoint_statements import S3_ACTIONS, EndpointStatements
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.session_state import SessionState, StatementFailed
from redshift_standin.wire.statement_cache import parse_statements
from redshift_standin.wire.statement_preparation import translate_in_transaction, translate_with_aliases
from redshift_standin.wire.transaction import (
    OUTSIDE_TRANSACTION_ONLY,
    RunInternally,
    Transaction,
    outside_transaction_only,
)

_LOCKING = (Action.WRITE, *S3_ACTIONS)


class SimpleQuery:
    """Answers the Query messages of one session.

    :param server: the PostgreSQL session.
    :param relay: sends PostgreSQL's answers to the client.
    :param endpoint_statements: runs the statements that PostgreSQL does not run.
    """

    def __init__(
        self,
        server: PostgresSession,
        relay: ResponseRelay,
        transaction: Transaction,
        endpoint_statements: EndpointStatements,
        state: SessionState,
    ) -> None:
        self._server = server
        self._relay = relay
        self._transaction = transaction
        self._endpoint_statements = endpoint_statements
        self._state = state

    async def answer(self, body: bytes) -> None:
        """Answer one Query message.

        :raises Disconnected: the client or PostgreSQL is gone.
        :raises ValueError: the message is malformed.
        """
        (text,), _ = messages.read_strings(body, 1)
        try:
            statements = parse_statements(text, self._state.database)
            if not statements:
                self._relay.client.write(messages.EMPTY_QUERY)
            for statement in statements:
                await self._run(statement, is_one_of_several=len(statements) > 1)
        except WarehouseError as error:
            await self._transaction.refuse(error, sync=True)
        except StatementFailed:
            pass
        await self._transaction.commit_implicit()
        self._relay.send_ready()

    async def _run(self, statement: Statement, *, is_one_of_several: bool) -> None:
        translation = translate_in_transaction(statement, self._server.status)
        if translation.reads_history:
            await self._endpoint_statements.write_history()
        with self._endpoint_statements.record(translation):
            await self._perform(statement, translation, is_one_of_several=is_one_of_several)

    async def _perform(self, statement: Statement, translation: Translation, *, is_one_of_several: bool) -> None:
        action, transaction = translation.action, self._transaction
        run: RunInternally = partial(self._relay.run_internally, translation, sync=True)
        if action in OUTSIDE_TRANSACTION_ONLY and (transaction.is_open or is_one_of_several):
            raise outside_transaction_only(translation)
        if action is Action.DATABASE:
            await self._endpoint_statements.change_database(translation)
            return
        if action is Action.BEGIN and transaction.is_implicit:
            transaction.is_implicit = False
            self._relay.client.write(messages.command_complete("BEGIN"))
            return
        if action in _LOCKING or (is_one_of_several and action in (Action.RUN, Action.TRUNCATE)):
            await self._prepare(translation, run)
        if action in S3_ACTIONS:
            transaction.has_snapshot = True
            await self._endpoint_statements.copy_or_unload(translation)
            return
        if transaction.is_the_clients:
            await transaction.check_snapshot(translation, run)
        translation = await translate_with_aliases(statement, translation, run)
        await self._query(translation)

    async def _prepare(self, translation: Translation, run: RunInternally) -> None:
        if self._transaction.needs_preparation(translation):
            self._state.only_reads = False
            await self._transaction.prepare(translation, run)

    async def _query(self, translation: Translation) -> None:
        self._state.only_reads = self._state.only_reads and translation.only_reads
        self._server.channel.write(messages.query(translation.sql))
        await self._relay.relay(BackendMessage.READY_FOR_QUERY, translation)
        if translation.action is Action.END:
            self._transaction.is_implicit = False
        if translation.action is Action.TRUNCATE:
            await self._transaction.commit()
