"""Translates a Redshift statement to what the session runs for it. Unknown statements are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.database_changes import read_database_change
from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.catalog_names import refuse_unknown
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.queries.leader_functions import refuse_on_compute_nodes
from redshift_standin.sql.queries.sorted_aggregates import check_sorted_aggregates
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.statements import dml, session_settings, show_objects
from redshift_standin.sql.statements.alter_table import alter
from redshift_standin.sql.statements.create_table import emit_create_table
from redshift_standin.sql.statements.merge import emit_merge
from redshift_standin.sql.statements.primary_keys import note_primary_key
from redshift_standin.sql.translation import Action, Translation, fixed, made


def translate(statement: Statement) -> Translation:
    """Return what to run for a statement.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    statement.check()
    first = statement.tokens[0]
    word = "select" if statement.at(0, "(") else first.value
    translator = _TRANSLATORS.get(word) if first.kind is Kind.WORD or word == "select" else None
    if translator is None:
        if first.kind is not Kind.WORD:
            raise statement.near(0)
        raise unsupported(f"{word.upper()}")
    check_sorted_aggregates(statement)
    refuse_unknown(statement)
    translation = translator(statement)
    refuse_on_compute_nodes(statement, translation.relations)
    return translation


def _query(statement: Statement) -> Translation:
    output = Output(statement)
    Expressions(statement, output).emit(0, len(statement))
    translation = made(statement, output)
    ordered = statement.at(0, "(") or statement.find("order", 0, len(statement)) >= 0
    unordered = translation.reads_tables and not ordered
    return replace(translation, unordered=unordered, only_reads=not statement.has_any("into"))


def _with(statement: Statement) -> Translation:
    for command in ("insert", "merge"):
        if statement.find(command, 1, len(statement)) >= 0:
            raise unsupported(f"WITH before {command.upper()}")
    for command, emit in (("update", dml.emit_update), ("delete", dml.emit_delete)):
        start = statement.find(command, 1, len(statement))
        if start >= 0:
            output = Output(statement)
            Expressions(statement, output).emit(0, start)
            output.write(" ")
            table = emit(statement, output, start)
            return made(statement, output, Action.WRITE, table=table, command=command.upper())
    return _query(statement)


def _writer(emit: Callable[[Statement, Output], str]) -> Callable[[Statement], Translation]:
    def write(statement: Statement) -> Translation:
        output = Output(statement)
        table = emit(statement, output)
        return made(statement, output, Action.WRITE, table=table)

    return write


def _copy(statement: Statement) -> Translation:
    parts, index = statement.name(1)
    if statement.at(index, "("):
        index = statement.closing[index] + 1
    if not statement.at(index, "from") or not statement.at_kind(index + 1, Kind.STRING):
        raise unsupported("COPY from or to anything but objects in S3")
    output = Output(statement)
    return made(statement, output, Action.COPY, table=quote(*parts))


def _unload(statement: Statement) -> Translation:
    index = statement.expect(1, "(")
    if not statement.at_kind(index, Kind.STRING):
        raise statement.near(index)
    index = statement.expect(index + 1, ")", "to")
    if not statement.at_kind(index, Kind.STRING):
        raise statement.near(index)
    return made(statement, Output(statement), Action.UNLOAD)


def _begin(statement: Statement) -> Translation:
    """BEGIN takes every isolation level and none has an effect: the database has one."""
    index = 1
    if statement.at(0, "start"):
        index = statement.expect(1, "transaction")
    elif statement.at_any(1, ("work", "transaction")):
        index = 2
    sql = "begin"
    while index < len(statement):
        if statement.at(index, "isolation", "level"):
            index = _skip_level(statement, index + 2)
        elif statement.at(index, "read") and statement.at_any(index + 1, ("only", "write")):
            sql = f"begin read {statement.tokens[index + 1].value}"
            index += 2
        else:
            raise statement.near(index)
        index += statement.at(index, ",")
    return fixed(statement, sql, Action.BEGIN, "BEGIN")


