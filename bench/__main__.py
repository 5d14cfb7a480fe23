"""``python -m bench [LENGTH ...]``: what an hourly run costs after a short, a long and a very long history.

PostgreSQL and the stand-in are started in a folder of their own and stopped at the end. The tasks run one by one in
this process, without Airflow's scheduler, which knows nothing of the history.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from local.errors import StackError
from local.settings import ROOT
from local.stack.environment import CLUSTER, DATABASE
from local.stack.interrupt import Interrupted, held_back, raise_on_signals
from local.stack.progress import Progress
from local.standin.endpoints import database_name

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
    options = parser.parse_args(arguments)
    raise_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="sparkify-bench-"))
    try:
        folder.chmod(0o755)
        _run(folder, sorted(set(options.lengths)), Progress())
    except StackError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except Interrupted as interrupt:
        sys.stderr.write(f"interrupted ({interrupt})\n")
        return 128 + interrupt.number
    finally:
        with held_back():
            shutil.rmtree(folder)
    return 0


def _run(folder: Path, lengths: list[int], progress: Progress) -> None:
    # Airflow reads these when it is imported, and else makes a folder of its own in the user's home.
    os.environ["AIRFLOW_HOME"] = str(folder / "airflow")
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    sys.path.append(str(ROOT / "plugins"))
    from local.stack.stack import Stack
    from tests.conftest import free_settings

    stack = Stack(free_settings(folder / "state"), progress)
    try:
        stack.up_without_airflow()
        _measure(stack, folder, lengths, progress)
    finally:
        stack.down()


def _measure(stack: Stack, folder: Path, lengths: list[int], progress: Progress) -> None:
    from bench.history import History
    from bench.measures import Bench
    from bench.report import print_report
    from tests.new_warehouse import new_warehouse

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
