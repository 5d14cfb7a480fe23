"""Temporary passwords: signed, with their user and expiry in them, so that none has to be stored."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from cryptography.fernet import Fernet, InvalidToken


def new_key() -> bytes:
    """Return a random key for the temporary passwords of a cluster."""
    return Fernet.generate_key()


class TemporaryPasswords:
    """The temporary passwords of one cluster.

    :param key: the cluster's key, from :func:`new_key`. Passwords that were signed with another one are not accepted.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def create(self, user: str, expires_at: datetime) -> str:
        """Return a password that is valid for this user.

        :param expires_at: when it expires, with its time zone.
        """
        claims = {"user": user.lower(), "expires_at": expires_at.timestamp()}
        return self._fernet.encrypt(json.dumps(claims).encode()).decode()

    def accept(self, user: str, password: str) -> bool:
        """Whether a user may log in with this password now."""
        try:
            claims = json.loads(self._fernet.decrypt(password.encode()))
        except InvalidToken:
            return False
        return bool(claims["user"] == user.lower() and claims["expires_at"] > _now().timestamp())


def _now() -> datetime:
    return datetime.now(timezone.utc)
