"""Quotients of DECIMALs, whose scale depends on the types of the operands.

The types of columns, casts, integers, a few functions and their sums, products and quotients are known. PostgreSQL
looks up the types of columns (catalog/38_decimals.sql); this module only finds their tables. Quotients of other
operands keep PostgreSQL's scale.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from redshift_standin.sql.lexer import OPERATORS, Kind, words
from redshift_standin.sql.queries.data_types import read_type
from redshift_standin.sql.queries.scope import tables_in_scope
from redshift_standin.sql.statement import Statement, literal

_PRODUCTS = words("* / %")
_SUMS = words("+ -")

# Operators that bind at least as tightly as a product.
_IN_TERM = _PRODUCTS | words(":: ^")

# Tokens that a term follows.
_BEFORE_TERM = (OPERATORS - _IN_TERM) | words(
    ", all and between by case distinct else having not on or select then when where"
)

_NO_COLUMN = words("case current_date current_user default false interval not null sysdate true user")

_INTEGERS = {"smallint": "array[5, 0, 0]", "integer": "array[10, 0, 0]", "bigint": "array[19, 0, 0]"}


@dataclass
class Insertions:
    """The text to insert around quotients: before a token, and at the end before a token."""

    before: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    after: dict[int, str] = field(default_factory=lambda: defaultdict(str))


def find_quotients(statement: Statement) -> Insertions:
    """Return the insertions that give quotients Redshift's scale, where the types are known."""
    found = Insertions()
    if not statement.has_any("select"):
        return found
    seen: set[int] = set()
    for slash in range(1, len(statement)):
        if statement.at(slash, "/") and slash not in seen:
            terms = _Terms(statement)
            terms.read_term(_start_of_term(statement, slash))
            for quotient in terms.quotients:
                if quotient.slash not in seen:
                    seen.add(quotient.slash)
                    quotient.insert(found)
    return found


def _start_of_term(statement: Statement, slash: int) -> int:
    level = statement.opening[slash]
    for at in range(slash - 1, level, -1):
        if statement.opening[at] == level and statement.at_any(at, _BEFORE_TERM) and not _is_sign(statement, at):
            return at + (3 if statement.at(at, "select", "top") else 1)
    return level + 1


def _is_sign(statement: Statement, at: int) -> bool:
    """Whether a token is the sign of a factor inside a term, as in ``a * -b``."""
    while statement.at_any(at, _SUMS):
        at -= 1
    return statement.at_any(at, _IN_TERM)


@dataclass(frozen=True)
class _Quotient:
    """A quotient.

    :param low: the index where the dividend begins.
    :param slash: the index of the slash.
    :param high: the index after the divisor.
    :param scale: the scale, as an SQL expression.
    """

    low: int
    slash: int
    high: int
    scale: str

    def insert(self, into: Insertions) -> None:
        into.before[self.low] = " ((standin.decimal_operand(" + into.before[self.low]
        into.after[self.slash] += f", {self.scale})"
        into.before[self.slash + 1] = " standin.decimal_operand(" + into.before[self.slash + 1]
        into.after[self.high] += f", {self.scale})) operator(standin.//) {self.scale})"


class _Terms:
    """Reads terms. Each method returns the index after the term, and its type as an SQL expression if it is known."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self.quotients: list[_Quotient] = []

    def read_sum(self, index: int) -> tuple[int, str | None]:
        """Read terms that are added."""
        index, kind = self.read_term(index)
        while self._statement.at_any(index, _SUMS):
            index, other = self.read_term(index + 1)
            kind = f"standin.type_of_sum({kind}, {other})" if kind and other else None
        return index, kind

    def read_term(self, index: int) -> tuple[int, str | None]:
        """Read factors that are multiplied and divided, and collect the quotients."""
        statement, low = self._statement, index
        index, kind = self._read_factor(index)
        while statement.at_any(index, _PRODUCTS):
            operator, mark = statement.tokens[index].value, index
            index, other = self._read_factor(index + 1)
            if not kind or not other or operator == "%":
                kind = None
            elif operator == "*":
                kind = f"standin.type_of_product({kind}, {other})"
            else:
                self.quotients.append(_Quotient(low, mark, index, f"standin.quotient_scale({kind}, {other})"))
                kind = f"standin.type_of_quotient({kind}, {other})"
        return index, kind

    def _read_factor(self, index: int) -> tuple[int, str | None]:
        statement = self._statement
        while statement.at_any(index, _SUMS):
            index += 1
        index, kind = self._read_operand(index)
        while statement.at(index, "::"):
            cast, index = read_type(statement, index + 1)
            kind = _type(cast.sql)
        return index, None if statement.at(index, "^") else kind

    def _read_operand(self, index: int) -> tuple[int, str | None]:
        statement = self._statement
        if index >= len(statement):
            return index, None
        token = statement.tokens[index]
        if statement.at(index, "("):
            after = statement.closing[index]
            end, kind = self.read_sum(index + 1)
            return after + 1, kind if end == after else None
        if token.kind is Kind.NUMBER:
            return index + 1, _type_of_number(token.value)
        if not token.is_name or (token.kind is Kind.WORD and token.value in _NO_COLUMN):
            return index + 1, None
        if statement.at(index + 1, "("):
            return self._read_call(index)
        parts, index = statement.name(index)
        return index, self._type_of_column(parts, index - 1)

    def _read_call(self, index: int) -> tuple[int, str | None]:
        statement = self._statement
        name = statement.tokens[index].value
        low, high = index + 2, statement.closing[index + 1]
        after = high + 1
        if statement.at(after, "over", "("):
            after = statement.closing[after + 1] + 1
        if name == "cast":
            middle = statement.find("as", low, high)
            return after, _type(read_type(statement, middle + 1)[0].sql) if middle > 0 else None
        if name == "count":
            return after, _INTEGERS["bigint"]
        if name not in ("avg", "max", "min", "nullif", "sum"):
            return after, None
        first = low + statement.at(low, "distinct")
        end, kind = self.read_sum(first)
        if end != high and not (name == "nullif" and statement.at(end, ",")):
            kind = None
        return after, f"standin.type_of_total({kind})" if kind and name in ("avg", "sum") else kind

    def _type_of_column(self, parts: tuple[str, ...], index: int) -> str | None:
        relations = tables_in_scope(self._statement, index)
        *qualifier, column = parts
        if len(qualifier) == 1:
            relations = {alias: table for alias, table in relations.items() if alias == qualifier[0]}
        if len(qualifier) > 1 or not relations or None in relations.values():
            return None
        tables = ", ".join(literal(table) for table in relations.values() if table)
        return f"standin.column_type(array[{tables}], {literal(column)})"


def _type(sql: str) -> str | None:
    if sql.startswith("numeric"):
        return f"array[{sql.removeprefix('numeric(').removesuffix(')')}, 1]"
    return _INTEGERS.get(sql)


def _type_of_number(text: str) -> str | None:
    """Return the type of an integer literal; the precision of other literals is not documented."""
    if not text.isdecimal() or int(text) >= 1 << 63:
        return None
    return _INTEGERS["integer" if int(text) < 1 << 31 else "bigint"]
