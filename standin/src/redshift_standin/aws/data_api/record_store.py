"""The requests of the last day."""

from __future__ import annotations

import time
from collections.abc import Iterator

from redshift_standin.aws.data_api.records import Record

KEPT_SECONDS = 24 * 3600
TOKEN_SECONDS = 8 * 3600


class Records:
    """The requests by their IDs. The caller holds a lock."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def add(self, record: Record) -> None:
        """Add a request."""
        self._records[record.id] = record

    def get(self, identifier: str) -> Record | None:
        """Return a request, if it is known."""
        return self._records.get(identifier)

    def newest_first(self) -> Iterator[Record]:
        """Yield the requests, the newest first."""
        return reversed(self._records.values())

    def count_active(self) -> int:
        """Return the number of requests that have not ended."""
        return sum(not record.ended for record in self._records.values())

    def find_by_token(self, token: str | None, owner: str) -> Record | None:
        """Return the owner's recent request with this client token, if there is one."""
        if token is None:
            return None
        since = time.time() - TOKEN_SECONDS
        return next(
            (
                record
                for record in self._records.values()
                if record.submission.token == token and record.owner == owner and record.created > since
            ),
            None,
        )

    def forget_old(self) -> None:
        """Remove the requests that ended too long ago."""
        since = time.time() - KEPT_SECONDS
        self._records = {
            identifier: record
            for identifier, record in self._records.items()
            if not record.ended or record.updated > since
        }
