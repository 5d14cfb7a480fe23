"""The passwords of a cluster, permanent and temporary, kept only in memory."""

from __future__ import annotations

import hmac
import threading
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class _Password:
    value: str
    expires_at: datetime | None


class Passwords:
    """The passwords of one cluster's users: at most one permanent password each, and any number of temporary ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, list[_Password]] = {}

    def add(self, user: str, password: str, expires_at: datetime | None) -> None:
        """Allow a user to log in with this password. A permanent password replaces the previous permanent one.

        :param expires_at: when a temporary password expires, with its time zone; None for a permanent one.
        """
        with self._lock:
            kept = [
                known
                for known in self._known.get(user, [])
                if known.expires_at is not None and known.expires_at > _now()
            ]
            if expires_at is None:
                self._known[user] = [_Password(password, None), *kept]
            else:
                lasting = [known for known in self._known.get(user, []) if known.expires_at is None]
                self._known[user] = [*lasting, *kept, _Password(password, expires_at)]

    def accept(self, user: str, password: str) -> bool:
        """Whether a user may log in with this password now."""
        with self._lock:
            known = list(self._known.get(user, []))
        matches = [hmac.compare_digest(one.value.encode(), password.encode()) for one in known]
        return any(
            match and (one.expires_at is None or one.expires_at > _now())
            for match, one in zip(matches, known, strict=True)
        )


def login_name(user: str) -> str:
    """Return the database user for the user name in temporary credentials, such as ``IAM:analyst``."""
    for prefix in ("IAM:", "IAMA:"):
        if user.startswith(prefix):
            return user[len(prefix) :].lower()
    return user.lower()


def _now() -> datetime:
    return datetime.now(timezone.utc)
