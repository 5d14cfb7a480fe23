"""Whether a cluster may use a role, and what a role or a user may do in S3."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moto.iam.models import Role, User, iam_backends

from redshift_standin.aws.iam.policies import Context, Statement, decide, names_principal, read_statements
from redshift_standin.aws.s3.model import PARTITION, buckets
from redshift_standin.settings import ACCOUNT

SERVICE = "redshift.amazonaws.com"


def find_role(arn: str) -> Role | None:
    """Return the role with this ARN, if there is one."""
    return next((role for role in iam_backends[ACCOUNT][PARTITION].roles.values() if role.arn == arn), None)


def trusts_redshift(role: Role, context: Context) -> bool:
    """Whether the role's trust policy lets Redshift assume it.

    :raises UnknownConditionError: the policy cannot be evaluated.
    """
    document = role.assume_role_policy_document
    trusted = [
        statement
        for statement in read_statements(document)
        if names_principal(statement.get("Principal"), "Service", {SERVICE})
    ]
    return decide(trusted, "sts:AssumeRole", None, context) is True


@dataclass(frozen=True)
class Principal:
    """The identity that acts in S3.

    :param arn: the role's or the user's ARN, as bucket policies name it.
    :param identity: the role or the user; None for the account's root user, which no policy of an identity limits.
    """

    arn: str
    identity: Role | User | None


def may_list(principal: Principal, bucket: str, prefix: str) -> bool:
    """Whether a principal may list what is under a prefix."""
    return _may(principal, "s3:ListBucket", bucket, f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})


def may_read(principal: Principal, bucket: str, key: str) -> bool:
    """Whether a principal may get an object, and decrypt it if it is encrypted with a KMS key of the account.

    AWS page "Using server-side encryption with AWS KMS keys". Policies of keys are not evaluated.
    """
    if not _may(principal, "s3:GetObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {}):
        return False
    kms_key = _kms_key(bucket, key)
    return kms_key is None or _may(principal, "kms:Decrypt", bucket, kms_key, {})


def _kms_key(bucket_name: str, key: str) -> str | None:
    """Return the ARN of the key that an object is encrypted with; None for keys that AWS manages, and without one."""
    bucket = buckets().get(bucket_name)
    found = bucket.keys.get(key) if bucket is not None else None
    arn = found.kms_key_id if found is not None and found.encryption == "aws:kms" else None
    return arn if arn and ":key/" in arn else None


def may_write(principal: Principal, bucket: str, key: str) -> bool:
    """Whether a principal may put an object."""
    return _may(principal, "s3:PutObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {})


def may_delete(principal: Principal, bucket: str, key: str) -> bool:
    """Whether a principal may delete an object."""
    return _may(principal, "s3:DeleteObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {})


def may_assume(principal: Principal, role: Role) -> bool:
    """Whether one role may assume another of a chain: it must be allowed to, and the other must trust it.

    AWS page "Authorizing COPY and UNLOAD operations using IAM roles", chaining IAM roles.
    """
    action, context = "sts:AssumeRole", _context(principal)
    trusting = [
        statement
        for statement in read_statements(role.assume_role_policy_document)
        if names_principal(statement.get("Principal"), "AWS", _principals(principal))
    ]
    return (
        principal.identity is not None
        and decide(trusting, action, None, context) is True
        and _within_boundary(principal, action, role.arn, context)
        and decide(_identity_statements(principal.identity), action, role.arn, context) is True
    )


def _may(principal: Principal, action: str, bucket_name: str, resource: str, context: Context) -> bool:
    context = {**_context(principal), **context}
    bucket = buckets().get(bucket_name)
    bucket_statements: list[Statement] = []
    if bucket is not None and bucket.policy:
        bucket_statements = [
            statement
            for statement in read_statements(_text(bucket.policy))
            if names_principal(statement.get("Principal"), "AWS", _principals(principal))
        ]
    if principal.identity is None:
        return decide(bucket_statements, action, resource, context) is not False
    if not _within_boundary(principal, action, resource, context):
        return False
    statements = [*_identity_statements(principal.identity), *bucket_statements]
    return decide(statements, action, resource, context) is True


def _context(principal: Principal) -> Context:
    return {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:ResourceAccount": ACCOUNT,
        "aws:SecureTransport": "true",
    }


def _principals(principal: Principal) -> set[str]:
    """Return the names of a principal in policies of resources."""
    return {"*", principal.arn, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"}


def _within_boundary(principal: Principal, action: str, resource: str, context: Context) -> bool:
    identity = principal.identity
    if not isinstance(identity, Role) or not identity.permissions_boundary_arn:
        return True
    return decide(_managed_statements(identity.permissions_boundary_arn), action, resource, context) is True


def _identity_statements(identity: Role | User) -> Iterable[Statement]:
    """Yield the statements of a role, or of a user and of the groups that the user is in."""
    holders: list[Any] = [identity]
    if isinstance(identity, User):
        holders += iam_backends[ACCOUNT][PARTITION].get_groups_for_user(identity.name)
    for holder in holders:
        for document in holder.policies.values():
            yield from read_statements(_text(document))
        for arn in holder.managed_policies:
            yield from _managed_statements(arn)


def _managed_statements(arn: str) -> list[Statement]:
    policy = iam_backends[ACCOUNT][PARTITION].managed_policies[arn]
    default = next(version for version in policy.versions if version.is_default)
    return read_statements(default.document)


def _text(document: str | bytes) -> str:
    return document.decode() if isinstance(document, bytes) else document
