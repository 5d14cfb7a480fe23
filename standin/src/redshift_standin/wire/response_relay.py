"""Relays PostgreSQL's answers to the client, in Redshift's wording."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from redshift_standin.sql.translation import Translation
from redshift_standin.wire import messages
from redshift_standin.wire.channel import HEADER, Channel
from redshift_standin.wire.codes import SEVERITY_FATAL, BackendMessage, ReportField, TransactionStatus
from redshift_standin.wire.error_translation import translate_error, translate_notice
from redshift_standin.wire.postgres_session import PostgresError, PostgresSession
from redshift_standin.wire.row_shuffling import RowShuffler
from redshift_standin.wire.session_state import SessionState, StatementFailed

# The statements whose rows go to the client.
_RETURNING = ("(", "FETCH", "SELECT", "WITH")

# The code of the notice with which engine/catalog/12_sessions.sql reports that it has cancelled a session.
_CANCELLED_SESSION = "SI001"

# The messages that go to the client unchanged, in whole chunks. Like the buffer, the set has integers.
_FORWARDED = frozenset(
    BackendMessage.BIND_COMPLETE
    + BackendMessage.CLOSE_COMPLETE
    + BackendMessage.DATA_ROW
    + BackendMessage.EMPTY_QUERY_RESPONSE
    + BackendMessage.NO_DATA
    + BackendMessage.PARAMETER_DESCRIPTION
    + BackendMessage.PARSE_COMPLETE
    + BackendMessage.PORTAL_SUSPENDED
    + BackendMessage.ROW_DESCRIPTION
)
_ROW = ord(BackendMessage.DATA_ROW)
_ROWS_AND_THEIR_END = frozenset(
    BackendMessage.DATA_ROW
    + BackendMessage.COMMAND_COMPLETE
    + BackendMessage.ERROR_RESPONSE
    + BackendMessage.PORTAL_SUSPENDED
    + BackendMessage.READY_FOR_QUERY
)

# The settings whose changes PostgreSQL reports and Redshift reports as well.
_REPORTED_SETTINGS = frozenset(
    {"client_encoding", "DateStyle", "integer_datetimes", "is_superuser", "server_encoding", "session_authorization"}
    | {"TimeZone"}
)
# With the last one, redshift_connector uses SHOW for its metadata calls (the driver's metadataServerProxy.py).
_OWN_SETTINGS = {"server_version": "8.0.2", "show_discovery": "4"}

_length = struct.Struct("!I").unpack_from


class ResponseRelay:
    """Relays the answers of one session.

    :param client: the connection to the client.
    :param server: the PostgreSQL session.
    :param mark_cancelled: called with the process number of a session that a statement of this session has cancelled.
    """

    def __init__(
        self, client: Channel, server: PostgresSession, state: SessionState, mark_cancelled: Callable[[int], None]
    ) -> None:
        self.client = client
        self._server = server
        self._state = state
        self._mark_cancelled = mark_cancelled
        self.on_transaction_end: Callable[[], None] = lambda: None
        """Called when PostgreSQL reports that it is in no transaction."""

    async def relay(self, stop: bytes, translation: Translation | None) -> None:
        """Relay PostgreSQL's answer up to one of the message types in ``stop``.

        :param translation: the statement that it answers, if any.
        :raises StatementFailed: it was an error, and ``stop`` or the next Sync has been reached.
        """
        channel, client = self._server.channel, self.client
        shuffler = RowShuffler() if translation is not None and translation.unordered else None
        forwarded = _forwarded_before(stop)
        failed = False
        # This loop handles every row of every result: it works on the buffer and forwards whole chunks of it.
        while True:
            buffer = channel.buffer
            position, end = 0, len(buffer)
            while end - position >= HEADER:
                kind = buffer[position]
                after = position + 1 + _length(buffer, position + 1)[0]
                if after > end:
                    break
                if kind in forwarded and (shuffler is None or kind != _ROW):
                    position = after
                    continue
                self._forward(position)
                message = bytes(buffer[: after - position])
                del buffer[: after - position]
                position, end = 0, len(buffer)
                if shuffler is not None and kind in _ROWS_AND_THEIR_END:
                    if kind == _ROW and shuffler.add(message):
                        continue
                    client.write(shuffler.take())
                    shuffler = None
                    if kind == _ROW:
                        continue
                failed = self._handle(message, translation) or failed
                if kind in stop or (failed and stop != BackendMessage.READY_FOR_QUERY):
                    if failed:
                        raise StatementFailed
                    return
            self._forward(position)
            # If the client is slow, more may have arrived in the meantime.
            seen = len(buffer)
            await client.drain()
            await channel.fill(seen)

    async def run_internally(
        self, translation: Translation, *commands: str, sync: bool
    ) -> list[tuple[str | None, ...]]:
        """Run the endpoint's own commands for a statement and return their rows.

        :param sync: whether to send Sync after them.
        :raises StatementFailed: a command failed; the client has received the error as the statement's own.
        """
        try:
            return await self._server.run(*commands, sync=sync)
        except PostgresError as error:
            self.send_error(error.fields, translation)
            raise StatementFailed from error

    def send_error(self, fields: dict[str, str], translation: Translation | None) -> None:
        """Send the client an error of PostgreSQL.

        :param fields: from a :class:`ReportField` to its text.
        :param translation: the failed statement, if the error belongs to one.
        """
        self._state.ended = fields.get(ReportField.SEVERITY) == SEVERITY_FATAL
        translated = translate_error(fields, translation, self._server.process, self._server.written_table)
        if self._state.record is not None:
            self._state.record.fail(translated[ReportField.SQLSTATE], translated[ReportField.MESSAGE])
        self.client.write(messages.error(translated))

    def send_ready(self) -> None:
        """Tell the client that it can send its next query."""
        self._state.only_reads = True
        self.client.write(messages.ready(self._server.status))

    def _forward(self, size: int) -> None:
        """Pass on the first bytes of PostgreSQL's answer.

        :param size: how many bytes.
        """
        if size:
            buffer = self._server.channel.buffer
            with memoryview(buffer) as view:
                self.client.write(bytes(view[:size]))
            del buffer[:size]

    def _handle(self, message: bytes, translation: Translation | None) -> bool:
        """Handle one message that is not simply forwarded, and return whether it is an error."""
        kind, body = message[:1], message[HEADER:]
        if kind == BackendMessage.ERROR_RESPONSE:
            self.send_error(messages.read_report(body), translation)
            return True
        if kind == BackendMessage.READY_FOR_QUERY:
            self._server.status = body
            if body == TransactionStatus.IDLE:
                self.on_transaction_end()
        elif kind == BackendMessage.COMMAND_COMPLETE:
            self._complete(message, translation)
        elif kind == BackendMessage.NOTICE_RESPONSE:
            self._send_notice(messages.read_report(body))
        elif kind == BackendMessage.PARAMETER_STATUS:
            (name, value), _ = messages.read_strings(body, 2)
            if name in _REPORTED_SETTINGS:
                self.client.write(messages.parameter_status(name, value))
        elif kind != BackendMessage.NOTIFICATION_RESPONSE:
            self.client.write(message)
        return False

    def _complete(self, message: bytes, translation: Translation | None) -> None:
        if translation is not None and self._state.record is not None and translation.command in _RETURNING:
            self._state.record.rows += messages.read_row_count(message[HEADER:])
        if translation is not None and translation.tag is not None:
            message = messages.command_complete(translation.tag)
        self.client.write(message)

    def _send_notice(self, fields: dict[str, str]) -> None:
        if fields.get(ReportField.SQLSTATE) == _CANCELLED_SESSION:
            self._mark_cancelled(int(fields[ReportField.MESSAGE]))
        else:
            self.client.write(messages.notice(translate_notice(fields)))


@lru_cache
def _forwarded_before(stop: bytes) -> frozenset[int]:
    """Return the types of the messages that go to the client unchanged and do not end the answer."""
    return _FORWARDED.difference(stop)


def reported_settings(server: PostgresSession) -> bytes:
    """Return the reports of the settings that a client receives when it logs in."""
    settings = {name: value for name, value in server.parameters.items() if name in _REPORTED_SETTINGS}
    settings |= _OWN_SETTINGS
    return b"".join(messages.parameter_status(name, value) for name, value in settings.items())
