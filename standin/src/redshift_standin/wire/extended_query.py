"""The extended query protocol: Parse, Bind, Describe, Execute, Close and Sync.

After an error, the session skips all messages up to the next Sync.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire import messages
from redshift_standin.wire.codes import BackendMessage, FrontendMessage, Named, TransactionStatus
from redshift_standin.wire.endpoint_statements import ENDPOINT_ACTIONS, S3_ACTIONS, EndpointStatements
from redshift_standin.wire.message_pipeline import MessagePipeline, PipelinedMessage
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.session_state import SessionState, StatementFailed
from redshift_standin.wire.statement_cache import parse_statements
from redshift_standin.wire.statement_preparation import translate_in_transaction, translate_with_aliases
from redshift_standin.wire.transaction import (
    OUTSIDE_TRANSACTION_ONLY,
    Rows,
    RunInternally,
    Transaction,
    outside_transaction_only,
)

# Sent to PostgreSQL's Parse in place of a statement that the endpoint runs. It has no columns and no parameters.
_PLACEHOLDER = "do $$begin end$$"

_EXECUTE_ANSWERS = (
    BackendMessage.COMMAND_COMPLETE + BackendMessage.EMPTY_QUERY_RESPONSE + BackendMessage.PORTAL_SUSPENDED
)
_DESCRIBE_ANSWERS = BackendMessage.ROW_DESCRIPTION + BackendMessage.NO_DATA


class ExtendedQuery:
    """Answers the messages of the extended protocol of one session.

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
        self.pipeline = MessagePipeline(server, relay, endpoint_statements, state)
        self._statements: dict[str, Translation] = {}
        self._handlers: dict[bytes, Callable[[bytes], Awaitable[None]]] = {
            FrontendMessage.PARSE: self._parse,
            FrontendMessage.BIND: self._bind,
            FrontendMessage.EXECUTE: self._execute,
            FrontendMessage.DESCRIBE: self._describe,
            FrontendMessage.CLOSE: self._close,
        }

    def handles(self, kind: bytes) -> bool:
        """Whether a message of this type is for :meth:`answer`."""
        return kind in self._handlers

    async def answer(self, kind: bytes, body: bytes) -> None:
        """Answer one message, or add it to the pipeline.

        :raises Disconnected: the client or PostgreSQL is gone.
        :raises ValueError: the message is malformed.
        """
        if self._state.skipping:
            return
        try:
            await self._handlers[kind](body)
        except WarehouseError as error:
            await self.pipeline.flush_or_skip()
            if not self._state.skipping:
                await self._transaction.refuse(error, sync=False)
                self._state.skipping = True
        except StatementFailed:
            self._state.skipping = True

    async def sync(self) -> None:
        """Answer a Sync, and commit an implicit transaction."""
        await self.pipeline.sync()
        self._state.skipping = False
        await self._transaction.commit_implicit()
        self._relay.send_ready()

    async def _parse(self, body: bytes) -> None:
        (name, text), types = messages.read_strings(body, 2)
        statements = parse_statements(text, self._state.database)
        if len(statements) > 1:
            raise WarehouseError(
                "cannot insert multiple commands into a prepared statement", sqlstate=sqlstate.SYNTAX_ERROR
            )
        if not statements:
            message = messages.message(FrontendMessage.PARSE, body)
            undo = _assign(self._statements, name, None)
            await self.pipeline.add(PipelinedMessage(message, BackendMessage.PARSE_COMPLETE, undo=undo))
            return
        translation = translate_in_transaction(statements[0], self._server.status)
        if translation.action is Action.WRITE:
            await self._prepare(translation)
        translation = await translate_with_aliases(statements[0], translation, self._internally(translation))
        message = messages.parse(
            name, _PLACEHOLDER if translation.action in ENDPOINT_ACTIONS else translation.sql, types
        )
        undo = _assign(self._statements, name, translation)
        await self.pipeline.add(PipelinedMessage(message, BackendMessage.PARSE_COMPLETE, translation, undo))

    async def _bind(self, body: bytes) -> None:
        (portal, name), _ = messages.read_strings(body, 2)
        translation = self._statements.get(name)
        if translation is not None:
            if translation.reads_history:
                await self._endpoint_statements.write_history()
            if translation.action is Action.WRITE:
                await self._prepare(translation)
            if self._transaction.is_the_clients:
                await self._transaction.check_snapshot(translation, self._internally(translation))
        message = messages.message(FrontendMessage.BIND, body)
        undo = _assign(self._transaction.portals, portal, translation)
        await self.pipeline.add(PipelinedMessage(message, BackendMessage.BIND_COMPLETE, translation, undo))

    async def _describe(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        message = messages.message(FrontendMessage.DESCRIBE, body)
        translation = self._named(body[:1]).get(name)
        await self.pipeline.add(PipelinedMessage(message, _DESCRIBE_ANSWERS, translation))

    async def _close(self, body: bytes) -> None:
        (name,), _ = messages.read_strings(body[1:], 1)
        message = messages.message(FrontendMessage.CLOSE, body)
        undo = _assign(self._named(body[:1]), name, None)
        await self.pipeline.add(PipelinedMessage(message, BackendMessage.CLOSE_COMPLETE, undo=undo))

    async def _execute(self, body: bytes) -> None:
        (portal,), _ = messages.read_strings(body, 1)
        translation = self._transaction.portals.get(portal)
        execute = messages.message(FrontendMessage.EXECUTE, body)
        if translation is None or translation.action in (Action.RUN, Action.WRITE):
            is_recorded = translation is not None
            message = PipelinedMessage(execute, _EXECUTE_ANSWERS, translation, is_recorded=is_recorded)
            await self.pipeline.add(message)
            return
        await self.pipeline.flush()
        with self._endpoint_statements.record(translation):
            await self._execute_specially(translation, PipelinedMessage(execute, _EXECUTE_ANSWERS, translation))

    async def _execute_specially(self, translation: Translation, execute: PipelinedMessage) -> None:
        """Execute a statement that the endpoint runs, or that begins or ends a transaction."""
        action, transaction = translation.action, self._transaction
        if action in OUTSIDE_TRANSACTION_ONLY and transaction.is_open:
            raise outside_transaction_only(translation)
        if action is Action.DATABASE:
            await self._endpoint_statements.change_database(translation)
        elif action in S3_ACTIONS:
            await self._prepare(translation)
            transaction.has_snapshot = True
            await self._endpoint_statements.copy_or_unload(translation)
        elif action is Action.BEGIN and transaction.is_implicit:
            transaction.is_implicit = False
            self._relay.client.write(messages.command_complete("BEGIN"))
        else:
            await self.pipeline.add(execute)
            await self.pipeline.flush()
            await self._follow_transaction(translation)

    async def _follow_transaction(self, translation: Translation) -> None:
        """Update the transaction's state after a statement, because PostgreSQL reports it only at the next Sync."""
        if translation.action is Action.BEGIN:
            self._server.status = TransactionStatus.IN_TRANSACTION
        if translation.action is Action.END:
            self._transaction.end()
            self._server.status = TransactionStatus.IDLE
        if translation.action is Action.TRUNCATE:
            self._server.channel.write(messages.SYNC)
            await self._relay.relay(BackendMessage.READY_FOR_QUERY, translation)
            await self._transaction.commit()

    async def _prepare(self, translation: Translation) -> None:
        if not self._transaction.needs_preparation(translation):
            return
        self._state.only_reads = False
        await self.pipeline.flush()
        await self._transaction.prepare(translation, self._internally(translation))

    def _internally(self, translation: Translation) -> RunInternally:
        """Return a function that sends the pipeline and then runs the endpoint's own commands for a statement."""

        async def run(*commands: str) -> Rows:
            await self.pipeline.flush()
            return await self._relay.run_internally(translation, *commands, sync=False)

        return run

    def _named(self, kind: bytes) -> MutableMapping[str, Translation]:
        return self._statements if kind == Named.STATEMENT else self._transaction.portals


def _assign(names: MutableMapping[str, Translation], name: str, translation: Translation | None) -> Callable[[], None]:
    """Assign a statement to a name, or remove the name, and return a function that undoes this."""
    undo = partial(_put, names, name, names.get(name))
    _put(names, name, translation)
    return undo


def _put(names: MutableMapping[str, Translation], name: str, translation: Translation | None) -> None:
    if translation is None:
        names.pop(name, None)
    else:
        names[name] = translation
