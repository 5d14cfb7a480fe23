"""Named parameters in the text of a statement: AWS page "Using the Amazon Redshift Data API"."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Names stand outside strings, quoted names and comments, and are no casts.
_TEXT = re.compile(
    r"""
    '(?:[^'\\]|''|\\.)*'
    |"(?:[^"]|"")*"
    |--[^\n]*
    |/\*.*?\*/
    |\$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    |::
    |:(?P<name>[0-9a-zA-Z_]+)
    """,
    re.VERBOSE | re.DOTALL,
)


def names_in(sql: str) -> set[str]:
    """Return the names of the parameters in a statement."""
    return {match["name"] for match in _TEXT.finditer(sql) if match["name"]}


def bind(sql: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a statement with numbered parameters in the places of the named ones, and their values in order."""
    if not values:
        return sql, []
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match.group()
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _TEXT.sub(number, sql), [values[name] for name in numbers]
