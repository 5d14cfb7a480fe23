"""The IAM policy of the role that COPY uses."""

from __future__ import annotations

from typing import Any

from redshift_elt.cluster.spec import Access


def read_policy(access: Access) -> dict[str, Any]:
    """Return the policy that allows listing and reading the prefixes of the bucket, and nothing else.

    AWS page "Permissions to access other AWS resources".
    """
    patterns = [f"{prefix}*" for prefix in access.prefixes]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{access.bucket}",
                "Condition": {"StringLike": {"s3:prefix": patterns}},
            },
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": [f"arn:aws:s3:::{access.bucket}/{pattern}" for pattern in patterns],
            },
        ],
    }
