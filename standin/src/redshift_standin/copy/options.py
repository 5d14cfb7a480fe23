"""Reads the options of a COPY statement.

AWS pages "Data format parameters", "File compression parameters", "Data conversion parameters" and "Data load
operations".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from redshift_standin.copy.authorization import KEY_PARTS, check_role, read_credentials
from redshift_standin.copy.patterns import Pattern
from redshift_standin.copy.statement import AUTO, AUTO_IGNORE_CASE, CopyStatement, Format, split_url, unsupported
from redshift_standin.copy.tokens import Tokens
from redshift_standin.errors import WarehouseError

MAX_ERRORS = 100_000
ROW_SAMPLE = (1_000, 2_147_483_647)

_ENCODINGS = {"utf8": "utf-8", "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}
_TIME_KEYWORDS = ("auto", "epochsecs", "epochmillisecs")
_WIDTH = re.compile(r"\s*\w+\s*:\s*(\d+)\s*", re.ASCII)
_BACKSLASH = re.compile(r"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPES = {"t": "\t", "\\": "\\", "N": "\\N"}

Reader = Callable[[Tokens, CopyStatement], None]


def read_option(tokens: Tokens, copy: CopyStatement) -> None:
    """Read the option that stands here.

    :raises WarehouseError: there is no such option, it is not well formed, or the stand-in does not have it.
    """
    token = tokens.peek()
    word = token.value if token and token.kind == "word" else ""
    if word in KEY_PARTS:
        tokens.skip()
        _note(copy, word)
        tokens.skip_word("as")
        copy.key_parts[word] = tokens.string()
        return
    if word == "format":
        tokens.skip()
        tokens.skip_word("as")
        _read_format(tokens, copy)
        return
    if word in _UNSUPPORTED:
        raise unsupported(f"COPY with {word.upper()}")
    if word == "readratio":
        raise WarehouseError("READRATIO is not compatible with a COPY from Amazon S3", sqlstate="42601")
    if word in _FORMATS:
        _read_format(tokens, copy)
        return
    read = _OPTIONS.get(word)
    if read is None:
        raise tokens.syntax_error()
    tokens.skip()
    _note(copy, "compression" if word in _COMPRESSIONS else "credentials" if word == "with" else word)
    read(tokens, copy)


def _read_format(tokens: Tokens, copy: CopyStatement) -> None:
    token = tokens.peek()
    word = token.value if token and token.kind == "word" else ""
    if word in _UNSUPPORTED:
        raise unsupported(f"COPY with FORMAT {word.upper()}")
    if word not in _FORMATS:
        raise tokens.syntax_error()
    tokens.skip()
    _note(copy, word)
    earlier = sorted((copy.seen & _FORMATS.keys()) - {word})
    if earlier:
        raise WarehouseError(f"{earlier[0].upper()} is not compatible with {word.upper()}", sqlstate="42601")
    _FORMATS[word](tokens, copy)


def _note(copy: CopyStatement, option: str) -> None:
    if option in copy.seen:
        raise WarehouseError("conflicting or redundant options", sqlstate="42601")
    copy.seen.add(option)


def _read_json(tokens: Tokens, copy: CopyStatement) -> None:
    copy.format = Format.JSON
    tokens.skip_word("as")
    copy.json = tokens.string() if tokens.next_is("string") else AUTO
    if copy.json.lower() in (AUTO, AUTO_IGNORE_CASE):
        copy.json = copy.json.lower()
    elif copy.json.lower() == "noshred":
        raise unsupported("COPY with JSON 'noshred'")
    elif split_url(copy.json) is None:
        raise WarehouseError(f"Invalid JSONPath format: {copy.json}")


def _read_csv(_tokens: Tokens, copy: CopyStatement) -> None:
    copy.format = Format.CSV
    if "delimiter" not in copy.seen:
        copy.delimiter = ","


def _read_fixed_width(tokens: Tokens, copy: CopyStatement) -> None:
    copy.format = Format.FIXED_WIDTH
    tokens.skip_word("as")
    columns = [_WIDTH.fullmatch(column) for column in tokens.string().split(",")]
    copy.widths = tuple(int(match[1]) for match in columns if match is not None)
    if len(copy.widths) < len(columns) or 0 in copy.widths:
        raise WarehouseError("FIXEDWIDTH must be a list of label:width", sqlstate="42601")


def _read_parquet(_tokens: Tokens, copy: CopyStatement) -> None:
    copy.format = Format.PARQUET


def _read_role(tokens: Tokens, copy: CopyStatement) -> None:
    if tokens.skip_word("default"):
        return
    copy.grant = check_role(tokens.string())


def _read_with(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.expect_word("credentials")
    _read_credentials(tokens, copy)


def _read_credentials(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.grant = read_credentials(tokens.string())


def _read_region(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.region = tokens.string()


def _read_delimiter(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.delimiter = _characters(tokens)
    if not copy.delimiter or not copy.delimiter.isascii() or set(copy.delimiter) & set("\n\r\0\\"):
        raise unsupported("a DELIMITER that is empty, is not ASCII, or has a line break, a NUL or a backslash in it,")


def _read_quote(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.quote = _characters(tokens)
    if len(copy.quote) != 1 or not copy.quote.isascii() or copy.quote in "\n\r\0":
        raise WarehouseError("QUOTE must be a single ASCII character", sqlstate="42601")


def _read_null(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.null = _characters(tokens)
    if "\n" in copy.null or "\r" in copy.null:
        raise WarehouseError("NULL AS must not have a line break", sqlstate="42601")


def _characters(tokens: Tokens) -> str:
    """Return a string in which a backslash and a letter, or three octal digits, stand for a character."""

    def meant(match: re.Match[str]) -> str:
        octal, character = match.groups()
        if octal is not None and int(octal, 8) < 128:
            return chr(int(octal, 8))
        if character not in _ESCAPES:
            raise unsupported(f"{match.group()} in a string of COPY")
        return _ESCAPES[character]

    # Both '\\N' and '\N', which a string literal would make N of, are in use.
    return _BACKSLASH.sub(meant, tokens.raw_string())


def _read_time_format(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.time_format = tokens.string()
    if copy.time_format in _TIME_KEYWORDS:
        return
    if copy.time_format.lower() in _TIME_KEYWORDS:
        # The page on DATEFORMAT and TIMEFORMAT strings: these are in lower case.
        raise WarehouseError(f"Invalid date or time format: {copy.time_format}", sqlstate="42601")
    Pattern(copy.time_format)


def _read_date_format(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.date_format = tokens.string()
    if copy.date_format != "auto":
        Pattern(copy.date_format)


def _read_encoding(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    name = (tokens.string() if tokens.next_is("string") else tokens.name()).lower()
    if name not in _ENCODINGS:
        raise unsupported(f"ENCODING {name.upper()}")
    copy.encoding = _ENCODINGS[name]


def _read_header(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    copy.header_lines = tokens.number()
    if copy.header_lines < 0:
        raise WarehouseError("IGNOREHEADER must not be negative", sqlstate="42601")


def _read_max_error(tokens: Tokens, copy: CopyStatement) -> None:
    tokens.skip_word("as")
    number = tokens.number()
    if not 0 <= number <= MAX_ERRORS:
        raise WarehouseError(f"MAXERROR must be between 0 and {MAX_ERRORS}", sqlstate="42601")
    # MAXERROR 0 and 1 both mean: fail at the first error.
    copy.error_limit = max(1, number)


def _read_invalid_characters(tokens: Tokens, copy: CopyStatement) -> None:
    replacement = "?"
    if tokens.skip_word("as") or tokens.next_is("string"):
        replacement = tokens.string()
    if len(replacement) != 1 or not replacement.isascii() or replacement == "\0":
        raise WarehouseError("ACCEPTINVCHARS replacement must be one ASCII character", sqlstate="42601")
    copy.accept_invalid_characters = replacement


def _read_compression_update(tokens: Tokens, _copy: CopyStatement) -> None:
    for value in ("preset", "on", "true", "off", "false"):
        if tokens.skip_word(value):
            return


def _read_statistics_update(tokens: Tokens, _copy: CopyStatement) -> None:
    for value in ("on", "true", "off", "false"):
        if tokens.skip_word(value):
            return


def _read_row_sample(tokens: Tokens, _copy: CopyStatement) -> None:
    lowest, highest = ROW_SAMPLE
    if not lowest <= tokens.number() <= highest:
        raise WarehouseError(f"COMPROWS must be between {lowest} and {highest}", sqlstate="42601")


def _flag(name: str) -> Reader:
    return lambda _tokens, copy: setattr(copy, name, True)


def _value(name: str, value: object) -> Reader:
    return lambda _tokens, copy: setattr(copy, name, value)


_COMPRESSIONS = ("bzip2", "gzip", "zstd")
_UNSUPPORTED = ("avro", "encrypted", "job", "lzop", "master_symmetric_key", "orc", "shapefile", "ssh", "using")
_FORMATS: dict[str, Reader] = {
    "csv": _read_csv,
    "fixedwidth": _read_fixed_width,
    "json": _read_json,
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
