"""Layouts of keys: periods of any length with any number of objects, a time zone, a prefix, and single objects."""

from __future__ import annotations

import copy
import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from redshift_elt import (
    Append,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRecords,
    Parquet,
    StageToRedshiftOperator,
)
from redshift_elt.run.names import staging_table
from tests.model.hourly import HourObject, LoadedHours, Visit, rows_of_hours
from tests.support.aws_calls import recorded_with_arguments
from tests.support.faults import before_each_statement
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

COLUMNS = "visit_id varchar(8) not null, visited_at timestamp not null, page varchar(8)"
TABLES = ("staging_visits", "visits")
# The role that COPY uses in these tests may read below this prefix.
HOURLY = "log_data/%Y/%m/%d/%H/*.json.gz"
DAY = datetime(2018, 11, 1)
HOUR = timedelta(hours=1)


def visit(name: str, at: datetime, page: str = "home") -> Visit:
    return name, at, page


def gzipped(*visits: Visit) -> bytes:
    records = ({"visit_id": name, "visited_at": at.isoformat(" "), "page": page} for name, at, page in visits)
    return gzip.compress("\n".join(map(json.dumps, records)).encode())


def parquet_file(*visits: Visit) -> bytes:
    names, times, pages = zip(*visits, strict=True)
    file = BytesIO()
    times = pyarrow.array(times, pyarrow.timestamp("ms"))
    parquet.write_table(pyarrow.table({"visit_id": names, "visited_at": times, "page": pages}), file)
    return file.getvalue()


@dataclass(frozen=True)
class Site:
    """Runs of a DAG that loads visits from objects of some layout."""

    warehouse: WarehouseUnderTest

    def put(self, at: datetime, name: str, *visits: Visit) -> None:
        """Upload visits as an object of an hour."""
        self.warehouse.put(f"{at:log_data/%Y/%m/%d/%H}/{name}.json.gz", gzipped(*visits))

    def delete(self, at: datetime, name: str) -> None:
        """Delete an object of an hour."""
        self.warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{at:log_data/%Y/%m/%d/%H}/{name}.json.gz")

    def run(self, *window: datetime, run_type: str = "manual", **params: Any) -> Run:
        """Return a new run for a window, in UTC."""
        return self.warehouse.run(*(f"{moment.isoformat()}Z" for moment in window), run_type=run_type, **params)

    def load(self, *window: datetime, **params: Any) -> dict[str, Any]:
        """Run both tasks for a window, and return the summary of what was staged."""
        run = self.run(*window, **params)
        staged: dict[str, Any] = run.execute("stage")
        run.execute("load")
        return staged

    def visits(self) -> set[Visit]:
        """Return the rows of the target; fail if a row occurs twice."""
        rows = self.warehouse.query("select visit_id, visited_at, page from visits")
        assert len(rows) == len(set(rows))
        return set(rows)


NewSite = Callable[..., Site]


@pytest.fixture
def new_site(warehouse: WarehouseUnderTest) -> Iterator[NewSite]:
    """Return a function that returns a site whose staging task has some arguments."""
    for table in TABLES:
        warehouse.execute(f"create table {table} ({COLUMNS})")

    def new(
        strategy: Append | None = None, load: Callable[[StageToRedshiftOperator], None] | None = None, **layout: Any
    ) -> Site:
        site = copy.copy(warehouse)
        with DAG("site", schedule=None, user_defined_macros={"staging_table": staging_table}) as site.dag:
            stage = StageToRedshiftOperator(
                task_id="stage",
                table="staging_visits",
                bucket=BUCKET,
                **{"on_missing": "{{ params.on_missing or 'keep' }}", **layout},
            )
            if load:
                load(stage)
            else:
                LoadFactOperator(
                    task_id="load",
                    table="visits",
                    **({"strategy": strategy} if strategy else {"key": "visit_id", "window_column": "visited_at"}),
                    staged_by=[stage],
                    select="select * from {{ staging_table('staging_visits', dag_run) }}",
                )
        site.dag.params["on_missing"] = None
        return Site(site)

    yield new
    for table in TABLES:
        warehouse.execute(f"drop table {table}")


def copies_in(work: Callable[[], object]) -> list[str]:
    """Return the COPY statements that are sent during some work."""
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        work()
    return [statement for statement in sent if statement.startswith("copy ")]


