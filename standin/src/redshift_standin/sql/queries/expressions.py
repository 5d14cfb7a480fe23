"""Writes queries and expressions as PostgreSQL, and refuses what Redshift does not have."""

from __future__ import annotations

from redshift_standin.sql.lexer import Kind, unsupported, words
from redshift_standin.sql.output import Output
from redshift_standin.sql.queries import catalog_names, functions, refused_forms
from redshift_standin.sql.queries.catalog_queries import REPLACED, reads_catalogs_only
from redshift_standin.sql.queries.data_types import read_type
from redshift_standin.sql.queries.decimal_division import find_quotients
from redshift_standin.sql.queries.function_calls import WRITERS, FunctionCalls
from redshift_standin.sql.queries.keywords import is_keyword
from redshift_standin.sql.queries.named_relations import relation_indexes
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


_LITERALS = (Kind.NUMBER, Kind.PARAMETER, Kind.STRING)


class Expressions:
    """Writes a range of a statement's tokens as PostgreSQL."""

    def __init__(self, statement: Statement, output: Output) -> None:
        self._statement = statement
        self._output = output
        self._catalogs = reads_catalogs_only(statement)
        self._relations = frozenset(relation_indexes(statement))
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
        if token.kind in _LITERALS:
            output.copy(index)
            return index + 1
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
        refused_forms.refuse_system_column(statement, index, catalogs=self._catalogs)
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
            refused_forms.refuse_syntax(statement, index, token.value)
            after_select = emit_select(self, statement, output, index)
            if after_select is not None:
                return after_select
        if token.value == "group" and statement.at(index + 1, "by", "all"):
            return emit_group_by_all(statement, output, index)
        if statement.at(index + 1, "(") and token.value != "minus":
            return self._emit_call(index, index)
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
        self._copy_word(index)
        return index + 1

    def _copy_word(self, index: int) -> None:
        if is_keyword(self._statement, index):
            self._output.copy(index)
        else:
            self._output.copy_name(index)

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
        elif word in REPLACED and index in self._relations and not statement.at(index + 1, "."):
            output.replace(index, f"standin.{word}")
        elif statement.at(index, "pg_catalog", ".") and statement.at_any(index + 2, REPLACED):
            output.replace(index, "standin")
        elif statement.at(index, "pg_catalog", ".") and self._is_call(index + 2):
            output.replace(index, "")
            return self._emit_call(index + 2, index)
        elif word in catalog_names.IN_STANDIN:
            output.replace(index, f"standin.{word}")
        elif statement.at(index, "pg_catalog", ".") and statement.at_any(index + 2, catalog_names.IN_STANDIN):
            output.replace(index, "standin")
        elif in_catalogs:
            output.copy(index)
        else:
            self._copy_word(index)
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

    def _is_subquery(self, opening: int) -> bool:
        while self._statement.at(opening, "("):
            opening += 1
        return self._statement.at_any(opening, ("select", "with"))

    def _is_call(self, index: int) -> bool:
        return self._statement.at_kind(index, Kind.WORD) and self._statement.at(index + 1, "(")

    def _emit_call(self, index: int, start: int) -> int:
        """Write the name of a function, or a whole call.

        :param start: the index of the name's schema, or of the name itself.
        """
        statement, output = self._statement, self._output
        name = statement.tokens[index].value
        name = functions.SYNONYMS.get(name, name)
        if self._catalogs and name in ("any", "array", "operator", "some"):
            return self._emit_leader_syntax(index, name)
        if name in ("all", "any", "some") and not self._is_subquery(index + 1):
            raise unsupported("ALL, ANY or SOME of an array")
        if name == "distinct" and statement.at(index - 1, "is"):
            raise unsupported("IS DISTINCT FROM")
        if self._is_column_list(index):
            self._copy_word(index)
            return self._copy_parentheses(index + 1) if self._follows_catalog_function(index) else index + 1
        if name in functions.SYNTAX:
            refused_forms.refuse_forms(self._statement, index, name)
            output.copy(index)
            return index + 1
        in_catalogs = self._catalogs and name in functions.CATALOG_TABLES
        if start in self._relations and not in_catalogs:
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
        return self._copy_parentheses(index + 1) if name == "operator" else index + 1

    def _copy_parentheses(self, opening: int) -> int:
        """Copy what is in parentheses as it is, and return the index after it."""
        after = self._statement.closing[opening] + 1
        for at in range(opening, after):
            self._output.copy(at)
        return after

    def _is_column_list(self, index: int) -> bool:
        """Whether this names the columns of a table: ``with x (a) as (``, ``(select ..) x (a)``, ``f() x (a int)``."""
        statement = self._statement
        after = statement.closing[index + 1] + 1
        if statement.at_any(index - 1, ("with", "recursive", ",")) and statement.at(after, "as", "("):
            return True
        if self._follows_catalog_function(index):
            return True
        subquery = statement.before(index - 1)
        return subquery >= 0 and statement.at_any(subquery + 1, ("select", "with"))

    def _follows_catalog_function(self, index: int) -> bool:
        """Whether this is the alias of a function in FROM, with the names and types of its columns."""
        opening = self._statement.before(index - 1)
        return self._catalogs and self._statement.at_any(opening - 1, functions.CATALOG_TABLES)
