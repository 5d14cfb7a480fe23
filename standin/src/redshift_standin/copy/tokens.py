"""The tokens of a COPY statement, read one after the other."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redshift_standin.errors import WarehouseError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|''|\\.)*')
    |(?P<quoted>"(?:[^"]|"")+")
    |(?P<word>\#?[^\W\d][\w$]*)
    |(?P<number>[+-]?\d+)
    |(?P<mark>[(),.])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of the statement: its kind, its meaning, its spelling."""

    kind: str
    value: str
    text: str


class Tokens:
    """The tokens of one statement and how far they have been read.

    :raises WarehouseError: something in the statement is no token.
    """

    def __init__(self, statement: str) -> None:
        self._tokens = _tokenize(statement)
        self._position = 0

    def peek(self) -> Token | None:
        """Return the next token, or None at the end."""
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def next_is(self, kind: str) -> bool:
        """Return whether the next token is of this kind."""
        token = self.peek()
        return token is not None and token.kind == kind

    def skip(self) -> None:
        """Go past the next token."""
        self._position += 1

    def skip_word(self, word: str) -> bool:
        """Go past this word, and return whether it stood here."""
        token = self.peek()
        found = token is not None and token.kind == "word" and token.value == word
        self._position += found
        return found

    def skip_mark(self, mark: str) -> bool:
        """Go past this mark, and return whether it stood here."""
        token = self.peek()
        found = token is not None and token.kind == "mark" and token.value == mark
        self._position += found
        return found

    def expect_word(self, word: str) -> None:
        """Go past this word.

        :raises WarehouseError: something else stands here.
        """
        if not self.skip_word(word):
            raise self.syntax_error()

    def name(self) -> str:
        """Return the name that stands here, in lower case."""
        return self._take("word", "quoted").value

    def string(self) -> str:
        """Return what the string that stands here means."""
        return self._take("string").value

    def raw_string(self) -> str:
        """Return the string that stands here with its backslashes."""
        return self._take("string").text[1:-1].replace("''", "'")

    def number(self) -> int:
        """Return the whole number that stands here."""
        return int(self._take("number").value)

    def syntax_error(self) -> WarehouseError:
        """Return the error that the next token is not the one that should stand here."""
        token = self.peek()
        # A string can be a secret that stands where none is expected.
        where = f'at or near "{token.text if token.kind != "string" else "..."}"' if token else "at end of input"
        return WarehouseError(f"syntax error {where}", sqlstate="42601")

    def _take(self, *kinds: str) -> Token:
        token = self.peek()
        if token is None or token.kind not in kinds:
            raise self.syntax_error()
        self._position += 1
        return token


def _tokenize(statement: str) -> list[Token]:
    tokens = []
    position = 0
    while position < len(statement):
        match = _TOKEN.match(statement, position)
        if match is None:
            near = statement[position] if statement[position] != "'" else "..."
            raise WarehouseError(f'syntax error at or near "{near}"', sqlstate="42601")
        position = match.end()
        kind, text = match.lastgroup or "", match.group()
        if kind != "space":
            tokens.append(Token(kind, _meaning(kind, text), text))
    return tokens


def _meaning(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower()
    if kind == "quoted":
        # Redshift folds quoted names as well, unless enable_case_sensitive_identifier is on.
        return text[1:-1].replace('""', '"').lower()
    if kind == "string":
        return re.sub(r"''|\\(.)", lambda match: match.group(1) or "'", text[1:-1], flags=re.DOTALL)
    return text
