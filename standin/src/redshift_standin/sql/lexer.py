"""Redshift's tokens, each with its place in the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from redshift_standin import sqlstate
from redshift_standin.errors import WarehouseError


class Kind(Enum):
    """The kind of a token."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True)
class Token:
    """One token of a source text.

    :param value: words and quoted identifiers in lower case, as Redshift folds both; anything else as written.
    """

    kind: Kind
    value: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether the token can be a name."""
        return self.kind in (Kind.WORD, Kind.QUOTED)


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


OPERATORS = words(":: || <= >= <> != !~* !~ ~* ~ << >> |/ ||/ < > = + - * / % ^ & | # @")

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    |(?P<comment>/\*)
    |(?P<string>[eE]?'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>"(?:[^"]|"")+")
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<parameter>\$\d+)
    |(?P<word>\#?[^\W\d][\w$]*)
    |(?P<punctuation>[(),;.\[\]])
    |(?P<operator>[-+*/<>=~!@\#%^&|`?:]+)
    """,
    re.VERBOSE | re.DOTALL,
)

# Only the query of UNLOAD and the text of COMMENT, as dbt writes it, may be in dollar quotes.
_DOLLAR_QUOTED = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)

# A keyword may follow a number directly, as in what drivers ask the catalogs.
_KEYWORD = re.compile(r"(?:and|as|else|end|from|or|then|when|where)\b", re.IGNORECASE)

# PostgreSQL truncates longer names; Redshift allows 127 bytes.
_LONGEST_NAME = 63

# The kind of each group of the pattern.
_KINDS = {kind.name.lower(): kind for kind in Kind}

_LITERAL_PREFIXES = ("b", "x", "n")


def unsupported(what: str) -> WarehouseError:
    """Return the error for something that the stand-in, or Redshift, does not support."""
    return WarehouseError(f"{what} is not supported by the stand-in", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED)


def syntax_error(near: str) -> WarehouseError:
    """Return a syntax error at a token."""
    return WarehouseError(f'syntax error at or near "{near}"', sqlstate=sqlstate.SYNTAX_ERROR)


def tokenize(source: str) -> list[Token]:
    """Return the tokens of a text; spaces and comments are left out.

    :raises WarehouseError: the text has something that is not a token of Redshift.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            string = _DOLLAR_QUOTED.match(source, position) if _allows_dollar_quotes(tokens) else None
            if string is None:
                raise _no_token(source, position)
            tokens.append(Token(Kind.STRING, string.group(), position, string.end()))
            position = string.end()
            continue
        kind = match.lastgroup or ""
        end = match.end()
        if kind == "comment":
            position = _end_of_comment(source, position)
            continue
        if kind == "operator":
            end = _end_of_operator(source, position, end)
        if kind != "space":
            tokens.append(_token(source, kind, position, end))
        position = end
    return tokens


def _allows_dollar_quotes(tokens: list[Token]) -> bool:
    """Whether the next token is the query of UNLOAD or the text of COMMENT."""
    if [token.value for token in tokens[-2:]] == ["unload", "("] and tokens[-2].kind is Kind.WORD:
        return True
    start = next((at + 1 for at in range(len(tokens) - 1, -1, -1) if tokens[at].value == ";"), 0)
    return [token.value for token in tokens[start : start + 2]] == ["comment", "on"] and tokens[-1].value == "is"


def _token(source: str, kind: str, start: int, end: int) -> Token:
    text = source[start:end]
    following = source[end : end + 1]
    if kind == "word" and text.lower() in _LITERAL_PREFIXES and following == "'":
        raise unsupported(f"a literal that begins with {text}'")
    if kind == "number" and (following.isalnum() or following in ("_", "$")) and not _KEYWORD.match(source, end):
        raise syntax_error(text + following)
    if kind in ("word", "quoted") and len(text.strip('"').encode()) > _LONGEST_NAME:
        raise unsupported(f"a name of more than {_LONGEST_NAME} bytes ({text})")
    if kind == "quoted":
        return Token(Kind.QUOTED, text[1:-1].replace('""', '"').lower(), start, end)
    return Token(_KINDS[kind], text.lower() if kind == "word" else text, start, end)


def _no_token(source: str, position: int) -> WarehouseError:
    character = source[position]
    if character == "'":
        return WarehouseError("unterminated quoted string", sqlstate=sqlstate.SYNTAX_ERROR)
    if character == '"':
        return WarehouseError("unterminated or empty quoted identifier", sqlstate=sqlstate.SYNTAX_ERROR)
    if character == "$":
        return unsupported("dollar quoting")
    return syntax_error(character)


def _end_of_comment(source: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(source, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    raise WarehouseError("unterminated /* comment", sqlstate=sqlstate.SYNTAX_ERROR)


def _end_of_operator(source: str, start: int, end: int) -> int:
    """Return where an operator ends: a comment may follow it directly, and so may the sign of a number."""
    for comment in ("--", "/*"):
        found = source.find(comment, start + 1, end)
        end = found if found > 0 else end
    while source[start:end] not in OPERATORS and end - start > 1 and source[end - 1] in "+-":
        end -= 1
    if source[start:end] not in OPERATORS:
        raise unsupported(f"operator {source[start:end]}")
    return end
