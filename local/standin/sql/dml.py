"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from local.standin.backend import WarehouseError
from local.standin.sql.expressions import Expressions
from local.standin.sql.lexer import Kind, unsupported
from local.standin.sql.output import Output
from local.standin.sql.statement import Statement, quote


def emit_insert(statement: Statement, output: Output) -> str:
    """Write an INSERT and return the table that it fills."""
    index = statement.expect(0, "insert", "into")
    parts, index = statement.name(index)
    table = quote(*parts)
    output.write(f"insert into {table}")
    if statement.at(index, "(") and not statement.at_any(index + 1, ("select", "with", "(")):
        end = statement.closing[index] + 1
        _emit_column_names(statement, output, index, end)
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
    table = quote(*parts)
    output.write(f"update {table}")
    if statement.at(index, "as"):
        index += 1
    if not statement.at(index, "set"):
        (alias,), index = statement.name(index)
        output.write(f" as {quote(alias)}")
    statement.expect(index, "set")
    if statement.at(index + 1, "("):
        raise unsupported("UPDATE .. SET of a row")
    _refuse_outer_joins(statement, index + 1)
    output.write(" set")
    Expressions(statement, output).emit(index + 1, len(statement))
    return table


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


def emit_merge(statement: Statement, output: Output) -> str:
    """Write a MERGE and return its target.

    Redshift takes no alias for the target, no condition beside MATCHED, and both WHEN clauses in this order.
    """
    index = statement.expect(0, "merge", "into")
    target, index = statement.name(index)
    output.write(f"merge into {quote(*target)} using ")
    if not statement.at(index, "using"):
        raise statement.near(index)
    on = statement.find("on", index + 1, len(statement))
    matched = statement.find_outside_case("when", index + 1, len(statement))
    if statement.find("remove", index + 1, len(statement)) >= 0:
        raise unsupported("MERGE .. REMOVE DUPLICATES")
    if on < 0 or matched < on:
        raise statement.near(len(statement))
    expressions = Expressions(statement, output)
    _refuse_own_source(statement, target, index + 1, on)
    expressions.emit(index + 1, on)
    _refuse_other_conditions(statement, on + 1, matched)
    expressions.emit(on, matched)
    after = _emit_matched(statement, output, expressions, statement.expect(matched, "when", "matched", "then"))
    after = statement.expect(after, "when", "not", "matched", "then", "insert")
    output.write(" when not matched then insert")
    if statement.at(after, "("):
        _emit_column_names(statement, output, after, statement.closing[after] + 1)
        after = statement.closing[after] + 1
    statement.expect(after, "values", "(")
    end = statement.closing[after + 1] + 1
    if end != len(statement):
        raise statement.near(end)
    output.write(" values")
    expressions.emit(after + 1, end)
    return quote(*target)


def _emit_column_names(statement: Statement, output: Output, opening: int, end: int) -> None:
    names = []
    for low, high in statement.split(opening + 1, end - 1):
        parts, after = statement.name(low)
        if after != high or len(parts) > 1:
            raise statement.near(after)
        names.append(quote(*parts))
    output.write(f" ({', '.join(names)})")


def _emit_values(statement: Statement, output: Output, index: int) -> None:
    output.write(" values")
    for number, (low, high) in enumerate(statement.split(index + 1, len(statement))):
        if not statement.at(low, "(") or statement.closing[low] != high - 1:
            raise unsupported("anything after VALUES (..)") if statement.at(low, "(") else statement.near(low)
        output.write(", " if number else " ")
        Expressions(statement, output).emit(low, high)


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


def _refuse_own_source(statement: Statement, target: tuple[str, ...], low: int, high: int) -> None:
    for index in range(low, high):
        if statement.at_any(index, ("using", "from", "join", ",")) or index == low:
            first = index if index == low else index + 1
            if first < high and statement.tokens[first].is_name and statement.name(first)[0][-1] == target[-1]:
                raise WarehouseError("Source view/subquery in Merge statement cannot reference target table.")


def _refuse_other_conditions(statement: Statement, low: int, high: int) -> None:
    """Only equal columns, joined by AND, decide what matches."""
    for index in range(low, high):
        token = statement.tokens[index]
        other_operator = token.kind is Kind.OPERATOR and token.value in ("<", ">", "<=", ">=", "<>", "!=")
        if other_operator or statement.at_any(index, ("or", "not", "in", "exists", "between", "like", "is")):
            raise unsupported("MERGE ON something else than equal columns")


def _emit_matched(statement: Statement, output: Output, expressions: Expressions, index: int) -> int:
    """Write what happens to a row that matches, and return the index after it."""
    if statement.at(index, "delete"):
        output.write(" when matched then delete")
        return index + 1
    low = statement.expect(index, "update", "set")
    high = statement.find_outside_case("when", low, len(statement))
    if high < 0:
        raise WarehouseError("MERGE needs WHEN MATCHED and WHEN NOT MATCHED", sqlstate="42601")
    for start, _ in statement.split(low, high):
        if not statement.at(start + 1, "="):
            raise statement.near(start + 1)
    output.write(" when matched then update set")
    expressions.emit(low, high)
    return high
