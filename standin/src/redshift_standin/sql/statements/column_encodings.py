"""The encodings of columns, and which types each can compress."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind
from redshift_standin.sql.queries.data_types import Type
from redshift_standin.sql.statement import Statement

_INTEGERS = {"smallint", "integer", "bigint"}
_EXACT = _INTEGERS | {"numeric"}
_TIMES = {"date", "timestamp", "timestamptz"}
_STRINGS = {"char", "varchar"}
_ALL = _EXACT | _TIMES | _STRINGS | {"real", "double precision", "boolean", "time", "timetz"}

# Which types each encoding can compress.
ENCODINGS = {
    "auto": _ALL,
    "raw": _ALL,
    "zstd": _ALL,
    "runlength": _ALL,
    "az64": _EXACT | _TIMES | {"time", "timetz"},
    "bytedict": _ALL - {"boolean"},
    "delta": _EXACT | {"date", "timestamp"},
    "delta32k": {"integer", "bigint", "numeric", "date", "timestamp"},
    "lzo": _ALL - {"boolean", "real", "double precision"},
    "mostly8": _EXACT,
    "mostly16": {"integer", "bigint", "numeric"},
    "mostly32": {"bigint", "numeric"},
    "text255": {"varchar"},
    "text32k": {"varchar"},
}


def read_encoding(statement: Statement, index: int, column: str, kind: Type | None) -> tuple[str, int]:
    """Read an encoding and return it with the index after it.

    :param kind: the column's type, or None where it is not known.
    :raises WarehouseError: there is no such encoding, or it cannot compress the type.
    """
    if not statement.at_kind(index, Kind.WORD):
        raise statement.near(index)
    encoding = statement.tokens[index].value
    if encoding not in ENCODINGS:
        raise WarehouseError(
            f'invalid encoding type "{encoding}" specified for column "{column}"', sqlstate=sqlstate.SYNTAX_ERROR
        )
    if kind is not None and kind.family not in ENCODINGS[encoding]:
        raise WarehouseError(
            f'invalid encoding type specified for column "{column}"', sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        )
    return encoding, index + 1
