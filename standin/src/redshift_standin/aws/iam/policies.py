"""Evaluates the statements of policies as IAM does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

Context = Mapping[str, str]
Statement = Mapping[str, Any]


class UnknownConditionError(Exception):
    """A policy has a condition that cannot be evaluated here."""


def decide(statements: Iterable[Statement], action: str, resource: str | None, context: Context) -> bool | None:
    """Return False when a statement denies, True when one allows and none denies, None when none applies.

    :param resource: the ARN, or None for a policy without resources, as trust policies are.
    :raises UnknownConditionError: a condition cannot be evaluated here.
    """
    decision = None
    for statement in statements:
        if not _applies(statement, action, resource, context):
            continue
        if statement["Effect"] == "Deny":
            return False
        decision = True
    return decision


def read_statements(document: str) -> list[Statement]:
    """Return the statements of a policy document."""
    return _listed(json.loads(document)["Statement"])


def names_principal(principal: Any, kind: str, wanted: set[str]) -> bool:
    """Whether a Principal element names one of these.

    :param kind: ``AWS`` or ``Service``.
    """
    if principal == "*":
        return True
    return isinstance(principal, Mapping) and bool(wanted.intersection(_listed(principal.get(kind, []))))


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
    value = actual or ""
    tests = {
        "StringEquals": lambda: value in wanted,
        "StringEqualsIgnoreCase": lambda: value.lower() in [text.lower() for text in wanted],
        "StringLike": lambda: any(_pattern(text, False).fullmatch(value) for text in wanted),
        "Bool": lambda: value.lower() in [text.lower() for text in wanted],
    }
    tests["ArnEquals"] = tests["ArnLike"] = tests["StringLike"]
    positive = re.sub(r"^(String|Arn)Not", r"\1", name)
    if positive not in tests:
        raise UnknownConditionError(f"the policy condition {operator}")
    if actual is None:
        return name != positive or name != operator
    return tests[positive]() == (name == positive)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@lru_cache(maxsize=1024)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
