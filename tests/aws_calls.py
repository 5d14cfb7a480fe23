"""Which calls of AWS some code makes: seen as they are made, so that no list of them can miss one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.client
import pytest


@dataclass(frozen=True)
class Call:
    """One call, by the names that the switch for outages takes."""

    service: str
    operation: str


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Note each call of boto3 inside the block, in order; it goes on to AWS."""
    calls: list[Call] = []
    make = botocore.client.BaseClient._make_api_call

    def note(self: Any, operation: str, parameters: Any) -> Any:
        calls.append(Call(self.meta.service_model.service_name, operation))
        return make(self, operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", note)
        yield calls
