"""The startup phase of a connection: TLS, the startup message and the password, or a cancel request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redshift_standin import sqlstate
from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected, ProtocolViolation
from redshift_standin.wire.codes import SEVERITY_FATAL, EncryptionAnswer, FrontendMessage, ReportField, StartupCode
from redshift_standin.wire.passwords import Passwords, login_name
from redshift_standin.wire.postgres_session import SETTINGS

_LOG = logging.getLogger(__name__)

LOGIN_SECONDS = 60

# No client sends a longer startup message or password.
_MAX_STARTUP_BYTES = 10_000

# The settings that a client may send when it logs in.
_CLIENT_SETTINGS = frozenset({"application_name", "client_encoding", "datestyle", "extra_float_digits", "timezone"})

# What redshift_connector sends about itself. The endpoint ignores it, so the driver requests results as text.
_DRIVER_SETTINGS = frozenset({"client_protocol_version", "driver_version", "os_version", "driver_discovery_version"})
_DRIVER_OPTIONS = frozenset({"plugin_name", "replication", "idp_type", "provider_name", "app_id", "app_name"})


@dataclass(frozen=True)
class Identity:
    """The cluster, database and user of a session.

    :param cluster: the cluster's identifier.
    :param database: the name of the database, as clients know it.
    :param user: the user's name.
    :param superuser_connection: libpq's parameters of a superuser's connection to the same database.
    """

    cluster: str
    database: str
    user: str
    superuser_connection: dict[str, Any]


@dataclass(frozen=True)
class Login:
    """An accepted login: the user, the database and the settings that the client requested."""

    user: str
    database: str
    settings: dict[str, str]


class Refused(Exception):  # noqa: N818 - the client's fault
    """The client cannot log in.

    :param message: the error message.
    :param code: the SQLSTATE.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


async def receive_login(
    client: Channel, context: ssl.SSLContext, passwords: Passwords, cancel: Callable[[int, bytes], Awaitable[None]]
) -> Login | None:
    """Receive a login; return None if the client only sent a cancel request.

    :param context: the TLS settings of the endpoint.
    :param passwords: the passwords of the cluster's users.
    :param cancel: called with the process number and the secret of a cancel request.
    :raises Refused: the client cannot log in.
    :raises Disconnected: the client is gone.
    :raises ProtocolViolation: the client does not speak the protocol.
    :raises ssl.SSLError: the TLS handshake failed.
    """
    while True:
        size = int.from_bytes(await client.take(4), "big")
        if not 8 <= size <= _MAX_STARTUP_BYTES:
            raise ProtocolViolation("invalid length of startup packet")
        body = await client.take(size - 4)
        code = int.from_bytes(body[:4], "big")
        if code == StartupCode.SSL_REQUEST and not client.encrypted:
            client.write(EncryptionAnswer.ACCEPTED)
            await client.encrypt(context)
        elif code == StartupCode.GSSENC_REQUEST and not client.encrypted:
            client.write(EncryptionAnswer.REFUSED)
        elif code == StartupCode.CANCEL_REQUEST:
            # The client takes the end of the connection as the sign that the request has been handled.
            await cancel(int.from_bytes(body[4:8], "big"), body[8:])
            return None
        elif code == StartupCode.PROTOCOL_3_0:
            return await _authenticate(client, _read_parameters(body[4:]), passwords)
        else:
            raise Refused(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}", sqlstate.PROTOCOL_VIOLATION)


def _read_parameters(body: bytes) -> dict[str, str]:
    try:
        return messages.read_startup_parameters(body)
    except ValueError as error:
        raise ProtocolViolation(str(error)) from error


async def _authenticate(client: Channel, parameters: dict[str, str], passwords: Passwords) -> Login:
    name = parameters.pop("user", "")
    database = parameters.pop("database", name)
    if not name:
        raise Refused("no PostgreSQL user name specified in startup packet", sqlstate.INVALID_AUTHORIZATION)
    if not client.encrypted:
        message = f'no pg_hba.conf entry for host "127.0.0.1", user "{name}", database "{database}", SSL off'
        raise Refused(message, sqlstate.INVALID_AUTHORIZATION)
    settings = _settings(parameters)
    client.write(messages.ASK_PASSWORD)
    kind, body = await client.message(lambda _: _MAX_STARTUP_BYTES)
    if kind != FrontendMessage.PASSWORD:
        raise ProtocolViolation(f"expected password response, got message type {kind[0]}")
    password = body.rstrip(b"\0").decode("utf-8", "replace")
    # The name of a database user for an IAM identity can itself begin with the prefix.
    user = next((user for user in (name.lower(), login_name(name)) if passwords.accept(user, password)), None)
    if user is None:
        raise wrong_password(name)
    return Login(user, database, settings)


def wrong_password(user: str) -> Refused:
    """Return the error for an unknown user or a wrong password."""
    return Refused(f'password authentication failed for user "{user}"', sqlstate.INVALID_AUTHORIZATION)


def _settings(parameters: dict[str, str]) -> dict[str, str]:
    """Return the client's settings for PostgreSQL.

    :raises Refused: the stand-in does not support one of them.
    """
    settings = {}
    for name, value in parameters.items():
        lower = name.lower()
        if lower in _DRIVER_SETTINGS or lower in _DRIVER_OPTIONS or lower.startswith("_pq_."):
            continue
        if lower not in _CLIENT_SETTINGS:
            raise Refused(f"setting {name} at login is not supported by the stand-in", sqlstate.FEATURE_NOT_SUPPORTED)
        settings[next((ours for ours in SETTINGS if ours.lower() == lower), lower)] = value
    encoding = settings.get("client_encoding", "UTF8")
    if encoding.upper().replace("-", "").strip("'") not in ("UTF8", "UNICODE"):
        raise Refused(
            f"client encoding {encoding} is not supported by the stand-in: use UTF8", sqlstate.FEATURE_NOT_SUPPORTED
        )
    settings["client_encoding"] = "UTF8"
    return settings


def report_fatal(client: Channel, message: str, code: str) -> None:
    """Send a client the reason why it is being disconnected.

    :param code: the SQLSTATE.
    """
    fields = {ReportField.SEVERITY: SEVERITY_FATAL, ReportField.SQLSTATE: code, ReportField.MESSAGE: message}
    client.write(messages.error(fields))


@contextlib.asynccontextmanager
async def accepted(client: Channel) -> AsyncIterator[None]:
    """Report the errors of a connection to its client, and close it at the end."""
    try:
        yield
    except Refused as error:
        report_fatal(client, str(error), error.code)
    except ProtocolViolation as error:
        report_fatal(client, str(error), sqlstate.PROTOCOL_VIOLATION)
    except (Disconnected, ssl.SSLError, ConnectionError, asyncio.TimeoutError) as error:
        _LOG.debug("connection ended: %r", error)
    except asyncio.CancelledError:
        report_fatal(client, "terminating connection due to administrator command", sqlstate.ADMIN_SHUTDOWN)
        raise
    except Exception as error:
        report_fatal(client, f"internal error in the stand-in: {error!r}", sqlstate.INTERNAL_ERROR)
        raise
    finally:
        client.close()
