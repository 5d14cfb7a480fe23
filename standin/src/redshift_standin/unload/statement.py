"""Reads the text of an UNLOAD statement: AWS page "UNLOAD"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.copy.authorization import check_role, read_credentials, the_only_grant
from redshift_standin.copy.statement import split_url
from redshift_standin.errors import WarehouseError
from redshift_standin.sql.lexer import Kind
from redshift_standin.sql.statement import Statement, split_statements
from redshift_standin.unload.formats import FORMATS, TEXT

MB = 1 << 20
GB = 1 << 30
LARGEST_FILE = int(Decimal("6.2") * GB)
SMALLEST_FILE = 5 * MB
ROW_GROUPS = range(32, 129)

_ESCAPE = re.compile(r"''|\\([0-7]{1,3})|\\(.)", re.DOTALL)
_MEANINGS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass
class UnloadStatement:
    """What an UNLOAD statement asks for.

    :param query: the query's own text.
    :param grant: the ARN of a role, None for the cluster's default role, or access keys.
    :param delimiter: what stands between fields, or None for the format's own.
    :param null: what stands for NULL in text, or None if it is not said.
    :param partition_by: the columns whose values are folders.
    :param include_partitions: whether these columns are written into the files as well.
    :param largest_file: the most bytes of one file.
    :param row_group: the bytes of a row group of Parquet, or None if it is not said.
    """

    query: str
    bucket: str
    prefix: str
    grant: str | AccessKeys | None = None
    format: str = TEXT
    compression: str | None = None
    manifest: bool = False
    verbose: bool = False
    header: bool = False
    delimiter: str | None = None
    add_quotes: bool = False
    escape: bool = False
    null: str | None = None
    parallel: bool = True
    allow_overwrite: bool = False
    clean_path: bool = False
    partition_by: tuple[str, ...] = ()
    include_partitions: bool = False
    largest_file: int = LARGEST_FILE
    row_group: int | None = None
    extension: str | None = None
    region: str | None = None
    seen: set[str] = field(default_factory=set, repr=False)
    key_parts: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The address that TO names."""
        return f"s3://{self.bucket}/{self.prefix}"


def parse(text: str) -> UnloadStatement:
    """Read an UNLOAD statement.

    :raises WarehouseError: it is not well formed (42601), combines options that exclude each other, or asks for what
        the stand-in does not do (0A000).
    """
    return _Parser(split_statements(text)[0]).parse()


class _Parser:
    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._position = 0

    def parse(self) -> UnloadStatement:
        self._expect("unload", "(")
        query = self._string()
        self._expect(")", "to")
        url = self._string()
        target = split_url(url)
        if target is None:
            raise _unsupported(f"UNLOAD to {url.partition(':')[0]}, other than to s3://")
        unload = UnloadStatement(query, *target)
        while self._position < len(self._statement):
            if not self._skip(","):
                self._option(unload)
        _check(unload)
        return unload

    def _option(self, unload: UnloadStatement) -> None:
        word = self._word()
        if word in _UNSUPPORTED:
            raise _unsupported(f"UNLOAD with {word.upper()}")
        read = _OPTIONS.get(word)
        if read is None:
            raise self._syntax_error()
        name = _GROUPS.get(word, word)
        if name in unload.seen:
            raise WarehouseError("conflicting or redundant options", sqlstate="42601")
        unload.seen.add(name)
        self._position += 1
        read(self, unload)

    def read_format(self, unload: UnloadStatement) -> None:
        self._skip("as")
        name = self._word()
        if name in _UNSUPPORTED:
            raise _unsupported(f"UNLOAD with FORMAT {name.upper()}")
        if name not in FORMATS:
            raise self._syntax_error()
        self._position += 1
        unload.format = name

    def read_role(self, unload: UnloadStatement) -> None:
        if not self._skip("default"):
            unload.grant = check_role(self._string())

    def read_credentials(self, unload: UnloadStatement) -> None:
        self._skip("as")
        unload.grant = read_credentials(self._string())

    def read_with(self, unload: UnloadStatement) -> None:
        self._expect("credentials")
        self.read_credentials(unload)

    def read_key_part(self, unload: UnloadStatement) -> None:
        name = self._statement.tokens[self._position - 1].value
        self._skip("as")
        unload.key_parts[name] = self._string()

    def read_manifest(self, unload: UnloadStatement) -> None:
        unload.manifest = True
        unload.verbose = self._skip("verbose")

    def read_delimiter(self, unload: UnloadStatement) -> None:
        self._skip("as")
        unload.delimiter = self._string()
        if len(unload.delimiter) != 1 or not unload.delimiter.isascii():
            raise WarehouseError("DELIMITER must be a single ASCII character", sqlstate="42601")

    def read_null(self, unload: UnloadStatement) -> None:
        self._skip("as")
        unload.null = self._string()

    def read_parallel(self, unload: UnloadStatement) -> None:
        for word, value in (("on", True), ("true", True), ("off", False), ("false", False)):
            if self._skip(word):
                unload.parallel = value
                return

    def read_largest_file(self, unload: UnloadStatement) -> None:
        size = self._size(fractions=True)
        if not SMALLEST_FILE <= size <= LARGEST_FILE:
            raise WarehouseError("MAXFILESIZE must be between 5 MB and 6.2 GB", sqlstate="42601")
        unload.largest_file = size

    def read_row_group(self, unload: UnloadStatement) -> None:
        size = self._size(fractions=False)
        if size % MB or size // MB not in ROW_GROUPS:
            raise WarehouseError("ROWGROUPSIZE must be between 32 MB and 128 MB", sqlstate="42601")
        unload.row_group = size

    def read_partitions(self, unload: UnloadStatement) -> None:
        self._expect("by", "(")
        names = [self._name()]
        while self._skip(","):
            names.append(self._name())
        self._expect(")")
        unload.partition_by = tuple(names)
        unload.include_partitions = self._skip("include")
        if not unload.prefix.endswith("/"):
            unload.prefix += "/"

    def read_extension(self, unload: UnloadStatement) -> None:
        self._skip("as")
        unload.extension = self._string()

    def read_region(self, unload: UnloadStatement) -> None:
        self._skip("as")
        unload.region = self._string()

    def _size(self, *, fractions: bool) -> int:
        self._skip("as")
        if not self._statement.at_kind(self._position, Kind.NUMBER):
            raise self._syntax_error()
        number = Decimal(self._statement.tokens[self._position].value)
        if number % 1 and not fractions:
            raise self._syntax_error()
        self._position += 1
        unit = GB if self._skip("gb") else MB
        self._skip("mb")
        return int(number * unit)

    def _word(self) -> str:
        if not self._statement.at_kind(self._position, Kind.WORD):
            raise self._syntax_error()
        return self._statement.tokens[self._position].value

    def _name(self) -> str:
        (*_, name), self._position = self._statement.name(self._position)
        return name

    def _skip(self, word: str) -> bool:
        found = self._statement.at(self._position, word)
        self._position += found
        return found

    def _expect(self, *words: str) -> None:
        for word in words:
            if not self._skip(word):
                raise self._syntax_error()

    def _string(self) -> str:
        if not self._statement.at_kind(self._position, Kind.STRING):
            raise self._syntax_error()
        self._position += 1
        return _meaning(self._statement.tokens[self._position - 1].value)

    def _syntax_error(self) -> WarehouseError:
        if self._statement.at_kind(self._position, Kind.STRING):
            # It can be a secret that stands where none is expected.
            return WarehouseError('syntax error at or near "..."', sqlstate="42601")
        return self._statement.near(self._position)


