"""The table of the benchmark of full loads."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from bench.full_load import FullLoad, print_table
from bench.meter import Cost


def load(seconds, retry_seconds, retry_objects, statements):
    staging = Cost(seconds, [(statement, 0.1) for statement in statements])
    return FullLoad(staging, Cost(retry_seconds, objects_copied=retry_objects), Cost(3 * seconds))


def test_times_are_those_of_a_day_and_ratios_to_the_shortest_history():
    console = Console(file=StringIO(), width=200)
    measured = {10: load(5.0, 1.0, 1, ["select 1", "commit"]), 100: load(75.0, 1.5, 2, ["commit", "commit", "x"])}
    print_table(console, measured)
    lines = [line.strip("│").split("│") for line in console.file.getvalue().splitlines() if line.startswith("│")]
    assert {name.strip(): [value.strip() for value in values] for name, *values in lines} == {
        "statements of the staging": ["2", "3"],
        "its commits": ["1", "2"],
        # Half a second for each of 10 days, and 0.75 for each of 100.
        "its time per day, to that of 10 days": ["1.00", "1.50"],
        "objects that its retry copies": ["1", "2"],
        "time of its retry, to that of the staging": ["0.20", "0.02"],
        "time of the other tasks per day, to that of 10 days": ["1.00", "1.50"],
    }
