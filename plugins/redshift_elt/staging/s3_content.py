"""The content of an object: its number of records, and the text of a line. Read only if COPY leaves a question open."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.staging.s3_objects import S3Object

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def read(s3: S3Hook, item: S3Object, *, compressed: bool = False) -> bytes:
    """Return the content of an object, in the version that was listed.

    :param compressed: whether it is compressed with gzip.
    :raises ClientError: the object has changed or was deleted since.
    """
    body = s3.get_conn().get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag)["Body"].read()
    return gzip.decompress(body) if compressed and body else body


def read_beginning(s3: S3Hook, item: S3Object, size: int) -> bytes:
    """Return the first bytes of an object that is not empty, in the version that was listed.

    :param size: the maximum number of bytes.
    :raises ClientError: the object has changed or was deleted since, or may not be read.
    """
    found = s3.get_conn().get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag, Range=f"bytes=0-{size - 1}")
    content: bytes = found["Body"].read()
    return content


def count_records(content: bytes) -> int:
    """Return the number of records: JSON values, on one line or several, and lines that are not JSON."""
    text = content.decode(errors="replace")
    count = position = 0
    while (position := _skip_blank(text, position)) < len(text):
        count += 1
        try:
            _, position = _DECODER.raw_decode(text, position)
        except ValueError:
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
    return count


def line(content: bytes, number: int, size: int) -> str:
    r"""Return the text of a line without NUL; bytes that are not UTF-8 become escapes such as ``\xe4``.

    :param number: the number of the line, from 1.
    :param size: the maximum number of bytes of the text.
    """
    lines = content.split(b"\n", number)
    raw = lines[number - 1] if number <= len(lines) else b""
    # A character that is split here does not fit anyway.
    text = raw[: size + 4].rstrip(b"\r").decode(errors="backslashreplace").replace("\0", "")
    return text.encode()[:size].decode(errors="ignore")


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position
