"""Which tests stay together when the suite runs in several processes."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Their tests need the whole stack, with Airflow: one process has them all.
NEED_STACK = ("tests/browser/", "tests/airflow/", "tests/local/test_commands.py")


class FilesTogether(LoadScopeScheduling):
    """Give each file's tests to one process, for they share what is slow to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stack" if file.startswith(NEED_STACK) else file
