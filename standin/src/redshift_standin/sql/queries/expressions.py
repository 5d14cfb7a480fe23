"""Writes queries and expressions as PostgreSQL, and refuses what Redshift does not have."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries import catalog_names, functions, refused_forms
from redshift_standin.sql.queries.catalog_queries import REPLACED, reads_catalogs_only, relations
from redshift_standin.sql.queries.data_types import read_type
from redshift_standin.sql.queries.decimal_division import find_quotients
from redshift_standin.sql.queries.function_calls import WRITERS, FunctionCalls
from redshift_standin.sql.queries.select_clauses import emit_group_by_all, emit_select
from redshift_standin.sql.statement import Statement, quote

# Types whose name before a string makes a literal.
_LITERAL_TYPES = frozenset({"date", "interval", "time", "timestamp", "timestamptz", "timetz", "zone"})

# Words before a string that are not types.
_BEFORE_STRING = words(
    """
    all and as between by case delimiter distinct else end escape except format from having ilike in is like
    limit not offset on or select similar then to union using values when where leading trailing both set
    default
    """
)


class Expressions:
    """Writes a range of a statement's tokens as PostgreSQL."""

    def __init__(self, statement: Statement, output: Output) -> None:
        self._statement = statement
        self._output = output
        self._catalogs = reads_catalogs_only(statement)
        self._replaced = frozenset(relations(statement)) if statement.has_any(*REPLACED) else frozenset()
        self._calls = FunctionCalls(self.emit, statement, output, catalogs=self._catalogs)
        self._quotients = find_quotients(statement)
        self._substitutes = dict(statement.substitutes)

    def substitute(self, substitutes: dict[int, tuple[int, int]]) -> None:
        """Replace tokens by the expressions in other ranges."""
        self._substitutes |= substitutes

    def emit(self, low: int, high: int) -> None:
        """Write the tokens of a range.

        :raises WarehouseError: the range holds something that is refused.
        """
        index = low
        while index < high:
            if before := self._quotients.before.get(index):
                self._output.write(before)
            index = self._emit_one(index, low)
            if after := self._quotients.after.get(index):
                self._output.write(after)

    def _emit_one(self, index: int, low: int) -> int:
        statement, output = self._statement, self._output
        token = statement.tokens[index]
        if statement.at(index, "::"):
            output.copy(index)
            kind, after = read_type(statement, index + 1, catalogs=self._catalogs)
            output.write(kind.sql)
            return after
        if index in self._substitutes:
            self._emit_substitute(index)
            return index + 1
        if token.kind is Kind.QUOTED and statement.at(index + 1, "("):
            raise unsupported(f'calling "{token.value}" by a quoted name')
        if token.kind is not Kind.WORD:
            if token.value == "(" and index > low:
                refused_forms.refuse_row_constructor(self._statement, index)
            if statement.at(index, "[") and not self._catalogs:
                raise unsupported("a subscript or an array")
            output.copy(index)
            return index + 1
        if (index > low and statement.at(index - 1, "as")) or statement.at(index - 1, "."):
            return self._emit_name(index)
        if token.value == "select" and statement.has_any("top", "qualify"):
            after_select = emit_select(self, statement, output, index)
            if after_select is not None:
                return after_select
        if token.value == "group" and statement.at(index + 1, "by", "all"):
            return emit_group_by_all(statement, output, index)
        if statement.at(index + 1, "("):
            return self._emit_call(index, low)
        return self._emit_word(index)

    def _emit_substitute(self, index: int) -> None:
        expression = self._substitutes[index]
        if expression is None:
            self._output.replace(index, "null")
            return
        self._output.replace(index, "(")
        self.emit(*expression)
        self._output.write(")")

    def _emit_name(self, index: int) -> int:
        """Write a part of a qualified name, or an alias."""
        statement = self._statement
        if statement.at(index - 1, ".") and statement.at(index + 1, "("):
            raise unsupported(f"calling {statement.tokens[index].value} by a qualified name")
        refused_forms.refuse_materialized(self._statement, index)
        self._output.copy(index)
        return index + 1

    def _emit_word(self, index: int) -> int:
        statement, output = self._statement, self._output
        word = statement.tokens[index].value
        in_substring = word == "for" and statement.at(statement.opening[index] - 1, "substring")
        in_catalogs = self._catalogs and statement.at(index, "array", "[")
        if word in refused_forms.REFUSED_WORDS and not in_substring and not in_catalogs:
            raise unsupported(refused_forms.REFUSED_WORDS[word])
        refused_forms.refuse_forms(self._statement, index, word)
        if statement.at_kind(index + 1, Kind.STRING) and word not in _LITERAL_TYPES and word not in _BEFORE_STRING:
            raise unsupported(f"{word} before a string")
        if word == "sysdate" and not statement.at(index + 1, "."):
            output.replace(index, "standin.sysdate()")
        elif word == "minus":
            output.replace(index, "except")
        elif word == "into":
            return self._emit_into(index)
        elif word == "approximate" and self._is_approximated(index + 1):
            # The exact value is a valid approximation.
            output.replace(index, "")
        elif word in REPLACED and index in self._replaced and not statement.at(index + 1, "."):
            output.replace(index, f"standin.{word}")
        elif statement.at(index, "pg_catalog", ".") and statement.at_any(index + 2, REPLACED):
            output.replace(index, "standin")
        elif statement.at(index, "pg_catalog", ".") and statement.at(index + 3, "("):
            output.replace(index, "")
            return self._emit_call(index + 2, index + 2)
        elif word in catalog_names.IN_STANDIN:
            output.replace(index, f"standin.{word}")
        elif statement.at(index, "pg_catalog", ".") and statement.at_any(index + 2, catalog_names.IN_STANDIN):
            output.replace(index, "standin")
        else:
            output.copy(index)
        return index + 1

    def _emit_into(self, index: int) -> int:
        """Write the table of SELECT INTO. PostgreSQL refuses INTO in a subquery."""
        statement = self._statement
        after = index + 1
        temporary = statement.at_any(after, ("temp", "temporary"))
        after += temporary
        after += statement.at(after, "table")
        parts, after = statement.name(after)
        temporary = temporary or parts[-1].startswith("#")
        self._output.replace(index, f"into {'temp ' if temporary else ''}table {quote(*parts)}")
        return after

    def _is_approximated(self, index: int) -> bool:
        return self._statement.at(index, "count", "(", "distinct") or self._statement.at(index, "percentile_disc", "(")

    def _emit_call(self, index: int, low: int) -> int:
        statement, output = self._statement, self._output
        name = statement.tokens[index].value
        name = functions.SYNONYMS.get(name, name)
        if self._catalogs and name in ("any", "array", "operator", "some"):
            return self._emit_leader_syntax(index, name)
        if name in ("any", "some") and not statement.at(index + 2, "select"):
            raise unsupported("ANY and SOME of an array")
        if name == "distinct" and statement.at(index - 1, "is"):
            raise unsupported("IS DISTINCT FROM")
        if self._is_column_list(index):
            output.copy(index)
            return index + 1
        if name in functions.SYNTAX:
            refused_forms.refuse_forms(self._statement, index, name)
            output.copy(index)
            return index + 1
        in_catalogs = self._catalogs and name in functions.CATALOG_TABLES
        if index > low and self._is_in_from(index) and not in_catalogs:
            raise unsupported(f"table function {name}")
        if name in functions.NEED_A_FRAME:
            refused_forms.require_frame(self._statement, index)
        if name == "percentile_disc" and not statement.at(index - 1, "approximate"):
            raise unsupported("PERCENTILE_DISC without APPROXIMATE")
        if name in WRITERS:
            return WRITERS[name](self._calls, index)
        if name in functions.BUILT_IN:
            output.replace(index, name)
        elif name in functions.IN_STANDIN or (self._catalogs and name in functions.CATALOG_IN_STANDIN):
            output.replace(index, f"standin.{name}")
        elif self._catalogs and name in functions.CATALOG:
            output.replace(index, f"pg_catalog.{name}")
        else:
            raise unsupported(f"function {name}")
        return index + 1

    def _emit_leader_syntax(self, index: int, name: str) -> int:
        """Write ANY or SOME of an array, ARRAY of a subquery, or an operator by its qualified name."""
        self._output.copy(index)
        if name != "operator":
            return index + 1
        after = self._statement.closing[index + 1] + 1
        for at in range(index + 1, after):
            self._output.copy(at)
        return after

    def _is_column_list(self, index: int) -> bool:
        """Whether this names the columns of a table: ``with x (a) as (``, ``(select ..) x (a)``, ``f() x (a int)``."""
        statement = self._statement
        after = statement.closing[index + 1] + 1
        if statement.at_any(index - 1, ("with", "recursive", ",")) and statement.at(after, "as", "("):
            return True
        subquery = statement.before(index - 1)
        if self._catalogs and statement.at_any(subquery - 1, functions.CATALOG_TABLES):
            return True
        return subquery >= 0 and statement.at_any(subquery + 1, ("select", "with"))

    def _is_in_from(self, index: int) -> bool:
        statement = self._statement
        if statement.at(index - 1, "join"):
            return True
        opening = statement.opening[index]
        inside_call = opening > 0 and statement.at_any(opening - 1, ("trim", "substring", "extract"))
        return statement.at(index - 1, "from") and not inside_call
