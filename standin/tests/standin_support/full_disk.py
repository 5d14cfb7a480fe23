"""Simulate a full disk for one PostgreSQL session with a resource limit of the operating system."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

needs_limits = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can limit another process")


@contextmanager
def full_disk_for(process: int) -> Iterator[None]:
    """Keep the files that the process writes from growing while the block runs."""
    _limit(process, 0)
    try:
        yield
    finally:
        _limit(process, resource.RLIM_INFINITY)


def _limit(process: int, size: int) -> None:
    """Limit the size of the files that a process may write.

    :param size: in bytes.
    """
    # Only the owner of a process may limit it. When root runs the tests, PostgreSQL runs as another user.
    child = os.fork()
    if child == 0:
        failed = True
        try:
            owner = psutil.Process(process)
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(owner.gids().real)
                os.setuid(owner.uids().real)
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            failed = False
        finally:
            os._exit(int(failed))
    _, status = os.waitpid(child, 0)
    assert status == 0, f"process {process} cannot be limited"
