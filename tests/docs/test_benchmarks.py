"""The short variants of the benchmarks: they measure what they are asked for, and count what the page says."""

from __future__ import annotations

import re

import pytest

from local.settings import ROOT
from tests.support.shell import run_in_shell
from tests.support.snippets import command

pytestmark = pytest.mark.long("short variants of the benchmarks")

PAGE = (ROOT / "docs" / "benchmark.md").read_text("utf-8")
# So that no cell is wrapped.
WIDE = {"COLUMNS": "200"}
# Of each kind; their costs are added up.
HOURS = 5
# Of one copy of the catalogue.
SONGS = 150


def printed(text: str) -> dict[str, dict[str, list[str]]]:
    """Run a command, and return the cells of the tables that it prints, by title and by the name of the row."""
    tables: dict[str, dict[str, list[str]]] = {}
    lines = run_in_shell(command(text), WIDE).splitlines()
    for number, line in enumerate(lines):
        if line.startswith("┏"):
            title = lines[number - 1].strip()
            tables[title] = {}
        elif line.startswith(("┃", "│")):
            name, *cells = (cell.strip() for cell in line.strip("┃│").split(line[0]))
            tables[title][name] = cells
    return tables


def on_page(row: str) -> list[int]:
    """Return the figures of a row of a table on the page."""
    [cells] = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", PAGE, re.MULTILINE)
    return [int(cell.replace(",", "")) for cell in cells.split(" | ")]


def test_hours_send_the_statements_of_the_page_after_each_length():
    tables = printed('make bench ARGS="1 2"')
    # A day is one object, and each song is another.
    [one, two] = (1 + SONGS, 2 * (1 + SONGS))
    assert tables["a full load of the whole history"]["objects copied"] == [str(one), str(two), "2.00"]
    assert tables["hours with new events"]["objects copied"] == [str(HOURS), str(HOURS), "1.00"]
    for title, row, runs in (
        ("hours with new events", "new events", HOURS),
        ("the same hours again, nothing new", "nothing new", HOURS),
        ("an hour by hand, with one new song", "one new song", 1),
    ):
        *_, now = on_page(row)
        assert tables[title]["statements"] == [str(runs * now), str(runs * now), "1.00"], title


def test_full_loads_send_the_statements_of_the_page_and_commit_each_day():
    loads = printed('make bench-full-load ARGS="1 2"')["Full loads"]
    assert loads[""] == ["1 days", "2 days"]
    # The days, the list of the objects, and the end.
    assert loads["its commits"] == ["3", "4"]
    assert loads["objects that its retry copies"] == ["1", "1"]
    # As many for each day as from 30 days to 365.
    *_, of_30, of_365 = on_page("statements of the staging")
    of_a_day = (of_365 - of_30) // (365 - 30)
    assert loads["statements of the staging"] == [str(of_30 - 29 * of_a_day), str(of_30 - 28 * of_a_day)]


def test_memory_is_measured_for_the_numbers_that_are_asked_for():
    rows = printed('make bench-memory ARGS="1000 --rejects 1000"')["The memory of a staging task"]
    assert list(rows) == ["what is staged", "1,000 objects, loaded before", "rejected records: 1,000"]
    peaks = {name: int(cells[0].removesuffix(" MB")) for name, cells in rows.items() if name != "what is staged"}
    # The libraries of a task need more than that; a list of a million objects needed twice the upper limit.
    assert [name for name, peak in peaks.items() if not 100 < peak < 450] == []


def test_standin_is_compared_on_the_numbers_that_are_asked_for():
    rows = printed('make bench-standin ARGS="--events 10000 --objects 1000"')["The stand-in compared with PostgreSQL"]
    names = [
        "what", "COPY, 10,000 events", "COPY, 1,000 objects", "a statement during a COPY", "a statement",
        "20,000 rows fetched",
    ]  # fmt: skip
    assert list(rows) == names
    plain, ours, ratio, _ = rows["COPY, 10,000 events"]
    of_its_rate = rate(ours) / rate(plain)
    assert float(ratio.removesuffix(" of its rate")) == pytest.approx(of_its_rate, abs=0.01)


def rate(cell: str) -> int:
    return int(cell.removesuffix(" rows/s").replace(",", ""))
