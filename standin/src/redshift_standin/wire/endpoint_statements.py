"""The statements that the endpoint runs itself: COPY, UNLOAD, and CREATE, ALTER and DROP DATABASE."""

from __future__ import annotations

import asyncio
import logging

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.translation import Action, Translation
from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected
from redshift_standin.wire.codes import SEVERITY_INFO, BackendMessage, ReportField
from redshift_standin.wire.postgres_session import PostgresSession
from redshift_standin.wire.query_history import StatementRecord
from redshift_standin.wire.response_relay import ResponseRelay
from redshift_standin.wire.session_backend import SessionBackend
from redshift_standin.wire.session_state import SessionServices, SessionState

_LOG = logging.getLogger(__name__)

S3_ACTIONS = (Action.COPY, Action.UNLOAD)
ENDPOINT_ACTIONS = (*S3_ACTIONS, Action.DATABASE)


class EndpointStatements:
    """Runs the endpoint's own statements for one session, and keeps its query history.

    :param client: the connection to the client.
    :param server: the PostgreSQL session.
    :param relay: sends PostgreSQL's answers to the client.
    """

    def __init__(
        self,
        client: Channel,
        server: PostgresSession,
        relay: ResponseRelay,
        services: SessionServices,
        state: SessionState,
    ) -> None:
        self._client = client
        self._server = server
        self._relay = relay
        self._services = services
        self._state = state
        self._backend = SessionBackend(server, services.identity, lambda: state.cancelled)

    def record(self, translation: Translation) -> StatementRecord:
        """Return the record that adds a statement to the history of the database's sessions."""
        services = self._services
        self._state.record = StatementRecord(services.history, translation, services.identity, self._server.process)
        return self._state.record

    async def write_history(self) -> None:
        """Write the history to the database, where a statement can read it."""
        if (queries := self._services.history.take()) is not None:
            await self._backend.execute_apart("select standin.keep_queries(%s)", (queries,))

    async def change_database(self, translation: Translation) -> None:
        """Run CREATE, ALTER or DROP DATABASE.

        :raises WarehouseError: it failed.
        """
        if translation.database is None:
            raise ValueError(f"{translation.command} without a database")
        self._state.only_reads = False
        identity = self._services.identity
        await asyncio.to_thread(
            self._services.databases.change,
            translation.database,
            user=identity.user,
            current=identity.database,
            process=self._server.process,
        )
        if translation.database.verb == "drop":
            self._services.forget_history(translation.database.name)
        self._client.write(messages.command_complete(translation.command))

    async def copy_or_unload(self, translation: Translation) -> None:
        """Run COPY or UNLOAD.

        :raises WarehouseError: it failed.
        :raises Disconnected: the client or PostgreSQL is gone.
        """
        self._state.only_reads = False
        name = translation.action.name
        try:
            notices = await self._run(translation)
        except (WarehouseError, Disconnected):
            if self._server.channel.lost:
                await self.relay_farewell()
            raise
        except Exception as error:
            if self._client.lost:
                raise
            _LOG.exception("%s failed in the stand-in", name)
            raise WarehouseError(f"internal error in the stand-in: {error!r}") from error
        for notice in notices:
            fields = {
                ReportField.SEVERITY: SEVERITY_INFO,
                ReportField.SQLSTATE: sqlstate.SUCCESSFUL_COMPLETION,
                ReportField.MESSAGE: notice,
            }
            self._client.write(messages.notice(fields))
        self._client.write(messages.command_complete(name))

    async def relay_farewell(self) -> None:
        """Send the client what PostgreSQL sent when it ended the session.

        :raises Disconnected: always, after that.
        """
        await self._relay.relay(BackendMessage.READY_FOR_QUERY, None)

    async def _run(self, translation: Translation) -> tuple[str, ...]:
        services = self._services
        if translation.action is Action.COPY:
            return (await services.copier.copy(translation.source, self._backend)).notices
        if services.unloader is None:
            raise WarehouseError("UNLOAD is not supported by the stand-in", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED)
        return (await services.unloader.unload(translation.source, self._backend)).notices
