"""``python -m bench [LENGTH ...]``: measure an hourly run after a short, a long and a very long history.

PostgreSQL and the stand-in are started in a new folder and stopped at the end. The tasks run one by one in this
process, without Airflow's scheduler, whose cost does not depend on the history.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from bench.new_stack import on_new_stack
from local.stack.environment import CLUSTER, DATABASE
from local.stack.progress import Progress
from redshift_standin.engine.databases import database_name

if TYPE_CHECKING:
    from local.stack.stack import Stack

LENGTHS = (1, 10, 100)
USERS = 40
SONGS = 150
HOURS = 5


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0])
    parser.add_argument("lengths", nargs="*", type=int, default=LENGTHS, help="days of history; default: 1 10 100")
    lengths = sorted(set(parser.parse_args(arguments).lengths))
    return on_new_stack(lambda stack, folder, progress: _measure(stack, folder, lengths, progress))


def _measure(stack: Stack, folder: Path, lengths: list[int], progress: Progress) -> None:
    # Imported late: Airflow reads its configuration from the environment on import, and new_stack sets it first.
    from bench.history import History
    from bench.measures import Bench
    from bench.report import print_report
    from tests.support.new_warehouse import new_warehouse

    parameters = stack.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
    costs = {}
    with new_warehouse(stack) as warehouse, psycopg.connect(**parameters, autocommit=True) as database:
        bench = Bench(warehouse, History(folder / "data", USERS, SONGS), database, HOURS)
        with progress.step("Warming up") as step:
            bench.warm_up(step.detail)
        for length in lengths:
            with progress.step(f"Measuring after {length} days of history, {length * SONGS:,} songs") as step:
                costs[length] = bench.measure(length, step.detail)
    print_report(progress.console, costs)


if __name__ == "__main__":
    sys.exit(main())
