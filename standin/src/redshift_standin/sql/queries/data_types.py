"""Redshift's data types by the names that PostgreSQL gives them."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.statement import Statement

VARCHAR_BYTES = 65535
CHAR_BYTES = 4096

_PLAIN = {
    "smallint": "smallint",
    "int2": "smallint",
    "integer": "integer",
    "int": "integer",
    "int4": "integer",
    "bigint": "bigint",
    "int8": "bigint",
    "real": "real",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "time": "time",
    "timetz": "timetz",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "text": "varchar(256)",
    "bpchar": "char(256)",
}

_VARYING = ("varchar", "nvarchar")
_FIXED = ("char", "character", "nchar")
_DECIMAL = ("dec", "decimal", "numeric")

_CATALOG = ("name", "oid", "regclass", "regproc", "regtype")

NAMES = frozenset({*_PLAIN, *_VARYING, *_FIXED, *_DECIMAL, "double"})


@dataclass(frozen=True)
class Type:
    """A data type: as PostgreSQL writes it, and its family, which decides what else is allowed with it."""

    sql: str

    @property
    def family(self) -> str:
        """The type's name without its size."""
        return self.sql.split("(")[0]


def read_type(statement: Statement, index: int, *, catalogs: bool = False) -> tuple[Type, int]:
    """Read a type and return it with the index after it.

    :param catalogs: also accept the types of the catalogs.
    :raises WarehouseError: Redshift or the stand-in does not have the type.
    """
    if statement.at(index, "pg_catalog", "."):
        index += 2
    if not statement.at_kind(index, Kind.WORD):
        raise statement.near(index)
    name = statement.tokens[index].value
    after = index + 1
    if name in _FIXED and statement.at(after, "varying"):
        name, after = "varchar", after + 1
    if name in _VARYING:
        size, after = _size(statement, after, 256, VARCHAR_BYTES)
        return Type(f"varchar({size})"), after
    if name in _FIXED:
        size, after = _size(statement, after, 1, CHAR_BYTES)
        return Type(f"char({size})"), after
    if name in _DECIMAL:
        precision, scale, after = _precision(statement, after)
        return Type(f"numeric({precision}, {scale})"), after
    if name == "double":
        return Type("double precision"), statement.expect(after, "precision")
    if catalogs and name in _CATALOG:
        return Type(name), after
    if name not in _PLAIN:
        raise unsupported(f"type {name}")
    if name in ("time", "timestamp"):
        if statement.at(after, "with", "time", "zone"):
            return Type(f"{name}tz"), after + 3
        if statement.at(after, "without", "time", "zone"):
            after += 3
    if statement.at(after, "("):
        raise unsupported(f"a size with type {name}")
    return Type(_PLAIN[name]), after


def _size(statement: Statement, index: int, default: int, largest: int) -> tuple[int, int]:
    if not statement.at(index, "("):
        return default, index
    if statement.at(index + 1, "max"):
        size = largest
    elif statement.at_kind(index + 1, Kind.NUMBER) and statement.tokens[index + 1].value.isdecimal():
        size = int(statement.tokens[index + 1].value)
    else:
        raise statement.near(index + 1)
    if not 1 <= size <= largest:
        raise WarehouseError(
            f"length for type must be between 1 and {largest}", sqlstate=sqlstate.INVALID_PARAMETER_VALUE
        )
    return size, statement.expect(index + 2, ")")


def _precision(statement: Statement, index: int) -> tuple[int, int, int]:
    if not statement.at(index, "("):
        return 18, 0, index
    numbers = []
    for low, high in statement.split(index + 1, statement.closing[index]):
        if high != low + 1 or not statement.tokens[low].value.isdecimal():
            raise statement.near(low)
        numbers.append(int(statement.tokens[low].value))
    if len(numbers) not in (1, 2):
        raise statement.near(index)
    precision, scale = (*numbers, 0)[:2]
    if not 1 <= precision <= 38 or scale > min(precision, 37):
        raise WarehouseError(
            f"numeric({precision}, {scale}) is out of range", sqlstate=sqlstate.INVALID_PARAMETER_VALUE
        )
    return precision, scale, statement.closing[index] + 1
