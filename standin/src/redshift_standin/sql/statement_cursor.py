"""Reads a statement token by token from its beginning: for COPY and UNLOAD, whose options come in any order."""

from __future__ import annotations

import re
from decimal import Decimal

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind, Token, tokenize
from redshift_standin.sql.statement import Statement

_ESCAPE = re.compile(r"''|\\([0-7]{1,3})|\\(.)", re.DOTALL)
_ESCAPED_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class StatementCursor:
    """A position in a statement.

    :param text: the statement, without a semicolon.
    :raises WarehouseError: the text has something that is not a token of Redshift's.
    """

    def __init__(self, text: str) -> None:
        self._statement = Statement(text, tokenize(text))
        self._position = 0

    @property
    def is_at_end(self) -> bool:
        """Whether all tokens have been read."""
        return self._position >= len(self._statement)

    @property
    def is_at_string(self) -> bool:
        """Whether the next token is a string."""
        return self._statement.at_kind(self._position, Kind.STRING)

    @property
    def next_word(self) -> str:
        """The next token in lower case if it is a word, otherwise an empty string."""
        return self._next_token.value if self._statement.at_kind(self._position, Kind.WORD) else ""

    def advance(self) -> None:
        """Move past the next token."""
        self._position += 1

    def skip(self, word: str) -> bool:
        """Move past a word or a punctuation mark if it is the next token, and return whether it was."""
        found = self._statement.at(self._position, word)
        self._position += found
        return found

    def expect(self, *words: str) -> None:
        """Move past these words and punctuation marks.

        :raises WarehouseError: one of them is missing.
        """
        for word in words:
            if not self.skip(word):
                raise self.syntax_error()

    def read_name(self) -> str:
        """Return the next token as a name, in lower case.

        :raises WarehouseError: it is not a name.
        """
        if self.is_at_end or not self._next_token.is_name:
            raise self.syntax_error()
        return self._read().value

    def read_string(self) -> str:
        """Return the value of the next token as a string, with its escapes replaced.

        :raises WarehouseError: it is not a string.
        """
        text = self._read_kind(Kind.STRING).value
        if text.startswith("$"):
            quote_length = text.index("$", 1) + 1
            return text[quote_length:-quote_length]
        return _ESCAPE.sub(_unescape, _without_quotes(text))

    def read_raw_string(self) -> str:
        """Return the value of the next token as a string, with its backslashes as they are.

        :raises WarehouseError: it is not a string.
        """
        return _without_quotes(self._read_kind(Kind.STRING).value).replace("''", "'")

    def read_number(self) -> Decimal:
        """Return the next number.

        :raises WarehouseError: the next token is not a number.
        """
        sign = -1 if self.skip("-") else 1
        if sign > 0:
            self.skip("+")
        return sign * Decimal(self._read_kind(Kind.NUMBER).value)

    def read_integer(self) -> int:
        """Return the next number, which must be whole.

        :raises WarehouseError: the next token is not a whole number.
        """
        number = self.read_number()
        if number % 1:
            self._position -= 1
            raise self.syntax_error()
        return int(number)

    def syntax_error(self) -> WarehouseError:
        """Return the syntax error at the next token; it does not repeat a string, which can be a secret."""
        if self.is_at_string:
            return WarehouseError('syntax error at or near "..."', sqlstate=sqlstate.SYNTAX_ERROR)
        return self._statement.near(self._position)

    @property
    def _next_token(self) -> Token:
        return self._statement.tokens[self._position]

    def _read(self) -> Token:
        token = self._next_token
        self._position += 1
        return token

    def _read_kind(self, kind: Kind) -> Token:
        if not self._statement.at_kind(self._position, kind):
            raise self.syntax_error()
        return self._read()


def _without_quotes(text: str) -> str:
    return text[text.index("'") + 1 : -1]


def _unescape(match: re.Match[str]) -> str:
    octal, character = match.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    return "'" if character is None else _ESCAPED_CHARACTERS.get(character, character)
