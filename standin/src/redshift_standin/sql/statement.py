"""A statement as tokens: matching parentheses, and helpers to read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, Token, syntax_error, tokenize, unsupported

# AWS page "INSERT": the largest single SQL statement.
_LARGEST = 16 * 1024 * 1024

NO_SCHEMA_BINDING = ("with", "no", "schema", "binding")


_SYNTAX = (Kind.WORD, Kind.PUNCTUATION, Kind.OPERATOR)


class Statement:
    """The tokens of one statement and the text that they come from.

    ``substitutes`` maps the indexes of tokens to the ranges of the expressions that replace them, or to None for NULL.
    """

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.substitutes: dict[int, tuple[int, int] | None] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def text(self) -> str:
        """The statement as it was written, from its first token to its last."""
        return self.source[self.tokens[0].start : self.tokens[-1].end]

    def has_any(self, *values: str) -> bool:
        """Whether the statement has one of these words."""
        return not self._words.isdisjoint(values)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(token.value for token in self.tokens if token.kind is Kind.WORD)

    def check(self) -> None:
        """Check all parentheses and brackets.

        :raises WarehouseError: they do not match.
        """
        _ = self._parentheses

    @cached_property
    def closing(self) -> dict[int, int]:
        """The index of the closing parenthesis or bracket, by that of the opening one."""
        return self._parentheses[0]

    def before(self, index: int) -> int:
        """Return the parenthesis that the token at this index closes, or -1."""
        return self._opened_by.get(index, -1)

    @cached_property
    def _opened_by(self) -> dict[int, int]:
        return {closing: opening for opening, closing in self.closing.items()}

    @cached_property
    def opening(self) -> list[int]:
        """For each token, the index of the parenthesis that encloses it, or -1."""
        return self._parentheses[1]

    @cached_property
    def _parentheses(self) -> tuple[dict[int, int], list[int]]:
        closing: dict[int, int] = {}
        opening: list[int] = []
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind is Kind.PUNCTUATION and token.value in ")]":
                if not stack or not self.at(stack[-1], "(" if token.value == ")" else "["):
                    raise syntax_error(token.value)
                closing[stack.pop()] = index
            opening.append(stack[-1] if stack else -1)
            if token.kind is Kind.PUNCTUATION and token.value in "([":
                stack.append(index)
        if stack:
            raise WarehouseError("syntax error at end of input", sqlstate=sqlstate.SYNTAX_ERROR)
        return closing, opening

    def rest(self, start: int, end: int | None = None) -> Statement:
        """Return the statement that begins at a token of this one, as EXPLAIN's does.

        :param end: the index after its last token; None for the end of this statement.
        """
        rest = Statement(self.source, self.tokens[start:end])
        for place, expression in self.substitutes.items():
            rest.substitutes[place - start] = expression and (expression[0] - start, expression[1] - start)
        return rest

    def at(self, index: int, *values: str) -> bool:
        """Whether the tokens from this index on are these words, operators or punctuation marks."""
        if index < 0 or index + len(values) > len(self.tokens):
            return False
        # A loop, because it is the most frequent call of the translation.
        for place, value in enumerate(values, index):
            token = self.tokens[place]
            if token.value != value or token.kind not in _SYNTAX:
                return False
        return True

    def at_any(self, index: int, values: Iterable[str]) -> bool:
        """Whether the token at this index is one of these words or marks."""
        return any(self.at(index, value) for value in values)

    def at_kind(self, index: int, kind: Kind) -> bool:
        """Whether the token at this index is of this kind."""
        return 0 <= index < len(self.tokens) and self.tokens[index].kind is kind

    def near(self, index: int) -> WarehouseError:
        """Return a syntax error at a token, or at the end."""
        if index >= len(self.tokens):
            return WarehouseError("syntax error at end of input", sqlstate=sqlstate.SYNTAX_ERROR)
        token = self.tokens[index]
        if self.at(index, "["):
            return unsupported("a subscript or an array")
        return syntax_error(self.source[token.start : token.end])

    def expect(self, index: int, *values: str) -> int:
        """Return the index after these words or marks.

        :raises WarehouseError: the next tokens are others.
        """
        for offset, value in enumerate(values):
            if not self.at(index + offset, value):
                raise self.near(index + offset)
        return index + len(values)

    def name(self, index: int) -> tuple[tuple[str, ...], int]:
        """Return a name, qualified or not, as its parts, and the index after it.

        :raises WarehouseError: there is none.
        """
        parts: list[str] = []
        while True:
            if index >= len(self.tokens) or not self.tokens[index].is_name:
                raise self.near(index)
            parts.append(self.tokens[index].value)
            if not self.at(index + 1, "."):
                return tuple(parts), index + 1
            index += 2

    def names(self, index: int) -> tuple[list[str], int]:
        """Return a list of names in PostgreSQL's quotes, and the index after it.

        :raises WarehouseError: there is none.
        """
        names = []
        while True:
            parts, index = self.name(index)
            names.append(quote(*parts))
            if not self.at(index, ","):
                return names, index
            index += 1

    def split(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a range between its commas; commas in parentheses do not count."""
        start = index = low
        while index < high:
            if self.at(index, ","):
                yield start, index
                start = index + 1
            index = self.closing.get(index, index) + 1
        if start < high or start > low:
            yield start, high

    def find(self, value: str, low: int, high: int) -> int:
        """Return the index of a word in a range, outside parentheses, or -1."""
        index = low
        while index < high:
            if self.at(index, value):
                return index
            index = self.closing.get(index, index) + 1
        return -1

    def find_outside_case(self, value: str, low: int, high: int) -> int:
        """Return the index of a word in a range, outside parentheses and CASE expressions, or -1."""
        index, cases = low, 0
        while index < high:
            if self.at(index, "case"):
                cases += 1
            elif self.at(index, "end") and cases:
                cases -= 1
            elif not cases and self.at(index, value):
                return index
            index = self.closing.get(index, index) + 1
        return -1


def split_statements(source: str) -> list[Statement]:
    """Return the statements of a text, without the empty ones between semicolons.

    :raises WarehouseError: the text cannot be read, or is too large.
    """
    size = len(source.encode()) if len(source) > _LARGEST // 4 else 0
    if size > _LARGEST:
        raise WarehouseError(
            f"Statement is too large. Statement Size: {size} bytes. Maximum Allowed: {_LARGEST} bytes",
            sqlstate=sqlstate.SYNTAX_ERROR,
        )
    statements: list[Statement] = []
    tokens: list[Token] = []
    for token in tokenize(source):
        if token.kind is Kind.PUNCTUATION and token.value == ";":
            if tokens:
                statements.append(Statement(source, tokens))
            tokens = []
        else:
            tokens.append(token)
    if tokens:
        statements.append(Statement(source, tokens))
    return statements


def is_late_binding(statement: Statement) -> bool:
    """Whether a CREATE VIEW ends with WITH NO SCHEMA BINDING."""
    return statement.at(len(statement) - len(NO_SCHEMA_BINDING), *NO_SCHEMA_BINDING)


def quote(*parts: str) -> str:
    """Return a name in PostgreSQL's quotes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str) -> str:
    """Return a string literal that does not depend on standard_conforming_strings."""
    escaped = value.replace("'", "''")
    return f" E'{escaped}'".replace("\\", "\\\\") if "\\" in value else f"'{escaped}'"
