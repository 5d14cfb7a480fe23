"""A connection before it becomes a session: TLS, the startup message, the password, or a cancel request."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from redshift_standin.wire import messages
from redshift_standin.wire.channel import Channel, Disconnected, ProtocolViolation
from redshift_standin.wire.passwords import Passwords, login_name
from redshift_standin.wire.server import SETTINGS

_LOG = logging.getLogger(__name__)

LOGIN_SECONDS = 60

# Longer ones are no startup message or password of a client.
_LARGEST = 10_000

# Settings that a client may bring along when it logs in.
_CLIENT_SETTINGS = frozenset({"application_name", "client_encoding", "datestyle", "extra_float_digits", "timezone"})

# What redshift_connector tells of itself; an endpoint that does not answer to it gets plain text results.
_DRIVER_SETTINGS = frozenset({"client_protocol_version", "driver_version", "os_version", "driver_discovery_version"})
_DRIVER_OPTIONS = frozenset({"plugin_name", "replication", "idp_type", "provider_name", "app_id", "app_name"})


@dataclass(frozen=True)
class Identity:
    """Whose session this is.

    :param apart: libpq's parameters of a superuser's connection to the same database.
    """

    cluster: str
    database: str
    user: str
    apart: dict[str, Any]


@dataclass(frozen=True)
class Login:
    """What a client that may log in asked for."""

    user: str
    database: str
    settings: dict[str, str]


class Refused(Exception):  # noqa: N818 - the client's fault
    """The client cannot log in."""

    def __init__(self, message: str, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


async def receive_login(
    client: Channel, context: ssl.SSLContext, passwords: Passwords, cancel: Callable[[int, bytes], Awaitable[None]]
) -> Login | None:
    """Bring a connection to where a session can begin; return nothing if it only asked to cancel.

    :raises Refused: the client cannot log in.
    :raises Disconnected: the client is gone.
    :raises ProtocolViolation: the client does not speak the protocol.
    :raises ssl.SSLError: the TLS handshake failed.
    """
    while True:
        size = int.from_bytes(await client.take(4), "big")
        if not 8 <= size <= _LARGEST:
            raise ProtocolViolation("invalid length of startup packet")
        body = await client.take(size - 4)
        code = int.from_bytes(body[:4], "big")
        if code == messages.SSL_REQUEST and not client.encrypted:
            client.write(b"S")
            await client.encrypt(context)
        elif code == messages.GSS_REQUEST and not client.encrypted:
            client.write(b"N")
        elif code == messages.CANCEL_REQUEST:
            # The client takes the end of this connection for the sign that the other session has been told.
            await cancel(int.from_bytes(body[4:8], "big"), body[8:])
            return None
        elif code == messages.PROTOCOL_3:
            return await _authenticate(client, _read(body[4:]), passwords)
        else:
            raise Refused(f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}", "08P01")


def _read(body: bytes) -> dict[str, str]:
    try:
        return messages.read_pairs(body)
    except ValueError as error:
        raise ProtocolViolation(str(error)) from error


async def _authenticate(client: Channel, parameters: dict[str, str], passwords: Passwords) -> Login:
    name = parameters.pop("user", "")
    database = parameters.pop("database", name)
    if not name:
        raise Refused("no PostgreSQL user name specified in startup packet", "28000")
    if not client.encrypted:
        raise Refused(
            f'no pg_hba.conf entry for host "127.0.0.1", user "{name}", database "{database}", SSL off', "28000"
        )
    settings = _settings(parameters)
    client.write(messages.ASK_PASSWORD)
    kind, body = await client.message(lambda _: _LARGEST)
    if kind != b"p":
        raise ProtocolViolation(f"expected password response, got message type {kind[0]}")
    password = body.rstrip(b"\0").decode("utf-8", "replace")
    # The user that an IAM identity is mapped to has the prefix in its own name.
    user = next((user for user in (name.lower(), login_name(name)) if passwords.accept(user, password)), None)
    if user is None:
        raise wrong_password(name)
    return Login(user, database, settings)


def wrong_password(user: str) -> Refused:
    """Return the refusal of a user or a password that is not known."""
    return Refused(f'password authentication failed for user "{user}"', "28000")


def _settings(parameters: dict[str, str]) -> dict[str, str]:
    """Return the client's settings for PostgreSQL.

    :raises Refused: one is not known.
    """
    settings = {}
    for name, value in parameters.items():
        lower = name.lower()
        if lower in _DRIVER_SETTINGS or lower in _DRIVER_OPTIONS or lower.startswith("_pq_."):
            continue
        if lower not in _CLIENT_SETTINGS:
            raise Refused(f"setting {name} at login is not supported by the stand-in", "0A000")
        settings[next((ours for ours in SETTINGS if ours.lower() == lower), lower)] = value
    encoding = settings.get("client_encoding", "UTF8")
    if encoding.upper().replace("-", "").strip("'") not in ("UTF8", "UNICODE"):
        raise Refused(f"client encoding {encoding} is not supported by the stand-in: use UTF8", "0A000")
    settings["client_encoding"] = "UTF8"
    return settings


def report_fatal(client: Channel, message: str, sqlstate: str) -> None:
    """Tell a client why it is being disconnected."""
    client.write(messages.report(b"E", {"S": "FATAL", "C": sqlstate, "M": message}))


@contextlib.asynccontextmanager
async def accepted(client: Channel) -> AsyncIterator[None]:
    """Keep what goes wrong with one connection to that connection, and close it in the end."""
    try:
        yield
    except Refused as error:
        report_fatal(client, str(error), error.sqlstate)
    except ProtocolViolation as error:
        report_fatal(client, str(error), "08P01")
    except (Disconnected, ssl.SSLError, ConnectionError, asyncio.TimeoutError) as error:
        _LOG.debug("connection ended: %r", error)
    except asyncio.CancelledError:
        report_fatal(client, "terminating connection due to administrator command", "57P01")
        raise
    except Exception as error:
        report_fatal(client, f"internal error in the stand-in: {error!r}", "XX000")
        raise
    finally:
        client.close()
