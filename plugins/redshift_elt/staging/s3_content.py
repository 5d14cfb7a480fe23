"""The content of an object: its text, and its lines. Read only if COPY leaves a question open."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from airflow.providers.common.compat.sdk import AirflowFailException

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    from redshift_elt.staging.formats.compression import Compression
    from redshift_elt.staging.s3_objects import S3Object

_PIECE = 1 << 16
# The size of one request. A task can take its time between two of them without losing a connection.
_RANGE = 8 << 20
# Text compresses about tenfold, and rarely a hundredfold. The formats allow a thousandfold and more.
_MOST_EXPANSION = 100
# Small objects may expand more: a file of blanks is harmless.
_ALWAYS_ALLOWED = 64 << 20


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

    It is read in ranges as it is used, so that an object of any size takes little memory.

    :raises ClientError: while it is read: the object has changed or was deleted since.
    :raises AirflowFailException: while it is read: it expands to many times its size, see :func:`most_expanded`.
    """
    with cast("BinaryIO", BufferedReader(_Ranges(s3, item), _PIECE)) as stored:
        if compression == "none" or not item.size:
            yield stored
        else:
            with BufferedReader(_Limited(_decompressed(stored, compression), item), _PIECE) as content:
                yield cast("BinaryIO", content)


def most_expanded(size: int) -> int:
    """Return the number of bytes that a compressed object may expand to, if it is read here.

    :param size: the size of the object in bytes.
    """
    return max(_MOST_EXPANSION * size, _ALWAYS_ALLOWED)


def read_beginning(s3: S3Hook, item: S3Object, size: int) -> bytes:
    """Return the first bytes of an object that is not empty, in the version that was listed.

    :param size: the maximum number of bytes.
    :raises ClientError: the object has changed or was deleted since, or may not be read.
    """
    return _range(s3, item, f"bytes=0-{size - 1}")


def read_end(s3: S3Hook, item: S3Object, size: int) -> bytes:
    """Return the last bytes of an object, as :func:`read_beginning` does the first ones."""
    return _range(s3, item, f"bytes=-{size}")


def lines(text: TextIO, numbers: Iterable[int], size: int) -> Iterator[str]:
    """Yield the texts of lines, without NUL and line breaks; empty for those that do not exist.

    The text is read once, and as far as it is needed.

    :param numbers: the numbers of the lines, from 1, in ascending order; a number may be repeated.
    :param size: the maximum number of bytes of each text.
    """
    number, line, found = 0, "", ""
    for wanted in numbers:
        while number < wanted:
            line = _next_line(text)
            number = number + 1 if line else wanted
            found = line.rstrip("\r\n").replace("\0", "") if number == wanted else ""
        yield found.encode(errors="backslashreplace")[:size].decode(errors="ignore")


def _next_line(text: TextIO) -> str:
    """Return the beginning of the next line; empty at the end of the text."""
    beginning = rest = text.readline(_PIECE)
    while rest and not rest.endswith("\n"):
        rest = text.readline(_PIECE)
    return beginning


def _range(s3: S3Hook, item: S3Object, wanted: str) -> bytes:
    found = s3.get_conn().get_object(Bucket=item.bucket, Key=item.key, IfMatch=item.etag, Range=wanted)
    content: bytes = found["Body"].read()
    return content


def _decompressed(compressed: BinaryIO, compression: Compression) -> BinaryIO:
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=compressed))
    if compression == "bzip2":
        return cast("BinaryIO", bz2.BZ2File(compressed))
    import pyarrow

    return cast("BinaryIO", pyarrow.input_stream(compressed, compression="zstd"))


class _Ranges(RawIOBase):
    """An object, read in ranges."""

    def __init__(self, s3: S3Hook, item: S3Object) -> None:
        self._s3 = s3
        self._item = item
        self._position = 0
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._piece and self._position < self._item.size:
            last = min(self._position + _RANGE, self._item.size) - 1
            self._piece = memoryview(_range(self._s3, self._item, f"bytes={self._position}-{last}"))
            self._position = last + 1
        target = memoryview(buffer).cast("B")
        length = min(len(target), len(self._piece))
        target[:length] = self._piece[:length]
        self._piece = self._piece[length:]
        return length


class _Limited(RawIOBase):
    """The content of a compressed object, which ends with an error if it is far larger than the object."""

    def __init__(self, content: BinaryIO, item: S3Object) -> None:
        self._content = content
        self._item = item
        self._left = most_expanded(item.size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer).cast("B")
        # No more than one byte more than allowed is ever expanded.
        content = self._content.read(min(len(target), self._left + 1))
        self._left -= len(content)
        if self._left < 0:
            raise AirflowFailException(
                f"{self._item.url} has {self._item.size:,} bytes and expands to more than "
                f"{most_expanded(self._item.size):,}, so it is not read any further. Nothing was loaded. Correct the "
                "object, or upload it without compression if it is correct; then clear this task."
            )
        target[: len(content)] = content
        return len(content)
