"""Whether a role may be used by a cluster, and what a role or a user may do in S3: policies evaluated as IAM does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.iam.models import Role, User, iam_backends

from redshift_standin.aws.s3.model import PARTITION, buckets
from redshift_standin.settings import ACCOUNT

SERVICE = "redshift.amazonaws.com"
Context = Mapping[str, str]
Statement = Mapping[str, Any]


class UnknownConditionError(Exception):
    """A policy has a condition that cannot be evaluated here."""


def find_role(arn: str) -> Role | None:
    """Return the role with this ARN, if there is one."""
    return next((role for role in iam_backends[ACCOUNT][PARTITION].roles.values() if role.arn == arn), None)


def trusts_redshift(role: Role, context: Context) -> bool:
    """Whether the role's trust policy lets Redshift assume it.

    :raises UnknownConditionError: the policy cannot be evaluated.
    """
    document = role.assume_role_policy_document
    trusted = [
        statement for statement in _statements(document) if _names(statement.get("Principal"), "Service", {SERVICE})
    ]
    return _decide(trusted, "sts:AssumeRole", None, context) is True


@dataclass(frozen=True)
class Principal:
    """Who acts in S3.

    :param arn: the role's or the user's ARN, as bucket policies name it.
    :param identity: the role or the user; None for the account's root user, which no policy of an identity limits.
    """

    arn: str
    identity: Role | User | None


def may_list(principal: Principal, bucket: str, prefix: str) -> bool:
    """Whether somebody may list what is under a prefix."""
    return _may(principal, "s3:ListBucket", bucket, f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})


def may_read(principal: Principal, bucket: str, key: str) -> bool:
    """Whether somebody may get an object."""
    return _may(principal, "s3:GetObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {})


def may_write(principal: Principal, bucket: str, key: str) -> bool:
    """Whether somebody may put an object."""
    return _may(principal, "s3:PutObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {})


def may_delete(principal: Principal, bucket: str, key: str) -> bool:
    """Whether somebody may delete an object."""
    return _may(principal, "s3:DeleteObject", bucket, f"arn:aws:s3:::{bucket}/{key}", {})


def may_assume(principal: Principal, role: Role) -> bool:
    """Whether one role may assume another of a chain: it must be allowed to, and the other must trust it.

    AWS page "Authorizing COPY and UNLOAD operations using IAM roles", chaining IAM roles.
    """
    action, context = "sts:AssumeRole", _context(principal)
    trusting = [
        statement
        for statement in _statements(role.assume_role_policy_document)
        if _names(statement.get("Principal"), "AWS", _principals(principal))
    ]
    return (
        _decide(trusting, action, None, context) is True
        and _within_boundary(principal, action, role.arn, context)
        and _decide(_identity_statements(principal.identity), action, role.arn, context) is True
    )


def _may(principal: Principal, action: str, bucket_name: str, resource: str, context: Context) -> bool:
    context = {**_context(principal), **context}
    bucket = buckets().get(bucket_name)
    bucket_statements: list[Statement] = []
    if bucket is not None and bucket.policy:
        bucket_statements = [
            statement
            for statement in _statements(_text(bucket.policy))
            if _names(statement.get("Principal"), "AWS", _principals(principal))
        ]
    if principal.identity is None:
        return _decide(bucket_statements, action, resource, context) is not False
    if not _within_boundary(principal, action, resource, context):
        return False
    statements = [*_identity_statements(principal.identity), *bucket_statements]
    return _decide(statements, action, resource, context) is True


def _context(principal: Principal) -> Context:
    return {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:ResourceAccount": ACCOUNT,
        "aws:SecureTransport": "true",
    }


def _principals(principal: Principal) -> set[str]:
    """Return how a policy of a resource can name somebody."""
    return {"*", principal.arn, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"}


def _within_boundary(principal: Principal, action: str, resource: str, context: Context) -> bool:
    identity = principal.identity
    if not isinstance(identity, Role) or not identity.permissions_boundary_arn:
        return True
    return _decide(_managed_statements(identity.permissions_boundary_arn), action, resource, context) is True


def _identity_statements(identity: Role | User) -> Iterable[Statement]:
    """Yield the statements of a role, or of a user and of the groups that the user is in."""
    holders: list[Any] = [identity]
    if isinstance(identity, User):
        holders += iam_backends[ACCOUNT][PARTITION].get_groups_for_user(identity.name)
    for holder in holders:
        for document in holder.policies.values():
            yield from _statements(_text(document))
        for arn in holder.managed_policies:
            yield from _managed_statements(arn)


def _managed_statements(arn: str) -> list[Statement]:
    policy = iam_backends[ACCOUNT][PARTITION].managed_policies[arn]
    default = next(version for version in policy.versions if version.is_default)
    return _statements(default.document)


def _decide(statements: Iterable[Statement], action: str, resource: str | None, context: Context) -> bool | None:
    """Return False when a statement denies, True when one allows and none denies, None when none applies."""
    decision = None
    for statement in statements:
        if not _applies(statement, action, resource, context):
            continue
        if statement["Effect"] == "Deny":
            return False
        decision = True
    return decision


def _applies(statement: Statement, action: str, resource: str | None, context: Context) -> bool:
    if not _element_matches(statement, "Action", action, ignore_case=True):
        return False
    if resource is not None and not _element_matches(statement, "Resource", resource, ignore_case=False):
        return False
    return all(
        _condition_holds(operator, key, _listed(expected), context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, expected in keys.items()
    )


def _element_matches(statement: Statement, element: str, value: str, *, ignore_case: bool) -> bool:
    negated = f"Not{element}"
    patterns = _listed(statement[negated] if negated in statement else statement.get(element, []))
    found = any(_pattern(str(pattern), ignore_case).fullmatch(value) for pattern in patterns)
    return found != (negated in statement)


def _condition_holds(operator: str, key: str, expected: list[Any], context: Context) -> bool:
    name = operator.removesuffix("IfExists")
    actual = next((value for known, value in context.items() if known.lower() == key.lower()), None)
    wanted = [str(value) for value in expected]
    if name == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    tests = {
        "StringEquals": lambda: actual in wanted,
        "StringEqualsIgnoreCase": lambda: actual.lower() in [value.lower() for value in wanted],
        "StringLike": lambda: any(_pattern(value, False).fullmatch(actual) for value in wanted),
        "Bool": lambda: actual.lower() in [value.lower() for value in wanted],
    }
    tests["ArnEquals"] = tests["ArnLike"] = tests["StringLike"]
    positive = re.sub(r"^(String|Arn)Not", r"\1", name)
    if positive not in tests:
        raise UnknownConditionError(f"the policy condition {operator}")
    if actual is None:
        return name != positive or name != operator
    return tests[positive]() == (name == positive)


def _names(principal: Any, kind: str, wanted: set[str]) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, Mapping) and bool(wanted.intersection(_listed(principal.get(kind, []))))


def _statements(document: str) -> list[Statement]:
    return _listed(json.loads(document)["Statement"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(document: str | bytes) -> str:
    return document.decode() if isinstance(document, bytes) else document


@lru_cache(maxsize=1024)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
