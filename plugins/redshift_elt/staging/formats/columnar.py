"""Parquet and ORC, which COPY reads through Redshift Spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from redshift_elt.staging.formats.clause import Clause, present
from redshift_elt.staging.formats.file_format import FileFormat


@dataclass(frozen=True, kw_only=True)
class Columnar(FileFormat):
    """A columnar format (AWS page "COPY from columnar data formats").

    Columns are mapped by position, and their types must be the table's. COPY converts no value and rejects no single
    record: it fails at the first error. So neither ``max_rejects`` nor the options of conversions are possible. Files
    are compressed inside; the endings ``.gz``, ``.bz2`` and ``.snappy`` are recognized by Redshift itself. The bucket
    must be in the cluster's region.

    The number of records is not counted: the rows are compared with the load history of Redshift.

    :param fillrecord: load NULL into columns at the end of the table that the files do not have.
    """

    columnar: ClassVar[bool] = True
    has_lines: ClassVar[bool] = False
    _keyword: ClassVar[str]

    fillrecord: bool = False

    def _format_clauses(self, _bucket: str, /) -> list[Clause]:
        return [Clause(f"format as {self._keyword}"), *present([("fillrecord", self.fillrecord)])]


@dataclass(frozen=True, kw_only=True)
class Parquet(Columnar):
    """Parquet files."""

    _keyword: ClassVar[str] = "parquet"


@dataclass(frozen=True, kw_only=True)
class Orc(Columnar):
    """ORC files."""

    _keyword: ClassVar[str] = "orc"
