"""Translates a Redshift statement to what the session runs for it. Unknown statements are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from redshift_standin.sql.database_names import refuse_other_databases
from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.catalog_names import refuse_unknown
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.queries.internal_schema import refuse_internal_schema
from redshift_standin.sql.queries.leader_functions import refuse_on_compute_nodes
from redshift_standin.sql.queries.sorted_aggregates import check_sorted_aggregates
from redshift_standin.sql.statement import Statement
from redshift_standin.sql.statements import (
    copy_unload,
    create_drop,
    cursors,
    dml,
    maintenance,
    privileges,
    session_settings,
    show_objects,
    transactions,
)
from redshift_standin.sql.statements.alter_table import translate_alter_table
from redshift_standin.sql.statements.merge import emit_merge
from redshift_standin.sql.translation import Action, Translation


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
    refuse_other_databases(statement)
    check_sorted_aggregates(statement)
    refuse_unknown(statement)
    refuse_internal_schema(statement)
    translation = translator(statement)
    refuse_on_compute_nodes(statement, translation.relations)
    return translation


def _query(statement: Statement) -> Translation:
    output = Output(statement)
    Expressions(statement, output).emit(0, len(statement))
    translation = Translation.from_output(statement, output)
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
            return Translation.from_output(statement, output, Action.WRITE, table=table, command=command.upper())
    return _query(statement)


def _writer(emit: Callable[[Statement, Output], str]) -> Callable[[Statement], Translation]:
    def write(statement: Statement) -> Translation:
        output = Output(statement)
        table = emit(statement, output)
        return Translation.from_output(statement, output, Action.WRITE, table=table)

    return write


def _alter(statement: Statement) -> Translation:
    if statement.at(1, "database"):
        return create_drop.translate_database(statement)
    if statement.at(1, "default", "privileges"):
        return privileges.translate_default_privileges(statement)
    return translate_alter_table(statement)


def _setting(emit: Callable[[Statement, Output], None]) -> Callable[[Statement], Translation]:
    def write(statement: Statement) -> Translation:
        output = Output(statement)
        emit(statement, output)
        return Translation.from_output(statement, output)

    return write


def _explain(statement: Statement) -> Translation:
    """Translate EXPLAIN, which shows PostgreSQL's plan of the translated statement."""
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


_TRANSLATORS: dict[str, Callable[[Statement], Translation]] = {
    "select": _query,
    "with": _with,
    "insert": _writer(dml.emit_insert),
    "update": _writer(dml.emit_update),
    "delete": _writer(dml.emit_delete),
    "merge": _writer(emit_merge),
    "copy": copy_unload.translate_copy,
    "unload": copy_unload.translate_unload,
    "begin": transactions.translate_begin,
    "start": transactions.translate_begin,
    "commit": transactions.translate_end,
    "end": transactions.translate_end,
    "rollback": transactions.translate_end,
    "abort": transactions.translate_end,
    "savepoint": transactions.refuse_savepoint,
    "release": transactions.refuse_savepoint,
    "create": create_drop.translate_create,
    "drop": create_drop.translate_drop,
    "alter": _alter,
    "truncate": maintenance.translate_truncate,
    "lock": maintenance.translate_lock,
    "vacuum": maintenance.translate_vacuum,
    "analyze": maintenance.translate_analyze,
    "analyse": maintenance.translate_analyze,
    "grant": privileges.translate_grant,
    "revoke": privileges.translate_grant,
    "comment": maintenance.translate_comment,
    "set": _setting(session_settings.emit_set),
    "explain": _explain,
    "show": _show,
    "reset": _setting(session_settings.emit_reset),
    "declare": cursors.translate_declare,
    "fetch": cursors.translate_fetch,
    "close": cursors.translate_close,
    "cancel": maintenance.translate_cancel,
    "deallocate": cursors.translate_close,
}
