"""Tables that only grow: each version of an object is appended once, in any order and grouping of runs."""

from __future__ import annotations

import copy
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt import (
    Append,
    AuditColumns,
    LoadDimensionOperator,
    LoadFactOperator,
    MergeRows,
    StageToRedshiftOperator,
)
from redshift_elt.run.names import staging_table
from redshift_elt.staging.run_copy import SourceCopy
from tests.model.appended import Row, Version, appended_rows
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

COLUMNS = "page varchar(16) not null, number integer"
TABLES = ("staging_clicks", "clicks", "pages")
PREFIX, DAY = "song_data/clicks/", ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
SELECT = "select page, number from {{ staging_table('staging_clicks', dag_run) }}"


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    with with_clicks(through_postgres) as warehouse:
        yield warehouse


@contextmanager
def with_clicks(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """Create a table of clicks that only grows, and a dimension that is merged from the same objects."""
    for table in TABLES:
        warehouse.execute(f"create table {table} ({COLUMNS})")
    warehouse.execute("alter table clicks add column loaded_by varchar(32)")
    warehouse = copy.copy(warehouse)
    warehouse.dag = clicks_dag()
    try:
        yield warehouse
    finally:
        for table in TABLES:
            warehouse.execute(f"drop table {table}")


def clicks_dag() -> DAG:
    with DAG("clicks", schedule=None, user_defined_macros={"staging_table": staging_table}) as dag:
        stage = StageToRedshiftOperator(
            task_id="stage",
            table="staging_clicks",
            bucket="{{ params.bucket }}",
            prefix=PREFIX,
            max_rejects=2,
            on_missing="{{ params.on_missing }}",
        )
        LoadFactOperator(
            task_id="load_clicks",
            table="clicks",
            select=SELECT,
            strategy=Append(),
            staged_by=[stage],
            audit=AuditColumns(run_id="loaded_by"),
        )
        LoadDimensionOperator(
            task_id="load_pages",
            table="pages",
            key="page",
            select=SELECT,
            strategy=MergeRows(latest_by="number"),
            staged_by=[stage],
        )
    return dag


class Clicks:
    """The objects in the bucket, and every version that was ever there."""

    def __init__(self, warehouse: WarehouseUnderTest) -> None:
        warehouse.empty()
        for table in TABLES:
            warehouse.execute(f"delete from {table}")
        self.warehouse = warehouse
        self.now: dict[str, Version] = {}
        self.ever: set[Version] = set()

    def put(self, key: str, version: int = 1, *, broken: bool = False) -> None:
        """Write a version of an object; two of its rows are equal, and one is in all objects.

        :param broken: whether COPY rejects its last record.
        """
        rows: tuple[Row, ...] = ((key, version), (key, version), ("home", 0))
        self.now[key] = (key, rows)
        self.ever.add(self.now[key])
        records = [{"page": page, "number": number} for page, number in rows]
        lines = [json.dumps(record) for record in [*records, *[{"page": key, "number": "many"}] * broken]]
        self.warehouse.put(f"{PREFIX}{key}.json", "\n".join(lines).encode())

    def remove(self, key: str) -> None:
        del self.now[key]
        self.warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}{key}.json")

    def staged(self, **params: bool | str) -> Run:
        window = () if params.get("full_load") else DAY
        run = self.warehouse.run(*window, **{"on_missing": "keep", **params})
        run.execute("stage")
        return run

    def rows(self) -> Counter[Row]:
        return Counter(self.warehouse.query("select page, number from clicks"))

    def versions(self) -> set[Version]:
        """Return the versions whose rows the table has; fail unless it has the rows of each of them exactly once."""
        rows = self.rows()
        found = {version for version in self.ever if version[1][0] in rows}
        assert rows == appended_rows(found)
        return found


def load(run: Run) -> dict[str, int]:
    return run.execute("load_clicks")


@pytest.fixture
def clicks(warehouse: WarehouseUnderTest) -> Clicks:
    return Clicks(warehouse)


STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("abc"), st.integers(1, 3)),
    st.just(("stage", "", 0)),
    st.tuples(st.just("load"), st.just(""), st.integers(0, 3)),
)


