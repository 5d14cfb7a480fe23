"""Converts values for VARCHAR and CHAR columns.

AWS pages "Data conversion parameters" and "Multibyte character load errors".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import ConversionError, Converter, text_of
from redshift_standin.copy.statement import CopyStatement

_SPECIAL = re.compile(r"[\\\t\n\r\x00\ud800-\udfff]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile(r"[\\\t\n\r]")
_SURROGATES = re.compile(r"[\ud800-\udfff]+")


def varchar_converter(column: Column, copy: CopyStatement, replaced: Callable[[], None]) -> Converter:
    """Return the converter for a VARCHAR column.

    :param replaced: called for each text in which ACCEPTINVCHARS replaced a character.
    """
    size = column.size
    # A longer text can have more bytes than the column holds.
    safe = size // 4
    plain = not (copy.blanks_as_null or copy.empty_as_null or copy.trim_blanks)

    def convert(value: Any) -> str | None:
        text = value if type(value) is str else text_of(value)
        if not plain:
            if copy.trim_blanks:
                text = text.rstrip(" ")
            if (copy.empty_as_null and not text) or (copy.blanks_as_null and text.isspace()):
                return None
        if _SPECIAL.search(text):
            cleaned = _cleaned(text, copy)
            if _SURROGATES.search(text):
                replaced()
            return _ESCAPED.sub(_escape, _fit(cleaned, size, copy, "String"))
        return text if len(text) <= safe else _fit(text, size, copy, "String")

    return convert


def char_converter(column: Column, copy: CopyStatement) -> Converter:
    """Return the converter for a CHAR column, which holds ASCII characters only."""

    def convert(value: Any) -> str | None:
        text = text_of(value)
        if (copy.empty_as_null and not text) or (copy.blanks_as_null and text.isspace()):
            return None
        if not text.isascii():
            invalid = next(character for character in text if not character.isascii())
            shown = invalid.encode("utf-8", "surrogateescape").hex(" ")
            raise ConversionError(
                1215,
                f"Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: {shown}",
                text.index(invalid),
            )
        return _ESCAPED.sub(_escape, _fit(_cleaned(text, copy), column.size, copy, "Char"))

    return convert


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match.group()]


def _fit(text: str, size: int, copy: CopyStatement, kind: str) -> str:
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    # Excess trailing blanks are not an error.
    if copy.truncate_columns or not encoded[size:].strip(b" "):
        return encoded[:size].decode("utf-8", "ignore")
    raise ConversionError(1204, f"{kind} length exceeds DDL length")


def _cleaned(text: str, copy: CopyStatement) -> str:
    if "\0" in text:
        if text.startswith("\0"):
            raise ConversionError(1220, "Invalid null byte - field longer than 1 byte")
        text = text.partition("\0")[0]
    match = _SURROGATES.search(text)
    if match is None:
        return text
    if replacement := copy.accept_invalid_characters:
        return _SURROGATES.sub(lambda found: replacement * _byte_count(found.group()), text)
    sequence, code = _invalid_sequence(match.group(), ends=match.end() == len(text))
    raise ConversionError(
        1220,
        f"String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: {sequence} (error {code})",
        match.start(),
    )


def _byte_count(surrogates: str) -> int:
    return len(surrogates.encode("utf-8", "surrogatepass")) if not _is_raw(surrogates) else len(surrogates)


def _is_raw(surrogates: str) -> bool:
    return all("\udc80" <= character <= "\udcff" for character in surrogates)


def _invalid_sequence(surrogates: str, *, ends: bool) -> tuple[str, int]:
    """Return the bytes in hexadecimal, and their error code from the page "Multibyte character load errors".

    :param ends: whether they are at the end of the text.
    """
    if not _is_raw(surrogates):
        return surrogates[0].encode("utf-8", "surrogatepass").hex(" "), 5
    raw = surrogates.encode("utf-8", "surrogateescape")
    lead = raw[0]
    if lead < 0xC2 or lead >= 0xFE:
        return raw[:1].hex(" "), 3
    if lead >= 0xF8:
        return raw[:1].hex(" "), 1
    expected = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if len(raw) >= expected:
        if lead == 0xED:
            return raw[:3].hex(" "), 5
        return raw[:expected].hex(" "), 8 if lead >= 0xF4 else 4
    continued = all(0x80 <= byte < 0xC0 for byte in raw[1:])
    return raw.hex(" "), 2 if ends and continued else 4
