"""Turns JSON values into the text that PostgreSQL loads, by the rules of Redshift's COPY.

AWS pages "Data conversion parameters" and "Load error reference".
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from local.standin.copy.columns import Column
from local.standin.copy.records import Spelled
from local.standin.copy.statement import CopyStatement
from local.standin.copy.times import parse_date, parse_timestamp

NULL = "\\N"
# Takes a value that is not None and returns the text for PostgreSQL, or None for NULL.
Converter = Callable[[Any], "str | None"]

_INTEGERS = {"int2": (15, "Short"), "int4": (31, "Integer"), "int8": (63, "Long")}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TRUE = {"t", "true", "y", "yes", "1"}
_FALSE = {"f", "false", "n", "no", "0"}
_SPECIAL = re.compile(r"[\\\t\n\r\x00\ud800-\udfff]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile(r"[\\\t\n\r]")
_SURROGATES = re.compile(r"[\ud800-\udfff]+")
_EPOCH = datetime(1970, 1, 1)


class ConversionError(Exception):
    """A value that cannot be loaded, with the code and the reason that the load error tables show."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


class SpellingNeeded(Exception):  # noqa: N818 no error: the record is read again
    """A number's digits as written are needed, and the parser did not keep them."""


def make_converter(column: Column, copy: CopyStatement) -> Converter:
    """Return the conversion for one column."""
    if column.type == "varchar":
        return _varchar(column, copy)
    if column.type == "char":
        return _char(column, copy)
    if column.type in _INTEGERS:
        return _integer(*_INTEGERS[column.type])
    if column.type in ("float4", "float8"):
        return _float(single=column.type == "float4")
    if column.type == "numeric":
        return _numeric(column, ROUND_HALF_UP if copy.round_decimals else ROUND_DOWN)
    if column.type == "bool":
        return _boolean
    if column.type == "date":
        return _lenient(_date(copy.date_format), copy)
    return _lenient(_timestamp(copy.time_format, with_zone=column.type == "timestamptz"), copy)


def not_null_error() -> ConversionError:
    """Return the error for NULL in a NOT NULL column."""
    return ConversionError(1213, "Missing data for not-null field")


def text_of(value: Any) -> str:
    """Return a JSON value as text: a string as it is, a number as written, anything else as JSON.

    :raises SpellingNeeded: it is a number with a point or an exponent, or has one inside.
    """
    if isinstance(value, str):
        return value
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        raise SpellingNeeded
    return _json_text(value)


