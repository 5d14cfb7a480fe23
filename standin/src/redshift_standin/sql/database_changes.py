"""CREATE, ALTER and DROP DATABASE, which the endpoint runs itself (engine/databases.py)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.statement import Statement


class Isolation(Enum):
    """The level that a database's transactions run at; the values are those that the system views show."""

    SNAPSHOT = "Snapshot Isolation"
    SERIALIZABLE = "Serializable"


@dataclass(frozen=True)
class DatabaseChange:
    """A change of a database.

    :param verb: create, alter or drop.
    :param isolation: the level that it is created with or altered to.
    """

    verb: str
    name: str
    isolation: Isolation = Isolation.SNAPSHOT


def read_database_change(statement: Statement) -> DatabaseChange:
    """Read a CREATE, ALTER or DROP DATABASE.

    :raises WarehouseError: Redshift or the stand-in does not support it.
    """
    verb = statement.tokens[0].value
    parts, index = statement.name(2)
    if len(parts) > 1:
        raise statement.near(3)
    (name,) = parts
    if verb == "create" and statement.at(index, "with"):
        index += 1
    if verb == "create" and index == len(statement):
        return DatabaseChange(verb, name)
    if verb == "drop" and index == len(statement):
        return DatabaseChange(verb, name)
    if verb == "drop" or not statement.at(index, "isolation", "level"):
        raise unsupported(f"{verb.upper()} DATABASE with more than its isolation level")
    level = index + 2
    if not statement.at_any(level, ("snapshot", "serializable")) or level + 1 != len(statement):
        raise statement.near(level if not statement.at_any(level, ("snapshot", "serializable")) else level + 1)
    return DatabaseChange(verb, name, Isolation[statement.tokens[level].value.upper()])
