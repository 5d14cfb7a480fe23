"""``python -m bench.full_load [DAYS ...]``: measure full loads of several lengths, and the retry of an interrupted one.

PostgreSQL and the stand-in are started in a new folder and stopped at the end, as by ``python -m bench``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from rich.console import Console
from rich.table import Table

from bench.new_stack import on_new_stack
from local.stack.environment import CLUSTER, DATABASE
from redshift_standin.engine.databases import database_name

if TYPE_CHECKING:
    from bench.history import History
    from bench.meter import Cost, Meter
    from local.stack.progress import Progress
    from local.stack.stack import Stack
    from tests.support.warehouse import Run, WarehouseUnderTest

LENGTHS = (30, 365)
USERS = 40
SONGS = 150
_THREADS = 8


@dataclass(frozen=True)
class FullLoad:
    """The costs of a full load of some days of events.

    :param staging: of the task that stages the events.
    :param retry: of the same task after its connection was lost in the last day.
    :param others: of all other tasks.
    """

    staging: Cost
    retry: Cost
    others: Cost


class FullLoads:
    """Full loads of a history that grows from one to the next.

    :param warehouse: an empty star schema and its bucket.
    :param history: its days, and one copy of its catalogue, are loaded.
    """

    def __init__(self, warehouse: WarehouseUnderTest, history: History, meter: Meter) -> None:
        self._warehouse = warehouse
        self._history = history
        self._meter = meter
        self._days = 0
        self._put([history.paths(), *history.songs(0)])

    def measure(self, days: int) -> FullLoad:
        """Load this many days."""
        self._put([self._history.day(ago) for ago in range(self._days, days)])
        self._days = days
        interrupted = self._warehouse.run(full_load=True)
        self._interrupt(interrupted, days)
        retry = self._cost(lambda: interrupted.execute("stage_events"))
        run = self._warehouse.run(full_load=True)
        staging = self._cost(lambda: run.execute("stage_events"))
        others = self._cost(lambda: self._complete(run))
        return FullLoad(staging, retry, others)

    def _interrupt(self, run: Run, days: int) -> None:
        """Stage, and lose the connection when the last day is copied."""
        from tests.support.connection_cuts import cut_off_at_copy

        cut_off_at_copy(run, "stage_events", days)

    def _cost(self, work: Callable[[], object]) -> Cost:
        with self._meter.measure() as cost:
            work()
        return cost

    @staticmethod
    def _complete(run: Run) -> None:
        from tests.support.warehouse import TASKS

        for task_id in TASKS[1:]:
            run.execute(task_id)

    def _put(self, objects: list[tuple[str, bytes]]) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda item: self._warehouse.put(*item), objects))


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.full_load", description=__doc__.splitlines()[0])
    parser.add_argument("lengths", nargs="*", type=int, default=LENGTHS, help="days of events; default: 30 365")
    lengths = sorted(set(parser.parse_args(arguments).lengths))
    return on_new_stack(lambda stack, folder, progress: _measure(stack, folder, lengths, progress))


def _measure(stack: Stack, folder: Path, lengths: list[int], progress: Progress) -> None:
    # Imported late: Airflow reads its configuration from the environment on import, and new_stack sets it first.
    from bench.history import History
    from bench.meter import Meter
    from tests.support.new_warehouse import new_warehouse

    parameters = stack.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
    with new_warehouse(stack) as warehouse, psycopg.connect(**parameters, autocommit=True) as database:
        loads = FullLoads(warehouse, History(folder / "data", USERS, SONGS), Meter(database))
        with progress.step("Warming up"):
            # No more days than are measured first: the history only grows.
            loads.measure(min(2, *lengths))
        measured = {}
        for length in lengths:
            with progress.step(f"Loading {length} days"):
                measured[length] = loads.measure(length)
    print_table(progress.console, measured)


def print_table(console: Console, measured: Mapping[int, FullLoad]) -> None:
    """Print the costs. Times are ratios to the shortest history, because absolute ones depend on the machine."""
    first = min(measured)
    table = Table(title="\nFull loads", title_justify="left", title_style="bold")
    table.add_column("")
    for days in measured:
        table.add_column(f"{days} days", justify="right")
    table.add_row("statements of the staging", *(f"{len(load.staging.statements):,}" for load in measured.values()))
    table.add_row("its commits", *(f"{_commits(load.staging):,}" for load in measured.values()))
    table.add_row(
        f"its time per day, to that of {first} days",
        *(_ratio(load.staging, days, measured[first].staging, first) for days, load in measured.items()),
    )
    table.add_row("objects that its retry copies", *(f"{load.retry.objects_copied:,}" for load in measured.values()))
    table.add_row(
        "time of its retry, to that of the staging",
        *(f"{load.retry.seconds / load.staging.seconds:.2f}" for load in measured.values()),
    )
    table.add_row(
        f"time of the other tasks per day, to that of {first} days",
        *(_ratio(load.others, days, measured[first].others, first) for days, load in measured.items()),
    )
    console.print(table)


def _commits(cost: Cost) -> int:
    return sum(statement == "commit" for statement, _ in cost.statements)


def _ratio(cost: Cost, days: int, first: Cost, first_days: int) -> str:
    return f"{cost.seconds / days / (first.seconds / first_days):.2f}"


if __name__ == "__main__":
    sys.exit(main())
