"""AWS faults for the tests with a real Airflow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack.stack import Stack
from tests.support.faults import AwsFaults


@pytest.fixture
def faults(stack: Stack) -> Iterator[AwsFaults]:
    """The faults of AWS; they are cleared after the test."""
    faults = AwsFaults(stack.settings.aws_url)
    yield faults
    faults.clear()
