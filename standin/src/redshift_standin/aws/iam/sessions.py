"""The sessions of assumed roles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend

# How long the error for the keys of an expired session is that they have expired, not that they are unknown.
REMEMBERED = timedelta(hours=1)


class StandInSts(STSBackend):
    """Moto's STS would keep every session, and all are saved with each new one."""

    def assume_role(self, **parameters: Any) -> AssumedRole:  # type: ignore[override]  # moto passes all by name
        """Create a session, and forget those that have expired."""
        self._forget_expired()
        return super().assume_role(**parameters)

    def _forget_expired(self) -> None:
        since = utcnow() - REMEMBERED
        expired = [session for session in self.assumed_roles if session.expiration <= since]
        if expired:
            access_keys = iam_backends[self.account_id][self.partition].access_keys
            for session in expired:
                access_keys.pop(session.access_key_id, None)
            self.assumed_roles = [session for session in self.assumed_roles if session.expiration > since]
