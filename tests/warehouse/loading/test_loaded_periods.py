"""A load compares the other windows of a day only if something has changed that their rows follow from."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redshift_elt import LoadDimensionOperator, LoadFactOperator, MergeRecords, StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.model.daily import LoadedDays, Visit
from tests.support.warehouse import BUCKET, WarehouseUnderTest

pytestmark = pytest.mark.timeout(3600)

COLUMNS = "visit_id varchar(8) not null, visited_at timestamp not null, page varchar(16)"
TABLES = ("staging_visits", "visits", "visit_records", "pages")
DAY = datetime(2018, 11, 1)
NEXT = DAY + timedelta(days=1)
HOUR = timedelta(hours=1)
SELECT = (
    "select visit_id, visited_at, page || '{{ params.suffix }}' as page "
    "from {{ staging_table('staging_visits', dag_run) }}"
)

# Steps of a history. The folders are two sources, of which a run reads one.
Step = tuple[Any, ...]


def write(day: datetime, *visits: Visit, folder: str = "a") -> Step:
    return "write", folder, day, visits


def gone(day: datetime, folder: str = "a") -> Step:
    return "gone", folder, day


def load(first: int, last: int, folder: str = "a", suffix: str = "") -> Step:
    return "load", (DAY + first * HOUR, DAY + last * HOUR), folder, suffix


def visit(name: str, hour: int, page: str = "home", minute: int = 0) -> Visit:
    return name, DAY + timedelta(hours=hour, minutes=minute), page


@dataclass
class Site:
    """Runs of a DAG that loads visits of a day from an object, and what the objects are."""

    warehouse: WarehouseUnderTest
    objects: dict[str, dict[datetime, list[Visit]]] = field(default_factory=lambda: {"a": {}, "b": {}})
    model: LoadedDays = field(default_factory=LoadedDays)

    def empty(self) -> None:
        self.warehouse.empty()
        for table in TABLES:
            self.warehouse.execute(f"delete from {table}")
        for folder in self.objects:
            # A folder without any object is an error.
            self.warehouse.put(f"log_data/{folder}/2018-10-01.json", b"")

    def write(self, folder: str, day: datetime, visits: tuple[Visit, ...]) -> None:
        self.objects[folder][day] = list(visits)
        records = ({"visit_id": name, "visited_at": at.isoformat(" "), "page": page} for name, at, page in visits)
        self.warehouse.put(f"log_data/{folder}/{day:%Y-%m-%d}.json", "\n".join(map(json.dumps, records)).encode())

    def gone(self, folder: str, day: datetime) -> None:
        self.objects[folder].pop(day, None)
        self.warehouse.s3.delete_object(Bucket=BUCKET, Key=f"log_data/{folder}/{day:%Y-%m-%d}.json")

    def load(self, window: tuple[datetime, datetime], folder: str = "a", suffix: str = "") -> dict[str, Any]:
        """Run all tasks for a window, and return what they returned; the model loads the same."""
        run = self.warehouse.run(*(f"{moment.isoformat()}Z" for moment in window), folder=folder, suffix=suffix)
        results = {task_id: run.execute(task_id) for task_id in ("stage", "load_visits", "load_pages")}
        objects = self.objects[folder]
        self.model.load(
            window, {day: [(name, at, page + suffix) for name, at, page in rows] for day, rows in objects.items()}
        )
        return results

    def play(self, *steps: Step) -> None:
        """Execute steps; the tables are those of the model after each of them."""
        for kind, *arguments in steps:
            getattr(self, kind)(*arguments)
            assert (self.rows("visits"), self.rows("visit_records")) == (self.model.visits, self.model.records)
        latest = {page: at for _, at, page in sorted(self.model.records, key=lambda row: row[1])}
        assert {page: at for _, at, page in self.rows("pages")} == latest

    def rows(self, table: str) -> set[Visit]:
        found = self.warehouse.query(f"select visit_id, visited_at, page from {table}")
        assert len(found) == len(set(found))
        return set(found)


@pytest.fixture
def site(through_postgres: WarehouseUnderTest) -> Iterator[Site]:
    warehouse = copy.copy(through_postgres)
    for table in TABLES:
        warehouse.execute(f"create table {table} ({COLUMNS})")
    params = {"folder": "a", "suffix": ""}
    macros = {"staging_table": staging_table}
    with DAG("site", schedule=None, params=params, user_defined_macros=macros) as warehouse.dag:
        stage = StageToRedshiftOperator(
            task_id="stage",
            table="staging_visits",
            bucket=BUCKET,
            key_pattern="log_data/{{ params.folder }}/%Y-%m-%d.json",
            window_column="visited_at",
            max_left_out=1,
        )
        LoadFactOperator(
            task_id="load_visits",
            table="visits",
            key="visit_id",
            window_column="visited_at",
            staged_by=[stage],
            select=SELECT,
        )
        LoadDimensionOperator(
            task_id="load_pages",
            table="pages",
            key="page",
            strategy=MergeRecords(records="visit_records", window_column="visited_at", latest_by="visited_at"),
            staged_by=[stage],
            select=SELECT,
        )
    yield Site(warehouse)
    for table in TABLES:
        warehouse.execute(f"drop table {table}")


# Few keys and times, so that visits often meet, also across the hours of a day.
VISITS = st.lists(
    st.builds(
        visit, st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["home", "shop"]), st.sampled_from([0, 30])
    ),
    min_size=1,
    max_size=5,
)
HOURS = st.sampled_from([(0, 1), (1, 2), (2, 3), (0, 2), (1, 4), (0, 24), (2, 26)])
LOADS = st.builds(
    lambda hours, folder, suffix: load(*hours, folder, suffix),
    HOURS,
    st.sampled_from("aaab"),
    st.sampled_from(["", "", "", "!"]),
)
ONE = [visit("a", 0), visit("b", 1), visit("c", 2)]
OTHER = [visit("a", 0, "shop"), visit("b", 1, "shop"), visit("c", 2, "shop")]


@st.composite
def a_history(draw: st.DrawFn) -> list[Step]:
    """Few versions of the objects, so that versions come back."""
    versions = draw(st.lists(VISITS, min_size=1, max_size=2))
    writes = st.builds(
        lambda version, folder: write(DAY, *version, folder=folder), st.sampled_from(versions), st.sampled_from("aab")
    )
    changes = st.one_of(writes, st.just(gone(DAY)), LOADS, LOADS, LOADS)
    return [write(DAY, *versions[0]), *draw(st.lists(changes, min_size=3, max_size=8))]


@given(history=a_history())
@example(history=[write(DAY, *ONE), load(0, 1), load(1, 2), load(2, 3), load(0, 24)]).via("hours of a complete day")
@example(history=[write(DAY, *ONE), load(2, 3), load(1, 2), load(0, 1)]).via("backwards")
@example(
    history=[write(DAY, visit("a", 1), visit("a", 2), visit("a", 0)), load(2, 3), load(1, 2), load(0, 1), load(1, 2)]
).via("a key in several hours")
@example(history=[write(DAY, *ONE), load(0, 3), write(DAY, *OTHER), load(5, 6), write(DAY, *ONE), load(5, 6)]).via(
    "a version comes back"
)
@example(
    history=[write(DAY, *ONE), load(0, 3), write(DAY, ONE[0], visit("b", 1, "shop"), visit("d", 2)), load(0, 1)]
).via("late and changed rows of other windows")
@example(history=[write(DAY, *ONE), load(0, 3), load(5, 6, suffix="!")]).via(
    "another SELECT, seen by other windows only"
)
@example(history=[write(DAY, *ONE), load(0, 1), gone(DAY), load(1, 2), write(DAY, *ONE), load(2, 3)]).via(
    "a window was loaded while the object was missing"
)
@example(
    history=[write(DAY, *ONE), write(DAY, *OTHER, folder="b"), load(0, 3), load(0, 1, "b"), load(1, 2), load(2, 3, "b")]
).via("another source in between")
@example(history=[write(DAY, *ONE), load(0, 3), load(0, 1, suffix="!"), load(1, 2), load(2, 3, suffix="!")]).via(
    "another SELECT in between"
)
@example(
    history=[write(DAY, *ONE), write(NEXT, visit("d", 24), visit("e", 25)), load(0, 26), load(22, 26), load(23, 25)]
).via("windows of two days")
@settings(max_examples=settings().max_examples // 66)
def test_any_history_of_objects_and_runs_matches_a_model_that_compares_everything(site, history):
    fresh = Site(site.warehouse)
    fresh.empty()
    fresh.play(*history)


def test_manual_change_of_the_window_is_corrected_and_so_are_the_other_windows(site, caplog):
    caplog.set_level(logging.INFO)
    site.empty()
    site.play(write(DAY, *ONE), load(0, 3))
    site.warehouse.execute("delete from visits")
    site.warehouse.execute("update visit_records set page = 'wrong'")
    results = site.load((DAY, DAY + HOUR))
    assert (site.rows("visits"), site.rows("visit_records")) == (site.model.visits, site.model.records)
    assert (results["load_visits"]["inserted"], results["load_visits"]["late"]) == (1, 2)
    assert "visits: the window 2018-11-01 00:00 to 2018-11-01 01:00 UTC has rows" in caplog.text


def test_full_load_in_between_leaves_the_next_hours_as_they_are(site):
    site.empty()
    site.play(write(DAY, *ONE), write(NEXT, visit("d", 24)), load(0, 1))
    run = site.warehouse.run(full_load=True)
    for task_id in ("stage", "load_visits", "load_pages"):
        run.execute(task_id)
    site.model.load((DAY, NEXT + 24 * HOUR), site.objects["a"])
    recorded = site.warehouse.query("select target, period_start from etl.loaded_periods")
    assert sorted(recorded) == [(target, day) for target in ("pages", "visits") for day in (DAY, NEXT)]
    site.play(load(2, 3), write(DAY, *OTHER), load(3, 4))


def test_period_is_recorded_once_per_version(site):
    query = "select target, period_start, period_end, versions from etl.loaded_periods order by target"
    site.empty()
    site.play(write(DAY, *ONE), load(0, 1))
    first = site.warehouse.query(query)
    assert [row[:3] for row in first] == [("pages", DAY, NEXT), ("visits", DAY, NEXT)]
    site.play(load(1, 2))
    assert site.warehouse.query(query) == first
    site.play(write(DAY, *OTHER), load(1, 2))
    second = site.warehouse.query(query)
    assert [row[:3] for row in second] == [row[:3] for row in first]
    assert not {row[3] for row in second} & {row[3] for row in first}
    site.play(gone(DAY), load(2, 3))
    assert site.warehouse.query(query) == []
