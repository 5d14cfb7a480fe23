"""Function calls that PostgreSQL writes differently: date parts, casts, DECODE, NVL2 and LISTAGG."""

from __future__ import annotations

from collections.abc import Callable

from redshift_standin.sql.lexer import Kind, unsupported
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries import functions
from redshift_standin.sql.queries.data_types import NAMES as TYPE_NAMES
from redshift_standin.sql.queries.data_types import Type, read_type
from redshift_standin.sql.statement import Statement, literal


class FunctionCalls:
    """Writes one call at a time.

    :param emit: writes the tokens of a range.
    :param catalogs: whether the statement is a query of catalogs alone.
    """

    def __init__(
        self, emit: Callable[[int, int], None], statement: Statement, output: Output, *, catalogs: bool
    ) -> None:
        self._emit = emit
        self._catalogs = catalogs
        self._statement = statement
        self._output = output

    def _arguments(self, index: int) -> list[tuple[int, int]]:
        return list(self._statement.split(index + 2, self._statement.closing[index + 1]))

    def _date_part(self, low: int, high: int, allowed: frozenset[str]) -> str:
        """Return PostgreSQL's name of a date part."""
        statement = self._statement
        token = statement.tokens[low] if high == low + 1 else None
        if token is None or token.kind not in (Kind.WORD, Kind.STRING):
            raise unsupported("a date part that is not a plain word")
        spelling = token.value.strip("'").lower() if token.kind is Kind.STRING else token.value
        part = functions.DATE_PARTS.get(spelling)
        if part not in allowed:
            raise unsupported(f"date part {spelling} here")
        return part

    def _emit_arguments(self, name: str, index: int, first: str, rest: list[tuple[int, int]]) -> int:
        """Write a call of a date function whose first argument is already written."""
        self._output.replace(index, f"standin.{name}({first}")
        for low, high in rest:
            self._output.write(", ")
            self._emit(low, high)
            if high == low + 1 and self._statement.at_kind(low, Kind.STRING):
                # PostgreSQL would read a string as a timestamp with time zone.
                self._output.write("::timestamp")
        self._output.write(")")
        return self._statement.closing[index + 1] + 1

    def emit_date_arithmetic(self, index: int) -> int:
        """Write DATEADD or DATEDIFF."""
        name = functions.DATE_PART_FIRST[self._statement.tokens[index].value]
        arguments = self._arguments(index)
        if len(arguments) != 3:
            raise unsupported(f"{name} with {len(arguments)} arguments")
        part = self._date_part(*arguments[0], functions.ARITHMETIC_PARTS)
        return self._emit_arguments(name, index, literal(part), arguments[1:])

    def emit_date_part(self, index: int) -> int:
        """Write DATE_PART."""
        arguments = self._arguments(index)
        if len(arguments) != 2:
            raise unsupported(f"date_part with {len(arguments)} arguments")
        part = self._date_part(*arguments[0], frozenset(functions.DATE_PARTS.values()))
        return self._emit_arguments("pgdate_part", index, literal(part), arguments[1:])

    def emit_date_trunc(self, index: int) -> int:
        """Write DATE_TRUNC."""
        arguments = self._arguments(index)
        if len(arguments) != 2 or not self._statement.at_kind(arguments[0][0], Kind.STRING):
            raise unsupported("date_trunc without a date part in quotes")
        part = self._date_part(*arguments[0], functions.ARITHMETIC_PARTS)
        return self._emit_arguments("date_trunc", index, literal(part), arguments[1:])

    def emit_extract(self, index: int) -> int:
        """Write EXTRACT."""
        statement = self._statement
        low, high = index + 2, statement.closing[index + 1]
        statement.expect(low + 1, "from")
        part = self._date_part(low, low + 1, frozenset(functions.DATE_PARTS.values()))
        return self._emit_arguments("date_part", index, literal(part), [(low + 2, high)])

    def _read_cast(self, index: int) -> tuple[int, Type]:
        """Return where the AS of a CAST or TRY_CAST stands, and the type after it."""
        statement = self._statement
        high = statement.closing[index + 1]
        middle = statement.find("as", index + 2, high)
        if middle < 0:
            raise statement.near(high)
        kind, after = read_type(statement, middle + 1, catalogs=self._catalogs)
        if after != high:
            raise statement.near(after)
        return middle, kind

    def emit_cast(self, index: int) -> int:
        """Write CAST."""
        middle, kind = self._read_cast(index)
        self._output.copy(index)
        self._output.write("(")
        self._emit(index + 2, middle)
        self._output.write(f" as {kind.sql})")
        return self._statement.closing[index + 1] + 1

    def emit_try_cast(self, index: int) -> int:
        """Write TRY_CAST as the cast of a text that standin.try_cast has checked."""
        middle, kind = self._read_cast(index)
        self._output.replace(index, "standin.try_cast(")
        self._emit(index + 2, middle)
        self._output.write(f", {literal(kind.sql)})::{kind.sql}")
        return self._statement.closing[index + 1] + 1

    def emit_nvl2(self, index: int) -> int:
        """Write NVL2 as CASE."""
        arguments = self._arguments(index)
        if len(arguments) != 3:
            raise unsupported(f"nvl2 with {len(arguments)} arguments")
        self._output.replace(index, "case when (")
        self._emit(*arguments[0])
        self._output.write(") is not null then ")
        self._emit(*arguments[1])
        self._output.write(" else ")
        self._emit(*arguments[2])
        self._output.write(" end")
        return self._statement.closing[index + 1] + 1

    def emit_decode(self, index: int) -> int:
        """Write DECODE as CASE, in which NULL matches NULL."""
        (low, high), *rest = self._arguments(index)
        if len(rest) < 2:
            raise unsupported(f"decode with {len(rest) + 1} arguments")
        self._output.replace(index, "case")
        while len(rest) > 1:
            (searched, result), rest = rest[:2], rest[2:]
            self._output.write(" when (")
            self._emit(low, high)
            self._output.write(") is not distinct from (")
            self._emit(*searched)
            self._output.write(") then ")
            self._emit(*result)
        if rest:
            self._output.write(" else ")
            self._emit(*rest[0])
        self._output.write(" end")
        return self._statement.closing[index + 1] + 1

    def emit_listagg(self, index: int) -> int:
        """Write LISTAGG, with the order of WITHIN GROUP inside the parentheses."""
        statement, output = self._statement, self._output
        arguments = self._arguments(index)
        if len(arguments) not in (1, 2):
            raise unsupported(f"listagg with {len(arguments)} arguments")
        low, high = arguments[0]
        output.replace(index, "standin.listagg(")
        distinct = statement.at(low, "distinct")
        if distinct:
            output.write("distinct ")
            low += 1
        output.write("cast((")
        self._emit(low, high)
        output.write(") as varchar), ")
        if len(arguments) == 2:
            self._emit(*arguments[1])
        else:
            output.write("''")
        after = statement.closing[index + 1] + 1
        if statement.at(after, "within", "group", "("):
            end = statement.closing[after + 2]
            order = statement.expect(after + 3, "order", "by")
            if distinct:
                self._emit_distinct_order(low, high, order, end)
            output.write(" order by ")
            self._emit(order, end)
            after = end + 1
        output.write(")")
        return after

    def _emit_distinct_order(self, low: int, high: int, order: int, end: int) -> None:
        """Repeat the argument of LISTAGG DISTINCT: PostgreSQL orders DISTINCT aggregates by arguments only."""
        tokens = self._statement.tokens
        argument = [token.value for token in tokens[low:high]]
        ordered = [token.value for token in tokens[order:end]]
        if ordered[: len(argument)] != argument or ordered[len(argument) :] not in ([], ["asc"], ["desc"]):
            raise unsupported("LISTAGG DISTINCT ordered by something else than its argument")
        self._output.write(", ")
        self._emit(low, high)

    def emit_to_timestamp(self, index: int) -> int:
        """Write TO_TIMESTAMP with a format; PostgreSQL also has one without."""
        if len(self._arguments(index)) not in (2, 3):
            raise unsupported("to_timestamp without a format")
        self._output.replace(index, "standin.to_timestamp")
        return index + 1

    def emit_set_config(self, index: int) -> int:
        """Write SET_CONFIG of a setting that the stand-in has."""
        statement = self._statement
        arguments = self._arguments(index)
        low, high = arguments[0]
        name = statement.tokens[low].value.strip("'").lower() if statement.at_kind(low, Kind.STRING) else ""
        if len(arguments) != 3 or high != low + 1 or name not in functions.SETTINGS:
            raise unsupported("set_config of this setting")
        self._output.replace(index, f"set_config({literal(functions.SETTINGS[name])}")
        for argument in arguments[1:]:
            self._output.write(", ")
            self._emit(*argument)
        self._output.write(")")
        return statement.closing[index + 1] + 1

    def emit_type_call(self, index: int) -> int:
        """Refuse a type as a function."""
        raise unsupported(f"{self._statement.tokens[index].value} as a function")


# The method for each function: it takes the index of the call and returns the index after it.
WRITERS: dict[str, Callable[[FunctionCalls, int], int]] = {
    **dict.fromkeys(functions.DATE_PART_FIRST, FunctionCalls.emit_date_arithmetic),
    **dict.fromkeys(TYPE_NAMES - {"date"}, FunctionCalls.emit_type_call),
    "date_part": FunctionCalls.emit_date_part,
    "date_trunc": FunctionCalls.emit_date_trunc,
    "decode": FunctionCalls.emit_decode,
    "extract": FunctionCalls.emit_extract,
    "cast": FunctionCalls.emit_cast,
    "listagg": FunctionCalls.emit_listagg,
    "nvl2": FunctionCalls.emit_nvl2,
    "set_config": FunctionCalls.emit_set_config,
    "to_timestamp": FunctionCalls.emit_to_timestamp,
    "try_cast": FunctionCalls.emit_try_cast,
}