def _skip_level(statement: Statement, index: int) -> int:
    for level in (("serializable",), ("repeatable", "read"), ("read", "committed"), ("read", "uncommitted")):
        if statement.at(index, *level):
            return index + len(level)
    raise statement.near(index)


def _end(statement: Statement) -> Translation:
    index = 2 if statement.at_any(1, ("work", "transaction")) else 1
    if statement.at(index, "to"):
        raise unsupported("ROLLBACK TO")
    if index != len(statement):
        raise statement.near(index)
    sql = "commit" if statement.at_any(0, ("commit", "end")) else "rollback"
    return fixed(statement, sql, Action.END)


def _database(statement: Statement) -> Translation:
    change = read_database_change(statement)
    translation = fixed(statement, "", Action.DATABASE, f"{change.verb.upper()} DATABASE")
    return replace(translation, database=change)


def _alter(statement: Statement) -> Translation:
    if statement.at(1, "database"):
        return _database(statement)
    return _default_privileges(statement) if statement.at(1, "default", "privileges") else alter(statement)


def _create(statement: Statement) -> Translation:
    if statement.at(1, "database"):
        return _database(statement)
    output = Output(statement)
    index = 2 if statement.at(1, "local") else 1
    temporary = statement.at_any(index, ("temp", "temporary"))
    if statement.at(index + temporary, "table"):
        note_primary_key(statement, output, index + temporary + 1)
        emit_create_table(statement, output, index + temporary + 1, temporary=temporary)
        return made(statement, output, command="CREATE TABLE")
    if statement.at(1, "view") or statement.at(1, "or", "replace", "view"):
        return _create_view(statement, output)
    if statement.at(1, "schema"):
        return _create_schema(statement, output)
    if statement.at(1, "group"):
        parts, after = statement.name(2)
        if after != len(statement) or len(parts) > 1:
            raise unsupported("CREATE GROUP with options")
        return fixed(statement, f"create group {quote(*parts)}", command="CREATE GROUP")
    if statement.at(1, "user"):
        return _create_user(statement)
    raise unsupported(f"CREATE {statement.tokens[1].value.upper() if len(statement) > 1 else ''}")


def _create_user(statement: Statement) -> Translation:
    """Without a password: who logs in so has temporary credentials. Others would have to reach the endpoint."""
    parts, index = statement.name(2)
    index += statement.at(index, "with")
    if len(parts) > 1 or not statement.at(index, "password", "disable") or index + 2 != len(statement):
        raise unsupported("CREATE USER with anything but PASSWORD DISABLE")
    name = parts[0].replace("'", "''")
    return fixed(statement, f"call standin.create_user('{name}')", command="CREATE USER")


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
    if statement.at(len(statement) - 4, "with", "no", "schema", "binding"):
        raise unsupported("WITH NO SCHEMA BINDING")
    output.write(" as ")
    Expressions(statement, output).emit(index, len(statement))
    return made(statement, output, command="CREATE VIEW")


def _create_schema(statement: Statement, output: Output) -> Translation:
    exists_ok = statement.at(2, "if", "not", "exists")
    parts, index = statement.name(5 if exists_ok else 2)
    if index != len(statement) or len(parts) > 1:
        raise unsupported("CREATE SCHEMA with options")
    output.write(f"create schema {'if not exists ' if exists_ok else ''}{quote(*parts)}")
    return made(statement, output, command="CREATE SCHEMA")


def _drop(statement: Statement) -> Translation:
    if statement.at(1, "database"):
        return _database(statement)
    if not statement.at_any(1, ("table", "view", "schema", "group")):
        raise unsupported(f"DROP {statement.tokens[1].value.upper() if len(statement) > 1 else ''}")
    kind = statement.tokens[1].value
    exists_ok = statement.at(2, "if", "exists")
    names, index = _names(statement, 4 if exists_ok else 2)
    behaviour = ""
    if statement.at_any(index, ("cascade", "restrict")):
        behaviour = f" {statement.tokens[index].value}"
        index += 1
    if index != len(statement):
        raise statement.near(index)
    sql = f"drop {kind} {'if exists ' if exists_ok else ''}{', '.join(names)}{behaviour}"
    return fixed(statement, sql, command=f"DROP {kind.upper()}")


