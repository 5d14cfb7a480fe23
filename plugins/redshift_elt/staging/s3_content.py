"""The content of an object: its text, and its lines. Read only if COPY leaves a question open."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

if TYPE_CHECKING:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.staging.formats.compression import Compression
    from redshift_elt.staging.s3_objects import S3Object

_PIECE = 1 << 16


def can_decompress(compression: Compression) -> bool:
    """Return whether objects with a compression can be read here; COPY reads more than Python does."""
    if compression == "zstd":
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            return False
    return compression != "lzop"


@contextmanager
def opened(s3: S3Hook, item: S3Object, compression: Compression) -> Iterator[BinaryIO]:
    """Open the content of an object, in the version that was listed, without its compression.

    It is read in pieces as it is used, so that an object of any size takes little memory.

    :raises ClientError: the object has changed or was deleted since.
    """
    body = s3.get_conn().get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag)["Body"]
    try:
        yield _decompressed(body, compression if item.size else "none")
    finally:
        body.close()


def read_beginning(s3: S3Hook, item: S3Object, size: int) -> bytes:
    """Return the first bytes of an object that is not empty, in the version that was listed.

    :param size: the maximum number of bytes.
    :raises ClientError: the object has changed or was deleted since, or may not be read.
    """
    return _range(s3, item, f"bytes=0-{size - 1}")


def read_end(s3: S3Hook, item: S3Object, size: int) -> bytes:
    """Return the last bytes of an object, as :func:`read_beginning` does the first ones."""
    return _range(s3, item, f"bytes=-{size}")


def lines(text: TextIO, numbers: Collection[int], size: int) -> dict[int, str]:
    """Return the texts of lines, without NUL and line breaks; empty for those that do not exist.

    :param numbers: the numbers of the lines, from 1.
    :param size: the maximum number of bytes of each text.
    """
    found = dict.fromkeys(numbers, "")
    number, at_start = 1, True
    while number <= max(found, default=0) and (piece := text.readline(_PIECE)):
        if at_start and number in found:
            shown = piece.rstrip("\r\n").replace("\0", "")
            found[number] = shown.encode(errors="backslashreplace")[:size].decode(errors="ignore")
        at_start = piece.endswith("\n")
        number += at_start
    return found


def _range(s3: S3Hook, item: S3Object, wanted: str) -> bytes:
    found = s3.get_conn().get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag, Range=wanted)
    content: bytes = found["Body"].read()
    return content


def _decompressed(body: Any, compression: Compression) -> BinaryIO:
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=body))
    if compression == "bzip2":
        return cast("BinaryIO", bz2.BZ2File(body))
    if compression == "zstd":
        import pyarrow

        return BufferedReader(pyarrow.input_stream(body, compression="zstd"))
    return BufferedReader(body)
