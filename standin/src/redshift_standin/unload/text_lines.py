"""Writes the lines of text, CSV and JSON files: AWS page "UNLOAD"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.unload.result_columns import Column
from redshift_standin.unload.statement import UnloadStatement

Row = Sequence["str | None"]
LineWriter = Callable[[Row], str]

_TEXT_DELIMITER = "|"
_CSV_DELIMITER = ","
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")


def header(unload: UnloadStatement, columns: Sequence[Column]) -> str:
    """Return the header line. UNLOAD writes the column names like text values."""
    texts = [Column(column.name, "character varying") for column in columns]
    return line_writer(unload, texts)([column.name for column in columns])


def line_writer(unload: UnloadStatement, columns: Sequence[Column]) -> LineWriter:
    """Return a function that turns a row into a line, including the line break.

    :raises WarehouseError: the format does not support these columns.
    """
    if unload.format == "json":
        return _json_writer(columns)
    if unload.format == "csv":
        return _csv_writer(unload)
    return _text_writer(unload, columns)


def _text_writer(unload: UnloadStatement, columns: Sequence[Column]) -> LineWriter:
    delimiter = unload.delimiter or _TEXT_DELIMITER
    null = unload.null or ""
    quote = '"' if unload.add_quotes else ""
    special = re.compile("[\\n\\r\\\\" + re.escape(delimiter) + ("\"'" if unload.add_quotes else "") + "]")
    escaped = [unload.escape and column.is_text for column in columns]

    def write(row: Row) -> str:
        fields = []
        for value, escape in zip(row, escaped, strict=True):
            text = null if value is None else special.sub(r"\\\g<0>", value) if escape else value
            fields.append(f"{quote}{text}{quote}")
        return delimiter.join(fields) + "\n"

    return write


def _csv_writer(unload: UnloadStatement) -> LineWriter:
    delimiter = unload.delimiter or _CSV_DELIMITER
    null = unload.null or ""
    special = re.compile('["\\n\\r' + re.escape(delimiter) + "]")

    def field(value: str | None) -> str:
        if value is None:
            return null
        return '"' + value.replace('"', '""') + '"' if special.search(value) else value

    return lambda row: delimiter.join(map(field, row)) + "\n"


def _json_writer(columns: Sequence[Column]) -> LineWriter:
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        raise WarehouseError(
            "UNLOAD to JSON needs a name of its own for each column", sqlstate=sqlstate.DUPLICATE_COLUMN
        )
    for column in columns:
        if column.type == "boolean":
            # The documentation specifies t and f, but not whether they are quoted.
            raise WarehouseError(
                f"UNLOAD of the boolean column {column.name} to JSON is not supported by the stand-in.",
                sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
                hint="Cast it to VARCHAR.",
            )
    keys = [_json(name) for name in names]
    numbers = [column.type in _NUMBERS for column in columns]

    def write(row: Row) -> str:
        fields = (
            f"{key}:{'null' if value is None else _number(value) if number else _json(value)}"
            for key, value, number in zip(keys, row, numbers, strict=True)
        )
        return "{" + ",".join(fields) + "}\n"

    return write


def _number(value: str) -> str:
    if not value[-1].isdigit():
        raise WarehouseError(
            f"UNLOAD of {value} to JSON is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        )
    return value


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