def _names(statement: Statement, index: int) -> tuple[list[str], int]:
    names = []
    while True:
        parts, index = statement.name(index)
        names.append(quote(*parts))
        if not statement.at(index, ","):
            return names, index
        index += 1


def _truncate(statement: Statement) -> Translation:
    parts, index = statement.name(2 if statement.at(1, "table") else 1)
    if index != len(statement):
        raise statement.near(index)
    return fixed(statement, f"truncate table {quote(*parts)}", Action.TRUNCATE)


def _lock(statement: Statement) -> Translation:
    names, index = _names(statement, 2 if statement.at(1, "table") else 1)
    if index != len(statement):
        raise unsupported("LOCK with a mode")
    return fixed(statement, f"lock table {', '.join(names)} in access exclusive mode")


def _vacuum(statement: Statement) -> Translation:
    index = 1
    for kind in (("full",), ("sort", "only"), ("delete", "only"), ("reindex",), ("recluster",)):
        if statement.at(index, *kind):
            index += len(kind)
    table = ""
    if index < len(statement) and not statement.at(index, "boost"):
        parts, index = statement.name(index)
        table = f" {quote(*parts)}"
        if statement.at(index, "to") and statement.at(index + 2, "percent"):
            index += 3
    index += statement.at(index, "boost")
    if index != len(statement):
        raise statement.near(index)
    return fixed(statement, f"vacuum{table}", Action.ALONE)


def _analyze(statement: Statement) -> Translation:
    if statement.at(1, "compression"):
        raise unsupported("ANALYZE COMPRESSION")
    index = 2 if statement.at(1, "verbose") else 1
    table = ""
    if index < len(statement) and not statement.at_any(index, ("predicate", "all")):
        parts, index = statement.name(index)
        table = f" {quote(*parts)}"
        if statement.at(index, "("):
            index = statement.closing[index] + 1
    if statement.at(index, "predicate", "columns") or statement.at(index, "all", "columns"):
        index += 2
    if index != len(statement):
        raise statement.near(index)
    return fixed(statement, f"analyze{table}")


def _grant(statement: Statement) -> Translation:
    """Privileges on schemas and tables mean the same in both; the rest of Redshift's is not known."""
    known = words(
        """
    grant revoke option for all privileges select insert update delete references drop truncate alter create
    usage on table tables in schema to from public group with cascade restrict user
    """
    )
    refused = {"role", "database", "function", "procedure", "language", "assumerole", "datashare", "model", "column"}
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
        output.copy(index)
        if index < on and token.value == "insert":
            # Who writes waits at a lock that PostgreSQL gives nobody for INSERT alone.
            output.write(", maintain")
    return made(statement, output)


def _default_privileges(statement: Statement) -> Translation:
    """Privileges on the tables that a user will create mean the same in both (AWS page "ALTER DEFAULT PRIVILEGES")."""
    known = words("grant revoke option for all privileges select insert update delete references truncate")
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
        output.copy(index)
        if in_privileges and token.value == "insert":
            # As for GRANT.
            output.write(", maintain")
    return made(statement, output)


def _comment(statement: Statement) -> Translation:
    statement.expect(1, "on")
    if not statement.at_any(2, ("table", "column", "view", "schema")):
        raise unsupported("COMMENT ON anything but a table, a column, a view or a schema")
    _, index = statement.name(3)
    index = statement.expect(index, "is")
    if index + 1 != len(statement) or not (statement.at(index, "null") or statement.at_kind(index, Kind.STRING)):
        raise statement.near(index)
    return _copied(statement)


def _copied(statement: Statement, action: Action = Action.RUN) -> Translation:
    output = Output(statement)
    for index in range(len(statement)):
        output.copy(index)
    return made(statement, output, action)


def _setting(emit: Callable[[Statement, Output], None]) -> Callable[[Statement], Translation]:
    def write(statement: Statement) -> Translation:
        output = Output(statement)
        emit(statement, output)
        return made(statement, output)

    return write


