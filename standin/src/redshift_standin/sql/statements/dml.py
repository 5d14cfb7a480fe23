"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, quote

# What rows of VALUES mostly consist of.
_LITERALS = (Kind.NUMBER, Kind.PARAMETER, Kind.STRING)
_LITERAL_WORDS = words("null true false default , -")


@dataclass(frozen=True)
class _Target:
    """The table that an UPDATE changes, in PostgreSQL's quotes.

    :param alias: the name by which the rest of the statement refers to it.
    """

    table: str
    alias: str

    @property
    def reference(self) -> str:
        """The table with its alias, as in FROM."""
        return self.table if self.alias == self.table else f"{self.table} as {self.alias}"


def emit_insert(statement: Statement, output: Output) -> str:
    """Write an INSERT and return the table that it fills."""
    index = statement.expect(0, "insert", "into")
    parts, index = statement.name(index)
    table = quote(*parts)
    output.write(f"insert into {table}")
    if statement.at(index, "(") and not statement.at_any(index + 1, ("select", "with", "(")):
        end = statement.closing[index] + 1
        emit_column_names(statement, output, index, end)
        index = end
    if statement.at(index, "default", "values"):
        if index + 2 != len(statement):
            raise statement.near(index + 2)
        output.write(" default values")
    elif statement.at(index, "values"):
        _emit_values(statement, output, index)
    elif statement.at_any(index, ("select", "with", "(")):
        _refuse_clause(statement, index, ("on", "conflict"), "ON CONFLICT")
        output.write(" ")
        Expressions(statement, output).emit(index, len(statement))
    else:
        raise statement.near(index)
    return table


def emit_update(statement: Statement, output: Output, start: int = 0) -> str:
    """Write an UPDATE, which begins at ``start``, and return the table that it changes."""
    parts, index = statement.name(start + 1)
    target = _Target(quote(*parts), quote(*parts))
    if statement.at(index, "as"):
        index += 1
    if not statement.at(index, "set"):
        (alias,), index = statement.name(index)
        target = _Target(target.table, quote(alias))
    output.write(f"update {target.reference}")
    statement.expect(index, "set")
    if statement.at(index + 1, "("):
        raise unsupported("UPDATE .. SET of a row")
    _refuse_outer_joins(statement, index + 1)
    output.write(" set")
    source = statement.find("from", index + 1, len(statement))
    if source < 0:
        Expressions(statement, output).emit(index + 1, len(statement))
    else:
        _emit_joined(statement, output, index + 1, source, target)
    return target.table


def _emit_joined(statement: Statement, output: Output, low: int, source: int, target: _Target) -> None:
    """Write the rest of an UPDATE from FROM, with a condition that counts the matches if the session asks for it."""
    expressions = Expressions(statement, output)
    where = statement.find("where", source, len(statement))
    end = where if where >= 0 else len(statement)
    expressions.emit(low, end)
    output.write(" where ")

    def emit_condition() -> None:
        output.write("(")
        expressions.emit(where + 1, len(statement))
        output.write(")")

    if where >= 0:
        emit_condition()
        output.write(" and ")
    output.write("(case when standin.is_several_matches_error() then ")
    output.write("(select standin.refuse_matches(max(matches)) ")
    output.write(f"from (select count(*) as matches from {target.reference}, ")  # noqa: S608 - quoted
    expressions.emit(source + 1, end)
    if where >= 0:
        output.write(" where ")
        emit_condition()
    output.write(f" group by {target.alias}.ctid) as standin_matches) else true end)")


def emit_delete(statement: Statement, output: Output, start: int = 0) -> str:
    """Write a DELETE, which begins at ``start``, and return the table that it empties."""
    parts, index = statement.name(start + (2 if statement.at(start + 1, "from") else 1))
    table = quote(*parts)
    output.write(f"delete from {table}")  # noqa: S608 - the name is quoted
    if index < len(statement) and not statement.at_any(index, ("using", "where")):
        raise statement.near(index)
    output.write(" ")
    Expressions(statement, output).emit(index, len(statement))
    return table


def emit_column_names(statement: Statement, output: Output, opening: int, end: int) -> None:
    """Write the names of columns in parentheses."""
    names = []
    for low, high in statement.split(opening + 1, end - 1):
        parts, after = statement.name(low)
        if after != high or len(parts) > 1:
            raise statement.near(after)
        names.append(quote(*parts))
    output.write(f" ({', '.join(names)})")


def _emit_values(statement: Statement, output: Output, index: int) -> None:
    output.write(" values")
    expressions = Expressions(statement, output)
    for number, (low, high) in enumerate(statement.split(index + 1, len(statement))):
        if not statement.at(low, "(") or statement.closing[low] != high - 1:
            raise unsupported("anything after VALUES (..)") if statement.at(low, "(") else statement.near(low)
        output.write(", " if number else " ")
        if _has_literals_only(statement, low, high):
            output.copy_range(low, high)
        else:
            expressions.emit(low, high)


def _has_literals_only(statement: Statement, low: int, high: int) -> bool:
    """Whether a row of VALUES needs no translation, as nearly every row of a long list."""
    for token in statement.tokens[low + 1 : high - 1]:
        is_literal = token.kind in _LITERALS or (token.value in _LITERAL_WORDS and token.kind is not Kind.QUOTED)
        if not is_literal:
            return False
    text = statement.source[statement.tokens[low].start : statement.tokens[high - 1].end]
    return "--" not in text and "/*" not in text


def _refuse_outer_joins(statement: Statement, low: int) -> None:
    """Refuse an UPDATE whose FROM has an outer join, which Redshift does not take."""
    for index in range(low, len(statement)):
        outer = statement.at_any(index, ("left", "right", "full")) and statement.at_any(index + 1, ("join", "outer"))
        if outer and statement.opening[index] < 0:
            raise WarehouseError("Target table must be part of an equijoin predicate")


def _refuse_clause(statement: Statement, low: int, words: tuple[str, ...], name: str) -> None:
    for index in range(low, len(statement)):
        if statement.at(index, *words):
            raise unsupported(name)
