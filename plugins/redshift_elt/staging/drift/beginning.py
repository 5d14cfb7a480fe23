"""The beginning of the text of an object, of which only the first bytes were read."""

from __future__ import annotations

import bz2
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_elt.staging.formats.compression import Compression

_WITH_GZIP_HEADER = 31


def beginning(content: bytes, compression: Compression, size: int) -> bytes:
    """Return the beginning of a text whose compressed form begins with ``content``.

    It is empty for a content that is compressed in another way than it should be, which COPY reports; for ``zstd`` and
    ``lzop``, which this does not read; and for a content that is less than the first block of ``bzip2``.

    :param size: the maximum number of bytes, so that a file of blanks does not fill the memory.
    """
    try:
        if compression == "gzip":
            return zlib.decompressobj(_WITH_GZIP_HEADER).decompress(content, size)
        if compression == "bzip2":
            return bz2.BZ2Decompressor().decompress(content, size)
    except (zlib.error, OSError):
        return b""
    return content[:size] if compression == "none" else b""
