"""One client's session after the login: reads the client's messages and passes each to the part that answers it."""

from __future__ import annotations

from redshift_standin.sql.lexer import unsupported
from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected, ProtocolViolation
from redshift_standin.wire.codes import FrontendMessage
from redshift_standin.wire.endpoint_statements import EndpointStatements
from redshift_standin.wire.extended_query import ExtendedQuery
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.session_state import SessionServices, SessionState
from redshift_standin.wire.simple_query import SimpleQuery
from redshift_standin.wire.transaction import Transaction

# PostgreSQL ignores these outside COPY: a client may still be sending them when COPY has failed.
_COPY_MESSAGES = (FrontendMessage.COPY_DATA, FrontendMessage.COPY_DONE, FrontendMessage.COPY_FAIL)


class Session:
    """Serves one client that has logged in.

    :param client: the connection to the client.
    :param server: the session's own PostgreSQL session.
    :param serializable: whether the database is at SERIALIZABLE.
    """

    def __init__(
        self, client: Channel, server: PostgresSession, services: SessionServices, *, serializable: bool
    ) -> None:
        self.client = client
        self.server = server
        self.state = SessionState(services.identity.database)
        self._is_idle = False
        self._relay = ResponseRelay(client, server, self.state, services.mark_cancelled)
        self._transaction = Transaction(server, self._relay, serializable=serializable)
        self._endpoint_statements = EndpointStatements(client, server, self._relay, services, self.state)
        parts = (server, self._relay, self._transaction, self._endpoint_statements, self.state)
        self._simple_query = SimpleQuery(*parts)
        self._extended_query = ExtendedQuery(*parts)

    @property
    def is_idle(self) -> bool:
        """Whether it waits for the client."""
        return self._is_idle

    @property
    def can_be_abandoned(self) -> bool:
        """Whether what runs now has no effect without the client: it only reads, or the client has to commit it."""
        return self.state.only_reads or self._transaction.is_the_clients

    async def serve(self) -> None:
        """Answer the client until it terminates the session.

        :raises Disconnected: the client or PostgreSQL is gone.
        :raises ProtocolViolation: the client does not speak the protocol.
        """
        while True:
            kind, body = await self._next_message()
            self.state.cancelled = False
            if kind == FrontendMessage.TERMINATE:
                return
            try:
                await self._answer(kind, body)
            except (ValueError, IndexError) as error:
                raise ProtocolViolation("malformed message") from error

    async def relay_farewell(self) -> None:
        """Send the client what PostgreSQL sent when it ended the session.

        :raises Disconnected: always, after that.
        """
        await self._endpoint_statements.relay_farewell()

    async def _next_message(self) -> tuple[bytes, bytes]:
        """Return the client's next message; before waiting for it, send the client the answers that it waits for."""
        message = self.client.next_message(messages.max_body_bytes)
        if message is None:
            await self._extended_query.pipeline.flush_or_skip()
            self._is_idle = True
            message = await self.client.message(messages.max_body_bytes)
            self._is_idle = False
        if self.client.lost:
            raise Disconnected
        return message

    async def _answer(self, kind: bytes, body: bytes) -> None:
        extended = self._extended_query
        if extended.handles(kind):
            await extended.answer(kind, body)
            return
        if kind == FrontendMessage.SYNC:
            await extended.sync()
        elif kind == FrontendMessage.FLUSH:
            await extended.pipeline.flush_or_skip()
        elif kind in (FrontendMessage.QUERY, FrontendMessage.FUNCTION_CALL):
            await extended.pipeline.flush_or_skip()
            if not self.state.skipping:
                await self._answer_query(kind, body)
        elif kind not in _COPY_MESSAGES:
            raise ProtocolViolation(f"invalid frontend message type {kind[0]}")
        await self.client.drain()

    async def _answer_query(self, kind: bytes, body: bytes) -> None:
        if kind == FrontendMessage.QUERY:
            await self._simple_query.answer(body)
        else:
            await self._transaction.refuse(unsupported("FunctionCall"), sync=True)
            self._relay.send_ready()
