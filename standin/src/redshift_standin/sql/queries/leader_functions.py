"""Functions that exist on Redshift's leader node but not on its compute nodes, which hold the tables."""

from __future__ import annotations

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.queries.functions import LEADER_ONLY
from redshift_standin.sql.statement import Statement, quote

# The prefix of the leader node's own tables; other system views run on the compute nodes.
_PREFIX = "pg_"

# Statements that run on the leader node if they name only its own tables.
_QUERIES = ("(", "declare", "select", "with")


def leader_function(statement: Statement) -> str | None:
    """Return the first function of the leader node that a statement calls, if it calls one."""
    if not statement.has_any(*LEADER_ONLY):
        return None
    for index, token in enumerate(statement.tokens):
        called = statement.at_any(index, LEADER_ONLY) and statement.at(index + 1, "(")
        if called and (not statement.at(index - 1, ".") or statement.at(index - 2, "pg_catalog")):
            return token.value
    return None


def refuse_on_compute_nodes(statement: Statement, relations: tuple[str, ...]) -> None:
    """Refuse a leader-node function in a statement that Redshift runs on its compute nodes.

    :param relations: the tables that the statement reads or writes, in PostgreSQL's quotes.
    :raises WarehouseError: there is one.
    """
    name = leader_function(statement)
    if name is not None and not (statement.at_any(0, _QUERIES) and all(map(_is_of_leader, relations))):
        raise WarehouseError(
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
            sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            detail=f'Function "{name}" not supported.',
        )


def _is_of_leader(relation: str) -> bool:
    schema, _, name = relation.rpartition(".")
    return name.strip('"').startswith(_PREFIX) or schema == quote("information_schema")
