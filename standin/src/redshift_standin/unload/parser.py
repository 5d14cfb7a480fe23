"""Parses an UNLOAD statement: AWS page "UNLOAD"."""

from __future__ import annotations

from collections.abc import Callable

from redshift_standin import sqlstate
from redshift_standin.copy.authorization import KEY_PARTS, check_role, read_credentials, resolve_grant
from redshift_standin.copy.statement import split_url, unsupported
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement_cursor import StatementCursor
from redshift_standin.unload.formats import FORMATS
from redshift_standin.unload.statement import GB, MAX_FILE_BYTES, MB, UnloadStatement

MIN_FILE_BYTES = 5 * MB
ROW_GROUP_MEGABYTES = range(32, 129)

_OptionReader = Callable[[StatementCursor, UnloadStatement], None]


def parse(text: str) -> UnloadStatement:
    """Parse an UNLOAD statement.

    :raises WarehouseError: the statement is malformed (42601), combines options that exclude each other, or contains
        something that the stand-in does not support (0A000).
    """
    cursor = StatementCursor(text)
    cursor.expect("unload", "(")
    query = cursor.read_string()
    cursor.expect(")", "to")
    url = cursor.read_string()
    location = split_url(url)
    if location is None:
        raise unsupported(f"UNLOAD to {url.partition(':')[0]}, other than to s3://")
    unload = UnloadStatement(query, *location)
    while not cursor.is_at_end:
        if not cursor.skip(","):
            _read_option(cursor, unload)
    _check_options(unload)
    return unload


def _read_option(cursor: StatementCursor, unload: UnloadStatement) -> None:
    word = cursor.next_word
    if word in _UNSUPPORTED:
        raise unsupported(f"UNLOAD with {word.upper()}")
    if word not in _OPTIONS and word not in KEY_PARTS:
        raise cursor.syntax_error()
    name = _GROUPS.get(word, word)
    if name in unload.seen:
        raise WarehouseError("conflicting or redundant options", sqlstate=sqlstate.SYNTAX_ERROR)
    unload.seen.add(name)
    cursor.advance()
    if word in KEY_PARTS:
        unload.key_parts[word] = _string_after_as(cursor)
    else:
        _OPTIONS[word](cursor, unload)


def _read_format(cursor: StatementCursor, unload: UnloadStatement) -> None:
    cursor.skip("as")
    name = cursor.next_word
    if name in _UNSUPPORTED:
        raise unsupported(f"UNLOAD with FORMAT {name.upper()}")
    if name not in FORMATS:
        raise cursor.syntax_error()
    cursor.advance()
    unload.format = name


def _read_role(cursor: StatementCursor, unload: UnloadStatement) -> None:
    if not cursor.skip("default"):
        unload.grant = check_role(cursor.read_string())


def _read_credentials(cursor: StatementCursor, unload: UnloadStatement) -> None:
    unload.grant = read_credentials(_string_after_as(cursor))


def _read_with_credentials(cursor: StatementCursor, unload: UnloadStatement) -> None:
    cursor.expect("credentials")
    _read_credentials(cursor, unload)


def _read_manifest(cursor: StatementCursor, unload: UnloadStatement) -> None:
    unload.manifest = True
    unload.verbose = cursor.skip("verbose")


def _read_delimiter(cursor: StatementCursor, unload: UnloadStatement) -> None:
    unload.delimiter = _string_after_as(cursor)
    if len(unload.delimiter) != 1 or not unload.delimiter.isascii():
        raise WarehouseError("DELIMITER must be a single ASCII character", sqlstate=sqlstate.SYNTAX_ERROR)


def _read_parallel(cursor: StatementCursor, unload: UnloadStatement) -> None:
    for word, value in (("on", True), ("true", True), ("off", False), ("false", False)):
        if cursor.skip(word):
            unload.parallel = value
            return


def _read_max_file_size(cursor: StatementCursor, unload: UnloadStatement) -> None:
    cursor.skip("as")
    size = int(cursor.read_number() * _read_unit(cursor))
    if not MIN_FILE_BYTES <= size <= MAX_FILE_BYTES:
        raise WarehouseError("MAXFILESIZE must be between 5 MB and 6.2 GB", sqlstate=sqlstate.SYNTAX_ERROR)
    unload.max_file_bytes = size


