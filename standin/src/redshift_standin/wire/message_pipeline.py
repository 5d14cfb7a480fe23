"""Collects the extended protocol's messages and sends them to PostgreSQL together.

They are collected until the client waits for their answers, or until the endpoint needs their outcome.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from redshift_standin.sql.translation import Translation
from redshift_standin.wire import messages
from redshift_standin.wire.channel import HEADER
from redshift_standin.wire.codes import BackendMessage, FrontendMessage, TransactionStatus
from redshift_standin.wire.endpoint_statements import EndpointStatements
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.session_state import SessionState, StatementFailed

# At this size the collected messages are sent and their answers awaited.
_MAX_COLLECTED_BYTES = 1 << 16

# The series of messages with which drivers run one statement.
_ONE_STATEMENT = (
    FrontendMessage.BIND + FrontendMessage.EXECUTE,
    FrontendMessage.BIND + FrontendMessage.DESCRIBE + FrontendMessage.EXECUTE,
    FrontendMessage.PARSE + FrontendMessage.BIND + FrontendMessage.EXECUTE,
    FrontendMessage.PARSE + FrontendMessage.BIND + FrontendMessage.DESCRIBE + FrontendMessage.EXECUTE,
)


@dataclass(frozen=True)
class PipelinedMessage:
    """A message that goes to PostgreSQL.

    :param message: the whole message.
    :param answers: the types of the messages that end its answer.
    :param translation: the statement that it belongs to, if any.
    :param undo: undoes what the session assumed; called when PostgreSQL refuses the message.
    :param is_recorded: whether its statement goes to the query history.
    """

    message: bytes
    answers: bytes
    translation: Translation | None = None
    undo: Callable[[], None] = lambda: None
    is_recorded: bool = False


class MessagePipeline:
    """The collected messages of one session.

    :param server: the PostgreSQL session.
    :param relay: sends PostgreSQL's answers to the client.
    :param endpoint_statements: keeps the query history.
    """

    def __init__(
        self,
        server: PostgresSession,
        relay: ResponseRelay,
        endpoint_statements: EndpointStatements,
        state: SessionState,
    ) -> None:
        self._server = server
        self._relay = relay
        self._endpoint_statements = endpoint_statements
        self._state = state
        self._collected: list[PipelinedMessage] = []
        self._collected_bytes = 0

    async def add(self, message: PipelinedMessage) -> None:
        """Collect a message.

        :raises StatementFailed: the pipeline was full and was sent, and a statement failed.
        """
        self._collected.append(message)
        self._collected_bytes += len(message.message)
        if self._collected_bytes > _MAX_COLLECTED_BYTES:
            await self.flush()

    async def flush(self, end: bytes = messages.FLUSH) -> None:
        """Send PostgreSQL the collected messages, and the client their answers.

        :param end: the message after them: Flush or Sync.
        :raises StatementFailed: an answer is an error; PostgreSQL ignores everything up to the next Sync.
        """
        collected = self._take()
        if not collected:
            return
        if not all(each.translation is None or each.translation.only_reads for each in collected):
            self._state.only_reads = False
        self._server.channel.write(b"".join(each.message for each in collected) + end)
        answered = 0
        try:
            for each in collected:
                recorded = each.translation if each.is_recorded else None
                record = self._endpoint_statements.record(recorded) if recorded is not None else None
                with record or contextlib.nullcontext():
                    await self._relay.relay(each.answers, each.translation)
                answered += 1
        except StatementFailed:
            for refused in reversed(collected[answered:]):
                refused.undo()
            raise

    async def flush_or_skip(self, end: bytes = messages.FLUSH) -> None:
        """Flush; after an error, skip the client's messages up to the next Sync.

        :param end: the message after them: Flush or Sync.
        """
        try:
            await self.flush(end)
        except StatementFailed:
            self._state.skipping = True

    async def sync(self) -> None:
        """Send the collected messages and a Sync, and answer the client up to ReadyForQuery."""
        statement = self._single_statement()
        if statement is not None:
            await self._run_single(statement)
            return
        if self._collected:
            await self.flush_or_skip(messages.SYNC)
        else:
            self._server.channel.write(messages.SYNC)
        await self._relay.relay(BackendMessage.READY_FOR_QUERY, None)

    def _take(self) -> list[PipelinedMessage]:
        collected, self._collected, self._collected_bytes = self._collected, [], 0
        return collected

    def _single_statement(self) -> Translation | None:
        """Return the only collected statement if it runs in its own transaction.

        A failure then rolls back everything, so all answers can be relayed together.
        """
        if not self._collected or self._server.status != TransactionStatus.IDLE:
            return None
        translation = self._collected[-1].translation
        kinds = b"".join(each.message[:1] for each in self._collected)
        first = self._collected[0].message
        if kinds.startswith(FrontendMessage.PARSE) and not first.startswith(b"\0", HEADER):
            # A named statement exists only when its Parse has succeeded.
            return None
        is_single = kinds in _ONE_STATEMENT and all(each.translation is translation for each in self._collected)
        return translation if is_single else None

    async def _run_single(self, translation: Translation) -> None:
        collected = self._take()
        self._state.only_reads = self._state.only_reads and translation.only_reads
        self._server.channel.write(b"".join(each.message for each in collected) + messages.SYNC)
        with self._endpoint_statements.record(translation), contextlib.suppress(StatementFailed):
            await self._relay.relay(BackendMessage.READY_FOR_QUERY, translation)
