"""The order of test files, and how they are distributed to several processes."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# These tests share a whole stack with Airflow, so one process runs all of them.
NEED_STACK = ("tests/browser/", "tests/airflow/")

# Slow files start first, so that the processes end at about the same time. The list only affects the order.
SLOWEST = (
    *NEED_STACK,
    "tests/local/test_commands.py",
    "tests/docs/",
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
    """Return the sort key of a test's file."""
    return next((number for number, start in enumerate(SLOWEST) if nodeid.startswith(start)), len(SLOWEST))


class FilesTogether(LoadScopeScheduling):
    """Runs all tests of a file in one process, because they share expensive fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "stack" if file.startswith(NEED_STACK) else file
