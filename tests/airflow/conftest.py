"""Faults of AWS for the tests of runs in a real Airflow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack.stack import Stack
from tests.support.faults import AwsFaults


@pytest.fixture
def faults(stack: Stack) -> Iterator[AwsFaults]:
    """What AWS is to answer instead; nothing at the end."""
    faults = AwsFaults(stack.settings.aws_url)
    yield faults
    faults.clear()
