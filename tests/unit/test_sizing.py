"""Every number of docs/sizing.md follows from its assumptions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pytest

from local.settings import ROOT
from redshift_elt.cluster import price

PAGE = (ROOT / "docs" / "sizing.md").read_text("utf-8")
HOURS = 730
EVENT, EVENT_IN_GZIP, PLAY = 470, 47, 100
PLAYS = 0.85
COPY_BYTES = 20e6
SLICES = {"ra3.large": 2, "ra3.xlplus": 2, "ra3.4xlarge": 4}
STORAGE, RPU_HOUR = 0.024, 0.375
# A day's object grows from hour to hour: the mean of 1 to 24 hours.
DAY_SO_FAR = sum(range(1, 25)) / 24


@dataclass(frozen=True)
class Size:
    """A column of the table, as far as it is chosen and does not follow."""

    events: float
    nodes: int
    node: str
    objects: int
    rpu: int
    active_minutes: int

    @property
    def per_hour(self) -> float:
        return self.events / HOURS

    @property
    def slices(self) -> int:
        return self.nodes * SLICES[self.node]

    @property
    def gzip_per_hour(self) -> float:
        return self.per_hour * EVENT_IN_GZIP

    @property
    def plays_gigabytes(self) -> float:
        return self.events * PLAYS * PLAY / 1e9

    def copy_seconds(self, slices: int) -> float:
        return self.per_hour * EVENT / COPY_BYTES / slices


SIZES = (
    Size(10e6, 1, "ra3.large", 1, 4, 2),
    Size(1e9, 2, "ra3.xlplus", 4, 16, 5),
    Size(100e9, 8, "ra3.4xlarge", 64, 128, 15),
)


def rows() -> dict[str, list[str]]:
    """Return the cells of each row of the table of sizes, by its first one."""
    table = PAGE.split("## Three sizes")[1].split("How to read it")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return {name: cells for name, *cells in lines}


def number(cell: str) -> float:
    return float(re.search(r"[\d,.]+", cell)[0].replace(",", ""))


def rounded(value: float, cell: str) -> float:
    """Return a value with the decimals that a cell has."""
    _, _, decimals = re.search(r"[\d,.]+", cell)[0].partition(".")
    return round(value, len(decimals))


# What each row is for a size. An object's gzip follows from the hour's.
NUMBERS = {
    "events an hour": lambda size: size.per_hour,
    "JSON an hour": lambda size: size.per_hour * EVENT / 1e6,
    "gzip an hour": lambda size: size.gzip_per_hour / 1e6,
    "slices": lambda size: size.slices,
    "objects an hour": lambda size: size.objects,
    "gzip per object": lambda size: size.gzip_per_hour / 1e6 / size.objects,
    # One object of JSON is read by one slice.
    "COPY of an hour": lambda size: size.copy_seconds(min(size.slices, size.objects)),
    "storage of a month's plays": lambda size: size.plays_gigabytes,
    "cluster, USD a month": lambda size: float(price.per_hour(size.node, size.nodes, "us-east-1")) * HOURS,
    "storage of a year of plays, USD a month": lambda size: size.plays_gigabytes * 12 * STORAGE,
    "Serverless instead: RPU": lambda size: size.rpu,
    "Serverless instead: active minutes an hour, to be measured": lambda size: size.active_minutes,
    "Serverless instead, USD a month": lambda size: size.rpu * size.active_minutes / 60 * RPU_HOUR * HOURS,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_row_follows_from_the_assumptions(name):
    cells = rows()[name]
    assert [number(cell) for cell in cells] == [
        rounded(NUMBERS[name](size), cell) for size, cell in zip(SIZES, cells, strict=True)
    ]


def test_clusters_are_those_of_the_table():
    assert rows()["cluster"] == [f"{size.nodes} x {size.node}" for size in SIZES]


def test_assumptions_are_those_of_the_page():
    assumptions = PAGE.split("## Assumptions")[1].split("## Three sizes")[0]
    slices = ", ".join(f"{node} {number}" for node, number in SLICES.items())
    for value in (
        f"| {HOURS} |",
        f"| {EVENT} as JSON, {EVENT_IN_GZIP} in a gzip file |",
        f"| {PLAYS:.0%} |",
        f"| {PLAY} |",
        f"| {COPY_BYTES / 1e6:.0f} MB of uncompressed input",
        slices,
        f"ra3.4xlarge {price.per_hour('ra3.4xlarge', 1, 'us-east-1')} per hour",
        f"| {RPU_HOUR} per RPU-hour",
        f"| {STORAGE} per GB",
    ):
        assert value in assumptions


def test_assumptions_follow_from_their_sources():
    events, plays, json_bytes, gzip_bytes = 8056, 6820, 3755598, 364011
    for number in (events, plays, json_bytes, gzip_bytes, 1244):
        assert f"{number:,}" in PAGE
    assert json_bytes / events == pytest.approx(EVENT, rel=0.01)
    assert gzip_bytes / events == pytest.approx(EVENT_IN_GZIP, rel=0.05)
    assert plays / events == pytest.approx(PLAYS, abs=0.005)
    assert 100e9 / 1244 / (2 * SLICES["ra3.xlplus"]) == pytest.approx(COPY_BYTES, rel=0.01)


def test_objects_use_all_slices_and_are_large_enough():
    for size in SIZES[1:]:
        assert size.objects % size.slices == 0
        assert 1e6 < size.gzip_per_hour / size.objects < 1e9


def test_numbers_of_what_breaks_first():
    _, billion, hundred = SIZES
    day = billion.per_hour * EVENT * DAY_SO_FAR
    plays = billion.events * PLAYS
    milliseconds = HOURS * 3600 * 1000
    # Milliseconds with a play, if plays are spread evenly.
    distinct = milliseconds * -math.expm1(-plays / milliseconds)
    for text in (
        f"{DAY_SO_FAR:.1f} hours on average, {day / 1e6:,.0f} MB here",
        f"which takes {day / COPY_BYTES:.0f} s",
        f"{plays / 1e6:.0f} million plays are {distinct / 1e6:.0f} million rows",
        f"an hour has {hundred.per_hour * PLAYS / 1e6:.0f} million plays",
        f"With 16 nodes, COPY takes {hundred.copy_seconds(16 * SLICES['ra3.4xlarge']):.0f} s",
        f"a year of plays is {hundred.plays_gigabytes * 12:,.0f} GB",
        f"{HOURS} runs of at least {hundred.copy_seconds(hundred.slices):.0f} s: "
        f"{HOURS * hundred.copy_seconds(hundred.slices) / 3600:.0f} hours",
    ):
        assert text in PAGE
