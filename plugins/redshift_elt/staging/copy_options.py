"""Who reads the objects of a COPY, and where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redshift_elt.connection.aws_values import REGION

# The name of a role may contain a comma, but in COPY a comma separates the roles of a chain.
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=.@/-]+"
_ROLES = re.compile(rf"default|{_ROLE}(?:,{_ROLE})*", re.ASCII)


@dataclass(frozen=True)
class CopyOptions:
    """The options of COPY that do not depend on the format of the objects.

    :param iam_role: ``default`` for the cluster's default role, the ARN of a role, or a chain of ARNs with commas and
        without spaces: the cluster assumes the first role, each role the next, and the last one reads (AWS page
        "Chaining IAM roles in Amazon Redshift"). Access keys are never used.
    :param region: the AWS region of the bucket; None if it is the cluster's.
    :raises ValueError: COPY cannot use ``iam_role`` or ``region``.
    """

    iam_role: str = "default"
    region: str | None = None

    def __post_init__(self) -> None:
        if not _ROLES.fullmatch(self.iam_role):
            raise ValueError(
                f"COPY cannot use iam_role {self.iam_role!r}: write 'default' or the ARN of a role, such as "
                "'arn:aws:iam::123456789012:role/copy'; or the ARNs of a chain of roles with commas and without spaces."
            )
        if self.region is not None:
            REGION.check("region", self.region)
