"""The columns of the table that COPY loads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.copy.statement import CopyStatement, unsupported
from redshift_standin.engine.interfaces import Backend
from redshift_standin.errors import WarehouseError

# The values of pg_attribute.attidentity for the two kinds of identity columns.
_ALWAYS, _BY_DEFAULT = "a", "d"

_TYPE = re.compile(
    r"(?P<name>[a-z][a-z ]*?)(?:\((?P<first>\d+)(?:,(?P<second>-?\d+))?\))?(?P<rest> with(?:out)? time zone)?"
)
# Maps the type names of pg_catalog.format_type to those in Redshift's load errors.
_NAMES = {
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "numeric": "numeric",
    "boolean": "bool",
    "character": "char",
    "character varying": "varchar",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


@dataclass(frozen=True)
class Column:
    """A column of the target table.

    :param type: Redshift's short name of the type, as in ``stl_load_errors``.
    :param size: the length of a character type in bytes, or the precision of a number in digits.
    :param scale: the number of digits after the decimal point.
    """

    name: str
    type: str
    size: int = 0
    scale: int = 0
    nullable: bool = True

    @property
    def length(self) -> str:
        """The length that load errors show."""
        return f"{self.size},{self.scale}" if self.type == "numeric" else str(self.size)


@dataclass(frozen=True)
class Target:
    """The table to load.

    :param columns: the columns that take their values from the files, in order.
    :param generated: the columns for which Redshift generates values if the files have none.
    """

    oid: int
    relation: str
    columns: tuple[Column, ...]
    generated: tuple[str, ...] = ()


async def describe_target(copy: CopyStatement, backend: Backend) -> Target:
    """Look up the table in the client's session, because only that session sees its temporary tables.

    :raises WarehouseError: the table or a column does not exist, the user may not insert, or a column cannot be loaded.
    """
    shown = f"{copy.schema}.{copy.table}" if copy.schema else copy.table
    relation = ".".join(quote_name(part) for part in (copy.schema, copy.table) if part)
    rows = await backend.fetch(_QUERY.format(relation=quote_literal(relation)))
    if not rows:
        raise WarehouseError(f"Cannot COPY into nonexistent table {shown}")
    oid, kind, may_insert, owned = rows[0][:4]
    if kind != "r":
        raise WarehouseError(f'cannot copy to "{copy.table}": it is not a table', sqlstate=sqlstate.WRONG_OBJECT_TYPE)
    if may_insert != "t":
        raise WarehouseError(f"permission denied for relation {copy.table}", sqlstate=sqlstate.INSUFFICIENT_PRIVILEGE)
    if "statupdate" in copy.seen and owned != "t":
        raise WarehouseError(f"must be owner of relation {copy.table}", sqlstate=sqlstate.INSUFFICIENT_PRIVILEGE)
    found = {row[4]: row[5:] for row in rows if row[4] is not None}
    missing = next((name for name in copy.columns or () if name not in found), None)
    if missing is not None:
        raise WarehouseError(
            f'column "{missing}" of relation "{copy.table}" does not exist', sqlstate=sqlstate.UNDEFINED_COLUMN
        )
    identities = {name: kind or "" for name, (_, _, kind, _) in found.items()}
    wanted = _loaded_columns(copy, identities)
    if any(row[1:] == ("t", "", "f") for name, row in found.items() if name not in wanted):
        raise WarehouseError(
            "NOT NULL column without DEFAULT must be included in column list", sqlstate=sqlstate.SYNTAX_ERROR
        )
    columns = [_column(name, found[name][0] or "", found[name][1] == "t") for name in wanted]
    generated = tuple(name for name, kind in identities.items() if kind == _BY_DEFAULT and name not in wanted)
    return Target(int(oid or 0), relation, tuple(columns), generated)


def quote_name(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Return a string as an SQL literal that does not depend on the session's backslash settings."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _loaded_columns(copy: CopyStatement, identities: dict[str, str]) -> list[str]:
    """Return the columns that take their values from the files.

    :param identities: for each column of the table, its pg_attribute.attidentity, which is empty for other columns.
    """
    generated = [name for name, kind in identities.items() if kind == _ALWAYS]
    if copy.columns is None and _BY_DEFAULT in identities.values() and not copy.matches_names:
        # AWS does not document whether the files have a field for this column.
        raise unsupported(
            "COPY by position and without a column list into a table with a column GENERATED BY DEFAULT AS IDENTITY"
        )
    if not copy.explicit_ids:
        refused = next((name for name in copy.columns or () if name in generated), None)
        if refused is not None:
            raise WarehouseError(f"cannot set an identity column to a value: {refused} needs EXPLICIT_IDS")
        return copy.columns or [name for name, kind in identities.items() if not kind]
    if not generated or not set(generated) <= set(copy.columns or identities):
        raise WarehouseError("EXPLICIT_IDS needs an identity column in the table and in the column list")
    return copy.columns or list(identities)


def _column(name: str, type_name: str, not_null: bool) -> Column:
    match = _TYPE.fullmatch(type_name)
    short = _NAMES.get(match["name"] + (match["rest"] or "")) if match else None
    if match is None or short is None or (short in ("varchar", "char", "numeric") and not match["first"]):
        raise WarehouseError(
            f"COPY into column {name} of type {type_name} is not supported by the stand-in.",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
        )
    size, scale = int(match["first"] or 0), int(match["second"] or 0)
    if short.startswith(("timestamp", "float", "int")):
        size = 0
    return Column(name, short, size, scale, nullable=not not_null)


_QUERY = """
select
    c.oid,
    c.relkind,
    has_table_privilege(c.oid, 'insert'),
    pg_has_role(c.relowner, 'usage') or standin.is_superuser(),
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    a.attidentity,
    a.atthasdef
from pg_catalog.pg_class c
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid = pg_catalog.to_regclass({relation})
order by a.attnum
"""
