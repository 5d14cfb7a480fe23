"""Resolves access keys to their owner: an IAM user, an STS session or the account."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timezone

from moto.iam.models import User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from redshift_standin.aws.iam.permissions import Principal, find_role
from redshift_standin.aws.s3.model import PARTITION
from redshift_standin.settings import ACCESS_KEY, ACCOUNT, SECRET_KEY

ROOT = Principal(f"arn:aws:iam::{ACCOUNT}:root", None)


@dataclass(frozen=True)
class AccessKeys:
    """A key pair, with the session token that temporary keys have."""

    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class KeyRefusedError(Exception):
    """AWS does not accept the keys.

    :param code: S3's code of the error.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def find_principal(keys: AccessKeys) -> Principal:
    """Return the owner of the keys. The key pair of the stand-in belongs to the account's root user.

    :raises KeyRefusedError: the keys are unknown or have expired (AWS page "Error responses" of S3).
    """
    _check(keys, find_keys(keys.key_id))
    if keys.key_id == ACCESS_KEY:
        return ROOT
    if session := find_session(keys.key_id):
        return _of_session(session)
    user = find_user(keys.key_id)
    if user is None:
        raise _unknown()
    return Principal(user.arn, user)


def find_keys(key_id: str) -> AccessKeys:
    """Return the keys with this id, with the secret and the token that their owner has.

    :raises KeyRefusedError: the account does not have them.
    """
    if key_id == ACCESS_KEY:
        return AccessKeys(ACCESS_KEY, SECRET_KEY)
    if session := find_session(key_id):
        return AccessKeys(key_id, session.secret_access_key, session.session_token)
    if user := find_user(key_id):
        key = next(key for key in user.access_keys if key.access_key_id == key_id)
        return AccessKeys(key_id, key.secret_access_key)
    raise _unknown()


def database_user(key_id: str) -> str:
    """Return the database user that an IAM identity is mapped to: ``IAM:<user>`` or ``IAMR:<role>``.

    :raises KeyRefusedError: IAM and STS do not know the access key.
    """
    if session := find_session(key_id):
        return f"IAMR:{session.role_arn.rpartition('/')[2]}"
    if user := find_user(key_id):
        return f"IAM:{user.name}"
    if key_id == ACCESS_KEY:
        return "IAM:root"
    raise KeyRefusedError("InvalidClientTokenId", "The security token included in the request is invalid.")


def find_user(key_id: str) -> User | None:
    """Return the IAM user with this active access key, if there is one."""
    # A copy: other threads create and delete users.
    for user in list(iam_backends[ACCOUNT][PARTITION].users.values()):
        if any(key.access_key_id == key_id and key.status == "Active" for key in user.access_keys):
            return user
    return None


def find_session(key_id: str) -> AssumedRole | None:
    """Return the session of an assumed role that has this access key, if there is one."""
    return sts_backends[ACCOUNT][PARTITION].get_assumed_role_from_access_key(key_id)


def _of_session(session: AssumedRole) -> Principal:
    if session.expiration.replace(tzinfo=timezone.utc) <= datetime.now(timezone.utc):
        raise KeyRefusedError("ExpiredToken", "The provided token has expired.")
    role = find_role(session.role_arn)
    if role is None:
        raise KeyRefusedError("InvalidToken", "The provided token is malformed or otherwise invalid.")
    if session.policy:
        raise KeyRefusedError("NotImplemented", "A session policy is not supported by the stand-in.")
    return Principal(role.arn, role)


def _unknown() -> KeyRefusedError:
    return KeyRefusedError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")


def _check(given: AccessKeys, known: AccessKeys) -> None:
    if not hmac.compare_digest(given.secret.encode(), known.secret.encode()):
        raise wrong_signature()
    check_token(given.token, known)


def check_token(token: str | None, known: AccessKeys) -> None:
    """Check the session token that came with keys.

    :raises KeyRefusedError: the keys have another one, or none.
    """
    if token != known.token:
        raise KeyRefusedError("InvalidToken", "The provided token is malformed or otherwise invalid.")


def wrong_signature() -> KeyRefusedError:
    """Return the error for a wrong secret."""
    return KeyRefusedError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
    )
