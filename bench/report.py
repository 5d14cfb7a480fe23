"""Print the table of costs, and which costs grow."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.measures import FULL
from bench.meter import Cost

Costs = Mapping[int, Mapping[str, Cost]]

# A smaller ratio between two times is noise.
_LEAST_GROWTH = 1.5
_SHOWN_STATEMENTS = 8
_LEAST_SHARE = 0.03
_RUN_SUFFIX = re.compile(r"__[0-9a-f]{12}")

_COUNTS: dict[str, Callable[[Cost], int]] = {
    "statements": lambda cost: len(cost.statements),
    "S3 requests": lambda cost: sum(cost.requests.values()),
    "bytes of the responses": lambda cost: cost.bytes_received,
    "objects copied": lambda cost: cost.objects_copied,
    "bytes copied": lambda cost: cost.bytes_copied,
    "rows written": lambda cost: sum(cost.rows_written.values()),
    "rows read": lambda cost: sum(cost.rows_read.values()),
}

# Their cost does not depend on the data. If the time of BEGIN grows, the machine was busy with something else.
_SAME_FOR_ALL = ("begin transaction", "commit", "rollback")
_NOISE = "time of BEGIN: noise"
_TIMES: dict[str, Callable[[Cost], float]] = {
    "time": lambda cost: cost.seconds,
    "time in the warehouse": lambda cost: sum(seconds for _, seconds in cost.statements),
    _NOISE: lambda cost: sum(seconds for text, seconds in cost.statements if text == _SAME_FOR_ALL[0]),
}


def print_report(console: Console, costs: Costs) -> None:
    """Print the cost of each kind of run for each length of the history.

    Times are shown only as ratios to the shortest history: absolute times depend on the machine.
    """
    lengths = list(costs)
    for run in costs[lengths[0]]:
        table = Table(title=f"\n{run}", title_justify="left", title_style="bold")
        table.add_column("", min_width=max(map(len, [*_COUNTS, *_TIMES])))
        for length in lengths:
            table.add_column(f"{length}x", justify="right")
        for length in lengths[1:]:
            table.add_column(f"{length}x / {lengths[0]}x", justify="right")
        for name, count in _COUNTS.items():
            counts = [count(costs[length][run]) for length in lengths]
            ratios = [_ratio(value, counts[0]) for value in counts[1:]]
            table.add_row(name, *[f"{value:,}" for value in counts], *ratios)
        for name, time in _TIMES.items():
            times = [time(costs[length][run]) for length in lengths]
            table.add_row(name, *[""] * len(lengths), *[_ratio(value, times[0]) for value in times[1:]])
        console.print(table)
    _print_growth(console, costs)


def _print_growth(console: Console, costs: Costs) -> None:
    """Print what grew in every run except the full load, and in which tables and statements."""
    first, last = (costs[length] for length in (min(costs), max(costs)))
    for run in first:
        if run == FULL:
            continue
        noise = max(1.0, _TIMES[_NOISE](last[run]) / _TIMES[_NOISE](first[run]))
        growth = {name: (count(first[run]), count(last[run])) for name, count in _COUNTS.items()}
        grown = [f"{name} {_ratio(after, before)}" for name, (before, after) in growth.items() if after > before]
        grown += [
            f"{name} {_ratio(time(last[run]), time(first[run]))}"
            for name, time in _TIMES.items()
            if name != _NOISE and time(last[run]) > _LEAST_GROWTH * noise * time(first[run])
        ]
        console.print(f"\n[bold]{run}[/bold]: {'grows: ' + ', '.join(grown) if grown else 'nothing grows'}")
        _print_rows(console, first[run], last[run])
        _print_statements(console, first[run], last[run])


def _print_rows(console: Console, first: Cost, last: Cost) -> None:
    for table in sorted(last.rows_read, key=lambda table: first.rows_read[table] - last.rows_read[table]):
        before, after = first.rows_read[table], last.rows_read[table]
        if after > before:
            console.print(f"  rows read in {table}: {before:,} to {after:,}")


def _print_statements(console: Console, first: Cost, last: Cost) -> None:
    """Print the statements that account for the growth of the time in the warehouse."""
    before, after = _by_text(first), _by_text(last)
    growth = {text: seconds - before.get(text, 0.0) for text, seconds in after.items()}
    total = sum(before.values())
    for text in sorted(growth, key=lambda text: -growth[text])[:_SHOWN_STATEMENTS]:
        if growth[text] > _LEAST_SHARE * total:
            console.print(f"  {growth[text] / total:+.0%} of the time in the warehouse: {escape(text)}")


def _by_text(cost: Cost) -> dict[str, float]:
    seconds: dict[str, float] = defaultdict(float)
    for text, took in cost.statements:
        if text in _SAME_FOR_ALL:
            continue
        seconds[" ".join(_RUN_SUFFIX.sub("", text).split())[:110]] += took
    return seconds


def _ratio(value: float, base: float) -> str:
    if not base:
        return "1.00" if not value else "new"
    return f"{value / base:,.2f}"
