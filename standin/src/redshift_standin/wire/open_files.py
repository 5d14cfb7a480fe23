"""The limit of open files: each client of a cluster uses two sockets here, its own and PostgreSQL's."""

from __future__ import annotations

import resource

_ENOUGH = 4096


def allow_many_clients() -> None:
    """Let this process open as many files as it may need, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
