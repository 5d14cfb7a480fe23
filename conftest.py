"""pytest's configuration for the whole repository: which tests run, with which examples, and in which process.

``make test`` leaves out the tests that are marked as long, and its summary counts them. ``make test-all`` runs them
too, and tries more examples of each property; ``make soak`` does so by its profile of hypothesis.
"""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.scheduling import FilesTogether, longest_first

LEFT_OUT = pytest.StashKey[Counter[str]]()
LEFT_OUT_BY_A_WORKER = "left_out"

# By default, properties are tested with the same examples each time, so that results depend only on the code. With
# pytest's --hypothesis-profile=soak, the examples depend on --hypothesis-seed; make soak runs many seeds.
# The response times of databases vary, and all examples of a test share its fixtures.
settings.register_profile(
    "suite",
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("suite"), max_examples=2000)
settings.register_profile(
    "soak", settings.get_profile("suite"), max_examples=500, derandomize=False, database=None, print_blob=True
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that also runs the tests marked as long."""
    parser.addoption("--long", action="store_true", help="also run the tests marked as long, with more examples")


def pytest_configure(config: pytest.Config) -> None:
    """Select the examples, unless the command line names a hypothesis profile."""
    config.stash[LEFT_OUT] = Counter()
    if config.getoption("--long") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("thorough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests marked as long, unless they are requested, and sort the slowest files first."""
    if not (config.getoption("--long") or config.getoption("--hypothesis-profile")):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.stash[LEFT_OUT] = Counter(item.get_closest_marker("long").args[0] for item in left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    items.sort(key=lambda item: longest_first(item.nodeid))


def pytest_collection_finish() -> None:
    """Exempt Airflow's modules and the collected tests from garbage collection, which otherwise takes much of the time.

    Measured on the unit tests: 34 seconds of CPU time instead of 47.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Report the deselected tests from a pytest-xdist worker, because the main process collects nothing."""
    if output := getattr(session.config, "workeroutput", None):
        output[LEFT_OUT_BY_A_WORKER] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Store the deselected tests of a worker; all workers collect the same tests."""
    if output := getattr(node, "workeroutput", None):
        node.config.stash[LEFT_OUT] = Counter(output[LEFT_OUT_BY_A_WORKER])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the number of deselected tests by reason."""
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.section("left to make test-all")
        for reason, count in sorted(left_out.items()):
            terminalreporter.line(f"{count:4} {reason}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Make pytest-xdist distribute tests by file."""
    return FilesTogether(config, log)
