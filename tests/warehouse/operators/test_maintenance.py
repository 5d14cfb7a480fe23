"""Upkeep: leftovers of failed runs, retention, VACUUM and ANALYZE."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from redshift_elt import ApplyRetentionOperator, RemoveLeftoversOperator, VacuumOperator
from redshift_elt.connection.transaction import ConnectionLostError
from redshift_elt.run.names import run_prefix, staging_table
from redshift_elt.staging.tables_of_runs import MOST_STAGING_TABLES
from standin_support.waiting import wait_until
from tests.support.faults import before_each_statement, shut_down
from tests.support.golden import listed_as_modified
from tests.support.warehouse import BUCKET, TARGETS

HOUR = ("2018-11-01T10:00:00Z", "2018-11-01T11:00:00Z")
LONG_AGO = datetime(2018, 11, 1, tzinfo=timezone.utc)
TODAY = datetime.now(timezone.utc).replace(tzinfo=None)


@pytest.fixture
def failed_run(warehouse, data):
    """A run that has staged events, and whose other tasks have not succeeded."""
    warehouse.upload(data)
    run = warehouse.run(*HOUR)
    run.execute("stage_events")
    return run


def names_of(run):
    return SimpleNamespace(dag_id=run.dag.dag_id, run_id=run.run_id)


def change_run_row(warehouse, run, change):
    """Change what the tables of a run say about it, such as the time at which it staged."""
    files = staging_table("staging_events_files", names_of(run))
    assert warehouse.execute(f"{change.format(files=files)} where kind = 'run'") == 1


def stage_long_ago(warehouse, run):
    change_run_row(warehouse, run, f"update {{files}} set modified_at = '{LONG_AGO:%Y-%m-%d}'")


def remove_leftovers(active=(), **arguments):
    """Remove leftovers while Airflow has these runs that have not ended."""

    def get_dr_count(dag_id, logical_dates=None, run_ids=None, states=None):
        assert states == ["queued", "running"]
        return len({(dag_id, run_id) for run_id in run_ids} & {(run.dag.dag_id, run.run_id) for run in active})

    operator = RemoveLeftoversOperator(task_id="remove_leftovers", bucket=BUCKET, **arguments)
    return operator.execute({"ti": SimpleNamespace(get_dr_count=get_dr_count)})


def test_tables_of_an_ended_run_are_dropped_and_the_run_can_still_be_cleared(warehouse, failed_run):
    stage_long_ago(warehouse, failed_run)
    assert len(warehouse.tables_of_runs()) == 2
    assert remove_leftovers()["tables"] == 1
    assert warehouse.tables_of_runs() == []
    assert failed_run.execute("load_songplays")["inserted"] > 0


@pytest.fixture
def interrupted_run(warehouse, data):
    """A full load that was interrupted after a day of events."""
    warehouse.upload(data)
    run = warehouse.run(full_load=True)
    with before_each_statement(disconnect_at_second_copy()), pytest.raises(ConnectionLostError):
        run.execute("stage_events")
    return run


def disconnect_at_second_copy():
    copies = []

    def disconnect(connection, statement):
        if statement.startswith("copy "):
            copies.append(statement)
        if len(copies) == 2:
            shut_down(connection)

    return disconnect


def test_tables_of_an_unfinished_staging_are_dropped_together(warehouse, interrupted_run):
    files = staging_table("staging_events_unfinished_files", names_of(interrupted_run))
    assert len(warehouse.tables_of_runs()) == 4
    assert remove_leftovers()["tables"] == 0
    assert warehouse.execute(f"update {files} set modified_at = '{LONG_AGO:%Y-%m-%d}' where kind = 'run'") == 1
    assert remove_leftovers(active=[interrupted_run])["tables"] == 0
    assert remove_leftovers()["tables"] == 1
    assert warehouse.tables_of_runs() == []
    interrupted_run.complete()


def test_tables_of_unfinished_stagings_count_too(warehouse, interrupted_run, postgres_admin):
    others = [f"public.staging_events__{number:012x}" for number in range(1, MOST_STAGING_TABLES)]
    postgres_admin.execute("; ".join(f"create table {name} ()" for name in others))
    with pytest.raises(AirflowFailException, match=f"There are {MOST_STAGING_TABLES} staging tables"):
        warehouse.run(*HOUR).execute("stage_events")
    postgres_admin.execute(f"drop table {', '.join(others)}")


def test_tables_of_a_run_that_has_not_ended_are_kept(warehouse, failed_run):
    stage_long_ago(warehouse, failed_run)
    assert remove_leftovers(active=[failed_run])["tables"] == 0
    assert len(warehouse.tables_of_runs()) == 2


def test_recent_tables_are_kept(warehouse, failed_run):
    assert remove_leftovers()["tables"] == 0
    assert len(warehouse.tables_of_runs()) == 2


@pytest.mark.parametrize(
    "change",
    ["update {files} set object_key = 'sparkify_etl/of-another-environment'", "delete from {files}"],
    ids=["another environment", "an earlier version"],
)
def test_tables_are_kept_if_it_is_not_known_whether_their_run_has_ended(warehouse, failed_run, change):
    stage_long_ago(warehouse, failed_run)
    change_run_row(warehouse, failed_run, change)
    assert remove_leftovers()["tables"] == 0
    assert len(warehouse.tables_of_runs()) == 2


def test_old_manifests_are_deleted_except_those_of_runs_that_have_not_ended(warehouse, failed_run):
    active = warehouse.run(*HOUR)
    active.execute("stage_events")
    stage_long_ago(warehouse, active)
    ended, of_active = (f"{run_prefix(names_of(run))}stage_events/x.manifest" for run in (failed_run, active))
    recent, other = f"{run_prefix(names_of(failed_run))}stage_events/y.manifest", "manifests/notes.txt"
    for key in (ended, of_active, recent, other):
        warehouse.put(key, b"{}")
    with listed_as_modified(dict.fromkeys((ended, of_active, other), LONG_AGO)):
        assert remove_leftovers(active=[active])["manifests"] == 1
    listed = warehouse.s3.list_objects_v2(Bucket=BUCKET, Prefix="manifests/")["Contents"]
    assert {entry["Key"] for entry in listed} == {of_active, recent, other}


@pytest.mark.parametrize("prefix", ["", "etl/"])
def test_old_manifests_in_the_place_that_the_sources_name_are_deleted(warehouse, failed_run, prefix):
    warehouse.s3.create_bucket(Bucket="work-bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    name = f"{run_prefix(names_of(failed_run))}stage_events/x.manifest"
    keys = {f"{prefix}{name}", f"of-others/{name}", f"{prefix}manifests/notes.txt"}
    try:
        for key in keys:
            warehouse.s3.put_object(Bucket="work-bucket", Key=key, Body=b"{}")
        warehouse.put(name, b"{}")
        with listed_as_modified(dict.fromkeys([*keys, name], LONG_AGO)):
            assert remove_leftovers(manifest_url=f"s3://work-bucket/{prefix}")["manifests"] == 1
        left = warehouse.s3.list_objects_v2(Bucket="work-bucket")["Contents"]
        assert {entry["Key"] for entry in left} == keys - {f"{prefix}{name}"}
    finally:
        for key in keys:
            warehouse.s3.delete_object(Bucket="work-bucket", Key=key)
        warehouse.s3.delete_bucket(Bucket="work-bucket")


def test_staging_is_refused_while_failed_runs_have_left_too_many_tables(warehouse, failed_run, postgres_admin):
    others = [f"public.staging_events__{number:012x}" for number in range(1, MOST_STAGING_TABLES)]
    postgres_admin.execute("; ".join(f"create table {name} ()" for name in others))
    with pytest.raises(AirflowFailException, match=f"There are {MOST_STAGING_TABLES} staging tables"):
        warehouse.run(*HOUR).execute("stage_events")
    postgres_admin.execute(f"drop table {', '.join(others)}")
    warehouse.run(*HOUR).execute("stage_events")


def test_bucket_that_cannot_be_one_removes_nothing(warehouse, failed_run):
    stage_long_ago(warehouse, failed_run)
    with pytest.raises(AirflowFailException, match=r"'\*' is not a bucket name.*Nothing was removed"):
        RemoveLeftoversOperator(task_id="remove_leftovers", bucket="*").execute({})
    assert len(warehouse.tables_of_runs()) == 2


def age(warehouse, table, column, days, condition="true"):
    warehouse.execute(f"update etl.{table} set {column} = '{TODAY - timedelta(days=days)}' where {condition}")


def loads(warehouse):
    return sorted(warehouse.query("select run_id, window_start, window_end from etl.loads where target = 'songplays'"))


def test_last_load_of_each_window_is_kept(warehouse, data):
    warehouse.upload(data)
    first, again, other = warehouse.run(*HOUR), warehouse.run(*HOUR), warehouse.run(HOUR[1], "2018-11-01T12:00:00Z")
    for run in (first, again, other):
        run.execute("stage_events")
        run.execute("load_songplays")
    age(warehouse, "loads", "loaded_at", 500, f"run_id = '{first.run_id}'")
    age(warehouse, "loads", "loaded_at", 450, f"run_id <> '{first.run_id}'")
    before = warehouse.star_schema()
    assert ApplyRetentionOperator(task_id="retain").execute({})["loads"] == 1
    assert {run_id for run_id, *_ in loads(warehouse)} == {again.run_id, other.run_id}
    assert warehouse.star_schema() == before


def test_load_of_a_part_of_a_later_window_is_deleted_and_a_load_of_more_is_kept(warehouse, data):
    warehouse.upload(data)
    for window in (HOUR, ("2018-11-01T00:00:00Z", "2018-11-02T00:00:00Z"), HOUR):
        run = warehouse.run(*window)
        run.execute("stage_events")
        run.execute("load_songplays")
    [(hour, *_), (day, *_), (last, *_)] = warehouse.query("select run_id from etl.loads order by loaded_at")
    for days, run_id in ((500, hour), (490, day), (480, last)):
        age(warehouse, "loads", "loaded_at", days, f"run_id = '{run_id}'")
    assert ApplyRetentionOperator(task_id="retain").execute({})["loads"] == 1
    assert {run_id for run_id, *_ in loads(warehouse)} == {day, last}


def test_old_rejects_drift_and_results_are_deleted_and_the_ledger_is_kept(warehouse, data):
    warehouse.upload(data)
    [log] = data.rglob("2018-11-01-events.json")
    warehouse.put(str(log.relative_to(data)), log.read_bytes() + b'{"ts": "no time"}\n')
    run = warehouse.run(full_load=True, max_rejects=5)
    run.complete()
    kept = ("loaded_files", "listings", "user_records", "artist_records")
    count = "select count(*) from etl."
    before = {table: warehouse.query(count + table) for table in kept}
    checks = warehouse.query(f"{count}check_results")
    for table, column in (
        ("rejects", "rejected_at"),
        ("schema_drift", "found_at"),
        ("check_results", "checked_at"),
        ("loaded_files", "loaded_at"),
    ):
        age(warehouse, table, column, 500)
    deleted = ApplyRetentionOperator(task_id="retain").execute({})
    assert deleted["rejects"] == 1
    assert deleted["schema_drift"] > 0
    assert warehouse.query(f"{count}rejects") == warehouse.query(f"{count}schema_drift") == [(0,)]
    assert warehouse.query(f"{count}check_results") == checks, "the latest results of a DAG stay"
    assert {table: warehouse.query(count + table) for table in kept} == before
    warehouse.run(full_load=True, max_rejects=5).complete()
    assert ApplyRetentionOperator(task_id="retain").execute({})["check_results"] == checks[0][0]


def test_rows_are_kept_until_their_time(warehouse, data):
    warehouse.upload(data)
    warehouse.run(full_load=True).complete()
    age(warehouse, "schema_drift", "found_at", 89)
    drift = warehouse.query("select count(*) from etl.schema_drift")
    deleted = ApplyRetentionOperator(task_id="retain").execute({})
    assert set(deleted.values()) == {0}
    assert warehouse.query("select count(*) from etl.schema_drift") == drift != [(0,)]


@pytest.mark.parametrize("days", [0, -1, "", "1.5", "a week", 36_501])
def test_days_that_make_no_sense_delete_nothing(days):
    with pytest.raises(AirflowFailException, match="write a whole number of days"):
        ApplyRetentionOperator(task_id="retain", rejects_days=days).execute({})


def test_tables_are_vacuumed_and_analyzed(warehouse, postgres_admin, caplog):
    tables = [*TARGETS, "etl.user_records"]
    query = (
        "select vacuum_count + analyze_count from pg_stat_user_tables "
        "where schemaname || '.' || relname in ('public.songplays', 'etl.user_records', 'etl.loads') order by relname"
    )
    before = [count for (count,) in postgres_admin.fetch(query)]
    VacuumOperator(task_id="vacuum", tables=tables).execute({})
    wait_until(lambda: [count - 2 for (count,) in postgres_admin.fetch(query)] == before, "VACUUM and ANALYZE")
    # The administrator owns all of them.
    assert "does not own" not in caplog.text
