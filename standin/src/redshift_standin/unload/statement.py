"""The parsed UNLOAD statement: AWS page "UNLOAD"."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.unload.formats import TEXT

MB = 1 << 20
GB = 1 << 30
MAX_FILE_BYTES = int(Decimal("6.2") * GB)


@dataclass
class UnloadStatement:
    """The options of an UNLOAD statement.

    :param query: the text of the query.
    :param grant: the ARN of a role, None for the cluster's default role, or access keys.
    :param delimiter: the text between fields, or None for the format's default.
    :param null: the text for NULL, or None for the format's default.
    :param partition_by: the columns whose values name the folders.
    :param include_partitions: whether the files also contain these columns.
    :param max_file_bytes: the maximum size of a file in bytes.
    :param row_group: the size of a Parquet row group in bytes, or None for the default.
    :param seen: the names of the options in the statement, in lower case.
    :param key_parts: the values of the options that give access keys.
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
    max_file_bytes: int = MAX_FILE_BYTES
    row_group: int | None = None
    extension: str | None = None
    region: str | None = None
    seen: set[str] = field(default_factory=set, repr=False)
    key_parts: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The S3 URL of the TO clause."""
        return f"s3://{self.bucket}/{self.prefix}"
