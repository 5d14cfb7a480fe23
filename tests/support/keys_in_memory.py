"""How many keys from S3 listings and from the warehouse a task has in memory at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.client
import pytest

from redshift_elt.connection.session import Session


class Counted(str):
    """A key that is counted while it is in memory: CPython frees it as soon as nothing refers to it."""

    alive = 0
    most = 0

    def __new__(cls, text: str) -> Counted:
        cls.alive += 1
        cls.most = max(cls.most, cls.alive)
        return super().__new__(cls, text)

    def __del__(self) -> None:
        Counted.alive -= 1


@contextmanager
def counted_keys(prefix: str, keys_per_page: int) -> Iterator[type[Counted]]:
    """Count the keys below a prefix that S3 lists and that the warehouse returns; ``most`` is their largest number.

    :param keys_per_page: how many keys S3 lists per request.
    """
    call, fetch, execute = botocore.client.BaseClient._make_api_call, Session.fetch, Session._execute

    def listed(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "ListObjectsV2":
            return call(client, operation, arguments)
        response = call(client, operation, {"MaxKeys": keys_per_page, **arguments})
        for entry in response.get("Contents", ()):
            entry["Key"] = Counted(entry["Key"])
        return response

    def fetched(session: Session, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        rows = fetch(session, query, values or {})
        return [tuple(Counted(value) if is_key(value) else value for value in row) for row in rows]

    def is_key(value: object) -> bool:
        return isinstance(value, str) and value.startswith(prefix)

    def executed(session: Session, cursor: Any, statement: str, values: Any) -> None:
        # The drivers look up types, not their base classes.
        plain = {name: str(value) if isinstance(value, Counted) else value for name, value in values.items()}
        execute(session, cursor, statement, plain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", listed)
        patch.setattr(Session, "fetch", fetched)
        patch.setattr(Session, "_execute", executed)
        Counted.most = Counted.alive
        yield Counted
