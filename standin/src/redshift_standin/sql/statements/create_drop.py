"""CREATE and DROP of databases, schemas, tables, views, users and groups."""

from __future__ import annotations

from dataclasses import replace

from redshift_standin.sql.database_changes import read_database_change
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, is_late_binding, quote
from redshift_standin.sql.statements.create_table import emit_create_table
from redshift_standin.sql.statements.late_binding_views import translate_late_binding_view
from redshift_standin.sql.statements.primary_keys import write_primary_key
from redshift_standin.sql.statements.roles import translate_create_role
from redshift_standin.sql.translation import Action, Translation


def translate_create(statement: Statement) -> Translation:
    """Translate CREATE of anything that the stand-in knows."""
    if statement.at(1, "database"):
        return translate_database(statement)
    output = Output(statement)
    index = 2 if statement.at(1, "local") else 1
    temporary = statement.at_any(index, ("temp", "temporary"))
    if statement.at(index + temporary, "table"):
        write_primary_key(statement, output, index + temporary + 1)
        emit_create_table(statement, output, index + temporary + 1, temporary=temporary)
        return Translation.from_output(statement, output, command="CREATE TABLE")
    if statement.at(1, "view") or statement.at(1, "or", "replace", "view"):
        return _create_view(statement, output)
    if statement.at(1, "schema"):
        return _create_schema(statement, output)
    if statement.at(1, "group"):
        parts, after = statement.name(2)
        if after != len(statement) or len(parts) > 1:
            raise unsupported("CREATE GROUP with options")
        return Translation.from_text(statement, f"create group {quote(*parts)}", command="CREATE GROUP")
    if statement.at(1, "user"):
        return _create_user(statement)
    if statement.at(1, "role"):
        return translate_create_role(statement)
    raise unsupported(f"CREATE {statement.tokens[1].value.upper() if len(statement) > 1 else ''}")


def _create_user(statement: Statement) -> Translation:
    """Translate CREATE USER without a password: such users log in with temporary credentials."""
    parts, index = statement.name(2)
    index += statement.at(index, "with")
    if len(parts) > 1 or not statement.at(index, "password", "disable") or index + 2 != len(statement):
        raise unsupported("CREATE USER with anything but PASSWORD DISABLE")
    name = parts[0].replace("'", "''")
    return Translation.from_text(statement, f"call standin.create_user('{name}')", command="CREATE USER")


def _create_view(statement: Statement, output: Output) -> Translation:
    index = 2 if statement.at(1, "view") else 4
    parts, index = statement.name(index)
    output.write(f"create {'view' if statement.at(1, 'view') else 'or replace view'} {quote(*parts)}")
    if statement.at(index, "("):
        end = statement.closing[index] + 1
        names = [quote(*statement.name(low)[0]) for low, _ in statement.split(index + 1, end - 1)]
        output.write(f" ({', '.join(names)})")
        index = end
    index = statement.expect(index, "as")
    if is_late_binding(statement):
        return translate_late_binding_view(statement, output.text, parts, index)
    output.write(" as ")
    Expressions(statement, output).emit(index, len(statement))
    return Translation.from_output(statement, output, command="CREATE VIEW")


def _create_schema(statement: Statement, output: Output) -> Translation:
    exists_ok = statement.at(2, "if", "not", "exists")
    parts, index = statement.name(5 if exists_ok else 2)
    if index != len(statement) or len(parts) > 1:
        raise unsupported("CREATE SCHEMA with options")
    output.write(f"create schema {'if not exists ' if exists_ok else ''}{quote(*parts)}")
    return Translation.from_output(statement, output, command="CREATE SCHEMA")


def translate_drop(statement: Statement) -> Translation:
    """Translate DROP of anything that the stand-in knows."""
    if statement.at(1, "database"):
        return translate_database(statement)
    if not statement.at_any(1, ("table", "view", "schema", "group")):
        raise unsupported(f"DROP {statement.tokens[1].value.upper() if len(statement) > 1 else ''}")
    kind = statement.tokens[1].value
    exists_ok = statement.at(2, "if", "exists")
    names, index = statement.names(4 if exists_ok else 2)
    behaviour = ""
    if statement.at_any(index, ("cascade", "restrict")):
        behaviour = f" {statement.tokens[index].value}"
        index += 1
    if index != len(statement):
        raise statement.near(index)
    sql = f"drop {kind} {'if exists ' if exists_ok else ''}{', '.join(names)}{behaviour}"
    return Translation.from_text(statement, sql, command=f"DROP {kind.upper()}")


def translate_database(statement: Statement) -> Translation:
    """Translate CREATE, ALTER or DROP DATABASE, which the session runs itself."""
    change = read_database_change(statement)
    translation = Translation.from_text(statement, "", Action.DATABASE, f"{change.verb.upper()} DATABASE")
    return replace(translation, database=change)
