"""ListObjectsV2, fast for thousands of objects."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from moto.s3.exceptions import InvalidContinuationToken
from moto.s3.models import FakeBucket, FakeKey
from moto.s3.responses import S3Response

from redshift_standin.aws.s3.model import s3_backend
from redshift_standin.settings import ACCOUNT


class StandInS3Response(S3Response):
    """Reads S3 requests. Only the listing differs from moto's, whose XML serializer takes 0.4 s for a page of 1,000."""

    def list_objects_v2(self) -> tuple[int, dict[str, str], str]:
        """ListObjectsV2, with the same answer as moto's."""
        bucket = self.backend.get_bucket(self.bucket_name)
        query = {name: values[0] for name, values in self._get_querystring(self.request, self.uri).items()}
        page = _Page.of(s3_backend().visible_keys(bucket, query.get("prefix", "")), query)
        body = page.xml(bucket, query)
        return 200, {**self.response_headers, "content-type": "application/xml"}, body


@dataclass(frozen=True)
class _Page:
    names: list[str]
    folders: list[str]
    next_token: str | None
    limit: int

    @classmethod
    def of(cls, names: Iterable[str], query: dict[str, str]) -> _Page:
        limit = min(int(query.get("max-keys", 1000)), 1000)
        after = query.get("start-after", "")
        if "continuation-token" in query:
            after = _decode_token(query["continuation-token"])
        entries = _group(names, query.get("prefix", ""), query.get("delimiter", ""))
        chosen: list[tuple[str, bool]] = []
        truncated = False
        for entry in entries:
            if entry[0] <= after:
                continue
            if len(chosen) == limit:
                truncated = limit > 0
                break
            chosen.append(entry)
        return cls(
            names=[name for name, is_folder in chosen if not is_folder],
            folders=[name for name, is_folder in chosen if is_folder],
            next_token=_encode_token(chosen[-1][0]) if truncated else None,
            limit=limit,
        )

    def xml(self, bucket: FakeBucket, query: dict[str, str]) -> str:
        encode = _url_encode if query.get("encoding-type") == "url" else escape
        owner = f"<Owner><ID>{ACCOUNT}</ID></Owner>" if query.get("fetch-owner") == "true" else ""
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
            _element("Name", bucket.name),
            f"<Prefix>{encode(query.get('prefix', ''))}</Prefix>",
            _element("MaxKeys", self.limit),
            _element("KeyCount", len(self.names) + len(self.folders)),
            _element("IsTruncated", str(self.next_token is not None).lower()),
        ]
        parts += [_element(name, query[key]) for key, name in _ECHOED.items() if key in query]
        if self.next_token:
            parts.append(_element("NextContinuationToken", self.next_token))
        for name in self.names:
            key: FakeKey = bucket.keys[name]
            parts.append(
                f"<Contents><Key>{encode(name)}</Key><LastModified>{key.last_modified_ISO8601}</LastModified>"
                f"<ETag>{escape(key.etag)}</ETag><Size>{key.size}</Size>{owner}"
                f"<StorageClass>{key.storage_class}</StorageClass></Contents>"
            )
        parts += [f"<CommonPrefixes><Prefix>{encode(name)}</Prefix></CommonPrefixes>" for name in self.folders]
        parts.append("</ListBucketResult>")
        return "".join(parts)


_ECHOED = {
    "delimiter": "Delimiter",
    "encoding-type": "EncodingType",
    "continuation-token": "ContinuationToken",
    "start-after": "StartAfter",
}


def _group(names: Iterable[str], prefix: str, delimiter: str) -> Iterator[tuple[str, bool]]:
    """Yield keys and common prefixes in order, with whether each is a prefix; the names come in order."""
    if not delimiter:
        yield from ((name, False) for name in names)
        return
    last_folder = None
    for name in names:
        head, found, _ = name[len(prefix) :].partition(delimiter)
        if not found:
            yield name, False
        elif last_folder != (folder := prefix + head + delimiter):
            last_folder = folder
            yield folder, True


def _encode_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _decode_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError as error:
        raise InvalidContinuationToken from error


def _url_encode(text: str) -> str:
    return urllib.parse.quote(text, safe="/-_.~*")


def _element(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"
