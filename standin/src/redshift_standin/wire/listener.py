"""The port of a cluster: accepts clients, gives each a session, and forwards cancel requests."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import defaultdict
from pathlib import Path

from redshift_standin.engine.databases import ClusterDatabases
from redshift_standin.engine.interfaces import Copier, Unloader
from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected
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
from redshift_standin.wire.query_history import QueryHistory
from redshift_standin.wire.server import Server, ServerError
from redshift_standin.wire.session import Session, reported_settings

_LOG = logging.getLogger(__name__)

# What PostgreSQL says to a role that it does not know, or that may not connect to the database.
_UNKNOWN_USER = ("28000", "28P01", "42501")


class Listener:
    """Listens for the clients of one cluster.

    :param cluster: the cluster's identifier.
    :param databases: the databases that the clients connect to.
    :param host: the address that it listens on.
    :param connections: how many clients can be logged in at once.
    """

    def __init__(
        self,
        cluster: str,
        *,
        socket: Path,
        context: ssl.SSLContext,
        passwords: Passwords,
        copier: Copier,
        unloader: Unloader | None,
        databases: ClusterDatabases,
        host: str,
        connections: int,
    ) -> None:
        self._cluster = cluster
        self._socket = socket
        self._context = context
        self._passwords = passwords
        self._copier = copier
        self._unloader = unloader
        self._databases = databases
        self._host = host
        self._connections = connections
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._histories: defaultdict[str, QueryHistory] = defaultdict(QueryHistory)
        self._sessions: dict[tuple[int, bytes], Session] = {}

    async def open(self, port: int) -> None:
        """Listen on this port.

        :raises OSError: the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self._host, port)

    async def close(self) -> None:
        """Stop listening and end every session; what is not committed is rolled back."""
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
            _LOG.error("a session of cluster %s failed in the stand-in", self._cluster, exc_info=error)

    async def _serve(self, client: Channel) -> None:
        async with accepted(client):
            login = await asyncio.wait_for(
                receive_login(client, self._context, self._passwords, self._cancel), LOGIN_SECONDS
            )
            if login is not None:
                await self._begin(client, login)

    async def _begin(self, client: Channel, login: Login) -> None:
        database = self._databases.find(login.database)
        if database is None:
            raise Refused(f'database "{login.database}" does not exist', "3D000")
        if len(self._sessions) >= self._connections:
            # The words of Redshift (AWS re:Post, "manage connection limits") and PostgreSQL's code.
            raise Refused(f'connection limit "{self._connections}" exceeded for non-bootstrap users', "53300")
        server = Server(self._socket)
        try:
            await server.connect(database, login.user, login.settings)
            ((level,),) = await server.fetch("show default_transaction_isolation")
            identity = Identity(self._cluster, login.database, login.user, self._databases.parameters(database))
            session = Session(
                client,
                server,
                self._copier,
                identity,
                self._databases,
                self._histories[login.database],
                serializable=level == "serializable",
                unloader=self._unloader,
                cancels=self._mark_cancelled,
            )
            await self._run(client, server, session)
        except ServerError as error:
            code = error.fields.get("C", "XX000")
            raise wrong_password(login.user) if code in _UNKNOWN_USER else Refused(str(error), code) from error
        finally:
            server.close()

    async def _run(self, client: Channel, server: Server, session: Session) -> None:
        key = (server.process, server.secret)
        self._sessions[key] = session
        task = asyncio.current_task()

        def client_lost() -> None:
            # A statement that is its own transaction runs on to its commit, as in Redshift.
            if not session.idle and session.is_for_the_client_only and task is not None:
                task.cancel()

        def server_lost() -> None:
            session.cancelled = True
            if session.idle and task is not None:
                task.cancel()

        client.on_lost = client_lost
        server.channel.on_lost = server_lost
        client.write(messages.AUTHENTICATED + reported_settings(server))
        client.write(messages.message(b"K", server.process.to_bytes(4, "big") + server.secret))
        client.write(messages.ready(b"I"))
        try:
            await self._serve_session(session)
        except Disconnected:
            if client.lost or session.ended:
                raise
            raise Refused("terminating connection due to administrator command", "57P01") from None
        finally:
            server.channel.on_lost = None
            del self._sessions[key]

    async def _serve_session(self, session: Session) -> None:
        try:
            await session.serve()
        except asyncio.CancelledError:
            session.cancelled = True
            if session.server.channel.lost:
                await session.relay_farewell()
            await asyncio.shield(session.server.cancel())
            raise

    def _mark_cancelled(self, process: int) -> None:
        """Note that a session is cancelled; PostgreSQL's part of it has been told already."""
        for (each, _), session in self._sessions.items():
            session.cancelled = session.cancelled or each == process

    async def _cancel(self, process: int, secret: bytes) -> None:
        """Cancel what a session runs; a request without its secret is ignored."""
        session = self._sessions.get((process, secret))
        if session is not None:
            session.cancelled = True
            await session.server.cancel()