def _meaning(text: str) -> str:
    """Return what a string means; one in dollar quotes means itself."""
    if text.startswith("$"):
        quotes = text.index("$", 1) + 1
        return text[quotes:-quotes]
    return _ESCAPE.sub(_unescape, text[text.index("'") + 1 : -1])


def _unescape(match: re.Match[str]) -> str:
    octal, character = match.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    return "'" if character is None else _MEANINGS.get(character, character)


def _check(unload: UnloadStatement) -> None:
    unload.grant = the_only_grant(unload.grant, unload.seen, unload.key_parts)
    if unload.clean_path and unload.allow_overwrite:
        raise WarehouseError("conflicting or redundant options", sqlstate="42601")
    excluded = FORMATS[unload.format].excluded
    for name in sorted(unload.seen):
        option = unload.compression if name == "compression" else name
        if option in excluded:
            raise WarehouseError(
                f"{option.upper()} argument is not supported for {unload.format.upper()} based UNLOAD",
                sqlstate="0A000",
            )
    if unload.row_group and unload.format != "parquet":
        raise WarehouseError("ROWGROUPSIZE argument is supported for PARQUET based UNLOAD only", sqlstate="0A000")
    if unload.extension is not None and unload.format == "parquet":
        raise _unsupported("UNLOAD to PARQUET with EXTENSION")


def _flag(name: str) -> Callable[[_Parser, UnloadStatement], None]:
    return lambda _parser, unload: setattr(unload, name, True)


def _value(name: str, value: object) -> Callable[[_Parser, UnloadStatement], None]:
    return lambda _parser, unload: setattr(unload, name, value)


def _unsupported(what: str) -> WarehouseError:
    return WarehouseError(f"{what} is not supported by the stand-in.", sqlstate="0A000")


_UNSUPPORTED = ("encrypted", "fixedwidth", "kms_key_id", "master_symmetric_key", "orc")
# Options that are one option under several names.
_GROUPS = {
    **dict.fromkeys(("bzip2", "gzip", "zstd"), "compression"),
    **dict.fromkeys(("csv", "json", "parquet"), "format"),
    "with": "credentials",
}
_OPTIONS: dict[str, Callable[[_Parser, UnloadStatement], None]] = {
    "access_key_id": _Parser.read_key_part,
    "addquotes": _flag("add_quotes"),
    "allowoverwrite": _flag("allow_overwrite"),
    "bzip2": _value("compression", "bzip2"),
    "cleanpath": _flag("clean_path"),
    "credentials": _Parser.read_credentials,
    "csv": _value("format", "csv"),
    "delimiter": _Parser.read_delimiter,
    "escape": _flag("escape"),
    "extension": _Parser.read_extension,
    "format": _Parser.read_format,
    "gzip": _value("compression", "gzip"),
    "header": _flag("header"),
    "iam_role": _Parser.read_role,
    "json": _value("format", "json"),
    "manifest": _Parser.read_manifest,
    "maxfilesize": _Parser.read_largest_file,
    "null": _Parser.read_null,
    "parallel": _Parser.read_parallel,
    "parquet": _value("format", "parquet"),
    "partition": _Parser.read_partitions,
    "region": _Parser.read_region,
    "rowgroupsize": _Parser.read_row_group,
    "secret_access_key": _Parser.read_key_part,
    "session_token": _Parser.read_key_part,
    "with": _Parser.read_with,
    "zstd": _value("compression", "zstd"),
}
