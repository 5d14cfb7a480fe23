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
    with _observed(lambda service, operation, _: calls.append(Call(service, operation))):
        yield calls


@contextmanager
def recorded_with_arguments() -> Iterator[list[Request]]:
    """Do the same, and record the arguments."""
    requests: list[Request] = []
    with _observed(lambda *request: requests.append(request)):
        yield requests


@contextmanager
def _observed(observe: Callable[[str, str, dict[str, Any]], None]) -> Iterator[None]:
    """Call a function with each request that a client of this process sends."""

    def observed(send: Any) -> Any:
        # For asynchronous clients it returns what is awaited.
        def send_observed(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            observe(client.meta.service_model.service_name, operation, arguments)
            return send(client, operation, arguments)

        return send_observed

    with pytest.MonkeyPatch.context() as patch:
        for client in (botocore.client.BaseClient, aiobotocore.client.AioBaseClient):
            patch.setattr(client, "_make_api_call", observed(client._make_api_call))
        yield