def _json_text(value: Any) -> str:
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, float):
        raise SpellingNeeded
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json_text(key)}:{_json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _varchar(column: Column, copy: CopyStatement) -> Converter:
    size = column.size
    # Longer texts can have more bytes than fit.
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
            return _ESCAPED.sub(_escape, _fit(_cleaned(text, copy), size, copy, "String"))
        return text if len(text) <= safe else _fit(text, size, copy, "String")

    return convert


def _char(column: Column, copy: CopyStatement) -> Converter:
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
    # Blanks at the end are no reason to refuse a text.
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
    if copy.accept_invalid_characters:
        return _SURROGATES.sub(lambda found: copy.accept_invalid_characters * _byte_count(found.group()), text)
    sequence, code = _invalid_sequence(match.group())
    raise ConversionError(
        1220,
        f"String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: {sequence} (error {code})",
        match.start(),
    )


def _byte_count(surrogates: str) -> int:
    return len(surrogates.encode("utf-8", "surrogatepass")) if not _is_raw(surrogates) else len(surrogates)


def _is_raw(surrogates: str) -> bool:
    return all("\udc80" <= character <= "\udcff" for character in surrogates)


def _invalid_sequence(surrogates: str) -> tuple[str, int]:
    """Return the bytes in hexadecimal and the sub-code that "Multibyte character load errors" gives them."""
    if not _is_raw(surrogates):
        return surrogates[0].encode("utf-8", "surrogatepass").hex(" "), 5
    raw = surrogates.encode("utf-8", "surrogateescape")
    lead = raw[0]
    if lead < 0xC2:
        return raw[:1].hex(" "), 3
    if lead >= 0xF8:
        return raw[:1].hex(" "), 1
    expected = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if len(raw) >= expected:
        if lead == 0xED:
            return raw[:3].hex(" "), 5
        return raw[:expected].hex(" "), 8 if lead >= 0xF4 else 4
    return raw[:expected].hex(" "), 4


def _integer(bits: int, type_name: str) -> Converter:
    lowest, highest = -(1 << bits), (1 << bits) - 1

    def convert(value: Any) -> str | None:
        if type(value) is not int:
            text = text_of(value).strip()
            if not text:
                return None
            if not _INTEGER.fullmatch(text):
                raise _invalid_digit(1207, text, type_name, allowed=_INTEGER)
            value = int(text) if len(text) < 100 else highest + 1
        if lowest <= value <= highest:
            return str(value)
        raise ConversionError(1222, f"Overflow, Value '{str(value)[:40]}' is out of range for type {type_name}")

    return convert


def _float(*, single: bool) -> Converter:
    def convert(value: Any) -> str | None:
        if type(value) is not float:
            text = text_of(value).strip()
            if not text:
                return None
            if not _NUMBER.fullmatch(text):
                raise _invalid_digit(1208, text, "Double", allowed=_NUMBER)
            value = float(text)
        if math.isinf(value) or (single and not _fits_single(value)):
            raise ConversionError(1208, "Overflow for a floating-point number")
        return repr(value)

    return convert


def _fits_single(value: float) -> bool:
    try:
        struct.pack("f", value)
    except OverflowError:
        return False
    return True


def _numeric(column: Column, rounding: str) -> Converter:
    quantum = Decimal(1).scaleb(-column.scale)
    limit = Decimal(10) ** (column.size - column.scale)

    def convert(value: Any) -> str | None:
        # A JSON number is read as floating point on its way into a DECIMAL: its shortest spelling.
        text = repr(value) if type(value) is float else text_of(value).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise _invalid_digit(1207, text, "Decimal", allowed=_NUMBER)
        try:
            number = Decimal(text).quantize(quantum, rounding=rounding)
        except InvalidOperation:
            number = limit
        if abs(number) >= limit:
            raise ConversionError(1209, f"Overflow for NUMERIC({column.size},{column.scale})")
        return format(number, "f")

    return convert


def _boolean(value: Any) -> str | None:
    text = text_of(value).strip().lower()
    if not text:
        return None
    if text in _TRUE:
        return "t"
    if text in _FALSE:
        return "f"
    raise ConversionError(1210, "Unknown boolean format")


def _date(date_format: str | None) -> Converter:
    def convert(value: Any) -> str | None:
        text = text_of(value).strip()
        if not text:
            return None
        day = parse_date(text, lenient=date_format == "auto")
        if day is None:
            raise ConversionError(1205, f"Invalid date format or value [{date_format or 'YYYY-MM-DD'}]")
        return day.isoformat()

    return convert


def _timestamp(time_format: str | None, *, with_zone: bool) -> Converter:
    if time_format in ("epochsecs", "epochmillisecs"):
        return _epoch(time_format, with_zone=with_zone)

    def convert(value: Any) -> str | None:
        text = text_of(value).strip()
        if not text:
            return None
        moment = parse_timestamp(text, lenient=time_format == "auto", with_zone=with_zone)
        if moment is None:
            raise ConversionError(1206, f"Invalid timestamp format or value [{time_format or 'YYYY-MM-DD HH24:MI:SS'}]")
        return moment.isoformat(" ")

    return convert


def _epoch(time_format: str, *, with_zone: bool) -> Converter:
    unit = 1000 if time_format == "epochmillisecs" else 1
    start = _EPOCH.replace(tzinfo=timezone.utc) if with_zone else _EPOCH

    def convert(value: Any) -> str | None:
        if type(value) is not int:
            text = text_of(value).strip()
            if not text:
                return None
            if not _INTEGER.fullmatch(text):
                raise ConversionError(1206, f"Invalid timestamp format or value [{time_format}]")
            value = int(text) if len(text) < 30 else 1 << 100
        seconds, rest = divmod(value, unit)
        try:
            return (start + timedelta(seconds=seconds, milliseconds=rest)).isoformat(" ")
        except OverflowError:
            raise ConversionError(1206, f"Invalid timestamp format or value [{time_format}]") from None

    return convert


def _lenient(convert: Converter, copy: CopyStatement) -> Converter:
    if not copy.accept_any_date:
        return convert

    def convert_or_null(value: Any) -> str | None:
        try:
            return convert(value)
        except ConversionError:
            return None

    return convert_or_null


def _invalid_digit(code: int, text: str, type_name: str, *, allowed: re.Pattern[str]) -> ConversionError:
    match = allowed.match(text)
    position = match.end() if match else 1 if text[0] in "+-" and len(text) > 1 else 0
    value = text[position] if position < len(text) else text[-1]
    return ConversionError(code, f"Invalid digit, Value '{value}', Pos {position}, Type: {type_name}", position)