def _explain(statement: Statement) -> Translation:
    """EXPLAIN gives PostgreSQL's plan, of the statement that PostgreSQL is sent."""
    start = 2 if statement.at(1, "verbose") else 1
    explained = statement.rest(start)
    if not explained.tokens:
        raise statement.near(start)
    query = 1 if explained.at(0, "(") else 0
    known = explained.at_any(query, ("select", "with")) or explained.at_any(0, ("insert", "update", "delete"))
    makes_table = explained.at(0, "create") and explained.find("as", 0, len(explained)) >= 0
    if not known and not (makes_table and (explained.at(1, "table") or explained.at(2, "table"))):
        raise unsupported(f"EXPLAIN of {explained.tokens[0].value.upper()}")
    translation = translate(explained)
    prefix = "explain verbose " if start == 2 else "explain "
    return replace(
        translation,
        source=statement.text,
        sql=prefix + translation.sql,
        action=Action.RUN,
        command="EXPLAIN",
        table=None,
        positions=translation.positions.after(len(prefix)),
        unordered=False,
    )


def _show(statement: Statement) -> Translation:
    emit = show_objects.emit_list if show_objects.is_list(statement) else session_settings.emit_show
    return _setting(emit)(statement)


def _declare(statement: Statement) -> Translation:
    """Cursors are read-only and forward-only, and live in a transaction."""
    parts, index = statement.name(1)
    index = statement.expect(index, "cursor")
    if statement.at(index, "without", "hold"):
        index += 2
    index = statement.expect(index, "for")
    if not statement.at_any(index, ("select", "with")) or len(parts) > 1:
        raise statement.near(index)
    output = Output(statement)
    output.write(f"declare {quote(*parts)} no scroll cursor for ")
    Expressions(statement, output).emit(index, len(statement))
    return made(statement, output)


def _fetch(statement: Statement) -> Translation:
    known = ("next", "all", "forward")
    if not (statement.at_any(1, known) or statement.at_kind(1, Kind.NUMBER)):
        raise unsupported(statement.text)
    return _copied(statement)


def _named(statement: Statement) -> Translation:
    """CLOSE and DEALLOCATE: a name, or ALL."""
    index = 2 if statement.at(0, "deallocate", "prepare") else 1
    parts, after = statement.name(index)
    if after != len(statement) or len(parts) > 1:
        raise statement.near(after)
    return _copied(statement)


def _cancel(statement: Statement) -> Translation:
    """CANCEL of a session, by its number; what its user is told is PostgreSQL's own message."""
    if not statement.at_kind(1, Kind.NUMBER) or not statement.tokens[1].value.isdecimal():
        raise statement.near(1)
    if len(statement) > 2:
        raise unsupported("CANCEL with a message")
    sql = f"do $$begin perform standin.cancel({statement.tokens[1].value}); end$$"
    return fixed(statement, sql, tag="CANCEL")


def _savepoint(statement: Statement) -> Translation:
    raise WarehouseError(f'SQL command "{statement.text}" not supported.', sqlstate="0A000")


_TRANSLATORS: dict[str, Callable[[Statement], Translation]] = {
    "select": _query,
    "with": _with,
    "insert": _writer(dml.emit_insert),
    "update": _writer(dml.emit_update),
    "delete": _writer(dml.emit_delete),
    "merge": _writer(emit_merge),
    "copy": _copy,
    "unload": _unload,
    "begin": _begin,
    "start": _begin,
    "commit": _end,
    "end": _end,
    "rollback": _end,
    "abort": _end,
    "savepoint": _savepoint,
    "release": _savepoint,
    "create": _create,
    "drop": _drop,
    "alter": _alter,
    "truncate": _truncate,
    "lock": _lock,
    "vacuum": _vacuum,
    "analyze": _analyze,
    "analyse": _analyze,
    "grant": _grant,
    "revoke": _grant,
    "comment": _comment,
    "set": _setting(session_settings.emit_set),
    "explain": _explain,
    "show": _show,
    "reset": _setting(session_settings.emit_reset),
    "declare": _declare,
    "fetch": _fetch,
    "close": _named,
    "cancel": _cancel,
    "deallocate": _named,
}
