"""Reads the text of a COPY statement."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from local.standin.aws.keys import AccessKeys
from local.standin.backend import WarehouseError
from local.standin.copy.authorization import check_role, keys_of, read_credentials

AUTO = "auto"
AUTO_IGNORE_CASE = "auto ignorecase"
MAX_ERRORS = 100_000

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
_S3_URL = re.compile(r"s3://([^/]+)(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A piece of the statement: its kind, its meaning, its spelling."""

    kind: str
    value: str
    text: str


@dataclass
class CopyStatement:
    """What a COPY statement asks for.

    :param grant: the ARN of a role, None for the cluster's default role, or access keys.
    :param json: ``auto``, ``auto ignorecase``, or the address of a JSONPaths file.
    :param error_limit: the number of rejected rows at which the load fails, or None if it never does.
    """

    schema: str | None
    table: str
    columns: list[str] | None
    bucket: str = ""
    key: str = ""
    grant: str | AccessKeys | None = None
    json: str | None = None
    manifest: bool = False
    compression: str | None = None
    region: str | None = None
    time_format: str | None = None
    date_format: str | None = None
    error_limit: int | None = 1
    accept_any_date: bool = False
    accept_invalid_characters: str | None = None
    blanks_as_null: bool = False
    empty_as_null: bool = False
    round_decimals: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    seen: set[str] = field(default_factory=set, repr=False)
    key_parts: dict[str, str] = field(default_factory=dict, repr=False)


def parse(statement: str) -> CopyStatement:
    """Read a COPY statement.

    :raises WarehouseError: it is not well formed (42601), or asks for what the stand-in does not do (0A000).
    """
    return _Parser(statement).parse()


def split_url(url: str) -> tuple[str, str] | None:
    """Return the bucket and the key of an ``s3://`` address, or None if it is none."""
    match = _S3_URL.fullmatch(url)
    return (match.group(1), match.group(2) or "") if match else None


