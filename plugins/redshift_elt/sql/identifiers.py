"""Names and literals in SQL text: validated, then quoted."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

Value = str | int | float | Decimal | date | datetime

# The schema of a table whose name has no schema.
PUBLIC = "public"
# In bytes, which are as many as the characters of a valid name (AWS page "Names and identifiers").
MAXIMUM_LENGTH = 127

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}")


def identifier(name: str) -> str:
    """Return one name, quoted.

    Redshift folds unquoted names to lower case and cuts them silently after 127 bytes (AWS page "Names and
    identifiers"), so a name that either would change is refused here.

    :raises ValueError: the name is not made of lower-case letters, digits and underscores, or is too long.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} cannot be a table or column name: write at most 127 lower-case letters, digits and "
            "underscores, not beginning with a digit, such as 'orders'."
        )
    return f'"{name}"'


def table(name: str) -> str:
    """Return a table's name, quoted: ``table`` or ``schema.table``.

    :raises ValueError: a part of the name cannot be a name, or there are more than two parts.
    """
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) not in (1, 2):
        raise ValueError(f"{name!r} cannot be a table: write 'table' or 'schema.table'.")
    return ".".join(identifier(part) for part in parts)


def several(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Return tables as a tuple.

    :param what: the argument's name, for the message.
    :raises ValueError: one text was given instead of several, or one of them cannot be a table.
    """
    if isinstance(names, str):
        raise ValueError(f"{what} is the text {names!r}: write a list, [{names!r}].")
    for name in names:
        table(name)
    return tuple(names)


def bare(name: str) -> str:
    """Return a table's name without its schema, not quoted."""
    table(name)
    return name.rpartition(".")[2]


def target_name(name: str) -> str:
    """Return the name of a target in the bookkeeping tables, not quoted.

    Each table has exactly one: ``table`` in the schema ``public``, whether or not the schema is given, and
    ``schema.table`` in any other schema.

    :raises ValueError: the name cannot be a table, or is too long for the bookkeeping tables.
    """
    table(name)
    schema, _, bare_name = name.rpartition(".")
    found = bare_name if schema == PUBLIC else name
    if len(found) > MAXIMUM_LENGTH:
        raise ValueError(f"{name!r} has more than {MAXIMUM_LENGTH} characters: choose a shorter table or schema name.")
    return found


def name_for_target(prefix: str, target: str) -> str:
    """Return the name of a bookkeeping table that belongs to one target, without the schema.

    :param prefix: what the table is for.
    :param target: see :func:`target_name`.
    """
    name = f"{prefix}_{target}"
    if "." not in name and len(name) <= MAXIMUM_LENGTH:
        return name
    # a.b_c and a_b.c differ in the digest only.
    ending = f"__{hashlib.sha256(target.encode()).hexdigest()[:12]}"
    return name.replace(".", "_")[: MAXIMUM_LENGTH - len(ending)] + ending


def literal(value: Value) -> str:
    """Return a value as an SQL literal, where it cannot be bound.

    :param value: a text, number, date or time; a time is UTC without a zone.
    :raises ValueError: it is none of them, a time has a zone, or a text contains a control character or a backslash,
        which Redshift may read as an escape.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal, date)):
        raise ValueError(f"{value!r} is not a text, number, date or time.")
    if isinstance(value, str):
        return _text_literal(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError(f"{value} has a time zone: write it as UTC, without a zone.")
        return f"'{value.isoformat(sep=' ')}'::timestamp"
    if isinstance(value, date):
        return f"'{value.isoformat()}'::date"
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number.")
    return str(value)


def escaped_literal(value: Value) -> str:
    r"""Return a value as a literal in an option of COPY.

    :param value: as for :func:`literal`; a text may have control characters, which become octal escapes such as
        ``\011`` for a tab (AWS page "Data format parameters").
    :raises ValueError: as for :func:`literal`.
    """
    if not isinstance(value, str):
        return literal(value)
    return "".join(f"\\{ord(character):03o}" if ord(character) < 32 else character for character in _quoted(value))


def key(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return the name or names of key columns as a tuple, not quoted.

    :raises ValueError: there is none, or one cannot be a column's name.
    """
    found = (names,) if isinstance(names, str) else tuple(names)
    if not found:
        raise ValueError("The key is empty: name the column or columns that identify a row.")
    for name in found:
        identifier(name)
    return found


def _text_literal(text: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise ValueError(f"{text!r} cannot be an SQL literal: remove its control characters.")
    return _quoted(text)


def _quoted(text: str) -> str:
    if "\\" in text:
        raise ValueError(f"{text!r} cannot be an SQL literal: remove its backslashes.")
    return "'" + text.replace("'", "''") + "'"
