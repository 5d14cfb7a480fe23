"""What holds for every test of the repository: which tests run, with which examples, and in which process.

``make test`` leaves out the tests that are marked as long, and its summary counts them. ``make test-all`` runs them
too, and tries more examples of each property; ``make soak`` does so by its profile of hypothesis.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.scheduling import FilesTogether, longest_first

LEFT_OUT = pytest.StashKey[Counter[str]]()
LEFT_OUT_BY_A_WORKER = "left_out"

# Which examples a property is tried with: always the same, so that a change is judged by itself; or, with pytest's
# --hypothesis-profile=soak, others for every --hypothesis-seed, which is what make soak does for a long time.
# Databases answer when they can, and the fixtures of a test serve all of its examples.
settings.register_profile(
    "suite",
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("suite"), max_examples=2000)
settings.register_profile(
    "soak", settings.get_profile("suite"), max_examples=1000, derandomize=False, database=None, print_blob=True
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line ask for the tests that are marked as long."""
    parser.addoption("--long", action="store_true", help="also run the tests marked as long, with more examples")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the examples; hypothesis itself loads a profile that the command line names."""
    config.stash[LEFT_OUT] = Counter()
    if config.getoption("--long") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("thorough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked as long, unless it is asked for, and put the files first that take the longest."""
    if not (config.getoption("--long") or config.getoption("--hypothesis-profile")):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.stash[LEFT_OUT] = Counter(item.get_closest_marker("long").args[0] for item in left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    items.sort(key=lambda item: longest_first(item.nodeid))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker of pytest-xdist report what it has left out: the main process collects nothing."""
    if output := getattr(session.config, "workeroutput", None):
        output[LEFT_OUT_BY_A_WORKER] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has left out; every worker collects the same tests."""
    if output := getattr(node, "workeroutput", None):
        node.config.stash[LEFT_OUT] = Counter(output[LEFT_OUT_BY_A_WORKER])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Count what was left out, by reason."""
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.section("left to make test-all")
        for reason, count in sorted(left_out.items()):
            terminalreporter.line(f"{count:4} {reason}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """Let pytest-xdist distribute the tests by files."""
    return FilesTogether(config, log)