def _read_row_group_size(cursor: StatementCursor, unload: UnloadStatement) -> None:
    cursor.skip("as")
    size = cursor.read_integer() * _read_unit(cursor)
    if size % MB or size // MB not in ROW_GROUP_MEGABYTES:
        raise WarehouseError("ROWGROUPSIZE must be between 32 MB and 128 MB", sqlstate=sqlstate.SYNTAX_ERROR)
    unload.row_group = size


def _read_partition(cursor: StatementCursor, unload: UnloadStatement) -> None:
    cursor.expect("by", "(")
    names = [_read_column_name(cursor)]
    while cursor.skip(","):
        names.append(_read_column_name(cursor))
    cursor.expect(")")
    unload.partition_by = tuple(names)
    unload.include_partitions = cursor.skip("include")
    if not unload.prefix.endswith("/"):
        unload.prefix += "/"


def _read_column_name(cursor: StatementCursor) -> str:
    """Return the last part of a possibly qualified name."""
    name = cursor.read_name()
    while cursor.skip("."):
        name = cursor.read_name()
    return name


def _read_unit(cursor: StatementCursor) -> int:
    if cursor.skip("gb"):
        return GB
    cursor.skip("mb")
    return MB


def _string_after_as(cursor: StatementCursor) -> str:
    cursor.skip("as")
    return cursor.read_string()


def _check_options(unload: UnloadStatement) -> None:
    unload.grant = resolve_grant(unload.grant, unload.seen, unload.key_parts)
    if unload.clean_path and unload.allow_overwrite:
        raise WarehouseError("conflicting or redundant options", sqlstate=sqlstate.SYNTAX_ERROR)
    excluded = FORMATS[unload.format].excluded
    for name in sorted(unload.seen):
        option = unload.compression if name == "compression" else name
        if option in excluded:
            raise WarehouseError(
                f"{option.upper()} argument is not supported for {unload.format.upper()} based UNLOAD",
                sqlstate=sqlstate.FEATURE_NOT_SUPPORTED,
            )
    if unload.row_group and unload.format != "parquet":
        raise WarehouseError(
            "ROWGROUPSIZE argument is supported for PARQUET based UNLOAD only", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        )
    if unload.extension is not None and unload.format == "parquet":
        raise unsupported("UNLOAD to PARQUET with EXTENSION")


def _flag(name: str) -> _OptionReader:
    return lambda _cursor, unload: setattr(unload, name, True)


def _value(name: str, value: object) -> _OptionReader:
    return lambda _cursor, unload: setattr(unload, name, value)


def _string(name: str) -> _OptionReader:
    return lambda cursor, unload: setattr(unload, name, _string_after_as(cursor))


_UNSUPPORTED = ("encrypted", "fixedwidth", "kms_key_id", "master_symmetric_key", "orc")
# Words that set the same option.
_GROUPS = {
    **dict.fromkeys(("bzip2", "gzip", "zstd"), "compression"),
    **dict.fromkeys(("csv", "json", "parquet"), "format"),
    "with": "credentials",
}
_OPTIONS: dict[str, _OptionReader] = {
    "addquotes": _flag("add_quotes"),
    "allowoverwrite": _flag("allow_overwrite"),
    "bzip2": _value("compression", "bzip2"),
    "cleanpath": _flag("clean_path"),
    "credentials": _read_credentials,
    "csv": _value("format", "csv"),
    "delimiter": _read_delimiter,
    "escape": _flag("escape"),
    "extension": _string("extension"),
    "format": _read_format,
    "gzip": _value("compression", "gzip"),
    "header": _flag("header"),
    "iam_role": _read_role,
    "json": _value("format", "json"),
    "manifest": _read_manifest,
    "maxfilesize": _read_max_file_size,
    "null": _string("null"),
    "parallel": _read_parallel,
    "parquet": _value("format", "parquet"),
    "partition": _read_partition,
    "region": _string("region"),
    "rowgroupsize": _read_row_group_size,
    "with": _read_with_credentials,
    "zstd": _value("compression", "zstd"),
}