class _Parser:
    def __init__(self, statement: str) -> None:
        self._tokens = _tokens(statement)
        self._position = 0

    def parse(self) -> CopyStatement:
        self._expect_word("copy")
        first = self._name()
        schema, table = (first, self._name()) if self._skip_mark(".") else (None, first)
        if self._skip_mark("."):
            raise _unsupported("COPY into a table of another database")
        copy = CopyStatement(schema, table, self._columns() if self._skip_mark("(") else None)
        self._expect_word("from")
        url = self._string()
        source = split_url(url)
        if source is None:
            raise _unsupported(f"COPY from {url.partition(':')[0]}, other than from s3://")
        copy.bucket, copy.key = source
        while self._position < len(self._tokens):
            if not self._skip_mark(","):
                self._option(copy)
        self._check(copy)
        return copy

    def _columns(self) -> list[str]:
        columns = [self._name()]
        while self._skip_mark(","):
            columns.append(self._name())
        if not self._skip_mark(")"):
            raise self._syntax_error()
        repeated = next((name for name in columns if columns.count(name) > 1), None)
        if repeated:
            raise WarehouseError(f'Column "{repeated}" specified more than once', sqlstate="42701")
        return columns

    def _option(self, copy: CopyStatement) -> None:
        token = self._peek()
        word = token.value if token and token.kind == "word" else ""
        read = _OPTIONS.get(word)
        if word in _UNSUPPORTED:
            raise _unsupported(f"COPY with {word.upper()}")
        if read is None:
            raise self._syntax_error()
        self._position += 1
        name = "compression" if word in _COMPRESSIONS else "json" if word in ("json", "format") else word
        if name in copy.seen:
            raise WarehouseError("conflicting or redundant options", sqlstate="42601")
        copy.seen.add(name)
        read(self, copy)

    def _check(self, copy: CopyStatement) -> None:
        given = [name for name in ("iam_role", "credentials") if name in copy.seen]
        if copy.key_parts:
            given.append("access_key_id")
            copy.grant = keys_of(*(copy.key_parts.get(name) for name in _KEY_PARTS))
        if not given:
            raise WarehouseError("CREDENTIALS argument is required but not specified")
        if len(given) > 1:
            raise WarehouseError("conflicting or redundant options", sqlstate="42601")
        if copy.json is None:
            raise _unsupported("COPY without FORMAT JSON")
        if {"maxerror", "ignoreallerrors"} <= copy.seen:
            raise WarehouseError("MAXERROR is not supported with IGNOREALLERRORS", sqlstate="42601")

    def read_role(self, copy: CopyStatement) -> None:
        if self._skip_word("default"):
            return
        copy.grant = check_role(self._string())

    def read_with(self, copy: CopyStatement) -> None:
        self._expect_word("credentials")
        if "credentials" in copy.seen:
            raise WarehouseError("conflicting or redundant options", sqlstate="42601")
        copy.seen.add("credentials")
        self.read_credentials(copy)

    def read_credentials(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        copy.grant = read_credentials(self._string())

    def read_key_part(self, copy: CopyStatement) -> None:
        name = self._tokens[self._position - 1].value
        self._skip_word("as")
        copy.key_parts[name] = self._string()

    def read_format(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        token = self._peek()
        if token and token.kind == "word" and token.value in _UNSUPPORTED:
            raise _unsupported(f"COPY with FORMAT {token.value.upper()}")
        self._expect_word("json")
        self.read_json(copy)

    def read_json(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        token = self._peek()
        copy.json = self._string() if token and token.kind == "string" else AUTO
        if copy.json.lower() in (AUTO, AUTO_IGNORE_CASE):
            copy.json = copy.json.lower()
        elif copy.json.lower() == "noshred":
            raise _unsupported("COPY with JSON 'noshred'")
        elif split_url(copy.json) is None:
            raise WarehouseError(f"Invalid JSONPath format: {copy.json}")

    def read_region(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        copy.region = self._string()

    def read_time_format(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        copy.time_format = self._string()
        if copy.time_format not in ("auto", "epochsecs", "epochmillisecs"):
            raise _unsupported(f"TIMEFORMAT '{copy.time_format}', other than 'auto', 'epochsecs' and 'epochmillisecs',")

    def read_date_format(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        copy.date_format = self._string()
        if copy.date_format not in ("auto", "YYYY-MM-DD"):
            raise _unsupported(f"DATEFORMAT '{copy.date_format}', other than 'auto' and 'YYYY-MM-DD',")

    def read_max_error(self, copy: CopyStatement) -> None:
        self._skip_word("as")
        number = self._number()
        if not 0 <= number <= MAX_ERRORS:
            raise WarehouseError(f"MAXERROR must be between 0 and {MAX_ERRORS}", sqlstate="42601")
        # MAXERROR 0 and 1 both mean: fail at the first error.
        copy.error_limit = max(1, number)

    def read_invalid_characters(self, copy: CopyStatement) -> None:
        replacement = "?"
        if self._skip_word("as") or ((token := self._peek()) and token.kind == "string"):
            replacement = self._string()
        if len(replacement) != 1 or not replacement.isascii() or replacement == "\0":
            raise WarehouseError("ACCEPTINVCHARS replacement must be one ASCII character", sqlstate="42601")
        copy.accept_invalid_characters = replacement

    def read_on_or_off(self, _copy: CopyStatement) -> None:
        for value in ("preset", "on", "true", "off", "false"):
            if self._skip_word(value):
                return

    def read_row_sample(self, _copy: CopyStatement) -> None:
        self._number()

    def _peek(self) -> Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _skip_word(self, word: str) -> bool:
        token = self._peek()
        found = token is not None and token.kind == "word" and token.value == word
        self._position += found
        return found

    def _skip_mark(self, mark: str) -> bool:
        token = self._peek()
        found = token is not None and token.kind == "mark" and token.value == mark
        self._position += found
        return found

    def _expect_word(self, word: str) -> None:
        if not self._skip_word(word):
            raise self._syntax_error()

    def _take(self, *kinds: str) -> str:
        token = self._peek()
        if token is None or token.kind not in kinds:
            raise self._syntax_error()
        self._position += 1
        return token.value

    def _name(self) -> str:
        return self._take("word", "quoted")

    def _string(self) -> str:
        return self._take("string")

    def _number(self) -> int:
        return int(self._take("number"))

    def _syntax_error(self) -> WarehouseError:
        token = self._peek()
        # A string can be a secret that stands where none is expected.
        where = f'at or near "{token.text if token.kind != "string" else "..."}"' if token else "at end of input"
        return WarehouseError(f"syntax error {where}", sqlstate="42601")


def _flag(name: str) -> Callable[[_Parser, CopyStatement], None]:
    return lambda _parser, copy: setattr(copy, name, True)


def _value(name: str, value: object) -> Callable[[_Parser, CopyStatement], None]:
    return lambda _parser, copy: setattr(copy, name, value)


_COMPRESSIONS = ("gzip", "bzip2")
_KEY_PARTS = ("access_key_id", "secret_access_key", "session_token")
_UNSUPPORTED = (
    "avro", "comprows", "csv", "delimiter", "encoding", "encrypted", "escape", "explicit_ids", "fillrecord",
    "fixedwidth", "ignoreblanklines", "ignoreheader", "job", "lzop", "master_symmetric_key",
    "noload", "null", "orc", "parquet", "quote", "readratio", "removequotes", "shapefile", "ssh", "using", "zstd",
)  # fmt: skip
_OPTIONS: dict[str, Callable[[_Parser, CopyStatement], None]] = {
    "access_key_id": _Parser.read_key_part,
    "acceptanydate": _flag("accept_any_date"),
    "acceptinvchars": _Parser.read_invalid_characters,
    "blanksasnull": _flag("blanks_as_null"),
    "bzip2": _value("compression", "bzip2"),
    "compupdate": _Parser.read_on_or_off,
    "credentials": _Parser.read_credentials,
    "dateformat": _Parser.read_date_format,
    "emptyasnull": _flag("empty_as_null"),
    "format": _Parser.read_format,
    "gzip": _value("compression", "gzip"),
    "iam_role": _Parser.read_role,
    "ignoreallerrors": _value("error_limit", None),
    "json": _Parser.read_json,
    "manifest": _flag("manifest"),
    "maxerror": _Parser.read_max_error,
    "region": _Parser.read_region,
    "roundec": _flag("round_decimals"),
    "secret_access_key": _Parser.read_key_part,
    "session_token": _Parser.read_key_part,
    "statupdate": _Parser.read_on_or_off,
    "timeformat": _Parser.read_time_format,
    "trimblanks": _flag("trim_blanks"),
    "truncatecolumns": _flag("truncate_columns"),
    "with": _Parser.read_with,
}


def _tokens(statement: str) -> list[Token]:
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


def _unsupported(what: str) -> WarehouseError:
    return WarehouseError(f"{what} is not supported by the stand-in.", sqlstate="0A000")
