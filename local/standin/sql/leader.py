"""Functions that Redshift's leader node has and its compute nodes, which hold the tables, have not."""

from __future__ import annotations

from local.standin.backend import WarehouseError
from local.standin.sql.functions import LEADER_ONLY
from local.standin.sql.statement import Statement, quote

_SYSTEM_SCHEMAS = ("information_schema", "pg_catalog")
_SYSTEM_PREFIXES = ("pg_", "stl_", "stv_", "svcs_", "svl_", "svv_", "sys_")

# What runs on the leader node alone when it names no table of a user's.
_QUERIES = ("(", "declare", "select", "with")


def refuse_on_compute_nodes(statement: Statement, relations: tuple[str, ...]) -> None:
    """Refuse a function of the leader node in what Redshift runs on its compute nodes.

    :param relations: what the statement names where tables are read or written, in PostgreSQL's quotes.
    :raises WarehouseError: there is one.
    """
    for index, token in enumerate(statement.tokens):
        called = statement.at_any(index, LEADER_ONLY) and statement.at(index + 1, "(")
        if not called or statement.at(index - 1, "."):
            continue
        if not statement.at_any(0, _QUERIES) or not all(map(_is_system, relations)):
            raise WarehouseError(
                "Specified types or functions (one per INFO message) not supported on Redshift tables.",
                sqlstate="0A000",
                detail=f'Function "{token.value}" not supported.',
            )


def _is_system(relation: str) -> bool:
    schema, _, name = relation.rpartition(".")
    return schema in map(quote, _SYSTEM_SCHEMAS) or name.strip('"').startswith(_SYSTEM_PREFIXES)
