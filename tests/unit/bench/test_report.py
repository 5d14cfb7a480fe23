"""The report of the benchmark."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from bench.measures import FULL, REPEATED
from bench.meter import Cost
from bench.report import print_report

BEGIN = ("begin transaction", 0.1)


def cost(seconds, select_seconds, written=0, read=0, begin=BEGIN):
    statements = [begin, ('select  count(*)\nfrom "staging_t__0123456789ab"', select_seconds), ("commit", 9 * begin[1])]
    return Cost(seconds, statements, Counter(LIST=2), 5, 1, 20, Counter(t=written), Counter(t=read, u=7))


def report(costs):
    console = Console(file=StringIO(), width=200)
    print_report(console, costs)
    return console.file.getvalue()


def lines(text, name):
    return [line.split() for line in text.splitlines() if name in line]


def test_growth_is_reported_with_its_table_and_statement():
    text = report({1: {REPEATED: cost(2.0, 0.5, 4, 10)}, 10: {REPEATED: cost(5.0, 2.0, 4, 30)}})
    assert f"{REPEATED}: grows: rows read 2.18, time 2.50, time in the warehouse 2.00" in text
    assert "rows read in t: 10 to 30" in text
    assert "rows read in u" not in text
    assert '+300% of the time in the warehouse: select count(*) from "staging_t"' in text
    assert "commit" not in text


def test_constant_costs_are_reported():
    text = report({1: {REPEATED: cost(2.0, 0.5, 4, 10)}, 10: {REPEATED: cost(2.9, 0.5, 4, 10)}})
    assert f"{REPEATED}: nothing grows" in text


def test_busy_machine_is_not_reported_as_growth():
    text = report({1: {REPEATED: cost(2.0, 0.5)}, 10: {REPEATED: cost(5.0, 1.5, begin=("begin transaction", 0.3))}})
    assert f"{REPEATED}: nothing grows" in text


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("rows written", ["4", "40", "400", "10.00", "100.00"]),
        ("statements", ["3", "3", "3", "1.00", "1.00"]),
        ("S3 requests", ["2", "2", "2", "1.00", "1.00"]),
        ("bytes copied", ["20", "20", "20", "1.00", "1.00"]),
    ],
)
def test_row_has_counts_and_ratios_to_the_shortest_history(name, row):
    costs = {length: {FULL: cost(1.0, 0.1, written=4 * length)} for length in (1, 10, 100)}
    [found] = lines(report(costs), f"│ {name}")
    assert [value for value in found if value[0].isdigit()][-5:] == row
    assert "grows" not in report(costs)
