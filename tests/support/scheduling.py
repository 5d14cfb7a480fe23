"""The order of the files, and which tests stay together when the suite runs in several processes."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Their tests need the whole stack, with Airflow: one process has them all.
NEED_STACK = ("tests/browser/", "tests/airflow/", "tests/local/test_commands.py")

# What takes minutes starts first, so that the processes end at about the same time. The list decides the order only.
SLOWEST = (
    *NEED_STACK,
    "tests/warehouse/test_kill_anywhere.py",
    "tests/warehouse/test_properties.py",
    "tests/warehouse/test_late_and_changed.py",
    "tests/warehouse/cluster/test_life_faults.py",
    "tests/warehouse/cluster/test_creation.py",
    "tests/warehouse/test_cost.py",
    "tests/warehouse/test_pipeline.py",
    "tests/warehouse/",
    "tests/local/",
    "standin/tests/wire/",
    "standin/tests/",
)


def longest_first(nodeid: str) -> int:
    """Return the position of a test's file in the order."""
    return next((number for number, start in enumerate(SLOWEST) if nodeid.startswith(start)), len(SLOWEST))


class FilesTogether(LoadScopeScheduling):
    """Give each file's tests to one process, for they share what is slow to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stack" if file.startswith(NEED_STACK) else file
