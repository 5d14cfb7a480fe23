"""The text of a COPY statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from redshift_elt.sql.render import render
from redshift_elt.staging.copy_options import CopyOptions
from redshift_elt.staging.formats.compression import Compression
from redshift_elt.staging.formats.file_format import FileFormat


@dataclass(frozen=True, kw_only=True)
class CopyStatement:
    """One COPY.

    :param name: the table.
    :param url: the object to copy, or a manifest, as ``s3://bucket/key``.
    :param bucket: the bucket of the objects.
    :param compression: the compression of all objects.
    :param manifest: whether the URL is that of a manifest.
    :param max_rejects: the maximum number of records that COPY may reject.
    """

    name: str
    url: str
    bucket: str
    format: FileFormat
    options: CopyOptions = field(default_factory=CopyOptions)
    compression: Compression = "none"
    manifest: bool = False
    max_rejects: int = 0

    def __str__(self) -> str:
        return render(
            "stage/copy.sql",
            name=self.name,
            columns=self.format.columns,
            url=self.url,
            iam_role=self.options.iam_role,
            format_clauses=self.format.clauses(self.bucket),
            compression=self.compression,
            manifest=self.manifest,
            region=self.options.region,
            max_rejects=self.max_rejects,
            columnar=self.format.columnar,
        )
