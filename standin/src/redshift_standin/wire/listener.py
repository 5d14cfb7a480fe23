"""The port of a cluster: accepts clients and gives each a session."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from redshift_standin import sqlstate
from redshift_standin.engine.databases import ClusterDatabases
from redshift_standin.engine.interfaces import Copier, Unloader
from redshift_standin.wire import messages
from redshift_standin.wire.cancellable_sessions import CancellableSessions
from redshift_standin.wire.channel import Channel, Disconnected
from redshift_standin.wire.codes import ReportField, TransactionStatus
from redshift_standin.wire.login import (
    LOGIN_SECONDS,
    Identity,
    Login,
    Refused,
    accepted,
    receive_login,
    wrong_password,
)
from redshift_standin.wire.passwords import Passwords
from redshift_standin.wire.postgres_session import PostgresError, PostgresSession
from redshift_standin.wire.query_history import QueryHistory
from redshift_standin.wire.response_relay import reported_settings
from redshift_standin.wire.session import Session
from redshift_standin.wire.session_state import SessionServices

_LOG = logging.getLogger(__name__)

# PostgreSQL's errors for a role that does not exist, or that may not connect to the database.
_UNKNOWN_USER = (sqlstate.INVALID_AUTHORIZATION, sqlstate.INVALID_PASSWORD, sqlstate.INSUFFICIENT_PRIVILEGE)


@dataclass(frozen=True)
class ClusterEndpoint:
    """The settings and services that all clients of one cluster share.

    :param cluster: the cluster's identifier.
    :param socket: PostgreSQL's unix socket.
    :param context: the TLS settings.
    :param passwords: the passwords of the cluster's users.
    :param databases: the databases of the cluster.
    :param copier: runs COPY.
    :param unloader: runs UNLOAD; without one, UNLOAD is refused.
    :param max_connections: how many clients can be logged in at once.
    """

    cluster: str
    socket: Path
    context: ssl.SSLContext
    passwords: Passwords
    databases: ClusterDatabases
    copier: Copier
    unloader: Unloader | None
    max_connections: int


class Listener:
    """Listens for the clients of one cluster.

    :param host: the address that it listens on.
    """

    def __init__(self, endpoint: ClusterEndpoint, host: str) -> None:
        self._endpoint = endpoint
        self._host = host
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._histories: defaultdict[str, QueryHistory] = defaultdict(QueryHistory)
        self._sessions = CancellableSessions()

    async def open(self, port: int) -> None:
        """Listen on a port.

        :raises OSError: the port is in use.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self._host, port)

    async def close(self) -> None:
        """Stop listening and end every session; open transactions are rolled back."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self) -> Channel:
        client = Channel()
        task = asyncio.get_running_loop().create_task(self._serve(client))
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return client

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("a session of cluster %s failed in the stand-in", self._endpoint.cluster, exc_info=error)

    async def _serve(self, client: Channel) -> None:
        async with accepted(client):
            login = await asyncio.wait_for(
                receive_login(client, self._endpoint.context, self._endpoint.passwords, self._sessions.cancel),
                LOGIN_SECONDS,
            )
            if login is not None:
                await self._begin_session(client, login)

    async def _begin_session(self, client: Channel, login: Login) -> None:
        endpoint = self._endpoint
        database = endpoint.databases.find(login.database)
        if database is None:
            raise Refused(f'database "{login.database}" does not exist', sqlstate.INVALID_CATALOG_NAME)
        if len(self._sessions) >= endpoint.max_connections:
            # Redshift's wording (AWS re:Post, "manage connection limits") and PostgreSQL's code.
            limit = endpoint.max_connections
            message = f'connection limit "{limit}" exceeded for non-bootstrap users'
            raise Refused(message, sqlstate.TOO_MANY_CONNECTIONS)
        server = PostgresSession(endpoint.socket)
        try:
            await server.connect(database, login.user, login.settings)
            ((level,),) = await server.fetch("show default_transaction_isolation")
            services = self._services(login, database)
            await self._run(Session(client, server, services, serializable=level == "serializable"))
        except PostgresError as error:
            code = error.fields.get(ReportField.SQLSTATE, sqlstate.INTERNAL_ERROR)
            raise wrong_password(login.user) if code in _UNKNOWN_USER else Refused(str(error), code) from error
        finally:
            server.close()

    def _services(self, login: Login, database: str) -> SessionServices:
        endpoint = self._endpoint
        superuser_connection = endpoint.databases.parameters(database)
        return SessionServices(
            identity=Identity(endpoint.cluster, login.database, login.user, superuser_connection),
            databases=endpoint.databases,
            history=self._histories[login.database],
            copier=endpoint.copier,
            unloader=endpoint.unloader,
            forget_history=self._forget_history,
            mark_cancelled=self._sessions.mark_cancelled,
        )

    def _forget_history(self, database: str) -> None:
        self._histories.pop(database, None)

    async def _run(self, session: Session) -> None:
        client, server = session.client, session.server
        self._sessions.add(session)
        client.on_lost, server.channel.on_lost = _loss_handlers(session, asyncio.current_task())
        client.write(messages.AUTHENTICATED + reported_settings(server))
        client.write(messages.backend_key_data(server.process, server.secret))
        client.write(messages.ready(TransactionStatus.IDLE))
        try:
            await _serve_until_cancelled(session)
        except Disconnected:
            if client.lost or session.state.ended:
                raise
            raise Refused("terminating connection due to administrator command", sqlstate.ADMIN_SHUTDOWN) from None
        finally:
            server.channel.on_lost = None
            self._sessions.remove(session)


async def _serve_until_cancelled(session: Session) -> None:
    try:
        await session.serve()
    except asyncio.CancelledError:
        session.state.cancelled = True
        if session.server.channel.lost:
            await session.relay_farewell()
        await asyncio.shield(session.server.cancel())
        raise


def _loss_handlers(session: Session, task: asyncio.Task[None] | None) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return the functions to call when the client is gone and when PostgreSQL is gone.

    :param task: the task that serves the session.
    """

    def client_lost() -> None:
        # A statement that is its own transaction continues and is committed, as in Redshift.
        if not session.is_idle and session.can_be_abandoned and task is not None:
            task.cancel()

    def server_lost() -> None:
        session.state.cancelled = True
        if session.is_idle and task is not None:
            task.cancel()

    return client_lost, server_lost
