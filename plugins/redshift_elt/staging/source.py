"""A source: a set of S3 objects of one format, and the table that they are staged like."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from redshift_elt.connection.aws_values import BUCKET, KEY
from redshift_elt.run.names import MANIFESTS, UNFINISHED
from redshift_elt.run.on_missing import KEEP, check_on_missing
from redshift_elt.run.share import check_share
from redshift_elt.sql import identifiers
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.drift.policy import OnNewField, check_policy
from redshift_elt.staging.formats.file_format import FileFormat
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.key_pattern import KeyPattern
from redshift_elt.staging.manifest_location import ManifestLocation
from redshift_elt.staging.reject_limit import RejectLimit

if TYPE_CHECKING:
    from redshift_elt.checks import Aggregate

# Codes of strftime, whether key patterns know them or not; %d0 and %F0 are more likely a byte in a URL.
_DATE = re.compile(r"%-?[A-Za-z](?![0-9A-Fa-f])")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is staged, and how; see :class:`redshift_elt.operators.stage_to_redshift.StageToRedshiftOperator`.

    :param ledger_targets: the targets whose ledger decides which objects are staged; none if every run stages all.
    :param exact_versions: whether staging fails if an object changes meanwhile, because a load counts on its version.
    :param latest_only: whether only the objects of the last period are staged that has objects, of those that the run
        reads: each period is a snapshot, and one is needed.
    :param manifests: where the manifests are written; None: the bucket of the source.
    :raises ValueError: an argument cannot be used, see the functions below.
    """

    table: str
    bucket: str
    key_pattern: KeyPattern | None = None
    prefix: str | None = None
    key: str | None = None
    margin_days: int = 0
    window_column: str | None = None
    ledger_targets: tuple[str, ...] = ()
    exact_versions: bool = False
    list_every: timedelta | None = None
    start_after: bool = False
    format: FileFormat = field(default_factory=Json)
    options: CopyOptions = field(default_factory=CopyOptions)
    max_rejects: RejectLimit = field(default_factory=RejectLimit)
    max_left_out: float = 0.5
    on_missing: str = KEEP
    checks: tuple[Aggregate, ...] = ()
    on_new_field: OnNewField = "warn"
    latest_only: bool = False
    manifests: ManifestLocation | None = None

    def __post_init__(self) -> None:
        check_template(self.table)
        BUCKET.check("bucket", self.bucket)
        if self.prefix is not None:
            check_prefix(self.prefix)
        if self.key is not None:
            check_key(self.key)
        check_policy(self.on_new_field, self.format)
        check_share("max_left_out", self.max_left_out)
        check_on_missing(self.on_missing)
        check_columnar(self.format, self.max_rejects.most, self.options.region)
        check_paths_outside(self.format, self.prefix)
        self._check_manifests_outside()
        if self.key_pattern is not None and self.key_pattern.root:
            KEY.check("The beginning of key_pattern", self.key_pattern.root)
        if (paths_key := self.format.paths_key()) is not None:
            KEY.check("The JSONPaths file", paths_key)

    def _check_manifests_outside(self) -> None:
        """Refuse manifests that would be staged themselves.

        :raises ValueError: they are below the prefix.
        """
        location = self.manifest_location
        written = f"{location.prefix}{MANIFESTS}"
        if self.prefix and location.bucket == self.bucket and written.startswith(self.prefix):
            raise ValueError(
                f"The manifests are written to {written!r}, which is below prefix {self.prefix!r}, so COPY would read "
                "them as data: write another prefix or bucket in manifest_url."
            )

    @property
    def manifest_location(self) -> ManifestLocation:
        """Where the manifests are written."""
        return self.manifests or ManifestLocation(self.bucket)

    @property
    def paths_file(self) -> str | None:
        """The JSONPaths file as ``s3://bucket/key``, or None if there is none."""
        key = self.format.paths_key()
        return None if key is None else f"s3://{self.bucket}/{key}"

    @property
    def root(self) -> str:
        """The prefix that the keys of all objects of the source have in common."""
        return self.key_pattern.root if self.key_pattern is not None else self.prefix or self.key or ""

    @property
    def key_bounds(self) -> tuple[str, str]:
        """A text that is not after the first key of the source without a date, and one that is after the last."""
        # What begins with a text is before the text whose last character is the next one.
        return self.root, f"{self.key}\1" if self.key else f"{self.root[:-1]}{chr(ord(self.root[-1]) + 1)}"

    def has(self, key: str) -> bool:
        """Return whether an object of the source can have a key, in any period."""
        if self.key_pattern is not None:
            return self.key_pattern.period(key) is not None
        return key == self.key if self.key is not None else key.startswith(self.root)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key_pattern or self.root}"


def check_template(table: str) -> None:
    """Refuse what cannot be the template of a staging table.

    :raises ValueError: it is not the name of a table, or it has a schema. If a run's tables are gone, a task stages in
        temporary tables of the same name, and a temporary table has no schema (AWS page "CREATE TABLE"). Or its name
        ends like those of tables in which runs have not staged everything.
    """
    identifiers.table(table)
    if table.endswith(UNFINISHED):
        raise ValueError(
            f"table {table!r} ends with {UNFINISHED}, which is reserved for stagings that are not finished: write "
            "another name."
        )
    if "." in table:
        raise ValueError(
            f"table {table!r} has a schema: write {identifiers.bare(table)!r}, in a schema of the user's search_path."
        )


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that would match names that merely begin with it, or no name at all.

    :raises ValueError: it does not end with a slash, or it has codes of a date.
    """
    if _DATE.search(prefix):
        raise ValueError(f"prefix {prefix!r} has codes of a date, which only key_pattern fills in: use key_pattern.")
    if not prefix.endswith("/"):
        raise ValueError(f"prefix {prefix!r} must end with a slash, or it would match similar names: {prefix}/")
    KEY.check("prefix", prefix)


def check_key(key: str) -> None:
    """Refuse what is not the key of one object.

    :raises ValueError: it is empty, a folder, or a pattern.
    """
    if not key or key.endswith("/") or "*" in key or _DATE.search(key):
        raise ValueError(
            f"key {key!r} is not the key of one object: use prefix, or key_pattern for objects with a date."
        )
    KEY.check("key", key)


def check_columnar(file_format: FileFormat, max_rejects: int | str = 0, region: str | None = None) -> None:
    """Refuse what COPY cannot do with columnar files (AWS page "COPY from columnar data formats").

    :raises ValueError: see the message.
    """
    name = type(file_format).__name__
    if not file_format.columnar:
        return
    if RejectLimit.of(max_rejects).most:
        raise ValueError(
            f"max_rejects is {max_rejects}, but COPY rejects no single records of {name}() files: it fails at the "
            "first error. Leave max_rejects out."
        )
    if region is not None:
        raise ValueError(
            f"region is {region!r}, but COPY reads {name}() files only in the cluster's region: leave region out."
        )


def check_paths_outside(file_format: FileFormat, prefix: str | None) -> None:
    """Refuse a JSONPaths file that would be staged itself.

    :raises ValueError: it is below the prefix.
    """
    key = file_format.paths_key()
    if key is not None and prefix and key.startswith(prefix):
        raise ValueError(
            f"The JSONPaths file {key!r} is below prefix {prefix!r}, so COPY would read it as data: move it elsewhere."
        )
