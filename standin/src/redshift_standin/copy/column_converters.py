"""Converts values to the text that PostgreSQL loads, following the rules of Redshift's COPY.

AWS pages "Data conversion parameters" and "Load error reference".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from redshift_standin.copy.automatic_times import parse_date, parse_timestamp
from redshift_standin.copy.character_converters import char_converter, varchar_converter
from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import ConversionError, Converter, text_of
from redshift_standin.copy.number_converters import (
    INTEGERS,
    WHOLE_NUMBER,
    float_converter,
    integer_converter,
    numeric_converter,
)
from redshift_standin.copy.statement import CopyStatement, unsupported
from redshift_standin.copy.time_patterns import Pattern

DEFAULT_DATE_FORMAT = "YYYY-MM-DD"
DEFAULT_TIME_FORMAT = "YYYY-MM-DD HH:MI:SS"

_TRUE = {"t", "true", "y", "yes", "1"}
_FALSE = {"f", "false", "n", "no", "0"}
_EPOCH = datetime(1970, 1, 1)


def make_converter(column: Column, copy: CopyStatement, replaced: Callable[[], None]) -> Converter:
    """Return the converter for a column.

    :param replaced: called for each value in which ACCEPTINVCHARS replaced a character.
    """
    if column.type == "varchar":
        return varchar_converter(column, copy, replaced)
    if column.type == "char":
        return char_converter(column, copy)
    if column.type in INTEGERS:
        return integer_converter(column.type)
    if column.type in ("float4", "float8"):
        return float_converter(single=column.type == "float4")
    if column.type == "numeric":
        return numeric_converter(column, rounded=copy.round_decimals)
    if column.type == "bool":
        return _boolean
    if column.type == "date":
        return _lenient(_date(copy.date_format), copy)
    return _lenient(_timestamp(copy.time_format, with_zone=column.type == "timestamptz"), copy)


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
    read = _day_reader(date_format)

    def convert(value: Any) -> str | None:
        text = text_of(value).strip()
        if not text:
            return None
        day = read(text)
        if day is None and date_format is None and len(text) < len(DEFAULT_DATE_FORMAT):
            raise ConversionError(1205, "Invalid Date Format - length must be 10 or more")
        if day is None:
            raise ConversionError(1205, f"Invalid date format or value [{date_format or DEFAULT_DATE_FORMAT}]")
        return day.isoformat()

    return convert


def _day_reader(date_format: str | None) -> Callable[[str], date | None]:
    if date_format in (None, "auto", DEFAULT_DATE_FORMAT):
        return lambda text: parse_date(text, lenient=date_format == "auto")
    pattern = Pattern(date_format)

    def read(text: str) -> date | None:
        moment = pattern.read_day(text)
        return moment.date() if moment else None

    return read


def _timestamp(time_format: str | None, *, with_zone: bool) -> Converter:
    if time_format in ("epochsecs", "epochmillisecs"):
        return _epoch(time_format, with_zone=with_zone)
    read = _moment_reader(time_format, with_zone=with_zone)

    def convert(value: Any) -> str | None:
        text = text_of(value).strip()
        if not text:
            return None
        moment = read(text)
        if moment is None:
            raise ConversionError(1206, f"Invalid timestamp format or value [{time_format or 'YYYY-MM-DD HH24:MI:SS'}]")
        return moment.isoformat(" ")

    return convert


def _moment_reader(time_format: str | None, *, with_zone: bool) -> Callable[[str], datetime | None]:
    if time_format in (None, "auto", DEFAULT_TIME_FORMAT):
        return lambda text: parse_timestamp(text, lenient=time_format == "auto", with_zone=with_zone)
    if with_zone:
        raise unsupported("TIMESTAMPTZ with a TIMEFORMAT that is a pattern")
    return Pattern(time_format).read


def _epoch(time_format: str, *, with_zone: bool) -> Converter:
    unit = 1000 if time_format == "epochmillisecs" else 1
    start = _EPOCH.replace(tzinfo=timezone.utc) if with_zone else _EPOCH

    def convert(value: Any) -> str | None:
        if type(value) is not int:
            text = text_of(value).strip()
            if not text:
                return None
            if not WHOLE_NUMBER.fullmatch(text):
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
