"""Dimensions whose source is a snapshot: the latest one, with what is gone, and the history of all of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_elt.loading.audit_columns import AuditColumns
from redshift_elt.loading.full_refresh import FullRefresh
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.loading.scd2_snapshots import Scd2Snapshots
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from redshift_elt.run.params import max_rejects_param, run_params
from tests.model.snapshots import Rows, history_of, marked_rows
from tests.support.connection_cuts import cut_at_each_statement, direct_login
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

PREFIX = "song_data/items/"
DAYS = {day: datetime(2018, 11, day) for day in range(1, 7)}
SELECT = "select item_id, name from {{ staging_table('staging_items', dag_run) }}"
COLUMNS = "loaded_by varchar(16) not null, item_id varchar(8) not null, name varchar(16)"
TABLES = {
    "staging_items": "item_id varchar(8), name varchar(16)",
    "items": f"{COLUMNS}, seen_by varchar(8) default 'nobody'",
    "marked_items": f"is_deleted boolean not null, {COLUMNS}",
    "item_history": f"{COLUMNS}, valid_from timestamp not null, valid_to timestamp, is_current boolean not null",
}
LOADS = [f"load_{table}" for table in TABLES if table != "staging_items"]


def items_dag(max_deleted: float = 1, **source: str) -> DAG:
    params = {**run_params(), "max_rejects": max_rejects_param()}
    macros = {"staging_table": staging_table}
    with DAG("items", schedule=None, user_defined_macros=macros, params=params) as dag:
        source = source or {"key_pattern": f"{PREFIX}%Y-%m-%d.json"}
        stage = StageToRedshiftOperator(task_id="stage", table="staging_items", bucket="{{ params.bucket }}", **source)
        for table, strategy in (
            ("items", FullRefresh(max_deleted=max_deleted)),
            ("marked_items", FullRefresh(gone="mark", max_deleted=max_deleted)),
            ("item_history", Scd2Snapshots(max_deleted=max_deleted)),
        ):
            LoadDimensionOperator(
                task_id=f"load_{table}",
                table=table,
                key="item_id",
                select=SELECT,
                staged_by=[stage],
                strategy=strategy,
                audit=AuditColumns(run_id="loaded_by"),
            )
    return dag


@contextmanager
def with_items(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    for table, columns in TABLES.items():
        warehouse.execute(f"create table {table} ({columns})")
    warehouse = copy.copy(warehouse)
    warehouse.dag = items_dag()
    try:
        yield warehouse
    finally:
        for table in TABLES:
            warehouse.execute(f"drop table {table}")


@pytest.fixture
def warehouse(through_postgres: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """The warehouse with the tables of items, and a DAG that loads them from a snapshot each day."""
    with with_items(through_postgres) as warehouse:
        yield warehouse


def put(warehouse: WarehouseUnderTest, day: int, rows: Rows) -> None:
    lines = "\n".join(json.dumps({"item_id": key, "name": name}) for key, name in rows.items())
    warehouse.put(f"{PREFIX}{DAYS[day]:%Y-%m-%d}.json", lines.encode())


def staged(warehouse: WarehouseUnderTest, first: int, last: int | None = None) -> Run:
    run = warehouse.run(DAYS[first].isoformat(), DAYS[(last or first) + 1].isoformat())
    run.execute("stage")
    return run


def load(run: Run) -> dict[str, dict[str, int]]:
    return {task_id: run.execute(task_id) for task_id in LOADS}


def run_day(warehouse: WarehouseUnderTest, day: int, rows: Rows) -> dict[str, dict[str, int]]:
    put(warehouse, day, rows)
    return load(staged(warehouse, day))


def written_by(warehouse: WarehouseUnderTest, run: Run, table: str) -> set[str]:
    """Return the names of the rows that a run has written."""
    found = warehouse.query(f"select name from {table} where loaded_by = %(run)s", run=run.run_id)
    return {name for (name,) in found}


def content(warehouse: WarehouseUnderTest, table: str, columns: str = "item_id, name") -> set[tuple]:
    found = warehouse.query(f"select {columns} from {table}")
    assert len(set(found)) == len(found)
    return set(found)


def history(warehouse: WarehouseUnderTest) -> set[tuple]:
    return content(warehouse, "item_history", "item_id, name, valid_from, valid_to, is_current")


def empty(warehouse: WarehouseUnderTest) -> None:
    warehouse.empty()
    for table in TABLES:
        warehouse.execute(f"delete from {table}")


a_day = st.sampled_from([1, 2, 3])
some_rows = st.dictionaries(
    st.sampled_from(["i1", "i2"]), st.sampled_from(["Alpha", "Beta", "Beta ", None]), min_size=1
)
a_step = st.one_of(
    st.tuples(st.just("put"), a_day, some_rows), st.tuples(st.just("stage"), a_day), st.tuples(st.just("load"))
)


@given(
    snapshots=st.dictionaries(a_day, some_rows, min_size=1),
    steps=st.lists(a_step, max_size=6),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=settings().max_examples // 50)
def test_any_order_and_repetition_of_runs_matches_the_model(warehouse, snapshots, steps, chance):
    """Snapshots are replaced, and loaded in any order, some twice."""
    empty(warehouse)
    present: dict[int, Rows] = {}
    runs: list[tuple[int, Run]] = []
    loaded: list[tuple[datetime, Rows]] = []

    def load_run(day: int, run: Run) -> None:
        load(run)
        # What S3 has when a run is loaded counts, not what it had when the run was staged.
        loaded.append((DAYS[day], present[day]))

    for day, rows in snapshots.items():
        present[day] = rows
        put(warehouse, day, rows)
    for step, *arguments in steps:
        if step == "put" and arguments[0] in present:
            day, rows = arguments
            present[day] = rows
            put(warehouse, day, rows)
        elif step == "stage" and arguments[0] in present:
            runs.append((arguments[0], staged(warehouse, arguments[0])))
        elif step == "load" and runs:
            load_run(*chance.choice(runs))
    runs += [(day, staged(warehouse, day)) for day in present]
    chance.shuffle(runs)
    for day, run in runs:
        load_run(day, run)
    assert content(warehouse, "items") == set(present[max(present)].items())
    assert content(warehouse, "marked_items", "item_id, name, is_deleted") == marked_rows(loaded)
    assert history(warehouse) == history_of({DAYS[day]: rows for day, rows in present.items()})


@pytest.mark.long("concurrent loads")
@given(snapshots=st.dictionaries(a_day, some_rows, min_size=2))
@settings(max_examples=settings().max_examples // 50)
def test_concurrent_loads_match_the_model(warehouse, snapshots):
    empty(warehouse)
    for day, rows in snapshots.items():
        put(warehouse, day, rows)
    runs = [staged(warehouse, day) for day in snapshots]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(load, runs))
    latest = snapshots[max(snapshots)].items()
    assert content(warehouse, "items") == set(latest)
    assert {row[:2] for row in content(warehouse, "marked_items", "item_id, name, is_deleted") if not row[2]} == set(
        latest
    )
    assert history(warehouse) == history_of({DAYS[day]: rows for day, rows in snapshots.items()})


def test_repeated_load_writes_nothing_and_an_older_snapshot_is_not_loaded(warehouse, caplog):
    run_day(warehouse, 2, {"i1": "Alpha", "i2": "Beta"})
    written = run_day(warehouse, 3, {"i1": "Gamma", "i3": "New"})
    changed = {"staged": 2, "inserted": 1, "updated": 1, "deleted": 1, "unchanged": 0, "late": 0}
    assert written["load_items"] == {**changed, "deleted_by_source": 1}
    assert written["load_marked_items"] == {**changed, "updated": 2, "deleted": 0, "deleted_by_source": 1}
    # Two versions end, and two begin.
    assert written["load_item_history"] == {**changed, "inserted": 2, "updated": 2, "deleted": 0}
    for counts in load(staged(warehouse, 3)).values():
        assert counts.pop("deleted_by_source", 0) == 0
        assert counts == {**changed, "inserted": 0, "updated": 0, "deleted": 0, "unchanged": 2}
    nothing = dict.fromkeys([*changed, "deleted_by_source"], 0)
    old = run_day(warehouse, 1, {"i9": "Old"})
    assert old["load_items"] == old["load_marked_items"] == nothing
    assert "items has loaded a later snapshot than that of 2018-11-01 00:00:00 UTC at s3://" in caplog.text
    assert "(see etl.snapshots) is wrong, remove its objects and start a full load" in caplog.text
    assert old["load_item_history"]["inserted"] == 1
    assert content(warehouse, "items") == {("i1", "Gamma"), ("i3", "New")}
    assert history(warehouse) == history_of(
        {DAYS[1]: {"i9": "Old"}, DAYS[2]: {"i1": "Alpha", "i2": "Beta"}, DAYS[3]: {"i1": "Gamma", "i3": "New"}}
    )


def test_names_that_differ_in_a_trailing_blank_are_different(warehouse):
    for day, name in ((1, "Beta"), (2, "Beta ")):
        run_day(warehouse, day, {"i1": name})
    assert content(warehouse, "items") == {("i1", "Beta ")}
    assert history(warehouse) == history_of({DAYS[1]: {"i1": "Beta"}, DAYS[2]: {"i1": "Beta "}})


def test_audit_columns_are_set_in_the_rows_that_a_snapshot_changes(warehouse):
    run_day(warehouse, 1, {"i1": "Alpha", "i2": "Beta", "i3": "Same"})
    put(warehouse, 2, {"i1": "Gamma", "i3": "Same", "i4": "New"})
    run = staged(warehouse, 2)
    load(run)
    assert written_by(warehouse, run, "items") == {"Gamma", "New"}
    # The marked row is one that changes, and so are the versions that end.
    assert written_by(warehouse, run, "marked_items") == {"Gamma", "New", "Beta"}
    assert written_by(warehouse, run, "item_history") == {"Alpha", "Beta", "Gamma", "New"}


def test_several_snapshots_are_refused(warehouse):
    """A load that is not of snapshots reads the same source, so all periods are staged."""
    with warehouse.dag:
        merge = MergeRows(identical_rows=True)
        stage = warehouse.dag.get_task("stage")
        LoadDimensionOperator(
            task_id="merge", table="items", key="item_id", select=SELECT, staged_by=[stage], strategy=merge
        )
    for day in (1, 2):
        put(warehouse, day, {"i1": "Alpha"})
    run = staged(warehouse, 1, 2)
    for task_id in LOADS:
        with pytest.raises(AirflowFailException, match="The run has staged 2 snapshots of s3://"):
            run.execute(task_id)
    load(staged(warehouse, 2))
    assert content(warehouse, "items") == {("i1", "Alpha")}


def test_windows_of_several_days_and_full_loads_read_the_latest_snapshot(warehouse):
    for day, name in ((1, "Alpha"), (2, "Beta")):
        put(warehouse, day, {"i1": name})
    load(staged(warehouse, 1, 4))
    assert content(warehouse, "items") == {("i1", "Beta")}
    put(warehouse, 3, {"i1": "Gamma"})
    run = warehouse.run(full_load=True)
    run.execute("stage")
    load(run)
    assert content(warehouse, "items") == {("i1", "Gamma")}
    assert history(warehouse) == history_of({DAYS[2]: {"i1": "Beta"}, DAYS[3]: {"i1": "Gamma"}})


def test_full_load_restores_the_latest_snapshot_that_is_left(warehouse):
    """The snapshot of a mistyped date was loaded; until its objects are removed, all others are older."""
    snapshots = {1: {"i1": "Alpha", "i2": "Beta"}, 3: {"i1": "Gamma"}}
    run_day(warehouse, 1, snapshots[1])
    run_day(warehouse, 5, {"i1": "Wrong", "i9": "Wrong"})
    run_day(warehouse, 3, snapshots[3])
    assert content(warehouse, "items") == {("i1", "Wrong"), ("i9", "Wrong")}
    warehouse.s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}2018-11-05.json")
    run = warehouse.run(full_load=True)
    run.execute("stage")
    load(run)
    assert content(warehouse, "items") == {("i1", "Gamma")}
    assert history(warehouse) == history_of({DAYS[day]: rows for day, rows in snapshots.items()})
    # Later runs continue from there.
    run_day(warehouse, 4, {"i1": "Delta"})
    assert content(warehouse, "items") == {("i1", "Delta")}


def test_snapshot_without_a_date_has_the_time_of_its_latest_object(warehouse):
    warehouse.dag = items_dag(prefix=PREFIX)
    put(warehouse, 1, {"i1": "Alpha", "i2": "Beta"})
    load(staged(warehouse, 2))
    put(warehouse, 2, {"i3": "Gamma"})
    # The window of a run does not matter, because S3 has the latest rows.
    load(staged(warehouse, 1))
    assert content(warehouse, "items") == {("i1", "Alpha"), ("i2", "Beta"), ("i3", "Gamma")}
    assert ("i3", "Gamma") in content(warehouse, "item_history")
    pages = warehouse.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX)
    written = [entry["LastModified"].replace(tzinfo=None) for page in pages for entry in page["Contents"]]
    assert warehouse.query("select max(valid_from) from item_history") == [(max(written),)]
    assert warehouse.query("select max(snapshot_at) from etl.snapshots where target = 'items'") == [(max(written),)]


def test_snapshot_with_rejected_records_is_refused(warehouse):
    """Otherwise the row of a record that COPY cannot load would be deleted, although the source has it."""
    warehouse.dag = items_dag(key_pattern=f"{PREFIX}%Y-%m-%d.json", max_rejects="{{ params.max_rejects }}")
    run_day(warehouse, 1, {"i1": "Alpha", "i2": "Beta"})
    before = history(warehouse)
    warehouse.put(f"{PREFIX}2018-11-02.json", b'{"item_id": "i1", "name": "Alpha"}\n{"item_id": "i2", "name')
    run = warehouse.run("2018-11-02", "2018-11-03", max_rejects=1)
    assert run.execute("stage")["rejected"] == 1
    for task_id in LOADS:
        with pytest.raises(AirflowFailException, match=r"rejected 1 records of s3://.* Correct the objects"):
            run.execute(task_id)
    assert content(warehouse, "items") == {("i1", "Alpha"), ("i2", "Beta")}
    assert history(warehouse) == before
    put(warehouse, 2, {"i1": "Alpha", "i2": "Gamma"})
    load(run)
    assert content(warehouse, "items") == {("i1", "Alpha"), ("i2", "Gamma")}


def test_row_that_a_snapshot_lacks_is_marked_if_it_was_neither_marked_nor_unmarked(warehouse):
    """Adding the column for the mark to a table that has rows leaves it null in them."""
    warehouse.execute("drop table marked_items")
    warehouse.execute(f"create table marked_items ({COLUMNS}, is_deleted boolean)")
    for key in ("i1", "i2", "i3"):
        warehouse.execute(f"insert into marked_items (loaded_by, item_id) values ('before', '{key}')")
    warehouse.dag = items_dag(max_deleted=0.5)
    put(warehouse, 1, {"i1": None, "i2": None})
    staged(warehouse, 1).execute("load_marked_items")
    expected = {("i1", False), ("i2", False), ("i3", True)}
    assert content(warehouse, "marked_items", "item_id, is_deleted") == expected


def test_mark_that_is_not_boolean_is_refused(warehouse):
    warehouse.execute("drop table marked_items")
    warehouse.execute(f"create table marked_items ({COLUMNS}, is_deleted varchar(8))")
    put(warehouse, 1, {"i1": "Alpha"})
    with pytest.raises(AirflowFailException, match=r"is_deleted of marked_items, .* the mark of FullRefresh"):
        staged(warehouse, 1).execute("load_marked_items")


def test_snapshot_is_recorded_once_however_often_it_is_loaded(warehouse):
    for name in ("Alpha", "Alpha", "Beta"):
        run_day(warehouse, 1, {"i1": name})
    recorded = warehouse.query("select target, snapshot_at from etl.snapshots order by target")
    assert recorded == [(target, DAYS[1]) for target in ("item_history", "items", "marked_items")]


@pytest.mark.parametrize("rows", [b"", b"\n"], ids=["empty", "blank"])
def test_snapshot_without_rows_is_refused(warehouse, rows):
    run_day(warehouse, 1, {"i1": "Alpha"})
    warehouse.put(f"{PREFIX}2018-11-02.json", rows)
    run = staged(warehouse, 2)
    for task_id in LOADS:
        with pytest.raises(AirflowFailException, match="a snapshot without rows would remove all rows of"):
            run.execute(task_id)
    assert content(warehouse, "items") == {("i1", "Alpha")}


def test_select_without_rows_is_refused(warehouse):
    run_day(warehouse, 1, {"i1": "Alpha"})
    run = staged(warehouse, 1)
    for task_id in LOADS:
        run.dag.get_task(task_id).select = f"{SELECT} where item_id = 'i2'"
        with pytest.raises(AirflowFailException, match="yields no row of the snapshot"):
            run.execute(task_id)


@pytest.mark.parametrize("on_missing", ["keep", "delete", "fail"])
def test_snapshot_that_is_missing_changes_nothing(warehouse, on_missing):
    run_day(warehouse, 1, {"i1": "Alpha"})
    before = history(warehouse)
    warehouse.dag = items_dag(key_pattern=f"{PREFIX}%Y-%m-%d.json", on_missing=on_missing)
    run = staged(warehouse, 2)
    for task_id in LOADS:
        if on_missing == "fail":
            with pytest.raises(AirflowFailException, match=r"has no object for .* was not changed. Add the object"):
                run.execute(task_id)
        else:
            assert run.execute(task_id)["staged"] == 0
    run_day(warehouse, 3, {"i1": "Alpha"})
    assert content(warehouse, "items") == {("i1", "Alpha")}
    assert history(warehouse) == before


def test_snapshot_that_lacks_too_many_rows_is_refused(warehouse):
    warehouse.dag = items_dag(max_deleted=0.5)
    run_day(warehouse, 1, dict.fromkeys(["i1", "i2", "i3", "i4"]))
    # Marked rows and closed versions do not count.
    run_day(warehouse, 2, dict.fromkeys(["i1", "i2"]))
    put(warehouse, 3, {"i5": None})
    run = staged(warehouse, 3)
    for task_id in LOADS:
        with pytest.raises(AirflowFailException, match=r"2 of 2 rows of .* are not in the snapshot, more than"):
            run.execute(task_id)
    assert content(warehouse, "items") == {("i1", None), ("i2", None)}
    put(warehouse, 3, {"i2": None, "i5": None})
    assert load(run)["load_items"]["deleted"] == 1


def test_key_with_several_rows_is_refused(warehouse):
    line = '{"item_id": "i1", "name": "%s"}'
    warehouse.put(f"{PREFIX}2018-11-01.json", "\n".join(line % name for name in ("A", "A", "B")).encode())
    run = staged(warehouse, 1)
    for task_id in LOADS:
        with pytest.raises(AirflowFailException, match=r"1 keys \(item_id\) have several rows that differ"):
            run.execute(task_id)


@pytest.mark.long("cutting off tasks that are like another")
@pytest.mark.parametrize("task_id", LOADS)
def test_load_killed_at_any_statement_is_completed_by_its_retry(created_warehouse, endpoint, postgres_admin, task_id):
    created_warehouse.empty()
    with direct_login(endpoint), with_items(created_warehouse) as warehouse:
        snapshots = {1: {"i1": "Alpha", "i2": "Beta"}, 2: {"i1": "Gamma", "i3": "Delta"}}
        run_day(warehouse, 1, snapshots[1])
        put(warehouse, 2, snapshots[2])
        run = staged(warehouse, 2)
        cut_at_each_statement(run, task_id, postgres_admin)
        load(run)
        assert content(warehouse, "items") == set(snapshots[2].items())
        assert history(warehouse) == history_of({DAYS[day]: rows for day, rows in snapshots.items()})
