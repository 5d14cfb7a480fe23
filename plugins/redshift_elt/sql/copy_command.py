"""The COPY command."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redshift_elt.sql.identifiers import literal, table

_ROLE = re.compile(r"default|arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
KEYWORD_FORMATS = ("auto", "auto ignorecase")
# MAXERROR is at most 100,000, and fails the COPY when there are as many errors (AWS page "Data load operations").
MOST_REJECTS = 99_999


@dataclass(frozen=True)
class CopyOptions:
    """How COPY reads its objects.

    :param json: ``auto``, ``auto ignorecase``, or the JSONPaths file as ``s3://bucket/key``.
    :param iam_role: ``default`` for the cluster's default role, or a role's ARN. Keys are never put in a statement.
    :param region: the bucket's AWS region; None where it is the cluster's.
    :param time_format: ``auto``, ``epochsecs``, ``epochmillisecs`` or a pattern; None for Redshift's default.
    :param gzip: whether every object is compressed with gzip.
    """

    json: str = "auto"
    iam_role: str = "default"
    region: str | None = None
    time_format: str | None = None
    gzip: bool = False

    def __post_init__(self) -> None:
        if not _ROLE.fullmatch(self.iam_role):
            raise ValueError(
                f"iam_role {self.iam_role!r} cannot be used by COPY: write 'default' or a role's ARN, such as "
                "'arn:aws:iam::123456789012:role/copy'."
            )
        if self.json not in KEYWORD_FORMATS and not re.fullmatch(r"s3://[^/]+/.+", self.json):
            raise ValueError(
                f"json {self.json!r} cannot be used by COPY: write 'auto', 'auto ignorecase' or the JSONPaths file as "
                "'s3://bucket/key'."
            )


def copy_objects(
    target: str, source: str, options: CopyOptions, *, manifest: bool = False, max_rejects: int = 0
) -> str:
    """Return a COPY.

    COMPUPDATE and STATUPDATE are off: a staging table's encodings are declared, and both would cost more than the
    load itself (AWS page "Data load operations").

    :param target: the table to load.
    :param source: what to read, ``s3://bucket/key``.
    :param manifest: whether ``source`` is a manifest that names the objects to read, or an object itself.
    :param max_rejects: how many records may be left out because they cannot be loaded; at most :data:`MOST_REJECTS`.
    """
    lines = [
        f"copy {table(target)}",
        f"from {literal(source)}",
        f"iam_role {options.iam_role if options.iam_role == 'default' else literal(options.iam_role)}",
        f"format as json {literal(options.json)}",
    ]
    if manifest:
        lines.append("manifest")
    if options.gzip:
        lines.append("gzip")
    if options.time_format:
        lines.append(f"timeformat {literal(options.time_format)}")
    if options.region:
        lines.append(f"region {literal(options.region)}")
    if max_rejects:
        lines.append(f"maxerror {max_rejects + 1}")
    lines += ["compupdate off", "statupdate off"]
    return "\n".join(lines)
