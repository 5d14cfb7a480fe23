"""Parses the authorization of COPY and UNLOAD.

AWS page "Authorization parameters": the current version, and the version until 2025.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from redshift_standin import sqlstate
from redshift_standin.aws.iam.access_keys import AccessKeys
from redshift_standin.errors import WarehouseError

ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=.@/-]+")
KEY_PARTS = ("access_key_id", "secret_access_key", "session_token")
_FORMAT = (
    "Invalid credentials. Must be of the format: credentials "
    "'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'"
)


def check_role(arn: str) -> str:
    """Return the value of IAM_ROLE: the ARN of a role, or the comma-separated ARNs of a role chain.

    :raises WarehouseError: the value is neither.
    """
    if re.fullmatch(rf"{ROLE.pattern}(,{ROLE.pattern})*", arn):
        return arn
    if arn.upper() == "SESSION":
        raise WarehouseError(
            "IAM_ROLE 'SESSION' is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        )
    raise WarehouseError(f"Invalid IAM role ARN: {arn}")


def read_credentials(text: str) -> str | AccessKeys:
    """Return the role or the keys of a CREDENTIALS string.

    :param text: ``aws_iam_role=<ARN>``, or ``aws_access_key_id=..;aws_secret_access_key=..[;token=..]``.
    :raises WarehouseError: the string has none of these forms. The error text never contains a part of a secret.
    """
    pairs = [part.partition("=") for part in text.split(";")]
    values = {name: value for name, _, value in pairs}
    if "master_symmetric_key" in values:
        raise WarehouseError(
            "Client-side encryption is not supported by the stand-in.", sqlstate=sqlstate.FEATURE_NOT_SUPPORTED
        )
    if len(values) == len(pairs) and all(values.values()):
        if set(values) == {"aws_iam_role"}:
            return check_role(values["aws_iam_role"])
        if set(values) - {"token"} == {"aws_access_key_id", "aws_secret_access_key"}:
            return AccessKeys(values["aws_access_key_id"], values["aws_secret_access_key"], values.get("token"))
    raise WarehouseError(_FORMAT)


def resolve_grant(
    grant: str | AccessKeys | None, options: Collection[str], key_parts: Mapping[str, str]
) -> str | AccessKeys | None:
    """Return the role or the keys that a statement uses. The statement must specify them exactly once.

    :param grant: the value of IAM_ROLE or CREDENTIALS; None means the cluster's default role.
    :param options: the names of the statement's options.
    :param key_parts: the values of the options in :data:`KEY_PARTS` that the statement has.
    :raises WarehouseError: the authorization is missing, is specified twice, or is an incomplete key.
    """
    ways = [name for name in ("iam_role", "credentials") if name in options]
    if key_parts:
        ways.append("keys")
        key_id, secret, token = (key_parts.get(name) for name in KEY_PARTS)
        if not key_id or not secret:
            raise WarehouseError(_FORMAT)
        grant = AccessKeys(key_id, secret, token)
    if not ways:
        raise WarehouseError("CREDENTIALS argument is required but not specified")
    if len(ways) > 1:
        raise WarehouseError("conflicting or redundant options", sqlstate=sqlstate.SYNTAX_ERROR)
    return grant
