"""ALTER TABLE: columns, names, keys, encodings, and APPEND."""

from __future__ import annotations

from collections.abc import Callable

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.data_types import read_type
from redshift_standin.sql.statement import Statement, literal, quote
from redshift_standin.sql.statements.column_encodings import read_encoding
from redshift_standin.sql.statements.create_table import emit_added_column
from redshift_standin.sql.statements.table_attributes import write_attributes
from redshift_standin.sql.translation import Action, Translation

# Changes nothing, but PostgreSQL checks that the user may alter the table.
_NOTHING = "reset (fillfactor)"


def translate_alter_table(statement: Statement) -> Translation:
    """Translate ALTER TABLE.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    if not statement.at(1, "table"):
        raise unsupported(f"ALTER {statement.tokens[1].value.upper() if len(statement) > 1 else ''}")
    parts, index = statement.name(2)
    if statement.at(index, "append"):
        return _append(statement, parts, index)
    for words, translate in _FORMS:
        if statement.at(index, *words):
            output = Output(statement)
            output.write(f"alter table {quote(*parts)} ")
            return translate(statement, output, index + len(words))
    raise unsupported(f"ALTER TABLE .. {statement.tokens[index].value.upper() if index < len(statement) else ''}")


def _finish(statement: Statement, output: Output, index: int) -> Translation:
    if index != len(statement):
        raise statement.near(index)
    return Translation.from_output(statement, output, command="ALTER TABLE")


def _outside_transactions(statement: Statement, output: Output, index: int, what: str) -> Translation:
    """Return a change that Redshift refuses in a transaction."""
    if index != len(statement):
        raise statement.near(index)
    return Translation.from_output(statement, output, Action.ALONE, command=f"ALTER TABLE ALTER {what}")


def _rename(statement: Statement, output: Output, index: int) -> Translation:
    (name,), end = statement.name(index)
    output.write(f"rename to {quote(name)}")
    return _finish(statement, output, end)


def _rename_column(statement: Statement, output: Output, index: int) -> Translation:
    (old,), after = statement.name(index)
    (new,), end = statement.name(statement.expect(after, "to"))
    output.write(f"rename column {quote(old)} to {quote(new)}")
    return _finish(statement, output, end)


def _owner(statement: Statement, output: Output, index: int) -> Translation:
    (owner,), end = statement.name(index)
    output.write(f"owner to {quote(owner)}")
    return _finish(statement, output, end)


def _drop_column(statement: Statement, output: Output, index: int) -> Translation:
    if statement.at_any(index, ("constraint", "primary")):
        raise unsupported("ALTER TABLE .. DROP of a key")
    (column,), end = statement.name(index + 1 if statement.at(index, "column") else index)
    output.write(f"drop column {quote(column)}")
    if statement.at_any(end, ("cascade", "restrict")):
        output.write(f" {statement.tokens[end].value}")
        end += 1
    return _finish(statement, output, end)


def _add_column(statement: Statement, output: Output, index: int) -> Translation:
    if statement.at_any(index, ("constraint", "primary", "unique", "foreign", "check")):
        raise unsupported("ALTER TABLE .. ADD of a key")
    output.write("add column ")
    end = emit_added_column(statement, output, index + 1 if statement.at(index, "column") else index)
    return _finish(statement, output, end)


def _alter_column(statement: Statement, output: Output, index: int) -> Translation:
    """Write ALTER COLUMN, which changes the size of a VARCHAR or encodings."""
    (column,), after = statement.name(index)
    if statement.at(after, "encode"):
        return _alter_encodings(statement, output, index)
    kind, end = read_type(statement, statement.expect(after, "type"))
    if kind.family != "varchar":
        raise unsupported("ALTER COLUMN TYPE of anything but VARCHAR")
    name = quote(column)
    output.write(f"alter column {name} type {kind.sql} using standin.only_varchar({name})")
    write_attributes(output, {"resized": column})
    return _outside_transactions(statement, output, end, "COLUMN")


def _alter_encodings(statement: Statement, output: Output, index: int) -> Translation:
    encodings: dict[str, str] = {}
    while True:
        (column,), after = statement.name(index)
        encodings[column], index = read_encoding(statement, statement.expect(after, "encode"), column, None)
        if not statement.at(index, ",", "alter", "column"):
            break
        index += 3
    _touch(output, list(encodings))
    write_attributes(output, {"encodings": encodings})
    return _outside_transactions(statement, output, index, "ENCODE")


def _encode_auto(statement: Statement, output: Output, index: int) -> Translation:
    output.write(_NOTHING)
    write_attributes(output, {"encode_auto": True})
    return _outside_transactions(statement, output, index, "ENCODE")


def _distribution(statement: Statement, output: Output, index: int) -> Translation:
    if statement.at(index, "key", "distkey"):
        return _distribution_key(statement, output, index + 2)
    if not statement.at_any(index, ("all", "even", "auto")):
        raise statement.near(index)
    output.write(_NOTHING)
    write_attributes(output, {"distribution": statement.tokens[index].value})
    return _outside_transactions(statement, output, index + 1, "DISTSTYLE")


def _distribution_key(statement: Statement, output: Output, index: int) -> Translation:
    (column,), end = statement.name(index)
    _touch(output, [column])
    write_attributes(output, {"distribution": "key", "distribution_key": column})
    return _outside_transactions(statement, output, end, "DISTKEY")


def _sort_key(statement: Statement, output: Output, index: int) -> Translation:
    """Read a compound sort key; a table cannot be given an interleaved one."""
    if statement.at_any(index, ("auto", "none")):
        columns, end = [], index + 1
        output.write(_NOTHING)
    else:
        statement.expect(index, "(")
        end = statement.closing[index] + 1
        columns = [statement.name(low)[0][0] for low, _ in statement.split(index + 1, end - 1)]
        if not 1 <= len(columns) <= 400 or len(set(columns)) < len(columns):
            raise WarehouseError("a SORTKEY has 1 to 400 columns, each of them once", sqlstate=sqlstate.SYNTAX_ERROR)
        _touch(output, columns)
    write_attributes(output, {"sort_key": columns})
    return _outside_transactions(statement, output, end, "SORTKEY")


def _touch(output: Output, columns: list[str]) -> None:
    """Write a change without effect, with which PostgreSQL checks that the columns exist."""
    output.write(", ".join(f"alter column {quote(column)} set statistics -1" for column in columns))


def _append(statement: Statement, target: tuple[str, ...], index: int) -> Translation:
    """Translate APPEND, which moves a table's rows and commits (catalog/70_alter_table.sql)."""
    source, index = statement.name(statement.expect(index, "append", "from"))
    option = ""
    if statement.at_any(index, ("ignoreextra", "filltarget")):
        option = statement.tokens[index].value
        index += 1
    if index != len(statement):
        raise statement.near(index)
    arguments = ", ".join(literal(text) for text in (quote(*target), quote(*source), option))
    return Translation.from_text(
        statement,
        f"do {literal(f'begin perform standin.append_table({arguments}); end')}",
        Action.ALONE,
        "ALTER TABLE APPEND",
        tag="ALTER TABLE APPEND",
    )


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Statement, Output, int], Translation]], ...] = (
    (("rename", "to"), _rename),
    (("rename", "column"), _rename_column),
    (("owner", "to"), _owner),
    (("drop",), _drop_column),
    (("add",), _add_column),
    (("alter", "column"), _alter_column),
    (("alter", "encode", "auto"), _encode_auto),
    (("alter", "diststyle"), _distribution),
    (("alter", "distkey"), _distribution_key),
    (("alter", "compound", "sortkey"), _sort_key),
    (("alter", "sortkey"), _sort_key),
)
