"""Explain which privilege the user of a connection lacks, and which statement grants it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt.connection.server_error import ServerError
from redshift_elt.sql.bookkeeping import DELETED, LOCK, bookkeeping_schema
from redshift_elt.sql.render import render

if TYPE_CHECKING:
    from redshift_elt.connection.session import Session

_OF_ONE_TARGET = (f"{LOCK}_", f"{DELETED}_")
_READ = ("select",)
_WRITE = ("select", "insert", "update", "delete")

# PostgreSQL says "table" where Redshift says "relation". Neither names the schema of a table.
_TABLE = re.compile(r'permission denied for (?:relation|table|view) "?([^"]+)"?$')
_SCHEMA = re.compile(r'permission denied for schema "?([^"]+)"?$')
_OWNER = re.compile(r'must be owner of (?:relation|table) "?([^"]+)"?$')

_ALL_PRIVILEGES = 'docs/aws.md, "Bring a cluster of your own", lists all privileges of a user that loads.'


@dataclass(frozen=True)
class TaskTables:
    """The tables that a task uses in other ways than reading them in a SELECT.

    :param targets: the tables whose rows it changes.
    :param templates: the tables that its staging tables are created like, in the same schema.
    """

    targets: Sequence[str] = ()
    templates: Sequence[str] = ()


@dataclass(frozen=True)
class _Relation:
    """A table or view; all names are quoted where SQL needs it."""

    schema: str
    name: str
    owner: str

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"

    def is_one_of(self, tables: Sequence[str]) -> bool:
        return self.name in tables or self.qualified in tables


def explain_missing_privilege(session: Session, error: Exception, tables: TaskTables) -> Exception:
    """Return the error to raise if the user lacks a privilege; any other error is returned as it is.

    The error names the table or schema, the user, the privileges that the task needs, and the statement that an
    administrator has to run. Airflow does not retry it.

    :param session: the session after its rollback; it looks up the user, and schema and owner of the table.
    :param error: what a statement of the task raised.
    """
    refused = ServerError.of(error)
    if refused is None or not refused.is_not_allowed:
        return error
    [(user,)] = session.fetch(render("access/current_user.sql"))
    if (found := _TABLE.search(refused.message)) and (relation := _relation(session, found[1], tables)):
        return AirflowFailException(_denied_table(user, relation, tables))
    if found := _SCHEMA.search(refused.message):
        return AirflowFailException(_denied_schema(user, found[1], tables))
    if (found := _OWNER.search(refused.message)) and (relation := _relation(session, found[1], tables)):
        if relation.is_one_of([*tables.targets, *tables.templates]):
            return AirflowFailException(_denied_column(user, relation))
        return AirflowFailException(
            f"The user {user} may not change or drop the table {relation.qualified}, which belongs to the user "
            f"{relation.owner}. Nothing was changed. A staging table of a run can be dropped: the task creates it "
            f"again. Run as {relation.owner} or a superuser, then clear the task: drop table {relation.qualified};"
        )
    return AirflowFailException(
        f"The user {user} lacks a privilege: {refused.message}. Nothing was changed. {_ALL_PRIVILEGES}"
    )


def _relation(session: Session, name: str, tables: TaskTables) -> _Relation | None:
    """Return the table or view that a message names without its schema; None if the catalog does not list it."""
    relations = [_Relation(*row) for row in session.fetch(render("access/relations.sql"), {"name": name})]
    known = [*tables.targets, *tables.templates]
    bookkeeping = bookkeeping_schema()
    relations.sort(key=lambda relation: (not relation.is_one_of(known), relation.schema != bookkeeping))
    return relations[0] if relations else None


def _denied_table(user: str, relation: _Relation, tables: TaskTables) -> str:
    in_bookkeeping = relation.schema == bookkeeping_schema()
    privileges = _WRITE if in_bookkeeping or relation.is_one_of(tables.targets) else _READ
    # Tables of one target belong to the users who loaded it first, the others to the administrator who migrates.
    together = in_bookkeeping and not relation.name.startswith(_OF_ONE_TARGET)
    scope = f"all tables in schema {relation.schema}" if together else f"table {relation.qualified}"
    return (
        f"{_lack(user, f'the table {relation.qualified}, which belongs to the user {relation.owner}', privileges)} Run "
        f"as {relation.owner} or a superuser, then clear the task: grant {', '.join(privileges)} on {scope} to {user};"
    )


def _denied_schema(user: str, schema: str, tables: TaskTables) -> str:
    # Staging tables of a run are created beside their templates, lock tables of targets in the bookkeeping schema.
    schemas = {name.rpartition(".")[0] or "public" for name in tables.templates} | {bookkeeping_schema()}
    privileges = ("usage", "create") if schema in schemas else ("usage",)
    return (
        f"{_lack(user, f'the schema {schema}', privileges)} Run as its owner or a superuser, then clear the task: "
        f"grant {', '.join(privileges)} on schema {schema} to {user};"
    )


def _denied_column(user: str, relation: _Relation) -> str:
    return (
        f"The user {user} may not add columns to the table {relation.qualified}, which belongs to the user "
        f"{relation.owner}. Nothing was changed. Add the columns as {relation.owner}, write "
        f"on_new_field='warn', or make {user} the owner. Run as {relation.owner} or a superuser, then clear the "
        f"task: alter table {relation.qualified} owner to {user};"
    )


def _lack(user: str, what: str, privileges: Sequence[str]) -> str:
    needs = " and ".join(filter(None, [", ".join(privileges[:-1]), privileges[-1]]))
    return (
        f"The user {user} lacks a privilege on {what}. The task needs {needs} on it. Nothing was changed. "
        f"{_ALL_PRIVILEGES}"
    )
