"""The PostgreSQL text of a statement, and the mapping of its positions to the client's text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from redshift_standin.sql.lexer import Kind
from redshift_standin.sql.statement import Statement, quote


@dataclass(frozen=True)
class Positions:
    """Where the pieces that were copied stand in the text sent and in the client's text."""

    sent: tuple[int, ...] = ()
    source: tuple[int, ...] = ()

    def after(self, length: int) -> Positions:
        """Return the positions of the same pieces after a prefix of this length."""
        return Positions(tuple(place + length for place in self.sent), self.source)

    def to_source(self, position: int) -> int:
        """Return the place in the client's text of a place in the text sent; both count from one."""
        piece = bisect_right(self.sent, position - 1) - 1
        if piece < 0:
            return position
        return self.source[piece] + position - self.sent[piece]


class Output:
    """Collects the pieces of a rewritten statement."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._pieces: list[str] = []
        self._length = 0
        self._sent: list[int] = []
        self._source: list[int] = []

    def write(self, text: str) -> None:
        """Add text that is not in the source."""
        self._pieces.append(text)
        self._length += len(text)

    def copy(self, index: int) -> None:
        """Add a token as it was written, or as PostgreSQL must read it to mean the same name."""
        token = self._statement.tokens[index]
        if token.kind is Kind.QUOTED or (token.value.startswith("#") and token.kind is Kind.WORD):
            self.copy_name(index)
        else:
            self.replace(index, self._statement.source[token.start : token.end])

    def copy_range(self, low: int, high: int) -> None:
        """Add tokens as they were written, including the whitespace between them. None of them may be a name."""
        tokens = self._statement.tokens
        self.replace(low, self._statement.source[tokens[low].start : tokens[high - 1].end])

    def copy_name(self, index: int) -> None:
        """Add a token that is a name, in quotes, so that PostgreSQL cannot read it as one of its keywords."""
        self.replace(index, quote(self._statement.tokens[index].value))

    def replace(self, index: int, text: str) -> None:
        """Add text that replaces a token."""
        self._gap(index)
        self._sent.append(self._length)
        self._source.append(self._statement.tokens[index].start)
        self.write(text)

    @property
    def text(self) -> str:
        """Everything added so far."""
        return "".join(self._pieces)

    @property
    def positions(self) -> Positions:
        """The way back to the source."""
        return Positions(tuple(self._sent), tuple(self._source))

    def _gap(self, index: int) -> None:
        """Keep the tokens' distance; comments become a space or, as strings on two lines are one, a new line."""
        tokens = self._statement.tokens
        if index > 0 and tokens[index - 1].kind is Kind.NUMBER and tokens[index].kind is Kind.WORD:
            self.write(" ")
        elif index > 0 and tokens[index - 1].end < tokens[index].start:
            gap = self._statement.source[tokens[index - 1].end : tokens[index].start]
            self.write("\n" if "\n" in gap else " ")
