"""Refuses requests that do not come from a client of the stand-in, before they reach AWS's services.

A web page that the user visits can send requests to this machine: to the address itself, and, by changing where its own
name leads to (DNS rebinding), also under that name, so that it can read the answers.
"""

from __future__ import annotations

import http.client
import ipaddress
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from redshift_standin.aws.errors_of_services import JSON_SERVICES, Answer, error_answer
from redshift_standin.aws.iam.access_keys import KeyRefusedError
from redshift_standin.aws.signature import check_signature
from redshift_standin.settings import Settings

# The paths of the stand-in's own: its health and the injected faults. They need no signature.
OWN_PATHS = "/_standin/"

# The codes of the services other than S3 (AWS pages "Common errors" of the query and of the JSON protocol).
_QUERY_CODES = {"InvalidAccessKeyId": "InvalidClientTokenId", "InvalidToken": "InvalidClientTokenId"}
_JSON_CODES = {
    "InvalidAccessKeyId": "UnrecognizedClientException",
    "InvalidToken": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Door:
    """A WSGI application that lets the requests of clients through to another one.

    :param inside: the other application.
    :param service_of: returns the service that a request is for, by its name in boto3.
    """

    def __init__(self, settings: Settings, inside: Application, service_of: Callable[[dict[str, Any]], str]) -> None:
        self._settings = settings
        self._inside = inside
        self._service_of = service_of

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        refusal = self._refusal(environ)
        if refusal is None:
            return self._inside(environ, start_response)
        status, headers, body = refusal
        content = b"" if environ["REQUEST_METHOD"] == "HEAD" else body.encode() if isinstance(body, str) else body
        # Otherwise the rest of this request would be read as the next one.
        Request(environ).get_data()
        fields = {**headers, "content-length": str(len(content))}
        start_response(f"{status} {http.client.responses[status]}", list(fields.items()))
        return [content]

    def _refusal(self, environ: dict[str, Any]) -> Answer | None:
        host = environ.get("HTTP_HOST", "")
        if not is_own_host(host, self._settings):
            return _text(
                f"The stand-in does not answer requests to the host {host!r}. If it is a name of this machine, add it "
                f"to {self._settings.PREFIX}HOSTS."
            )
        if environ["PATH_INFO"].startswith(OWN_PATHS):
            # Browsers send it with what a page of another site asks for.
            return _text("The stand-in does not answer web pages here.") if "HTTP_ORIGIN" in environ else None
        # Browsers do not sign the requests by which they ask for permission (CORS).
        if not self._settings.check_signatures or environ["REQUEST_METHOD"] == "OPTIONS":
            return None
        return self._signature_refusal(environ)

    def _signature_refusal(self, environ: dict[str, Any]) -> Answer | None:
        service = self._service_of(environ)
        request = Request(environ)
        if service != "s3":
            # The signature covers the content, which the service reads after this.
            environ["wsgi.input"] = BytesIO(request.get_data())
        try:
            check_signature(request)
        except KeyRefusedError as refused:
            return error_answer(service, 403, _code(service, refused.code), refused.message)
        return None


def is_own_host(host: str, settings: Settings) -> bool:
    """Return whether a client may address AWS by the value of its Host header."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if "*" in settings.hosts or name in {settings.listen, settings.host_name, *settings.hosts} - {""}:
        return True
    # These names never leave the machine (RFC 6761).
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _code(service: str, code: str) -> str:
    if service == "s3":
        return code
    return (_JSON_CODES if service in JSON_SERVICES else _QUERY_CODES).get(code, code)


def _text(message: str) -> Answer:
    return 403, {"content-type": "text/plain"}, f"{message}\n"
