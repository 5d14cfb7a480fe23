"""Describes the result columns of an UNLOAD's query in Redshift's types."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.engine.interfaces import ResultColumn
from redshift_standin.errors import WarehouseError

# PostgreSQL's type OIDs, and the type names in a verbose manifest.
_TYPES = {
    16: "boolean",
    19: "character varying",
    20: "bigint",
    21: "smallint",
    23: "integer",
    25: "character varying",
    700: "real",
    701: "double precision",
    1042: "character",
    1043: "character varying",
    1082: "date",
    1114: "timestamp without time zone",
    1184: "timestamp with time zone",
    1700: "numeric",
}
_HEADER = 4
_LARGEST_TEXT = 65535
_LARGEST_PRECISION = 38


@dataclass(frozen=True)
class Column:
    """A result column.

    :param type: the name of its type, without dimensions.
    :param size: the maximum length of a text in bytes, or the precision of a number; None if the query does not
        specify it.
    :param scale: the number of digits after the decimal point; None if the query does not specify it.
    """

    name: str
    type: str
    size: int | None = None
    scale: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether it is CHAR or VARCHAR."""
        return self.type.startswith("character")

    @property
    def dimensions(self) -> dict[str, int]:
        """The elements that a verbose manifest adds to the type's name."""
        if self.is_text:
            return {"max_length": self.size or _LARGEST_TEXT}
        if self.type == "numeric":
            return {"precision": self.size or _LARGEST_PRECISION, "scale": self.scale or 0}
        return {}


def describe(column: ResultColumn) -> Column:
    """Return the description of a result column.

    :raises WarehouseError: the stand-in does not support UNLOAD of its type.
    """
    type_name = _TYPES.get(column.type)
    if type_name is None:
        raise WarehouseError(
            f"UNLOAD of the type of column {column.name} is not supported by the stand-in.",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            hint="Cast it to VARCHAR.",
        )
    if column.modifier < _HEADER:
        return Column(column.name, type_name)
    modifier = column.modifier - _HEADER
    if type_name == "numeric":
        return Column(column.name, type_name, modifier >> 16, modifier & 0x7FF)
    if type_name.startswith("character"):
        return Column(column.name, type_name, modifier)
    return Column(column.name, type_name)
