"""Reads the text of a COPY statement."""

from __future__ import annotations

from redshift_standin.copy.exclusions import check_options
from redshift_standin.copy.options import read_option
from redshift_standin.copy.statement import CopyStatement, split_url, unsupported
from redshift_standin.copy.tokens import Tokens
from redshift_standin.errors import WarehouseError


def parse(statement: str) -> CopyStatement:
    """Read a COPY statement.

    :raises WarehouseError: it is not well formed (42601), or asks for what the stand-in does not do (0A000).
    """
    tokens = Tokens(statement)
    tokens.expect_word("copy")
    first = tokens.name()
    schema, table = (first, tokens.name()) if tokens.skip_mark(".") else (None, first)
    if tokens.skip_mark("."):
        raise unsupported("COPY into a table of another database")
    copy = CopyStatement(schema, table, _columns(tokens) if tokens.skip_mark("(") else None)
    tokens.expect_word("from")
    url = tokens.string()
    source = split_url(url)
    if source is None:
        raise unsupported(f"COPY from {url.partition(':')[0]}, other than from s3://")
    copy.bucket, copy.key = source
    while tokens.peek() is not None:
        if not tokens.skip_mark(","):
            read_option(tokens, copy)
    check_options(copy)
    return copy


def _columns(tokens: Tokens) -> list[str]:
    columns = [tokens.name()]
    while tokens.skip_mark(","):
        columns.append(tokens.name())
    if not tokens.skip_mark(")"):
        raise tokens.syntax_error()
    repeated = next((name for name in columns if columns.count(name) > 1), None)
    if repeated:
        raise WarehouseError(f'Column "{repeated}" specified more than once', sqlstate="42701")
    return columns
