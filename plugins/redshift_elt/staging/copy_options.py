"""How COPY reads a source."""

from __future__ import annotations

import re
from dataclasses import dataclass

# MAXERROR is at most 100,000, and is the number of errors at which COPY fails (AWS page "Data load operations").
MOST_REJECTS = 99_999

# The name of a role may contain a comma, but in COPY a comma separates the roles of a chain.
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=.@/-]+"
_ROLES = re.compile(rf"default|{_ROLE}(?:,{_ROLE})*", re.ASCII)
_WITHOUT_PATHS = ("auto", "auto ignorecase")
_URL = re.compile(r"s3://([^/]+)/(.+)")


@dataclass(frozen=True)
class CopyOptions:
    """The options of COPY.

    :param json: ``auto``, ``auto ignorecase``, or a JSONPaths file as ``s3://bucket/key``.
    :param iam_role: ``default`` for the cluster's default role, the ARN of a role, or a chain of ARNs with commas and
        without spaces: the cluster assumes the first role, each role the next, and the last one reads (AWS page
        "Chaining IAM roles in Amazon Redshift"). Access keys are never used.
    :param region: the AWS region of the bucket; None if it is the cluster's.
    :param time_format: ``auto``, ``epochsecs``, ``epochmillisecs`` or a pattern; None for Redshift's default.
    :param gzip: whether every object is compressed with gzip.
    :raises ValueError: COPY cannot use ``json`` or ``iam_role``.
    """

    json: str = "auto"
    iam_role: str = "default"
    region: str | None = None
    time_format: str | None = None
    gzip: bool = False

    def __post_init__(self) -> None:
        if not _ROLES.fullmatch(self.iam_role):
            raise ValueError(
                f"COPY cannot use iam_role {self.iam_role!r}: write 'default' or the ARN of a role, such as "
                "'arn:aws:iam::123456789012:role/copy'; or the ARNs of a chain of roles with commas and without spaces."
            )
        if self.json not in _WITHOUT_PATHS and not _URL.fullmatch(self.json):
            raise ValueError(
                f"COPY cannot use json {self.json!r}: write 'auto', 'auto ignorecase', or a JSONPaths file as "
                "'s3://bucket/key'."
            )

    @property
    def paths_file(self) -> str | None:
        """The JSONPaths file as ``s3://bucket/key``, or None if the names in the objects are the table's."""
        return None if self.json in _WITHOUT_PATHS else self.json


def json_option(json: str, bucket: str) -> str:
    """Return COPY's option for what a user has written.

    :param json: ``auto``, ``auto ignorecase``, or the key of a JSONPaths file in the bucket.
    :raises ValueError: it is a URL.
    """
    if "://" in json:
        raise ValueError(f"json {json!r} is not a key: write the key of a JSONPaths file in the same bucket.")
    return json if json in _WITHOUT_PATHS else f"s3://{bucket}/{json}"
