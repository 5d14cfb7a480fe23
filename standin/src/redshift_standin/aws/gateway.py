"""Dispatches HTTP requests to moto's services."""

from __future__ import annotations

import errno
import http.client
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.secretsmanager.responses import SecretsManagerResponse
from moto.sts.responses import TokenResponse
from werkzeug.exceptions import HTTPException

from redshift_standin.aws import faults
from redshift_standin.aws.data_api import DataApi
from redshift_standin.aws.ec2 import StandInEC2Response
from redshift_standin.aws.errors_of_services import DATA_API, SERVERLESS, Answer, error_answer
from redshift_standin.aws.faults import FAULTS, Fault
from redshift_standin.aws.iam.requests import StandInIamResponse
from redshift_standin.aws.redshift.requests import StandInRedshiftResponse
from redshift_standin.aws.s3.listing import StandInS3Response
from redshift_standin.aws.s3.model import StandInS3
from redshift_standin.aws.serverless.service import Serverless
from redshift_standin.aws.state import StateFile

_LOG = logging.getLogger(__name__)

HEALTH = "/_standin/health"
_SERVICES: dict[str, type[BaseResponse]] = {
    "ec2": StandInEC2Response,
    "iam": StandInIamResponse,
    "redshift": StandInRedshiftResponse,
    "secretsmanager": SecretsManagerResponse,
    "sts": TokenResponse,
}
# "AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request", in a header or in a presigned URL.
_SCOPE = re.compile(
    r"Credential=(?P<key>[^/,&%]+)(?:/|%2F)\d{8}(?:/|%2F)[\w-]+(?:/|%2F)(?P<service>[\w-]+)(?:/|%2F)aws4_request"
)
# The operations after which nothing is saved. Those that return credentials sign a password, and PostgreSQL stores the
# user that they may create.
_READS = re.compile(r"Describe|List|Lookup|Get")
# CreateCluster and DeleteCluster create and delete the secret of a managed password.
_ALSO_CHANGES = {"redshift": ("secretsmanager",)}


class _ServedRequest(Request):
    from_wsgi_server = True


class Gateway:
    """The WSGI application.

    :param state: stores changes before the response.
    :param lock: held during requests to every service but S3; moto's models have no locks of their own.
    :param health: returns the body of the health endpoint, or None during the start.
    :param data_api: the Redshift Data API.
    :param serverless: Redshift Serverless.
    """

    def __init__(
        self,
        state: StateFile,
        lock: threading.RLock,
        health: Callable[[], dict[str, Any] | None],
        data_api: DataApi,
        serverless: Serverless,
    ) -> None:
        self._state = state
        self._lock = lock
        self._health = health
        self._data_api = data_api
        self._serverless = serverless

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        status, headers, body = self._answer(environ)
        content = body.encode() if isinstance(body, str) else body
        fields = {str(name).lower(): str(value) for name, value in headers.items() if name.lower() != "status"}
        if environ["REQUEST_METHOD"] == "HEAD":
            content = b""
        if environ["REQUEST_METHOD"] != "HEAD" or "content-length" not in fields:
            fields["content-length"] = str(len(content))
        start_response(f"{status} {http.client.responses.get(status, 'Unknown')}", list(fields.items()))
        return [content]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        if environ["PATH_INFO"] == HEALTH:
            return self._answer_health()
        if environ["PATH_INFO"] == faults.PATH:
            return _answer_faults(environ)
        environ["RAW_URI"] = environ["REQUEST_URI"]
        request = _ServedRequest(environ)
        found = _scope(environ)
        service = service_of(environ)
        operation = _operation(request) if service != "s3" else None
        fault = FAULTS.next(service, operation)
        if fault and fault.code != faults.ANSWER_LOST:
            # Otherwise the rest of this request would be read as the next one.
            request.get_data()
            return _failed(service, fault)
        answer = self._dispatch(service, operation, request, found["key"] if found else None)
        if fault:
            # The server closes the connection, as if the client had.
            raise ConnectionResetError(errno.ECONNRESET, "the response is lost: injected by /_standin/faults")
        return answer

    def _dispatch(self, service: str, operation: str | None, request: Request, key: str | None) -> Answer:
        try:
            if service == "s3":
                return self._answer_s3(request)
            if service == DATA_API and key:
                # Without the lock: a request may wait for a statement.
                return self._data_api.answer(operation or "", request.get_data(), key)
            if service == SERVERLESS and key:
                return self._answer_serverless(operation or "", request, key)
            if service in _SERVICES:
                return self._answer_service(service, operation or "", request)
        except NotImplementedError as error:
            return _unsupported(service, str(error).replace(" has not been implemented", ""))
        except ClientError as error:
            return 400, {}, error.response["Error"]["Message"]
        except HTTPException as error:
            return error.code or 500, dict(error.get_headers()), error.get_body()
        except Exception:
            _LOG.exception("A request to %s failed: %s %s", service, request.method, request.path)
            raise
        return _unsupported(service, f"The service {service}")

    def _answer_health(self) -> Answer:
        health = self._health()
        status = 503 if health is None else 200
        return status, {"content-type": "application/json"}, json.dumps(health or {"status": "starting"})

    def _answer_s3(self, request: Request) -> Answer:
        bucket, _, key = request.path.lstrip("/").partition("/")
        dispatch = StandInS3Response.key_dispatch if key else StandInS3Response.ambiguous_dispatch
        dispatch = dispatch if bucket else StandInS3Response.bucket_dispatch
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return dispatch(request, request.raw_url, dict(request.headers))
        # Read before taking the lock, so that a slow client does not block others.
        request.get_data(parse_form_data=True)
        # The buckets must not change while they are saved.
        with StandInS3.changes:
            answer = dispatch(request, request.raw_url, dict(request.headers))
            self._state.save_s3(bucket, key)
        return answer

    def _answer_serverless(self, operation: str, request: Request, key: str) -> Answer:
        with self._lock:
            answer = self._serverless.answer(operation, request.get_data(), key)
            # Its records are saved with the control plane's.
            if not _READS.match(operation):
                for changed in ("redshift", "secretsmanager"):
                    self._state.save(changed)
        return answer

    def _answer_service(self, service: str, operation: str, request: Request) -> Answer:
        with self._lock:
            answer: Answer = _SERVICES[service].dispatch(request, request.raw_url, dict(request.headers))
            if not _READS.match(operation):
                for changed in (service, *_ALSO_CHANGES.get(service, ())):
                    self._state.save(changed)
        return answer


def service_of(environ: dict[str, Any]) -> str:
    """Return the service that a request is signed for, by its name in boto3; without a signature it is S3."""
    found = _scope(environ)
    return found["service"] if found else "s3"


def _scope(environ: dict[str, Any]) -> re.Match[str] | None:
    return _SCOPE.search(environ.get("HTTP_AUTHORIZATION") or environ.get("QUERY_STRING", ""))


def _answer_faults(environ: dict[str, Any]) -> Answer:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, text = FAULTS.answer(environ["REQUEST_METHOD"], body)
    return status, {"content-type": "application/json"}, text


def _operation(request: Request) -> str:
    action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return action or request.form.get("Action") or request.args.get("Action") or ""


def _failed(service: str, fault: Fault) -> Answer:
    return error_answer(service, fault.status, fault.code, fault.message)


def _unsupported(service: str, what: str) -> Answer:
    return error_answer(service, 501, "UnsupportedOperation", f"{what} is not supported by the stand-in.")
