"""The passwords of a cluster. Permanent ones are kept only in memory, and temporary ones not at all."""

from __future__ import annotations

import hmac

from redshift_standin.temporary_passwords import TemporaryPasswords


class Passwords:
    """The passwords of one cluster's users: at most one permanent password each, and any number of temporary ones.

    Every method may be called from any thread.

    :param temporary: checks the temporary passwords.
    """

    def __init__(self, temporary: TemporaryPasswords) -> None:
        self._temporary = temporary
        self._permanent: dict[str, str] = {}

    def set_permanent(self, user: str, password: str) -> None:
        """Allow a user to log in with this password, and no longer with the previous permanent one."""
        self._permanent[user] = password

    def accept(self, user: str, password: str) -> bool:
        """Whether a user may log in with this password now."""
        permanent = self._permanent.get(user)
        if permanent is not None and hmac.compare_digest(permanent.encode(), password.encode()):
            return True
        return self._temporary.accept(user, password)


def login_name(user: str) -> str:
    """Return the database user for the user name in temporary credentials, such as ``IAM:analyst``."""
    for prefix in ("IAM:", "IAMA:"):
        if user.startswith(prefix):
            return user[len(prefix) :].lower()
    return user.lower()
