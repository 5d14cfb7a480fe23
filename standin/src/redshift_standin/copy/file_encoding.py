"""Converts files in other encodings to UTF-8.

AWS page "Data conversion parameters", ENCODING.
"""

from __future__ import annotations

import codecs

from redshift_standin.copy.conversion import LineError

_MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def to_utf8(content: bytes, encoding: str) -> bytes:
    """Return the content of a file in UTF-8.

    :param encoding: Python's name for the encoding of the file.
    :raises LineError: the file is not in this encoding.
    """
    if encoding == "utf-8" or not content:
        return content
    if encoding == "utf-16" and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise LineError(1221, "The file has no byte order mark")
    try:
        return content.removeprefix(_MARKS.get(encoding, b"")).decode(encoding).encode()
    except UnicodeDecodeError as error:
        raise LineError(1221, "The file is not encoded as ENCODING says") from error
