"""Inboxes for alerts in tests: a server that replaces Slack, and an SMTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from queue import Queue
from typing import Any

from aiosmtpd.controller import Controller

from standin_support.waiting import HANGS_AFTER_SECONDS
from tests.support.http_server import serving
from tests.support.ports import free_port

HOST = "127.0.0.1"
TOKEN = "T0/B0/of-the-tests"


class Inbox:
    """The received messages, in order.

    :param connection: the Airflow connection to this server.
    """

    def __init__(self, connection: dict[str, Any]) -> None:
        self.connection = connection
        self._arrived: Queue[Any] = Queue()

    def put(self, message: Any) -> None:
        """Store a received message."""
        self._arrived.put(message)

    def next(self) -> Any:
        """Wait for a message and return it."""
        return self._arrived.get(timeout=HANGS_AFTER_SECONDS)

    def rest(self) -> list[Any]:
        """Return the messages that have not been read."""
        return [self._arrived.get() for _ in range(self._arrived.qsize())]

    @property
    def empty(self) -> bool:
        """Whether all received messages have been read."""
        return self._arrived.empty()


@contextmanager
def slack() -> Iterator[Inbox]:
    """Respond like Slack's incoming webhooks; the inbox has the text of each message."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            known = self.path == f"/services/{TOKEN}"
            if known:
                inbox.put(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(b"ok" if known else b"no_service")

        def log_message(self, *args: Any) -> None:
            pass

    with serving(Handler) as address:
        inbox = Inbox({"conn_type": "slackwebhook", "host": f"{address}/services", "password": TOKEN})
        yield inbox


@contextmanager
def mail() -> Iterator[Inbox]:
    """Accept mail for any recipient; the inbox has each message, with its recipients in ``X-To``."""

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd asks for it
            message = message_from_bytes(envelope.content, policy=policy.default)
            message["X-To"] = ", ".join(envelope.rcpt_tos)
            inbox.put(message)
            return "250 OK"

    port = free_port()
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.com"}
    inbox = Inbox({"conn_type": "smtp", "host": HOST, "port": port, "extra": extra})
    controller = Controller(Handler(), hostname=HOST, port=port)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def html_of(message: EmailMessage) -> str:
    """Return the HTML part of a mail."""
    return message.get_body(("html",)).get_content()
