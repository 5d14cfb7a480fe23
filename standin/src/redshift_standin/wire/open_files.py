"""The limit of open files: each client uses two sockets of this process, its own and PostgreSQL's."""

from __future__ import annotations

import resource

_ENOUGH = 4096


def allow_many_clients() -> None:
    """Raise the limit of open files as far as the system allows, up to the number that may be needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
