"""MERGE, in both of its modes."""

from __future__ import annotations

from dataclasses import dataclass

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries.expressions import Expressions
from redshift_standin.sql.statement import Statement, quote
from redshift_standin.sql.statements.dml import emit_column_names


@dataclass(frozen=True)
class _Source:
    """The source of a MERGE.

    :param name: its name in the condition, in PostgreSQL's quotes.
    :param low: the index where it begins.
    :param high: the index after it, of ON.
    """

    name: str
    low: int
    high: int


def emit_merge(statement: Statement, output: Output) -> str:
    """Write a MERGE and return its target.

    Redshift allows no alias of the target and no condition with MATCHED, and requires both WHEN clauses in this order.

    :raises WarehouseError: Redshift or the stand-in refuses it.
    """
    index = statement.expect(0, "merge", "into")
    target, index = statement.name(index)
    if not statement.at(index, "using"):
        raise statement.near(index)
    on = statement.find("on", index + 1, len(statement))
    if on < 0:
        raise statement.near(len(statement))
    _refuse_own_source(statement, target, index + 1, on)
    source = _read_source(statement, index + 1, on)
    if statement.at(len(statement) - 2, "remove", "duplicates"):
        _refuse_other_conditions(statement, on + 1, len(statement) - 2)
        _emit_replacement(statement, output, quote(*target), source)
        return quote(*target)
    matched = statement.find_outside_case("when", index + 1, len(statement))
    if matched < on:
        raise statement.near(len(statement))
    output.write(f"merge into {quote(*target)} using ")
    expressions = Expressions(statement, output)
    expressions.emit(index + 1, on)
    _refuse_other_conditions(statement, on + 1, matched)
    expressions.emit(on, matched)
    after = _emit_matched(statement, output, expressions, statement.expect(matched, "when", "matched", "then"))
    after = statement.expect(after, "when", "not", "matched", "then", "insert")
    output.write(" when not matched then insert")
    if statement.at(after, "("):
        emit_column_names(statement, output, after, statement.closing[after] + 1)
        after = statement.closing[after] + 1
    statement.expect(after, "values", "(")
    end = statement.closing[after + 1] + 1
    if end != len(statement):
        raise statement.near(end)
    output.write(" values")
    expressions.emit(after + 1, end)
    return quote(*target)


def _emit_replacement(statement: Statement, output: Output, table: str, source: _Source) -> None:
    """Write REMOVE DUPLICATES: the source's rows replace the rows that match them.

    The source is read once. In the UNION, PostgreSQL compares the number and the types of its columns with those of
    the target. The statement fails if two rows of the source match one row of the target.
    """
    expressions = Expressions(statement, output)
    name, on = source.name, source.high
    output.write(f"with {name} as materialized (select * from ")  # noqa: S608 - quoted
    expressions.emit(source.low, on)
    output.write(f"), standin_matched as (select count(*) as matches from {table}, {name} where ")  # noqa: S608 - quoted
    expressions.emit(on + 1, len(statement) - 2)
    output.write(f" group by {table}.ctid), standin_replaced as (delete from {table} using {name} where ")  # noqa: S608 - quoted
    expressions.emit(on + 1, len(statement) - 2)
    output.write(f") insert into {table} select * from {table} where false union all ")  # noqa: S608 - quoted
    output.write(f"select * from {name} where ")  # noqa: S608 - quoted
    output.write("(select standin.refuse_matches(max(matches)) from standin_matched)")


def _read_source(statement: Statement, low: int, on: int) -> _Source:
    """Return the source, whose name in the condition is its alias, or else its own name.

    :raises WarehouseError: there is more than one source, or a query without a name.
    """
    parts: tuple[str, ...]
    if statement.at(low, "("):
        parts, index = (), statement.closing[low] + 1
    else:
        parts, index = statement.name(low)
    if statement.at(index, "as"):
        index += 1
    if index < on:
        parts, index = statement.name(index)
    if index != on or not parts:
        raise statement.near(index)
    return _Source(quote(parts[-1]), low, on)


def _refuse_own_source(statement: Statement, target: tuple[str, ...], low: int, high: int) -> None:
    for index in range(low, high):
        if statement.at_any(index, ("using", "from", "join", ",")) or index == low:
            first = index if index == low else index + 1
            if first < high and statement.tokens[first].is_name and statement.name(first)[0][-1] == target[-1]:
                raise WarehouseError("Source view/subquery in Merge statement cannot reference target table.")


def _refuse_other_conditions(statement: Statement, low: int, high: int) -> None:
    """Refuse conditions other than equal columns joined by AND."""
    for index in range(low, high):
        token = statement.tokens[index]
        other_operator = token.kind is Kind.OPERATOR and token.value in ("<", ">", "<=", ">=", "<>", "!=")
        if other_operator or statement.at_any(index, ("or", "not", "in", "exists", "between", "like", "is")):
            raise unsupported("MERGE ON something else than equal columns")


def _emit_matched(statement: Statement, output: Output, expressions: Expressions, index: int) -> int:
    """Write the action of WHEN MATCHED, and return the index after it."""
    if statement.at(index, "delete"):
        output.write(" when matched then delete")
        return index + 1
    low = statement.expect(index, "update", "set")
    high = statement.find_outside_case("when", low, len(statement))
    if high < 0:
        raise WarehouseError("MERGE needs WHEN MATCHED and WHEN NOT MATCHED", sqlstate=sqlstate.SYNTAX_ERROR)
    for start, _ in statement.split(low, high):
        if not statement.at(start + 1, "="):
            raise statement.near(start + 1)
    output.write(" when matched then update set")
    expressions.emit(low, high)
    return high
