"""Checks that a request is signed with a key of the account, as AWS does.

Signature Version 4 in the header or in a presigned URL (AWS page "AWS Signature Version 4 for API requests"), and
presigned URLs with Signature Version 2, which boto3 makes by default (AWS page "Signing and authenticating REST
requests").
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import UNSIGNED_PAYLOAD, HmacV1QueryAuth, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from werkzeug.wrappers import Request

from redshift_standin.aws.iam.access_keys import AccessKeys, KeyRefusedError, check_token, find_keys, wrong_signature

_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<scope>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
_SIGNATURE_PARAMETER = re.compile(r"&?X-Amz-Signature=[^&]*")


@dataclass(frozen=True)
class _Signature:
    """A signature of Version 4, and what it was calculated from.

    :param scope: the id of the key, the date, the region, the service and ``aws4_request``.
    :param headers: the names of the signed headers.
    :param url: the URL without the signature.
    """

    scope: str
    headers: str
    signature: str
    time: str
    token: str | None
    url: str
    payload_hash: str


def check_signature(request: Request) -> None:
    """Check that a request is signed with a key of the account.

    :raises KeyRefusedError: it is not signed, the account does not have the key, or the signature is wrong.
    """
    query = dict(parse_qsl(urlsplit(_url(request)).query, keep_blank_values=True))
    if found := _SIGNED.fullmatch(request.headers.get("Authorization", "")):
        _check(request, _in_header(request, found))
    elif "X-Amz-Signature" in query:
        _check(request, _in_url(request, query))
    elif query.keys() >= {"AWSAccessKeyId", "Signature", "Expires"}:
        _check_version_2(request, query)
    else:
        raise KeyRefusedError("AccessDenied", "The request is not signed, and the stand-in refuses such requests.")


def _in_header(request: Request, found: re.Match[str]) -> _Signature:
    headers = request.headers
    # S3 has the hash in a header; the other services calculate it.
    payload_hash = headers.get("X-Amz-Content-SHA256") or sha256(request.get_data()).hexdigest()
    time, token = headers.get("X-Amz-Date", ""), headers.get("X-Amz-Security-Token")
    return _Signature(found["scope"], found["headers"], found["signature"], time, token, _url(request), payload_hash)


def _in_url(request: Request, query: dict[str, str]) -> _Signature:
    return _Signature(
        query.get("X-Amz-Credential", ""),
        query.get("X-Amz-SignedHeaders", ""),
        query["X-Amz-Signature"],
        query.get("X-Amz-Date", ""),
        query.get("X-Amz-Security-Token"),
        _SIGNATURE_PARAMETER.sub("", _url(request)),
        UNSIGNED_PAYLOAD,
    )


class _AsTheClientSigned(SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """Signs the headers that the client has chosen, and the hash of the content that it has sent."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return request.headers

    def payload(self, request: AWSRequest) -> str:
        hashed: str = request.context["payload"]
        return hashed


class _AsTheClientSignedForS3(_AsTheClientSigned, S3SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """The same for S3, whose paths are signed as they are."""


def _check(request: Request, signed: _Signature) -> None:
    key_id, _, scope = signed.scope.partition("/")
    date, _, scope = scope.partition("/")
    region, _, service = scope.removesuffix("/aws4_request").partition("/")
    keys = find_keys(key_id)
    check_token(signed.token, keys)
    signer = (_AsTheClientSignedForS3 if service == "s3" else _AsTheClientSigned)(_credentials(keys), service, region)
    headers = {name: request.headers.get(name, "") for name in signed.headers.split(";")}
    copy = AWSRequest(method=request.method, url=signed.url, headers=headers)
    copy.context.update(timestamp=signed.time, payload=signed.payload_hash)
    calculated = signer.signature(signer.string_to_sign(copy, signer.canonical_request(copy)), copy)
    # Without the host, the request may be meant for another server.
    if "host" not in headers or date != signed.time[:8] or not hmac.compare_digest(calculated, signed.signature):
        raise wrong_signature()


class _WithGivenExpiry(HmacV1QueryAuth):  # type: ignore[misc]  # botocore ships no types
    """Signs for the time at which the client's URL expires."""

    def _get_date(self) -> str:
        return str(self._expires)


def _check_version_2(request: Request, query: dict[str, str]) -> None:
    keys = find_keys(query["AWSAccessKeyId"])
    check_token(query.get("x-amz-security-token"), keys)
    signer = _WithGivenExpiry(_credentials(keys), query["Expires"])
    # botocore moves some headers into the URL; clients may send them as well.
    given = {name.lower(): value for name, value in [*request.headers.items(), *query.items()]}
    signed = {name: value for name, value in given.items() if _is_signed_by_version_2(name)}
    calculated = signer.get_signature(request.method, urlsplit(_url(request)), HTTPHeaders.from_dict(signed))
    if not hmac.compare_digest(calculated.encode(), query["Signature"].encode()):
        raise wrong_signature()


def _is_signed_by_version_2(name: str) -> bool:
    return name in ("content-type", "content-md5") or name.startswith("x-amz-")


def _credentials(keys: AccessKeys) -> Credentials:
    return Credentials(keys.key_id, keys.secret, keys.token)


def _url(request: Request) -> str:
    """Return the URL as the client has encoded it."""
    return f"http://{request.host}{request.environ['REQUEST_URI']}"
