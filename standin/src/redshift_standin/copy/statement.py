"""The parsed COPY statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from redshift_standin import sqlstate
from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.errors import WarehouseError

AUTO = "auto"
AUTO_IGNORE_CASE = "auto ignorecase"

_S3_URL = re.compile(r"s3://([^/]+)(?:/(.*))?", re.DOTALL)


class Format(Enum):
    """The format of the files. The value is the name that the load history shows."""

    TEXT = "TEXT"
    CSV = "CSV"
    FIXED_WIDTH = "FIXEDWIDTH"
    JSON = "JSON"
    AVRO = "AVRO"
    PARQUET = "PARQUET"
    ORC = "ORC"


@dataclass
class CopyStatement:
    """The options of a COPY statement.

    :param grant: the ARN of a role, None for the cluster's default role, or access keys.
    :param json: for JSON and AVRO: ``auto``, ``auto ignorecase``, or the URL of a JSONPaths file.
    :param widths: the width of each FIXEDWIDTH column in characters.
    :param null: the text that represents NULL in delimited text and CSV.
    :param encoding: Python's name for the encoding of the files.
    :param header_lines: the number of lines to skip at the start of each file.
    :param error_limit: the number of rejected rows at which the load fails, or None for no limit.
    :param seen: the names of the options in the statement, in lower case.
    """

    schema: str | None
    table: str
    columns: list[str] | None
    bucket: str = ""
    key: str = ""
    grant: str | AccessKeys | None = None
    format: Format = Format.TEXT
    json: str | None = None
    delimiter: str = "|"
    quote: str = '"'
    widths: tuple[int, ...] = ()
    null: str = "\\N"
    escape: bool = False
    remove_quotes: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    header_lines: int = 0
    encoding: str = "utf-8"
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
    explicit_ids: bool = False
    no_load: bool = False
    round_decimals: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    seen: set[str] = field(default_factory=set, repr=False)
    key_parts: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def matches_names(self) -> bool:
        """Whether COPY matches values to columns by name."""
        return self.format in (Format.JSON, Format.AVRO) and self.json in (AUTO, AUTO_IGNORE_CASE)

    @property
    def is_columnar(self) -> bool:
        """Whether COPY reads the files through Redshift Spectrum."""
        return self.format in (Format.PARQUET, Format.ORC)


def split_url(url: str) -> tuple[str, str] | None:
    """Return the bucket and the key of an ``s3://`` URL, or None if the URL is not one."""
    match = _S3_URL.fullmatch(url)
    return (match.group(1), match.group(2) or "") if match else None


def unsupported(what: str) -> WarehouseError:
    """Return the error for a feature that the stand-in does not support.

    :param what: the feature, as the subject of the message.
    """
    return WarehouseError(f"{what} is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED)
