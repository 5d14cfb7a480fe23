"""Reads the options of a COPY statement.

AWS pages "Data format parameters", "File compression parameters", "Data conversion parameters" and "Data load
operations".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from redshift_standin import sqlstate
from redshift_standin.copy.authorization import KEY_PARTS, check_role, read_credentials
from redshift_standin.copy.statement import AUTO, AUTO_IGNORE_CASE, CopyStatement, Format, split_url, unsupported
from redshift_standin.copy.time_patterns import Pattern
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.statement_cursor import StatementCursor

MAX_ERRORS = 100_000
ROW_SAMPLE = (1_000, 2_147_483_647)

_ENCODINGS = {"utf8": "utf-8", "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}
_TIME_KEYWORDS = ("auto", "epochsecs", "epochmillisecs")
_WIDTH = re.compile(r"\s*\w+\s*:\s*(\d+)\s*", re.ASCII)
_BACKSLASH = re.compile(r"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPES = {"t": "\t", "\\": "\\", "N": "\\N"}

Reader = Callable[[StatementCursor, CopyStatement], None]


def read_option(cursor: StatementCursor, copy: CopyStatement) -> None:
    """Read the option at the cursor.

    :raises WarehouseError: the option does not exist, is malformed, or is not supported by the stand-in.
    """
    word = cursor.next_word
    if word in KEY_PARTS:
        cursor.advance()
        _note(copy, word)
        cursor.skip("as")
        copy.key_parts[word] = cursor.read_string()
        return
    if word == "format":
        cursor.advance()
        cursor.skip("as")
        _read_format(cursor, copy)
        return
    if word in _UNSUPPORTED:
        raise unsupported(f"COPY with {word.upper()}")
    if word == "readratio":
        raise WarehouseError("READRATIO is not compatible with a COPY from Amazon S3", sqlstate=sqlstate.SYNTAX_ERROR)
    if word in _FORMATS:
        _read_format(cursor, copy)
        return
    read = _OPTIONS.get(word)
    if read is None:
        raise cursor.syntax_error()
    cursor.advance()
    _note(copy, "compression" if word in _COMPRESSIONS else "credentials" if word == "with" else word)
    read(cursor, copy)


def _read_format(cursor: StatementCursor, copy: CopyStatement) -> None:
    word = cursor.next_word
    if word in _UNSUPPORTED:
        raise unsupported(f"COPY with FORMAT {word.upper()}")
    if word not in _FORMATS:
        raise cursor.syntax_error()
    cursor.advance()
    _note(copy, word)
    earlier = sorted((copy.seen & _FORMATS.keys()) - {word})
    if earlier:
        raise WarehouseError(
            f"{earlier[0].upper()} is not compatible with {word.upper()}", sqlstate=sqlstate.SYNTAX_ERROR
        )
    _FORMATS[word](cursor, copy)


def _note(copy: CopyStatement, option: str) -> None:
    if option in copy.seen:
        raise WarehouseError("conflicting or redundant options", sqlstate=sqlstate.SYNTAX_ERROR)
    copy.seen.add(option)


def _read_json(cursor: StatementCursor, copy: CopyStatement) -> None:
    copy.format = Format.JSON
    cursor.skip("as")
    copy.json = cursor.read_string() if cursor.is_at_string else AUTO
    if copy.json.lower() in (AUTO, AUTO_IGNORE_CASE):
        copy.json = copy.json.lower()
    elif copy.json.lower() == "noshred":
        raise unsupported("COPY with JSON 'noshred'")
    elif split_url(copy.json) is None:
        raise WarehouseError(f"Invalid JSONPath format: {copy.json}")


def _read_avro(cursor: StatementCursor, copy: CopyStatement) -> None:
    _read_json(cursor, copy)
    copy.format = Format.AVRO


def _read_csv(_cursor: StatementCursor, copy: CopyStatement) -> None:
    copy.format = Format.CSV
    if "delimiter" not in copy.seen:
        copy.delimiter = ","


def _read_fixed_width(cursor: StatementCursor, copy: CopyStatement) -> None:
    copy.format = Format.FIXED_WIDTH
    cursor.skip("as")
    columns = [_WIDTH.fullmatch(column) for column in cursor.read_string().split(",")]
    copy.widths = tuple(int(match[1]) for match in columns if match is not None)
    if len(copy.widths) < len(columns) or 0 in copy.widths:
        raise WarehouseError("FIXEDWIDTH must be a list of label:width", sqlstate=sqlstate.SYNTAX_ERROR)


def _read_parquet(_cursor: StatementCursor, copy: CopyStatement) -> None:
    copy.format = Format.PARQUET


def _read_orc(_cursor: StatementCursor, copy: CopyStatement) -> None:
    copy.format = Format.ORC


def _read_role(cursor: StatementCursor, copy: CopyStatement) -> None:
    if cursor.skip("default"):
        return
    copy.grant = check_role(cursor.read_string())


def _read_with(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.expect("credentials")
    _read_credentials(cursor, copy)


def _read_credentials(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.grant = read_credentials(cursor.read_string())


def _read_region(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.region = cursor.read_string()


def _read_delimiter(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.delimiter = _characters(cursor)
    if not copy.delimiter or not copy.delimiter.isascii() or set(copy.delimiter) & set("\n\r\0\\"):
        raise unsupported("a DELIMITER that is empty, is not ASCII, or has a line break, a NUL or a backslash in it,")


def _read_quote(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.quote = _characters(cursor)
    if len(copy.quote) != 1 or not copy.quote.isascii() or copy.quote in "\n\r\0":
        raise WarehouseError("QUOTE must be a single ASCII character", sqlstate=sqlstate.SYNTAX_ERROR)


def _read_null(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.null = _characters(cursor)
    if "\n" in copy.null or "\r" in copy.null:
        raise WarehouseError("NULL AS must not have a line break", sqlstate=sqlstate.SYNTAX_ERROR)


def _characters(cursor: StatementCursor) -> str:
    """Read a string and resolve its escapes: a backslash before a letter or before up to three octal digits."""

    def meant(match: re.Match[str]) -> str:
        octal, character = match.groups()
        if octal is not None and int(octal, 8) < 128:
            return chr(int(octal, 8))
        if character not in _ESCAPES:
            raise unsupported(f"{match.group()} in a string of COPY")
        return _ESCAPES[character]

    # Both '\\N' and '\N' are in use. A regular string literal would turn the latter into N.
    return _BACKSLASH.sub(meant, cursor.read_raw_string())


def _read_time_format(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.time_format = cursor.read_string()
    if copy.time_format in _TIME_KEYWORDS:
        return
    if copy.time_format.lower() in _TIME_KEYWORDS:
        # AWS page "DATEFORMAT and TIMEFORMAT strings": these keywords must be in lower case.
        raise WarehouseError(f"Invalid date or time format: {copy.time_format}", sqlstate=sqlstate.SYNTAX_ERROR)
    Pattern(copy.time_format)


def _read_date_format(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.date_format = cursor.read_string()
    if copy.date_format != "auto":
        Pattern(copy.date_format)


def _read_encoding(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    name = (cursor.read_string() if cursor.is_at_string else cursor.read_name()).lower()
    if name not in _ENCODINGS:
        raise unsupported(f"ENCODING {name.upper()}")
    copy.encoding = _ENCODINGS[name]


def _read_header(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    copy.header_lines = cursor.read_integer()
    if copy.header_lines < 0:
        raise WarehouseError("IGNOREHEADER must not be negative", sqlstate=sqlstate.SYNTAX_ERROR)


def _read_max_error(cursor: StatementCursor, copy: CopyStatement) -> None:
    cursor.skip("as")
    number = cursor.read_integer()
    if not 0 <= number <= MAX_ERRORS:
        raise WarehouseError(f"MAXERROR must be between 0 and {MAX_ERRORS}", sqlstate=sqlstate.SYNTAX_ERROR)
    # MAXERROR 0 and 1 both fail at the first error.
    copy.error_limit = max(1, number)


def _read_invalid_characters(cursor: StatementCursor, copy: CopyStatement) -> None:
    replacement = "?"
    if cursor.skip("as") or cursor.is_at_string:
        replacement = cursor.read_string()
    if len(replacement) != 1 or not replacement.isascii() or replacement == "\0":
        raise WarehouseError("ACCEPTINVCHARS replacement must be one ASCII character", sqlstate=sqlstate.SYNTAX_ERROR)
    copy.accept_invalid_characters = replacement


def _read_compression_update(cursor: StatementCursor, _copy: CopyStatement) -> None:
    for value in ("preset", "on", "true", "off", "false"):
        if cursor.skip(value):
            return


def _read_statistics_update(cursor: StatementCursor, _copy: CopyStatement) -> None:
    for value in ("on", "true", "off", "false"):
        if cursor.skip(value):
            return


def _read_row_sample(cursor: StatementCursor, _copy: CopyStatement) -> None:
    lowest, highest = ROW_SAMPLE
    if not lowest <= cursor.read_integer() <= highest:
        raise WarehouseError(f"COMPROWS must be between {lowest} and {highest}", sqlstate=sqlstate.SYNTAX_ERROR)


def _flag(name: str) -> Reader:
    return lambda _cursor, copy: setattr(copy, name, True)


def _value(name: str, value: object) -> Reader:
    return lambda _cursor, copy: setattr(copy, name, value)


_COMPRESSIONS = ("bzip2", "gzip", "zstd")
_UNSUPPORTED = ("encrypted", "job", "lzop", "master_symmetric_key", "shapefile", "ssh", "using")
_FORMATS: dict[str, Reader] = {
    "avro": _read_avro,
    "csv": _read_csv,
    "fixedwidth": _read_fixed_width,
    "json": _read_json,
    "orc": _read_orc,
    "parquet": _read_parquet,
}
_OPTIONS: dict[str, Reader] = {
    "acceptanydate": _flag("accept_any_date"),
    "acceptinvchars": _read_invalid_characters,
    "blanksasnull": _flag("blanks_as_null"),
    "bzip2": _value("compression", "bzip2"),
    "comprows": _read_row_sample,
    "compupdate": _read_compression_update,
    "credentials": _read_credentials,
    "dateformat": _read_date_format,
    "delimiter": _read_delimiter,
    "emptyasnull": _flag("empty_as_null"),
    "encoding": _read_encoding,
    "escape": _flag("escape"),
    "explicit_ids": _flag("explicit_ids"),
    "fillrecord": _flag("fill_record"),
    "gzip": _value("compression", "gzip"),
    "iam_role": _read_role,
    "ignoreallerrors": _value("error_limit", None),
    "ignoreblanklines": _flag("ignore_blank_lines"),
    "ignoreheader": _read_header,
    "manifest": _flag("manifest"),
    "maxerror": _read_max_error,
    "noload": _flag("no_load"),
    "null": _read_null,
    "quote": _read_quote,
    "region": _read_region,
    "removequotes": _flag("remove_quotes"),
    "roundec": _flag("round_decimals"),
    "statupdate": _read_statistics_update,
    "timeformat": _read_time_format,
    "trimblanks": _flag("trim_blanks"),
    "truncatecolumns": _flag("truncate_columns"),
    "with": _read_with,
    "zstd": _value("compression", "zstd"),
}
