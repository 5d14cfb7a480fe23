"""A load deletes no row because its run did not read, or could not read, the object that the row comes from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG

from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_fact import LoadFactOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from tests.support.warehouse import BUCKET, LOADS, STAGING, WarehouseUnderTest

DAYS = ("2018-11-01", "2018-11-02")
PLAYED_AT = {"2018-11-01": 1541105830796, "2018-11-02": 1541192230796}
WINDOWS = {
    "2018-11-01": ("2018-11-01T00:00:00", "2018-11-02T00:00:00"),
    "2018-11-02": ("2018-11-02T00:00:00", "2018-11-03T00:00:00"),
}
AN_HOUR = ("2018-11-01T05:00:00", "2018-11-01T06:00:00")
EVENT = {
    "artist": "A", "auth": "Logged In", "firstName": "Ann", "gender": "F", "itemInSession": 0, "lastName": "Lee",
    "length": 200.5, "level": "free", "location": "Oslo", "method": "PUT", "page": "NextSong", "registration": 1.0,
    "sessionId": 1, "song": "S", "status": 200, "ts": 0, "userAgent": "x", "userId": "7",
}  # fmt: skip
LIKE_ANOTHER = pytest.mark.long("missing and wrong files that are handled like others")
OF_AN_HOUR_AND_OF_EVERYTHING = pytest.mark.parametrize(
    "params",
    [
        pytest.param({}, id="an hour of its day"),
        pytest.param({"full_load": True}, id="a full load", marks=LIKE_ANOTHER),
    ],
)
FROM_EVENTS = ("songplays", "users", "time")


def key(day: str) -> str:
    return f"log_data/{day[:4]}/{day[5:7]}/{day}-events.json"


def event(day: str, **changes: object) -> bytes:
    return json.dumps({**EVENT, "ts": PLAYED_AT[day], "sessionId": int(day[-2:]), **changes}).encode()


@pytest.fixture
def played(warehouse: WarehouseUnderTest, data) -> WarehouseUnderTest:
    """Two days with a play each, loaded."""
    warehouse.put("log_json_path.json", (data / "log_json_path.json").read_bytes())
    warehouse.put("song_data/A.json", min((data / "song_data").rglob("*.json")).read_bytes())
    for day in DAYS:
        warehouse.put(key(day), event(day))
        load(warehouse, *WINDOWS[day])
    assert counts(warehouse) == {"songplays": 2, "users": 1, "time": 2}
    return warehouse


def load(warehouse: WarehouseUnderTest, *window: str, **params: object) -> None:
    run = warehouse.run(*window, **params)
    for task_id in (*STAGING, *LOADS):
        run.execute(task_id)


def counts(warehouse: WarehouseUnderTest) -> dict[str, int]:
    return {table: warehouse.query(f"select count(*) from {table}")[0][0] for table in FROM_EVENTS}


BOTH_DAYS = {"songplays": 2, "users": 1, "time": 2}
# The user's only other record is of the second day.
SECOND_DAY = {"songplays": 1, "users": 1, "time": 1}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ts": 1541105830}, id="seconds"),
        pytest.param({"ts": PLAYED_AT["2018-11-02"]}, id="another day", marks=LIKE_ANOTHER),
    ],
)
def test_file_whose_times_are_of_other_days_is_refused(played, changes):
    played.put(key(DAYS[0]), event(DAYS[0], **changes))
    with pytest.raises(AirflowFailException, match=r"01-events.json: the ts of 1 of 1 rows is not in 2018-11-01"):
        load(played, *AN_HOUR)
    assert counts(played) == BOTH_DAYS


def test_half_of_the_rows_of_a_file_may_be_of_other_days(played):
    stray = event(DAYS[0], ts=PLAYED_AT["2018-11-02"], itemInSession=1)
    played.put(key(DAYS[0]), event(DAYS[0]) + b"\n" + stray)
    load(played, *AN_HOUR)
    assert counts(played) == BOTH_DAYS


def test_file_of_which_no_record_can_be_loaded_is_refused_within_the_limit_of_rejects(played):
    played.put(key(DAYS[0]), b"[\n" + event(DAYS[0]) + b"\n]")
    with pytest.raises(AirflowFailException, match=r"No record of s3://.*01-events.json could be loaded"):
        load(played, *WINDOWS[DAYS[0]], max_rejects=99)
    assert counts(played) == BOTH_DAYS


@pytest.mark.parametrize("rule", ["keep", pytest.param("fail", marks=LIKE_ANOTHER)])
def test_file_that_has_lost_its_rows_is_refused(played, rule):
    played.put(key(DAYS[0]), b"")
    with pytest.raises(
        AirflowFailException, match=r"01-events.json has no rows, but songplays has 1 row of 2018-11-01"
    ):
        load(played, *AN_HOUR, on_missing=rule)
    assert counts(played) == BOTH_DAYS


@OF_AN_HOUR_AND_OF_EVERYTHING
@pytest.mark.parametrize("renamed", [False, pytest.param(True, marks=LIKE_ANOTHER)], ids=["deleted", "renamed"])
def test_rows_of_a_file_that_is_gone_stay_and_the_log_names_it(played, caplog, params, renamed):
    played.s3.delete_object(Bucket=BUCKET, Key=key(DAYS[0]))
    if renamed:
        played.put(f"{key(DAYS[0])}.gz", b"unreadable")
    load(played, *([] if params else AN_HOUR), **params)
    assert counts(played) == BOTH_DAYS
    assert "songplays keeps 1 row of periods that lack objects in S3" in caplog.text
    assert f"which object they are from: s3://{BUCKET}/{key(DAYS[0])}." in caplog.text


@OF_AN_HOUR_AND_OF_EVERYTHING
def test_gone_file_fails_the_load_or_its_rows_are_deleted_if_the_source_says_so(played, params):
    played.s3.delete_object(Bucket=BUCKET, Key=key(DAYS[0]))
    window = () if params else AN_HOUR
    with pytest.raises(AirflowFailException, match=r"01-events.json is not in S3, but songplays has 1 row of"):
        load(played, *window, on_missing="fail", **params)
    assert counts(played) == BOTH_DAYS
    load(played, *window, on_missing="delete", **params)
    # A window is deleted only if it was loaded before: the whole day was.
    assert counts(played) == SECOND_DAY


@LIKE_ANOTHER
def test_full_load_keeps_the_songs_of_files_that_are_gone_unless_they_are_to_be_deleted(played, data, caplog):
    song = json.loads(min((data / "song_data").rglob("*.json")).read_text())
    played.put("song_data/B.json", json.dumps({**song, "song_id": "SOB", "artist_id": "ARB"}).encode())
    load(played, full_load=True)
    played.s3.delete_object(Bucket=BUCKET, Key="song_data/B.json")

    for _ in range(2):
        # The ledger remembers the file.
        caplog.clear()
        load(played, full_load=True)
        for table in ("songs", "artists"):
            assert (
                f"S3 no longer has 1 of the objects loaded into {table}: s3://{BUCKET}/song_data/B.json" in caplog.text
            )
            assert played.query(f"select count(*) from {table}") == [(2,)]
    with pytest.raises(AirflowFailException, match="S3 no longer has 1 of the objects loaded into songs"):
        load(played, full_load=True, on_missing="fail")
    load(played, full_load=True, on_missing="delete")
    for table in ("songs", "artists"):
        assert played.query(f"select count(*) from {table}") == [(1,)]


@pytest.mark.parametrize(
    "entered", [pytest.param(None, marks=LIKE_ANOTHER), pytest.param("", marks=LIKE_ANOTHER), "another-cluster"]
)
def test_rows_of_missing_files_are_not_deleted_without_the_name_of_the_cluster(played, entered):
    before = played.star_schema(), sorted(played.tables_of_runs())
    run = played.run(full_load=True, on_missing="delete", confirm_delete=entered)
    for task in (*STAGING, *LOADS):
        with pytest.raises(AirflowFailException, match=r"irreversible.* confirm_delete is .* must be 'sparkify'"):
            run.execute(task)
    assert (played.star_schema(), sorted(played.tables_of_runs())) == before


CLICKS = "click_id varchar(36) not null, clicked_at timestamp not null"


@pytest.fixture
def clicks(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """A table of clicks, whose files are below a prefix for each hour."""
    warehouse.execute(f"create table staging_clicks ({CLICKS})")
    warehouse.execute(f"create table clicks ({CLICKS})")
    clicks = copy.copy(warehouse)
    with DAG("clicks", schedule=None, user_defined_macros={"staging_table": staging_table}) as clicks.dag:
        stage = StageToRedshiftOperator(
            task_id="stage",
            table="staging_clicks",
            bucket="{{ params.bucket }}",
            prefix="log_data/clicks/{{ params.hour }}/",
            on_missing="{{ params.on_missing }}",
        )
        LoadFactOperator(
            task_id="load",
            table="clicks",
            key="click_id",
            window_column="clicked_at",
            staged_by=[stage],
            select="select click_id, clicked_at from {{ staging_table('staging_clicks', dag_run) }}",
        )
    yield clicks
    warehouse.execute("drop table clicks")
    warehouse.execute("drop table staging_clicks")


def put_clicks(warehouse: WarehouseUnderTest, hour: int) -> None:
    lines = [json.dumps({"click_id": f"{hour}.{n}", "clicked_at": f"2018-11-01 {hour:02}:0{n}:00"}) for n in (1, 2)]
    warehouse.put(f"log_data/clicks/{hour:02}/a.json", "\n".join(lines).encode())


def load_clicks(warehouse: WarehouseUnderTest, hour: int, *, full_load: bool = False, on_missing: str = "keep") -> None:
    window = () if full_load else (f"2018-11-01T{hour:02}:00:00", f"2018-11-01T{hour + 1:02}:00:00")
    run = warehouse.run(*window, hour=f"{hour:02}", on_missing=on_missing, full_load=full_load)
    run.execute("stage")
    run.execute("load")


def clicks_of(*hours: int) -> set[tuple[str, datetime]]:
    return {(f"{hour}.{n}", datetime(2018, 11, 1, hour, n)) for hour in hours for n in (1, 2)}


def found(warehouse: WarehouseUnderTest) -> set[tuple[str, datetime]]:
    return set(warehouse.query("select click_id, clicked_at from clicks"))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_hours_that_are_staged_on_their_own_keep_the_rows_of_the_others(clicks, order):
    for hour in order:
        put_clicks(clicks, hour)
        load_clicks(clicks, hour)
    # An hour without objects.
    load_clicks(clicks, 7)
    assert found(clicks) == clicks_of(0, 1, 2)


def test_full_load_of_one_hour_is_refused_unless_the_others_are_to_be_deleted(clicks):
    for hour in (0, 1, 2):
        put_clicks(clicks, hour)
        load_clicks(clicks, hour)
    with pytest.raises(AirflowFailException, match="clicks would lose all rows of 2 hours, the first at 2018-11-01 00"):
        load_clicks(clicks, 1, full_load=True)
    assert found(clicks) == clicks_of(0, 1, 2)
    load_clicks(clicks, 1, full_load=True, on_missing="delete")
    assert found(clicks) == clicks_of(1)


def test_hour_whose_objects_are_gone_keeps_its_rows_unless_they_are_to_be_deleted(clicks, caplog):
    put_clicks(clicks, 1)
    load_clicks(clicks, 1)
    clicks.s3.delete_object(Bucket=BUCKET, Key="log_data/clicks/01/a.json")
    load_clicks(clicks, 1)
    assert found(clicks) == clicks_of(1)
    assert "clicks keeps 2 rows of periods that lack objects in S3" in caplog.text
    assert f"which object they are from: s3://{BUCKET}/log_data/clicks/01/" in caplog.text
    load_clicks(clicks, 1, on_missing="delete")
    assert found(clicks) == set()


@pytest.fixture
def regions(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """A table of orders from two regions, each with a file a day."""
    columns = "order_id varchar(8) not null, ordered_at timestamp not null, state varchar(8)"
    tables = ("staging_north", "staging_south", "orders")
    for table in tables:
        warehouse.execute(f"create table {table} ({columns})")
    regions = copy.copy(warehouse)
    select = "select * from {{{{ staging_table('staging_{}', dag_run) }}}}"
    with DAG("regions", schedule=None, user_defined_macros={"staging_table": staging_table}) as regions.dag:
        sources = [
            StageToRedshiftOperator(
                task_id=f"stage_{region}",
                table=f"staging_{region}",
                bucket="{{ params.bucket }}",
                key_pattern=f"log_data/{region}/%Y-%m-%d.json",
                window_column="ordered_at",
            )
            for region in ("north", "south")
        ]
        LoadFactOperator(
            task_id="load",
            table="orders",
            key="order_id",
            window_column="ordered_at",
            staged_by=sources,
            select=" union all ".join(select.format(region) for region in ("north", "south")),
        )
    yield regions
    for table in tables:
        warehouse.execute(f"drop table {table}")


def put_order(warehouse: WarehouseUnderTest, region: str, state: str) -> None:
    order = {"order_id": region, "ordered_at": "2018-11-01 05:30:00", "state": state}
    warehouse.put(f"log_data/{region}/2018-11-01.json", json.dumps(order).encode())


def test_corrections_of_one_source_are_loaded_while_the_rows_of_another_are_kept(regions):
    def load_day() -> set[tuple[str, str]]:
        run = regions.run(*WINDOWS[DAYS[0]])
        for task_id in ("stage_north", "stage_south", "load"):
            run.execute(task_id)
        return set(regions.query("select order_id, state from orders"))

    for region in ("north", "south"):
        put_order(regions, region, "open")
        regions.put(f"log_data/{region}/2018-10-31.json", b"")
    assert load_day() == {("north", "open"), ("south", "open")}
    regions.s3.delete_object(Bucket=BUCKET, Key="log_data/north/2018-11-01.json")
    put_order(regions, "south", "paid")
    assert load_day() == {("north", "open"), ("south", "paid")}


@pytest.fixture
def merged_regions(warehouse: WarehouseUnderTest) -> Iterator[WarehouseUnderTest]:
    """A table of orders that are merged by key: one region has a ledger, the other one has not."""
    columns = "order_id varchar(8) not null, ordered_at timestamp not null, state varchar(8)"
    tables = ("staging_north", "staging_south", "orders")
    for table in tables:
        warehouse.execute(f"create table {table} ({columns})")
    regions = copy.copy(warehouse)
    bucket = "{{ params.bucket }}"
    with DAG("regions", schedule=None, user_defined_macros={"staging_table": staging_table}) as regions.dag:
        north = StageToRedshiftOperator(
            task_id="stage_north", table="staging_north", bucket=bucket, prefix="log_data/north/", on_missing="fail"
        )
        south = StageToRedshiftOperator(
            task_id="stage_south", table="staging_south", bucket=bucket, key_pattern="log_data/south/%Y-%m-%d.json"
        )
        LoadFactOperator(
            task_id="load",
            table="orders",
            key="order_id",
            strategy=MergeRows(latest_by="ordered_at"),
            staged_by=[north, south],
            select="select * from {{ staging_table('staging_north', dag_run) }} union all "
            "select * from {{ staging_table('staging_south', dag_run) }}",
        )
    yield regions
    for table in tables:
        warehouse.execute(f"drop table {table}")


def test_object_of_a_ledger_that_is_gone_fails_a_full_load_beside_a_source_without_one(merged_regions):
    def load_all() -> None:
        run = merged_regions.run(full_load=True)
        for task_id in ("stage_north", "stage_south", "load"):
            run.execute(task_id)

    for region in ("north", "south"):
        put_order(merged_regions, region, "open")
    merged_regions.put("log_data/north/2018-11-02.json", b"")
    load_all()
    merged_regions.s3.delete_object(Bucket=BUCKET, Key="log_data/north/2018-11-01.json")
    with pytest.raises(
        AirflowFailException, match=r"S3 no longer has 1 of the objects loaded into orders: s3://.*north"
    ):
        load_all()