def hours(*numbers: int) -> list[datetime]:
    return [DAY + number * HOUR for number in numbers]


def test_hours_with_several_objects_each_have_one_copy_each(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    expected = {visit(f"{at.hour}{name}", at) for at in hours(0, 1, 2) for name in "abc"}
    for name, at, page in expected:
        site.put(at, name[-1], visit(name, at, page))
    copies = copies_in(lambda: site.load(DAY, DAY + 3 * HOUR))
    assert site.visits() == expected
    assert len(copies) == 3
    assert all("\nmanifest\ngzip\n" in copy for copy in copies)


@pytest.mark.parametrize("order", [(0, 1, 2), pytest.param((2, 0, 1), marks=pytest.mark.long("another order"))])
def test_hours_keep_the_rows_of_the_others(new_site, order):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    for at in hours(*order):
        site.put(at, "a", visit(f"{at.hour}", at))
        site.load(at, at + HOUR)
    # An hour without objects, and one that was loaded before.
    site.load(DAY + 7 * HOUR, DAY + 8 * HOUR)
    site.load(DAY, DAY + HOUR)
    assert site.visits() == {visit(f"{at.hour}", at) for at in hours(0, 1, 2)}


def test_late_object_of_an_earlier_hour_is_loaded_when_a_run_reads_that_hour(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    first, second, third = hours(0, 1, 2)
    for at in (first, second):
        site.put(at, "a", visit(f"{at.hour}", at))
        site.load(at, at + HOUR)
    site.put(first, "late", visit("late", first))
    site.load(third, third + HOUR)
    assert site.visits() == {visit("0", first), visit("1", second)}
    site.load(first, first + HOUR)
    assert site.visits() == {visit("0", first), visit("late", first), visit("1", second)}
    site.put(second, "late", visit("later", second))
    # The hours of a day before the window are read too, and were loaded.
    site.load(third, third + HOUR, lookback_days=1)
    assert site.visits() == {visit("0", first), visit("late", first), visit("1", second), visit("later", second)}


def test_rows_of_an_hour_without_objects_stay_and_the_log_names_them(new_site, caplog):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    first, second = hours(0, 1)
    for at in (first, second):
        site.put(at, "a", visit(f"{at.hour}", at))
    site.load(first, second + HOUR)
    everything = site.visits()
    site.delete(first, "a")

    site.load(first, second + HOUR)
    site.load(first, first + HOUR)
    assert site.visits() == everything
    missing = f"s3://{BUCKET}/log_data/2018/11/01/00/a.json.gz"
    assert "visits keeps 1 row of periods that lack objects in S3" in caplog.text
    assert f"which object they are from: {missing}." in caplog.text
    with pytest.raises(AirflowFailException, match="is not in S3, but visits has 1 row of 2018-11-01 00:00 to 2018-"):
        site.load(first, second + HOUR, on_missing="fail")
    site.put(first, "a")
    with pytest.raises(
        AirflowFailException, match=r"00/\*.json.gz has no rows, but visits has 1 row of 2018-11-01 00:00 to"
    ):
        site.load(first, second + HOUR)
    site.delete(first, "a")
    site.load(first, second + HOUR, on_missing="delete")
    assert site.visits() == {visit("1", second)}


def test_rows_of_an_object_that_is_gone_stay_although_its_hour_has_others(new_site, caplog):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    for name in "abc":
        site.put(DAY, name, visit(name, DAY))
    site.load(DAY, DAY + HOUR)
    everything = {visit(name, DAY) for name in "abc"}
    written = site.warehouse.query("select object_key, loaded_at from etl.loaded_files order by 1")
    site.load(DAY, DAY + HOUR)
    assert site.warehouse.query("select object_key, loaded_at from etl.loaded_files order by 1") == written

    site.delete(DAY, "a")
    site.put(DAY, "b", visit("b", DAY, "shop"))
    site.load(DAY, DAY + HOUR)
    site.load(DAY, DAY + 2 * HOUR)
    corrected = {visit("a", DAY), visit("b", DAY, "shop"), visit("c", DAY)}
    assert everything != corrected == site.visits()
    missing = f"s3://{BUCKET}/log_data/2018/11/01/00/a.json.gz"
    assert f"which object they are from: {missing}." in caplog.text
    with pytest.raises(AirflowFailException, match=f"{missing} is not in S3, but visits has 3 rows of 2018-11-01 00:"):
        site.load(DAY, DAY + HOUR, on_missing="fail")
    site.load(DAY, DAY + HOUR, on_missing="delete")
    assert site.visits() == corrected - {visit("a", DAY)}
    # A load may delete rows of the other objects again.
    site.put(DAY, "c", visit("d", DAY))
    site.load(DAY, DAY + HOUR)
    assert site.visits() == {visit("b", DAY, "shop"), visit("d", DAY)}


@pytest.fixture
def parts(new_site) -> Site:
    """An hour of two objects, which were loaded, and another hour."""
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    first, second = hours(0, 1)
    site.put(first, "a", visit("a", first), visit("both", first))
    site.put(first, "b", visit("b", first), visit("both", first + HOUR / 2))
    site.put(second, "c", visit("c", second))
    site.load(first, second + HOUR)
    assert site.visits() == PARTS
    return site


PARTS = {visit("a", DAY), visit("b", DAY), visit("both", DAY), visit("c", DAY + HOUR)}
RUNS_THAT_READ_THE_HOUR = pytest.mark.parametrize(
    ("window", "params"),
    [
        pytest.param([DAY, DAY + HOUR], {}, id="its hour"),
        pytest.param([], {"full_load": True}, id="everything"),
        pytest.param(
            [DAY + 5 * HOUR, DAY + 6 * HOUR],
            {"lookback_days": 1},
            id="a later hour",
            marks=pytest.mark.long("another run that reads it"),
        ),
    ],
)
PART_A = f"s3://{BUCKET}/log_data/2018/11/01/00/a.json.gz"


@RUNS_THAT_READ_THE_HOUR
def test_rows_of_an_hour_stay_if_one_of_its_objects_expires(parts, caplog, window, params):
    parts.delete(DAY, "a")
    for _ in range(2):
        caplog.clear()
        parts.load(*window, **params)
        # Rows of the objects that are there are loaded: in a, which is gone, "both" was earlier.
        assert parts.visits() == PARTS - {visit("both", DAY)} | {visit("both", DAY + HOUR / 2)}
        assert "visits keeps 3 rows of periods that lack objects in S3" in caplog.text
        assert f"which object they are from: {PART_A}. To delete those that no object has" in caplog.text


@RUNS_THAT_READ_THE_HOUR
def test_expired_object_of_an_hour_fails_the_load_or_its_rows_are_deleted_if_the_source_says_so(
    parts, caplog, window, params
):
    parts.delete(DAY, "a")
    with pytest.raises(AirflowFailException, match=f"{PART_A} is not in S3, but visits has 3 rows of 2018-11-01 00:00"):
        parts.load(*window, **params, on_missing="fail")
    assert parts.visits() == PARTS
    parts.load(*window, **params, on_missing="delete")
    left = {visit("b", DAY), visit("both", DAY + HOUR / 2), visit("c", DAY + HOUR)}
    assert parts.visits() == left
    # The object is forgotten.
    parts.load(*window, **params, on_missing="fail")
    assert parts.visits() == left


def test_renamed_object_of_an_hour_doubles_no_rows(parts, caplog):
    parts.delete(DAY, "a")
    parts.put(DAY, "renamed", visit("a", DAY + HOUR / 4), visit("both", DAY))
    parts.load(DAY, DAY + HOUR)
    assert parts.visits() == PARTS - {visit("a", DAY)} | {visit("a", DAY + HOUR / 4)}
    assert f"{PART_A}. To delete those" in caplog.text


def test_corrections_and_late_objects_of_an_hour_with_an_expired_object_are_loaded(parts):
    parts.delete(DAY, "a")
    parts.put(DAY, "b", visit("b", DAY, "shop"))
    parts.put(DAY, "late", visit("late", DAY))
    parts.load(DAY, DAY + HOUR)
    assert parts.visits() == PARTS - {visit("b", DAY)} | {visit("b", DAY, "shop"), visit("late", DAY)}
    # No other hour is affected.
    parts.put(DAY + HOUR, "c", visit("d", DAY + HOUR))
    parts.load(DAY, DAY + 2 * HOUR)
    assert visit("c", DAY + HOUR) not in parts.visits()


def test_corrected_object_of_an_hour_corrects_its_rows(parts):
    parts.put(DAY, "a", visit("a", DAY, "shop"))
    parts.load(DAY, DAY + HOUR)
    assert parts.visits() == {
        visit("a", DAY, "shop"), visit("b", DAY), visit("both", DAY + HOUR / 2), visit("c", DAY + HOUR)
    }  # fmt: skip


def test_expired_object_whose_hour_has_another_object_without_rows(parts):
    parts.put(DAY, "b")
    parts.load(DAY, DAY + HOUR)
    parts.delete(DAY, "a")
    parts.load(DAY, DAY + HOUR)
    assert parts.visits() == PARTS - {visit("b", DAY)}


@pytest.mark.long("missing objects that are handled like others")
def test_rows_in_the_objects_of_a_neighboring_day_stay_if_one_of_them_expires(new_site):
    site = new_site(key_pattern="log_data/%Y-%m-%d/*.json.gz", window_column="visited_at", margin_days=1)
    days = [DAY, DAY + 24 * HOUR]
    expected = {visit(f"{day.day}{name}", days[1]) for day in days for name in "ab"}
    for name, at, page in expected:
        site.warehouse.put(f"log_data/2018-11-0{name[0]}/{name[1]}.json.gz", gzipped(visit(name, at, page)))
    # Half of the rows of a day are of that day.
    site.warehouse.put("log_data/2018-11-01/c.json.gz", gzipped(visit("1c", DAY), visit("1d", DAY)))
    site.load(days[1], days[1] + HOUR)
    assert site.visits() == expected
    site.warehouse.s3.delete_object(Bucket=BUCKET, Key="log_data/2018-11-01/a.json.gz")
    site.load(days[1], days[1] + HOUR)
    assert site.visits() == expected
    # That run deletes the rows of its own day only, so the other day still lacks the object.
    site.load(days[1], days[1] + HOUR, on_missing="delete")
    assert site.visits() == expected - {visit("1a", days[1])}
    query = "select count(*) from etl.loaded_files where object_key = 'log_data/2018-11-01/a.json.gz'"
    assert site.warehouse.query(query) == [(1,)]


@pytest.mark.long("missing objects that are handled like others")
def test_records_of_an_hour_stay_if_one_of_its_objects_expires(warehouse, new_site):
    """The table of visits has the records, and the table of pages the latest visit of each page."""
    warehouse.execute(f"create table pages ({COLUMNS})")
    site = new_site(key_pattern=HOURLY, window_column="visited_at", load=_load_pages)
    site.put(DAY, "a", visit("a", DAY, "home"))
    site.put(DAY, "b", visit("b", DAY, "shop"))
    site.load(DAY, DAY + HOUR)
    pages = set(warehouse.query("select * from pages"))
    site.delete(DAY, "a")
    site.put(DAY, "b", visit("b", DAY, "shop"), visit("c", DAY + HOUR / 2, "help"))
    site.load(DAY, DAY + HOUR)
    assert set(warehouse.query("select * from pages")) == pages | {visit("c", DAY + HOUR / 2, "help")}
    with pytest.raises(AirflowFailException, match=f"{PART_A} is not in S3, but visits has 3 rows"):
        site.load(DAY, DAY + HOUR, on_missing="fail")
    site.load(DAY, DAY + HOUR, on_missing="delete")
    left = {visit("b", DAY, "shop"), visit("c", DAY + HOUR / 2, "help")}
    assert set(warehouse.query("select * from pages")) == site.visits() == left
    warehouse.execute("drop table pages")


def _load_pages(stage: StageToRedshiftOperator) -> None:
    LoadDimensionOperator(
        task_id="load",
        table="pages",
        key="page",
        strategy=MergeRecords(records="visits", window_column="visited_at", latest_by="visited_at"),
        staged_by=[stage],
        select="select * from {{ staging_table('staging_visits', dag_run) }}",
    )


def test_repeated_load_of_an_hour_leaves_the_ledger_as_it_is(parts):
    query = "select object_key, etag, loaded_at from etl.loaded_files where target = 'visits' order by object_key"
    recorded = parts.warehouse.query(query)
    assert [key[-9:] for key, *_ in recorded] == ["a.json.gz", "b.json.gz", "c.json.gz"]
    parts.load(DAY, DAY + HOUR)
    assert parts.warehouse.query(query) == recorded
    parts.put(DAY, "a", visit("a", DAY, "shop"))
    parts.load(DAY, DAY + HOUR)
    again = parts.warehouse.query(query)
    assert [new != old for new, old in zip(again, recorded, strict=True)] == [True, False, False]


def test_object_whose_rows_are_of_another_hour_is_refused(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    site.put(DAY, "a", visit("a", DAY))
    site.load(DAY, DAY + HOUR)
    site.put(DAY, "a", visit("a", DAY + 5 * HOUR))
    with pytest.raises(AirflowFailException, match="the visited_at of 1 of 1 rows is not in 2018-11-01 00:"):
        site.load(DAY, DAY + HOUR)
    assert site.visits() == {visit("a", DAY)}


def test_hive_partitions_of_parquet_files(new_site):
    site = new_site(
        key_pattern="log_data/dt=%Y-%m-%d/hour=%H/part-*.parquet", format=Parquet(), window_column="visited_at"
    )
    expected = {visit(f"{at.hour}-{part}", at) for at in hours(22, 23, 24) for part in (0, 1)}
    for name, at, page in expected:
        folder = f"{at:log_data/dt=%Y-%m-%d/hour=%H}"
        site.warehouse.put(f"{folder}/part-{name}.parquet", parquet_file(visit(name, at, page)))
        site.warehouse.put(f"{folder}/_SUCCESS", b"")
    copies = copies_in(lambda: site.load(*hours(22, 25)))
    assert site.visits() == expected
    assert len(copies) == 3


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        ("log_data/%Y-%m-%d/*.json.gz", 1),
        pytest.param("log_data/%Y-%m-%d/%H/*.json.gz", 24, marks=pytest.mark.long("hours of the same day")),
    ],
)
def test_local_day_of_25_hours(new_site, pattern, runs):
    """On 28 October 2018, clocks in Berlin were set back from 03:00 to 02:00."""
    site = new_site(key_pattern=pattern, timezone="Europe/Berlin", window_column="visited_at")
    first = datetime(2018, 10, 27, 22)
    instants = [first + number * HOUR for number in range(25)]
    # What programs in Berlin write, by their clocks: 02 twice.
    clocks = [0, 1, 2, 2, *range(3, 24)]
    for at, clock in zip(instants, clocks, strict=True):
        name = f"{at:%H%M}{at.day}"
        folder = f"log_data/2018-10-28/{clock:02}/" if runs == 24 else "log_data/2018-10-28/"
        site.warehouse.put(f"{folder}{name}.json.gz", gzipped(visit(name, at)))
    expected = {visit(f"{at:%H%M}{at.day}", at) for at in instants}
    copies = copies_in(lambda: site.load(first, first + 25 * HOUR))
    assert site.visits() == expected
    assert len(copies) == runs
    # A run of one of the two hours from 02:00 to 03:00 reads both of them, or the whole day.
    site.warehouse.execute("delete from visits")
    site.load(first + 3 * HOUR, first + 4 * HOUR)
    read = instants if runs == 1 else instants[2:4]
    assert site.visits() == {visit(f"{at:%H%M}{at.day}", at) for at in read}


@dataclass(frozen=True)
class Days:
    """Daily objects that can have rows of a day before and after."""

    site: Site

    def put(self, day: datetime, *visits: Visit) -> None:
        self.site.warehouse.put(f"{day:log_data/%Y-%m-%d}.json.gz", gzipped(*visits))

    def delete(self, day: datetime) -> None:
        self.site.warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{day:log_data/%Y-%m-%d}.json.gz")

    def load(self, day: datetime, **params: Any) -> set[Visit]:
        window = () if params.get("full_load") else (day, day + timedelta(days=1))
        self.site.load(*window, **params)
        return self.site.visits()


@pytest.fixture
def days(new_site) -> Days:
    return Days(new_site(key_pattern="log_data/%Y-%m-%d.json.gz", window_column="visited_at", margin_days=1))


@pytest.mark.parametrize("params", [{}, pytest.param({"full_load": True}, marks=pytest.mark.long("a full load"))])
def test_rows_in_the_object_of_a_neighboring_day_stay_when_it_is_gone(days, params, caplog):
    day_before, day_after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    midday = timedelta(hours=12)
    old, late, own, new = visit("a", day_before + midday), visit("b", DAY), visit("c", DAY), visit("d", day_after)
    days.put(day_before, old, late)
    days.put(DAY, own)
    days.put(day_after, new)
    for day in (day_before, DAY, day_after):
        days.load(day)
    days.delete(day_before)
    assert days.load(DAY, **params) == {old, late, own, new}
    warning = next(each for each in caplog.messages if each.startswith("visits keeps all rows within 1 day of"))
    assert f"s3://{BUCKET}/log_data/2018-10-31.json.gz" in warning
    assert days.load(DAY, on_missing="delete") == {old, own, new}


@pytest.mark.long("missing objects that are handled like others")
def test_rows_in_one_of_the_objects_of_a_neighboring_hour_stay_when_it_is_gone(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at", margin_days=1)
    first, second = hours(0, 1)
    late = visit("late", second)
    site.put(first, "a", visit("a", first), late)
    site.put(first, "b", visit("b", first))
    site.put(second, "a", visit("c", second))
    everything = {visit("a", first), visit("b", first), visit("c", second), late}
    site.load(first, second + HOUR)
    site.delete(first, "a")
    site.load(second, second + HOUR)
    assert site.visits() == everything
    site.load(second, second + HOUR, on_missing="delete")
    assert site.visits() == everything - {late}
    # The rows of the first hour still have a missing object.
    site.load(first, first + HOUR)
    assert site.visits() == everything - {late}


def test_rows_that_an_object_of_a_neighboring_day_no_longer_has_are_deleted(days):
    day_before, day_after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    days.put(day_before, visit("a", day_before), visit("b", DAY))
    days.put(DAY, visit("c", DAY))
    days.put(day_after, visit("d", day_after))
    assert days.load(DAY) == {visit("b", DAY), visit("c", DAY)}
    days.put(day_before, visit("a", day_before))
    assert days.load(DAY) == {visit("c", DAY)}


def test_margin_where_clocks_change_keeps_the_rows_of_the_objects_that_are_read(new_site):
    """On 25 March 2018, clocks in Berlin were set forward, so the same hour of the day is 23 hours later."""
    site = new_site(key_pattern=HOURLY, timezone="Europe/Berlin", window_column="visited_at", margin_days=1)
    # In the object of 11:00 in Berlin; the next day, at 12:30 and 11:30 there.
    late, in_time = visit("late", datetime(2018, 3, 25, 10, 30)), visit("in time", datetime(2018, 3, 25, 9, 30))
    object_of = datetime(2018, 3, 24, 11)
    site.put(object_of, "a", visit("own", datetime(2018, 3, 24, 10)), late, in_time)
    day = datetime(2018, 3, 24)
    site.load(day, day + timedelta(days=2))
    assert site.visits() == {visit("own", datetime(2018, 3, 24, 10)), in_time}


def test_window_over_new_year_lists_its_own_periods(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    eve, new_year = datetime(2018, 12, 31, 23), datetime(2019, 1, 1)
    for at in (eve, new_year):
        site.put(at, "a", visit(f"{at.year}", at))
    with recorded_with_arguments() as requests:
        site.load(eve, new_year + HOUR)
    assert site.visits() == {visit("2018", eve), visit("2019", new_year)}
    listed = [arguments["Prefix"] for _, operation, arguments, _ in requests if operation == "ListObjectsV2"]
    # The task that stages lists each period once, and the load lists them once more, under its lock.
    assert listed == ["log_data/2018/12/31/23/", "log_data/2019/01/01/00/"] * 2


# Few keys and times, so that visits often meet. Some are in the object of another hour.
VISITS = st.builds(
    lambda name, minutes, page: visit(name, DAY + timedelta(minutes=minutes), page),
    st.sampled_from("ab"),
    st.sampled_from([0, 30, 59, 60, 90, 120]),
    st.sampled_from(["home", "shop"]),
)
OBJECTS = st.tuples(st.sampled_from(hours(0, 1, 2)), st.lists(VISITS, min_size=1, max_size=4))
# Windows need not begin and end where hours do.
WINDOWS = st.sampled_from([(0, 60), (60, 120), (120, 180), (0, 180), (30, 90), (90, 150)])
COVERING = (
    st.permutations([(120, 180), (0, 60), (60, 120)]) | st.permutations([(0, 90), (90, 180)]) | st.just([(0, 180)])
)


@given(
    objects=st.lists(OBJECTS, min_size=1, max_size=5),
    steps=st.lists(WINDOWS | st.none(), max_size=4),
    last=COVERING,
)
@settings(max_examples=settings().max_examples // 50)
def test_hours_in_any_order_and_grouping_match_the_model(new_site, objects: list[HourObject], steps, last):
    """Objects are written one by one, and runs of any windows read what is there; then runs cover every hour."""
    site = new_site(key_pattern=HOURLY, window_column="visited_at", max_left_out=1)
    site.warehouse.empty()
    site.warehouse.execute("delete from visits")
    # A bucket without any object is an error.
    site.put(DAY - HOUR, "earlier", visit("a", DAY - HOUR))
    waiting = list(enumerate(objects))
    for step in [*steps, *[None] * len(objects), *last]:
        if step is not None:
            start, end = (DAY + timedelta(minutes=minutes) for minutes in step)
            site.load(start, end)
        elif waiting:
            number, (hour, visits) = waiting.pop(0)
            site.put(hour, str(number), *visits)
    assert site.visits() == rows_of_hours(objects)


RUNS = st.sampled_from([[0], [1], [0, 1], [1, 2]])


@pytest.mark.long("histories of objects that expire")
@given(
    objects=st.lists(OBJECTS, min_size=2, max_size=5),
    steps=st.lists(st.one_of(RUNS, st.just("write"), st.integers(0, 4)), min_size=2, max_size=8),
)
@settings(max_examples=settings().max_examples // 50)
def test_hours_whose_objects_expire_match_the_model(new_site, objects: list[HourObject], steps):
    """Objects are written, read by runs, and expire, in any order."""
    site = new_site(key_pattern=HOURLY, window_column="visited_at", max_left_out=1)
    site.warehouse.empty()
    site.warehouse.execute("delete from visits")
    # A bucket without any object is an error.
    site.put(DAY - HOUR, "earlier", visit("a", DAY - HOUR))
    model, present, waiting = LoadedHours(), dict[int, HourObject](), list(enumerate(objects))
    for step in ["write", "write", [0, 1, 2], *steps, [0, 1, 2]]:
        if isinstance(step, list):
            site.load(DAY + step[0] * HOUR, DAY + (step[-1] + 1) * HOUR)
            model.load(hours(*step), present)
        elif step == "write" and waiting:
            number, (hour, visits) = waiting.pop(0)
            site.put(hour, str(number), *visits)
            present[number] = hour, visits
        elif step in present:
            hour, _ = present.pop(step)
            site.delete(hour, str(step))
        assert site.visits() == set(model.rows.values())


def test_object_that_is_written_while_a_run_reads_is_loaded_by_the_next_run(new_site):
    site = new_site(key_pattern=HOURLY, window_column="visited_at")
    site.put(DAY, "a", visit("a", DAY))

    def write(_: object, statement: str) -> None:
        # The load has listed the objects under its lock, and writes what it has staged.
        if statement.startswith('insert into "visits"'):
            site.put(DAY, "b", visit("b", DAY))

    with before_each_statement(write):
        site.load(DAY, DAY + HOUR)
    assert site.visits() == {visit("a", DAY)}
    site.load(DAY, DAY + HOUR)
    assert site.visits() == {visit("a", DAY), visit("b", DAY)}


def test_single_object_changes_the_window_of_its_run(new_site):
    site = new_site(key="log_data/visits.json.gz")
    first, second = hours(0, 1)
    site.warehouse.put("log_data/visits.json.gz.bak", b"unreadable")
    site.warehouse.put("log_data/visits.json.gz", gzipped(visit("a", first), visit("b", second)))
    site.load(first, first + HOUR)
    assert site.visits() == {visit("a", first)}
    site.warehouse.put("log_data/visits.json.gz", gzipped(visit("b", second, "shop")))
    site.load(second, second + HOUR)
    assert site.visits() == {visit("a", first), visit("b", second, "shop")}
    site.warehouse.s3.delete_object(Bucket=BUCKET, Key="log_data/visits.json.gz")
    site.load(second, second + HOUR)
    assert site.visits() == {visit("a", first), visit("b", second, "shop")}


LOST = "visits .* all rows of 1 hour, the first at 2018-11-01 00:00 UTC, because s3://.* has no rows of them"


@pytest.mark.parametrize(
    "layout",
    [
        {"key": "log_data/export/visits.json.gz"},
        pytest.param({"prefix": "log_data/export/"}, marks=pytest.mark.long("like a single object")),
    ],
)
def test_hour_of_which_an_object_without_a_date_has_no_rows_any_more_keeps_its_rows(new_site, layout, caplog):
    site = new_site(**layout)
    first, second = hours(0, 1)

    def export(*visits: Visit) -> None:
        site.warehouse.put("log_data/export/visits.json.gz", gzipped(*visits))

    export(visit("a", first), visit("b", first))
    site.load(first, second)
    export(visit("b", first), visit("c", second))
    site.load(first, second)
    assert site.visits() == {visit("b", first)}
    # The export of the next day.
    export(visit("c", second))
    site.load(first, second + HOUR)
    assert site.visits() == {visit("b", first), visit("c", second)}
    assert re.search(LOST, caplog.text)
    with pytest.raises(AirflowFailException, match=LOST):
        site.load(first, second, on_missing="fail")
    site.load(first, second, on_missing="delete")
    assert site.visits() == {visit("c", second)}


@pytest.mark.parametrize("windows", [[(0, 2)], [(0, 1), (1, 2)], [(1, 2), (0, 1)]], ids=str)
def test_key_in_two_windows_of_an_object_without_a_date_is_loaded_once(new_site, windows):
    site = new_site(key="log_data/visits.json.gz")
    first, second = hours(0, 1)
    site.warehouse.put("log_data/visits.json.gz", gzipped(visit("a", second), visit("a", first), visit("b", second)))
    for start, end in windows:
        site.load(DAY + start * HOUR, DAY + end * HOUR)
    assert site.visits() == {visit("a", first), visit("b", second)}


@dataclass(frozen=True)
class Stream:
    """Objects below a prefix whose keys sort by the time at which they are written, with one visit each."""

    site: Site

    def put(self, number: int, page: str = "home") -> None:
        self.site.warehouse.put(f"log_data/stream/{number:03}.json.gz", gzipped(visit(str(number), DAY, page)))

    def load(self, run_type: str = "scheduled") -> list[str]:
        """Run both tasks, and return after which keys the prefix is listed; the whole prefix is listed after none."""
        with recorded_with_arguments() as requests:
            self.site.load(DAY, DAY + HOUR, run_type=run_type)
        listings = [arguments for _, operation, arguments, _ in requests if operation == "ListObjectsV2"]
        assert {listing["Prefix"] for listing in listings} == {"log_data/stream/"}
        return [listing.get("StartAfter", "") for listing in listings]

    def numbers(self) -> list[int]:
        return sorted(int(name) for name, _, _ in self.site.visits())


@pytest.fixture
def stream(new_site) -> Stream:
    """Visits that are appended; the prefix is listed as a whole once a day."""
    arguments = {"prefix": "log_data/stream/", "list_every": timedelta(days=1), "start_after": True}
    return Stream(new_site(Append(), **arguments))


def test_prefix_is_listed_from_the_last_key_that_was_loaded(stream):
    stream.put(2)
    # What was copied is listed once more, to find out whether it has changed.
    assert stream.load() == ["", "log_data/stream/002.json.g"]
    stream.put(3)
    stream.put(4)
    assert stream.load() == ["log_data/stream/002.json.gz", "log_data/stream/003.json.g"]
    assert stream.load() == ["log_data/stream/004.json.gz"]
    assert stream.numbers() == [2, 3, 4]
    # A listing after the last key does not see an earlier one.
    stream.put(1)
    stream.load()
    assert stream.numbers() == [2, 3, 4]
    assert stream.load("manual") == ["", "log_data/stream/001.json.g"]
    assert stream.numbers() == [1, 2, 3, 4]


def test_object_below_a_prefix_that_is_written_while_a_run_reads_is_loaded_by_the_next_run(stream):
    stream.put(1)

    def write(_: object, statement: str) -> None:
        if statement.startswith("copy "):
            stream.put(2)

    with before_each_statement(write):
        stream.load()
    assert stream.numbers() == [1]
    stream.load()
    assert stream.numbers() == [1, 2]


def test_object_after_the_last_key_that_a_full_load_replaces_is_appended_once(stream):
    stream.put(1)
    stream.load()
    stream.put(2)
    late = stream.site.run(DAY, DAY + HOUR, run_type="scheduled")
    late.execute("stage")
    stream.put(2, page="shop")
    full = stream.site.warehouse.run(full_load=True)
    full.execute("stage")
    full.execute("load")
    late.execute("load")
    assert stream.site.visits() == {visit("1", DAY), visit("2", DAY, "shop")}
