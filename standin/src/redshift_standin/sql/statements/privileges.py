"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES. Those of roles are in :mod:`.roles`."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.statements.roles import is_about_roles, translate_grant_of_role
from redshift_standin.sql.translation import Translation


def translate_grant(statement: Statement) -> Translation:
    """Translate GRANT or REVOKE on schemas and tables, which mean the same in PostgreSQL; refuse others."""
    known = words(
        """
    grant revoke option for all privileges select insert update delete references drop truncate alter create
    usage on table tables in schema to from public group with cascade restrict user
    """
    )
    refused = {"role", "database", "function", "procedure", "language", "assumerole", "datashare", "model", "column"}
    if is_about_roles(statement):
        return translate_grant_of_role(statement)
    output = Output(statement)
    on = statement.find("on", 1, len(statement))
    if on < 0:
        raise unsupported(statement.tokens[0].value.upper() + " without ON")
    for index in range(len(statement)):
        token = statement.tokens[index]
        in_privileges = index < on and token.kind is Kind.WORD and token.value not in known
        if (
            in_privileges
            or statement.at_any(index, refused)
            or statement.at(index, "drop")
            or token.kind is Kind.STRING
        ):
            raise unsupported(f"{statement.tokens[0].value.upper()} .. {token.value.upper()}")
        if statement.at(index, "user"):
            continue
        _copy_word(output, statement, index, known)
        if index < on and token.value == "insert":
            # A writer takes a lock that PostgreSQL does not allow with INSERT alone.
            output.write(", maintain")
    return Translation.from_output(statement, output)


def translate_default_privileges(statement: Statement) -> Translation:
    """Translate ALTER DEFAULT PRIVILEGES on tables, which means the same in PostgreSQL (AWS page of that name)."""
    known = words("grant revoke option for all privileges select insert update delete references truncate")
    syntax = words("alter cascade default for from group in on privileges public restrict schema tables to user with")
    verbs = [at for verb in ("grant", "revoke") if (at := statement.find(verb, 3, len(statement))) >= 0]
    on = statement.find("on", verbs[0], len(statement)) if verbs else -1
    if on < 0:
        raise statement.near(len(statement))
    if not statement.at(on + 1, "tables"):
        raise unsupported("ALTER DEFAULT PRIVILEGES of anything but tables")
    output = Output(statement)
    for index in range(len(statement)):
        token = statement.tokens[index]
        in_privileges = verbs[0] <= index < on
        if statement.at(index, "role") or (in_privileges and token.kind is Kind.WORD and token.value not in known):
            raise unsupported(f"ALTER DEFAULT PRIVILEGES .. {token.value.upper()}")
        _copy_word(output, statement, index, known | syntax)
        if in_privileges and token.value == "insert":
            # The same lock as for GRANT.
            output.write(", maintain")
    return Translation.from_output(statement, output)


def _copy_word(output: Output, statement: Statement, index: int, known: frozenset[str]) -> None:
    """Copy a token; a word that is not known can only be a name."""
    if statement.at_kind(index, Kind.WORD) and statement.tokens[index].value not in known:
        output.copy_name(index)
    else:
        output.copy(index)
