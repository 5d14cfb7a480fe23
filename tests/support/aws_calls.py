"""Records the requests to AWS that some code makes, so that none can be missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import aiobotocore.client
import botocore.client
import pytest


class Call(NamedTuple):
    """A request, by the names that the faults of the stand-in use."""

    service: str
    operation: str


class Request(NamedTuple):
    """A request, by the same names, with its arguments and the id of the access key that signs it, if any."""

    service: str
    operation: str
    arguments: dict[str, Any]
    access_key: str | None


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Record each request in the block, in order, and send it to AWS."""
    calls: list[Call] = []
    with _observed(lambda request: calls.append(Call(request.service, request.operation))):
        yield calls


@contextmanager
def recorded_with_arguments() -> Iterator[list[Request]]:
    """Record each request in the block with its arguments, in order, and send it to AWS."""
    requests: list[Request] = []
    with _observed(requests.append):
        yield requests


@contextmanager
def _observed(observe: Callable[[Request], None]) -> Iterator[None]:
    """Call a function with each request that a client in this process sends."""

    def observed(send: Any) -> Any:
        # For asynchronous clients it returns an awaitable.
        def send_observed(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            # It has no public name.
            credentials = client._request_signer._credentials
            access_key = credentials.access_key if credentials else None
            observe(Request(client.meta.service_model.service_name, operation, arguments, access_key))
            return send(client, operation, arguments)

        return send_observed

    with pytest.MonkeyPatch.context() as patch:
        for client in (botocore.client.BaseClient, aiobotocore.client.AioBaseClient):
            patch.setattr(client, "_make_api_call", observed(client._make_api_call))
        yield