@pytest.mark.long("histories of objects that are appended")
@given(steps=st.lists(STEPS, min_size=2, max_size=8), chance=st.randoms(use_true_random=False))
@settings(max_examples=settings().max_examples // 50)
def test_each_version_is_appended_once_in_any_order_grouping_and_repetition_of_runs(warehouse, steps, chance):
    """Objects are written and replaced, also with earlier versions; runs stage them and load late, some repeatedly."""
    clicks = Clicks(warehouse)
    clicks.put("a")
    runs: list[Run] = [clicks.staged()]
    for step, key, number in steps:
        if step == "put":
            clicks.put(key, number)
        elif step == "stage":
            runs.append(clicks.staged())
        else:
            load(runs[number % len(runs)])
    chance.shuffle(runs)
    for run in [*runs, clicks.staged()]:
        load(run)
    assert set(clicks.now.values()) <= clicks.versions()


@pytest.mark.long("runs that load at the same time")
@given(groups=st.lists(st.sets(st.sampled_from("abcd"), min_size=1), min_size=2, max_size=5))
@settings(max_examples=settings().max_examples // 20)
def test_concurrent_loads_append_each_version_once(warehouse, groups):
    append_concurrently(Clicks(warehouse), groups)


def test_two_concurrent_loads_append_each_version_once(clicks):
    append_concurrently(clicks, [{"a", "b"}, {"c"}])


def append_concurrently(clicks, groups):
    """Stage some objects, more with each run, and load all runs at the same time."""
    runs = []
    for keys in groups:
        for key in keys:
            clicks.put(key)
        runs.append(clicks.staged())
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(load, runs))
    assert clicks.versions() == set(clicks.now.values())


def test_load_stages_again_only_what_another_run_has_not_loaded(clicks):
    clicks.put("a")
    first = clicks.staged()
    clicks.put("b")
    second = clicks.staged()
    assert load(first)["inserted"] == 3
    assert load(second)["inserted"] == 3
    assert load(second)["inserted"] == 3, "the retry does not report what the first try has done"
    assert set(clicks.warehouse.query("select number, page, loaded_by from clicks where number > 0")) == {
        (1, "a", first.run_id),
        (1, "b", second.run_id),
    }
    assert clicks.versions() == set(clicks.now.values())
    # The other load of the run reads all that the run has staged.
    assert second.execute("load_pages")["staged"] == 3


def test_load_that_another_load_of_its_source_makes_late_appends_nothing_twice(clicks):
    """The dimension has not loaded what the fact has, so the next run stages it again."""
    clicks.put("a")
    load(clicks.staged())
    clicks.put("b")
    assert load(clicks.staged())["inserted"] == 3
    assert clicks.versions() == set(clicks.now.values())


def test_new_version_is_appended_with_a_warning_and_an_old_one_never_again(clicks, caplog):
    clicks.put("a", 1)
    load(clicks.staged())
    clicks.put("a", 2)
    caplog.clear()
    load(clicks.staged())
    assert f"1 objects have changed since clicks loaded them: s3://{BUCKET}/{PREFIX}a.json" in caplog.text
    clicks.put("a", 1)
    load(clicks.staged())
    assert clicks.versions() == clicks.ever


def test_late_run_appends_its_version_after_a_newer_one(clicks):
    clicks.put("a", 1)
    late = clicks.staged()
    clicks.put("a", 2)
    load(clicks.staged())
    load(late)
    assert clicks.versions() == clicks.ever


def test_full_load_leaves_the_rows_of_what_s3_has(clicks):
    clicks.put("a", 1)
    clicks.put("b")
    load(clicks.staged())
    clicks.put("a", 2)
    assert load(clicks.staged(full_load=True)) == {
        "staged": 6, "inserted": 6, "updated": 0, "deleted": 6, "unchanged": 0, "late": 0,
    }  # fmt: skip
    assert clicks.versions() == set(clicks.now.values())


def test_full_load_that_comes_late_keeps_what_other_runs_have_appended(clicks):
    clicks.put("a")
    full = clicks.staged(full_load=True)
    clicks.put("b")
    load(clicks.staged())
    load(full)
    assert clicks.versions() == set(clicks.now.values())


def test_version_that_a_full_load_has_replaced_is_appended_when_it_comes_back(clicks):
    clicks.put("a", 1)
    load(clicks.staged())
    clicks.put("a", 2)
    load(clicks.staged(full_load=True))
    clicks.put("a", 1)
    load(clicks.staged())
    assert clicks.versions() == clicks.ever


@pytest.mark.parametrize("others", ["", "b"], ids=["alone", "with an object that has not changed"])
def test_run_that_staged_before_a_full_load_does_not_restore_old_rows(clicks, others):
    clicks.put("a", 1)
    for key in others:
        clicks.put(key)
    late = clicks.staged()
    clicks.put("a", 2)
    load(clicks.staged(full_load=True))
    assert load(late)["inserted"] == 0
    assert clicks.versions() == set(clicks.now.values())


@pytest.mark.parametrize("on_missing", ["keep", "fail"])
def test_full_load_without_an_object_that_was_loaded_is_refused(clicks, on_missing):
    clicks.put("a")
    clicks.put("b")
    load(clicks.staged())
    before = clicks.rows()
    clicks.remove("a")
    with pytest.raises(AirflowFailException, match=r"S3 no longer has 1 of the objects loaded into clicks: .*a.json"):
        load(clicks.staged(full_load=True, on_missing=on_missing))
    assert clicks.rows() == before
    load(clicks.staged(full_load=True, on_missing="delete"))
    assert clicks.versions() == set(clicks.now.values())


def test_object_that_changes_while_it_is_copied_fails_the_task_and_is_loaded_by_its_retry(clicks, monkeypatch):
    clicks.put("a", 1)
    copy_objects = SourceCopy.copy

    def change_first(*arguments):
        clicks.put("a", 2)
        return copy_objects(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(SourceCopy, "copy", change_first)
        with pytest.raises(AirflowException, match=r"a\.json has changed while it was staged"):
            clicks.staged()
    load(clicks.staged())
    assert clicks.versions() == set(clicks.now.values())


def drop_tables_of_runs(clicks):
    for schema, table in clicks.warehouse.tables_of_runs():
        clicks.warehouse.execute(f'drop table {schema}."{table}"')


def test_load_after_the_tables_of_the_run_were_dropped_appends_nothing_twice(clicks):
    clicks.put("a")
    first = clicks.staged()
    load(first)
    clicks.put("b")
    drop_tables_of_runs(clicks)
    assert load(first)["inserted"] == 3
    assert clicks.versions() == set(clicks.now.values())


def test_load_that_stages_twice_has_a_table_of_rejects_for_each_time(clicks, caplog):
    """Its run stages for two targets, of which one has not loaded the first object."""
    clicks.put("a")
    run = clicks.staged()
    load(run)
    clicks.put("b", broken=True)
    drop_tables_of_runs(clicks)
    with caplog.at_level(logging.DEBUG, "redshift_elt.connection.session"):
        load(run)
    created = re.findall('create temporary table "(staging_clicks__rejects.*?)"', caplog.text)
    assert created == ["staging_clicks__rejects_1", "staging_clicks__rejects_2"]
    assert clicks.warehouse.query("select object_key, line_number from etl.rejects") == [(f"{PREFIX}b.json", 4)]
    assert clicks.versions() == set(clicks.now.values())


def test_rejects_of_a_try_are_kept_when_its_retry_stages_other_objects(clicks):
    clicks.put("a", broken=True)
    run = clicks.staged()
    for task_id in ("load_clicks", "load_pages"):
        run.execute(task_id)
    clicks.put("b", broken=True)
    assert run.execute("stage")["objects"] == 1
    rejects = clicks.warehouse.query("select object_key from etl.rejects order by object_key")
    assert rejects == [(f"{PREFIX}{key}.json",) for key in "ab"]


@pytest.mark.parametrize(
    "other_run",
    [False, pytest.param(True, marks=pytest.mark.long("a load that stages again has many statements"))],
    ids=["alone", "after another run"],
)
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin, other_run):
    with direct_login(endpoint), with_clicks(created_warehouse) as warehouse:
        clicks = Clicks(warehouse)
        clicks.put("c")
        earlier = clicks.staged()
        # The first load of a target creates its lock table.
        for task_id in ("load_clicks", "load_pages"):
            earlier.execute(task_id)
        clicks.put("a")
        first = clicks.staged()
        clicks.put("b")
        run = clicks.staged()
        if other_run:
            load(first)
        statements = cut_at_each_statement(run, "load_clicks", postgres_admin)
        assert any(statement.startswith("copy") for statement in statements) == other_run
        load(run)
        assert clicks.versions() == set(clicks.now.values())
