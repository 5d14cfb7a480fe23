"""The columns of the table that COPY loads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.standin.backend import Backend, WarehouseError
from local.standin.copy.statement import CopyStatement

_TYPE = re.compile(
    r"(?P<name>[a-z][a-z ]*?)(?:\((?P<first>\d+)(?:,(?P<second>-?\d+))?\))?(?P<rest> with(?:out)? time zone)?"
)
# What pg_catalog.format_type says, and what Redshift's load errors say.
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
    """A column of the target.

    :param type: Redshift's short name of the type, as in ``stl_load_errors``.
    :param size: the bytes of a character type, or the digits of a number.
    :param scale: the digits after the point.
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
    """The table that is loaded, and the columns that take a value from the files, in order."""

    oid: int
    relation: str
    columns: tuple[Column, ...]


async def describe_target(copy: CopyStatement, backend: Backend) -> Target:
    """Look the table up in the client's own session, where its temporary tables are.

    :raises WarehouseError: there is no such table or column, the user may not insert, or a column cannot be loaded.
    """
    shown = f"{copy.schema}.{copy.table}" if copy.schema else copy.table
    relation = ".".join(quote_name(part) for part in (copy.schema, copy.table) if part)
    rows = await backend.fetch(_QUERY.format(relation=quote_literal(relation)))
    if not rows:
        raise WarehouseError(f"Cannot COPY into nonexistent table {shown}")
    oid, kind, may_insert = rows[0][:3]
    if kind != "r":
        raise WarehouseError(f'cannot copy to "{copy.table}": it is not a table', sqlstate="42809")
    if may_insert != "t":
        raise WarehouseError(f"permission denied for relation {copy.table}", sqlstate="42501")
    found = {row[3]: row for row in rows if row[3] is not None}
    wanted = copy.columns or [name for name, row in found.items() if row[6] == "f"]
    columns = []
    for name in wanted:
        if name not in found:
            raise WarehouseError(f'column "{name}" of relation "{copy.table}" does not exist', sqlstate="42703")
        _, _, _, _, type_name, not_null, identity = found[name]
        if identity == "t":
            raise WarehouseError(
                f"COPY into the identity column {name} is not supported by the stand-in.",
                sqlstate="0A000",
                hint="Leave it out of the column list.",
            )
        columns.append(_column(name, type_name or "", not_null == "t"))
    return Target(int(oid or 0), relation, tuple(columns))


def quote_name(name: str) -> str:
    """Return a name as it stands in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Return a string as it stands in SQL, whatever the session's rules for backslashes are."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _column(name: str, type_name: str, not_null: bool) -> Column:
    match = _TYPE.fullmatch(type_name)
    short = _NAMES.get(match["name"] + (match["rest"] or "")) if match else None
    if match is None or short is None or (short in ("varchar", "char", "numeric") and not match["first"]):
        raise WarehouseError(
            f"COPY into column {name} of type {type_name} is not supported by the stand-in.", sqlstate="0A000"
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
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    a.attidentity <> ''
from pg_catalog.pg_class c
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.oid = pg_catalog.to_regclass({relation})
order by a.attnum
"""
