"""The values that people enter and that end up in AWS requests, ARNs and policies: one rule for each kind.

Each rule is the documented format of AWS, without what would widen a policy: wildcards and policy variables. The
patterns are valid in Python and in JSON Schema, so that a form can use them too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ValueRule:
    """What a value of one kind looks like.

    :param kind: the kind, with its article.
    :param pattern: a regular expression that matches the whole value.
    :param longest: the maximum number of characters.
    :param instruction: what to write instead, without a full stop.
    """

    kind: str
    pattern: str
    longest: int
    instruction: str

    def check(self, name: str, value: object) -> None:
        """Refuse a value.

        :param name: the argument or field, for the message.
        :raises ValueError: the value is not of this kind.
        """
        if not isinstance(value, str) or len(value) > self.longest or not re.fullmatch(self.pattern, value):
            raise ValueError(f"{name} {value!r} is not {self.kind}: {self.instruction}.")


_REGION = "[a-z]{2}(-[a-z]+)+-[0-9]"
_ARN = "arn:aws(-[a-z]+)*"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# AWS page "General purpose bucket naming rules".
BUCKET = ValueRule(
    "a bucket name",
    r"^(?![0-9.]+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]+[a-z0-9]$",
    63,
    "write 3 to 63 lower-case letters, digits, dots and hyphens, without s3:// and without a key",
)
# AWS page "IAM policy elements: Variables and tags": * and ? are wildcards, ${...} is a variable. The maximum length of
# a key is that of the AWS page "Naming Amazon S3 objects".
KEY = ValueRule(
    "a key or the beginning of keys",
    r"^(?!/)(?!.*\$\{)[^\x00-\x1f\x7f*?]+$",
    1024,
    "write it like log_data/, without a slash at its beginning, without * and ?, and without ${",
)
# AWS API reference, CreateCluster: ClusterIdentifier.
CLUSTER = ValueRule(
    "a cluster identifier",
    "^[a-z](-?[a-z0-9])*$",
    63,
    "write at most 63 lower-case letters, digits and single hyphens, beginning with a letter",
)
# The role that COPY uses is named after the cluster with the suffix -copy, and the name of a role has at most 64
# characters (AWS API reference, CreateRole).
NEW_CLUSTER = ValueRule(
    "the identifier of a cluster with a role of its own",
    CLUSTER.pattern,
    59,
    "write at most 59 lower-case letters, digits and single hyphens, beginning with a letter",
)
# AWS API reference, CreateClusterSubnetGroup: ClusterSubnetGroupName.
SUBNET_GROUP = ValueRule(
    "the name of a cluster subnet group",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$",
    255,
    "write its letters, digits, dots, underscores and hyphens, as the Redshift console shows it",
)
# AWS API reference, CreateClusterSnapshot: SnapshotIdentifier. Automated snapshots begin with rs:, those of AWS Backup
# with awsbackup:.
SNAPSHOT = ValueRule(
    "the name of a snapshot",
    "^([a-z]+:)?[A-Za-z0-9]+(-[A-Za-z0-9]+)*$",
    255,
    "write the letters, digits and hyphens of its name, not its ARN",
)
# AWS API reference, EnableLogging: BucketName and S3KeyPrefix.
AUDIT_LOG = ValueRule(
    "a destination of audit logs",
    r"^(cloudwatch|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.:/=+@-]{0,256})?)$",
    325,
    "write 'cloudwatch' or 's3://bucket/prefix'",
)
# AWS page "Tag naming limits and requirements".
TAG = ValueRule(
    "the value of a tag",
    r"^[\w .:/=+@-]+$",
    256,
    "write at most 256 letters, digits, spaces and the characters _ . : / = + - @",
)
REGION = ValueRule("an AWS region", f"^{_REGION}$", 32, "write it like us-west-2")
# AWS page "Key ARN". An alias cannot be used in a policy.
KMS_KEY = ValueRule(
    "the ARN of a KMS key",
    f"^{_ARN}:kms:{_REGION}:[0-9]{{12}}:key/({_UUID}|mrk-[0-9a-f]{{32}})$",
    256,
    "write it like arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab; an alias does not work",
)
# AWS page "IAM and AWS STS quotas": names and paths. A policy that AWS manages has no account.
POLICY_ARN = ValueRule(
    "the ARN of a policy of this account",
    f"^{_ARN}:iam::[0-9]{{12}}:policy/[A-Za-z0-9_+=,.@/-]+$",
    700,
    "write it like arn:aws:iam::123456789012:policy/copy-boundary",
)
