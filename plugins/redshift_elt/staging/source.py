"""A source: a set of S3 objects of one format, and the table that they are staged like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.date_pattern import DatePattern

if TYPE_CHECKING:
    from redshift_elt.checks import Aggregate


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is staged, and how; see :class:`redshift_elt.operators.stage_to_redshift.StageToRedshiftOperator`.

    :param ledger_targets: the targets whose ledger decides which objects are staged; none if every run stages all.
    """

    table: str
    bucket: str
    key_pattern: DatePattern | None = None
    prefix: str | None = None
    margin_days: int = 0
    window_column: str | None = None
    ledger_targets: tuple[str, ...] = ()
    list_every: timedelta | None = None
    options: CopyOptions = field(default_factory=CopyOptions)
    max_rejects: int = 0
    checks: tuple[Aggregate, ...] = ()

    @property
    def root(self) -> str:
        """The prefix that the keys of all objects of the source have in common."""
        return self.key_pattern.prefix if self.key_pattern is not None else self.prefix or ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key_pattern or self.prefix}"
