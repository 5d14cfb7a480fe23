"""Which requests to AWS some code makes: seen as they are made, so that no list of them can miss one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import aiobotocore.client
import botocore.client
import pytest


class Call(NamedTuple):
    """A request by the names that the switch for outages takes."""

    service: str
    operation: str


# The same names, and the arguments.
Request = tuple[str, str, dict[str, Any]]


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Note each request inside the block, in order; it goes on to AWS."""
    calls: list[Call] = []
    with _told(lambda service, operation, _: calls.append(Call(service, operation))):
        yield calls


@contextmanager
def recorded_with_arguments() -> Iterator[list[Request]]:
    """Do the same, and note what was asked for besides."""
    requests: list[Request] = []
    with _told(lambda *request: requests.append(request)):
        yield requests


@contextmanager
def _told(note: Callable[[str, str, dict[str, Any]], None]) -> Iterator[None]:
    """Tell a function of the requests of all clients of this process."""

    def telling(send: Any) -> Any:
        # For asynchronous clients it returns what is awaited.
        def tell(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            note(client.meta.service_model.service_name, operation, arguments)
            return send(client, operation, arguments)

        return tell

    with pytest.MonkeyPatch.context() as patch:
        for client in (botocore.client.BaseClient, aiobotocore.client.AioBaseClient):
            patch.setattr(client, "_make_api_call", telling(client._make_api_call))
        yield
