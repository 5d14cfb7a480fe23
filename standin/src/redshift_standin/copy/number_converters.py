"""Reads numbers for columns of integers, floating-point numbers and decimals."""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from redshift_standin.copy.columns import Column
from redshift_standin.copy.conversion import ConversionError, Converter, text_of

# For each integer type, the number of bits without the sign, and its name in load errors.
INTEGERS = {"int2": (15, "Short"), "int4": (31, "Integer"), "int8": (63, "Long")}
WHOLE_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def integer_converter(kind: str) -> Converter:
    """Return the converter for a column of this integer type."""
    bits, type_name = INTEGERS[kind]
    lowest, highest = -(1 << bits), (1 << bits) - 1

    def convert(value: Any) -> str | None:
        if type(value) is not int:
            text = text_of(value).strip()
            if not text:
                return None
            if not WHOLE_NUMBER.fullmatch(text):
                raise _invalid_digit(1207, text, type_name, allowed=WHOLE_NUMBER)
            value = int(text) if len(text) < 100 else highest + 1
        if lowest <= value <= highest:
            return str(value)
        raise ConversionError(1222, f"Overflow, Value '{str(value)[:40]}' is out of range for type {type_name}")

    return convert


def float_converter(*, single: bool) -> Converter:
    """Return the converter for a column of floating-point numbers."""

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


def numeric_converter(column: Column, *, rounded: bool) -> Converter:
    """Return the converter for a DECIMAL column.

    :param rounded: whether to round digits that exceed the scale; the default of COPY is to truncate them.
    """
    rounding = ROUND_HALF_UP if rounded else ROUND_DOWN
    quantum = Decimal(1).scaleb(-column.scale)
    limit = Decimal(10) ** (column.size - column.scale)

    def convert(value: Any) -> str | None:
        # COPY reads a JSON number for a DECIMAL column as floating point, so its shortest representation is used.
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


def _invalid_digit(code: int, text: str, type_name: str, *, allowed: re.Pattern[str]) -> ConversionError:
    match = allowed.match(text)
    position = match.end() if match else 1 if text[0] in "+-" and len(text) > 1 else 0
    value = text[position] if position < len(text) else text[-1]
    return ConversionError(code, f"Invalid digit, Value '{value}', Pos {position}, Type: {type_name}", position)
