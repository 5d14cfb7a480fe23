"""The IAM policy of the role that COPY uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from redshift_elt.cluster.spec import Access


def read_policy(access: Access) -> dict[str, Any]:
    """Return the policy that allows listing and reading what is given, and nothing else.

    AWS pages "Permissions to access other AWS resources" and "Protecting data with server-side encryption using AWS
    KMS".
    """
    further = [(place.bucket, [place.prefix]) for place in access.also_read_locations]
    places = [(access.bucket, access.prefixes), *further]
    statements = [statement for bucket, prefixes in places for statement in _read(bucket, prefixes)]
    if access.kms_keys:
        statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": list(access.kms_keys)})
    return {"Version": "2012-10-17", "Statement": statements}


def readable_prefixes(policy: dict[str, Any], bucket: str) -> list[str]:
    """Return the prefixes of a bucket that a policy of :func:`read_policy` allows to read."""
    of_bucket = f"arn:aws:s3:::{bucket}/"
    resources = [arn for statement in policy["Statement"] for arn in statement["Resource"]]
    return [arn.removeprefix(of_bucket).removesuffix("*") for arn in resources if arn.startswith(of_bucket)]


def _read(bucket: str, prefixes: Sequence[str]) -> Iterator[dict[str, Any]]:
    patterns = [f"{prefix}*" for prefix in prefixes]
    yield {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
        "Condition": {"StringLike": {"s3:prefix": patterns}},
    }
    yield {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{bucket}/{pattern}" for pattern in patterns],
    }
