"""Rows are checked when they are staged: what is not fit never reaches the star schema."""

from __future__ import annotations

import json

import pytest
from airflow.sdk.exceptions import AirflowFailException

from redshift_elt.checks import NotNull, References, RowCount
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from tests.support.warehouse import LOADS, TARGETS, WarehouseUnderTest

KEY = "log_data/2018/11/2018-11-01-events.json"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
EVENT = {
    "artist": "Kite", "auth": "Logged In", "firstName": "Ines", "gender": "F", "itemInSession": 0,
    "lastName": "Okafor", "length": 1.5, "level": "free", "location": "Alder Falls, OR", "method": "PUT",
    "page": "NextSong", "registration": 1540000000000.0, "sessionId": 3, "song": "Low Tide", "status": 200,
    "ts": 1541105830796, "userAgent": "Mozilla/5.0", "userId": "4",
}  # fmt: skip
PATHS = {"jsonpaths": [f"$['{name}']" for name in EVENT]}
RESULTS = "select check_name, outcome from etl.check_results where run_id = %s order by check_name"
LEVEL, RANGE, TEXT = (
    "values of level that are not accepted", "length outside 0 to 86400", "damaged text in song or artist",
)  # fmt: skip


@pytest.fixture
def bucket(warehouse: WarehouseUnderTest) -> WarehouseUnderTest:
    warehouse.put("log_json_path.json", json.dumps(PATHS).encode())
    warehouse.put("song_data/none.json", b"")
    return warehouse


def put(bucket: WarehouseUnderTest, *changes: dict[str, object]) -> None:
    """Put a file of events, each changed in something; the second one of each is another item of the session."""
    lines = [json.dumps({**EVENT, "itemInSession": number, **change}) for number, change in enumerate(changes)]
    bucket.put(KEY, "\n".join(lines).encode())


def loaded(bucket: WarehouseUnderTest) -> int:
    return sum(bucket.query(f"select count(*) from {table}")[0][0] for table in TARGETS)


def test_a_file_that_is_not_fit_fails_the_staging_for_good_and_is_kept_for_a_look(bucket):
    put(bucket, {}, {"level": "gold"}, {"level": "gold"})
    run = bucket.run(*DAY)
    with pytest.raises(AirflowFailException) as failure:
        run.execute("stage_events")
    message = str(failure.value)
    assert message.startswith("1 of 3 checks failed. Nothing was loaded; staging_events__")
    shown = "session_id, item_in_session, level\n    3, 1, gold\n    3, 2, gold"
    assert f"staging_events: {LEVEL}: expected 0, found 2\n    {shown}" in message
    assert bucket.query(RESULTS, (run.run_id,)) == [(TEXT, "passed"), (RANGE, "passed"), (LEVEL, "failed")]
    [staged] = [name for _, name in bucket.tables_of_runs() if "files" not in name]
    assert bucket.query(f"select count(*) from {staged}") == [(3,)]
    put(bucket, {}, {}, {})
    assert bucket.run(*DAY).complete()["load_songplays"]["inserted"] == 3


def test_a_warning_lets_the_run_go_on(bucket):
    put(bucket, {"song": "BjÃ¶rk"})
    run = bucket.run(*DAY)
    assert run.complete()["load_songplays"]["inserted"] == 1
    assert (TEXT, "warned") in bucket.query(RESULTS, (run.run_id,))


@pytest.mark.parametrize("load", [load for load in LOADS if load not in ("load_songs", "load_artists")])
def test_a_file_that_is_replaced_by_an_unfit_one_before_the_load_is_not_loaded(bucket, load):
    put(bucket, {})
    run = bucket.run(*DAY)
    run.execute("stage_events")
    put(bucket, {"length": -1})
    with pytest.raises(AirflowFailException, match=r"1 of 3 checks failed\. Nothing was loaded\."):
        run.execute(load)
    assert loaded(bucket) == 0


def test_a_load_that_stages_for_itself_after_the_clean_up_checks_too(bucket):
    put(bucket, {})
    run = bucket.run(*DAY)
    run.complete()
    for table in TARGETS:
        bucket.execute(f"delete from {table}")
    put(bucket, {"level": "gold"})
    with pytest.raises(AirflowFailException, match=LEVEL):
        run.execute("load_songplays")
    assert loaded(bucket) == 0


def test_where_nothing_is_staged_nothing_is_asked(bucket):
    put(bucket, {})
    run = bucket.run("2018-12-01T00:00:00", "2018-12-01T01:00:00")
    assert run.execute("stage_events")["objects"] == 0
    assert bucket.query(RESULTS, (run.run_id,)) == []


@pytest.mark.parametrize(
    "check", [RowCount(table="orders"), NotNull(table="orders", column="order_id")], ids=lambda check: check.kind
)
def test_what_an_empty_table_might_not_pass_is_asked_all_the_same(check):
    assert not check.passes_without_rows


@pytest.mark.parametrize(
    "check",
    [RowCount(table="orders", at_least=0), NotNull(table="orders", column="order_id", empty_passes=True)],
    ids=lambda check: check.kind,
)
def test_what_an_empty_table_passes_need_not_be_asked(check):
    assert check.passes_without_rows


@pytest.mark.parametrize(
    "check",
    [References(table="staging", column="a", to="b", to_column="a"), RowCount(table="other")],
    ids=lambda check: check.kind,
)
def test_checks_of_other_tables_and_with_queries_are_refused(check):
    with pytest.raises(ValueError, match="cannot run while staging is staged"):
        StageToRedshiftOperator(task_id="stage", table="staging", bucket="bucket", prefix="a/", checks=[check])
