"""The objects that a run stages, and the checks of staged rows, which keep invalid rows out of the star schema."""

from __future__ import annotations

import json

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from tests.model.star_schema import comparable_tables
from tests.support.warehouse import TARGETS, WarehouseUnderTest

LIKE_ANOTHER = pytest.mark.long("names and files that are wrong like others")

KEY = "log_data/2018/11/2018-11-01-events.json"
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
EVENT = {
    "artist": "Kite", "auth": "Logged In", "firstName": "Ines", "gender": "F", "itemInSession": 0,
    "lastName": "Okafor", "length": 1.5, "level": "free", "location": "Alder Falls, OR", "method": "PUT",
    "page": "NextSong", "registration": 1540000000000.0, "sessionId": 3, "song": "Low Tide", "status": 200,
    "ts": 1541105830796, "userAgent": "Mozilla/5.0", "userId": "4",
}  # fmt: skip
PATHS = {"jsonpaths": [f"$['{name}']" for name in EVENT]}
RESULTS = "select check_name, outcome from etl.check_results where run_id = %(run)s order by check_name"
LEVEL, RANGE, TEXT = (
    "values of level that are not accepted", "length outside 0 to 86400", "damaged text in song or artist",
)  # fmt: skip


@pytest.fixture
def bucket(warehouse: WarehouseUnderTest) -> WarehouseUnderTest:
    warehouse.put("log_json_path.json", json.dumps(PATHS).encode())
    warehouse.put("song_data/none.json", b"")
    return warehouse


def put(bucket: WarehouseUnderTest, *changes: dict[str, object]) -> None:
    """Upload a file of events with these changes; each event is another item of the session."""
    lines = [json.dumps({**EVENT, "itemInSession": number, **change}) for number, change in enumerate(changes)]
    bucket.put(KEY, "\n".join(lines).encode())


def loaded(bucket: WarehouseUnderTest) -> int:
    return sum(bucket.query(f"select count(*) from {table}")[0][0] for table in TARGETS)


def test_failed_staging_check_fails_without_retry_and_keeps_the_staging_table(bucket):
    put(bucket, {}, {"level": "gold"}, {"level": "gold"})
    run = bucket.run(*DAY)
    with pytest.raises(AirflowFailException) as failure:
        run.execute("stage_events")
    message = str(failure.value)
    assert message.startswith("1 of 3 checks failed. Nothing was loaded; staging_events__")
    shown = "session_id, item_in_session, level\n    3, 1, gold\n    3, 2, gold"
    assert f"staging_events: {LEVEL}: expected 0, found 2\n    {shown}" in message
    assert bucket.query(RESULTS, run=run.run_id) == [(TEXT, "passed"), (RANGE, "passed"), (LEVEL, "failed")]
    [staged] = [name for _, name in bucket.tables_of_runs() if "files" not in name]
    assert bucket.query(f"select count(*) from {staged}") == [(3,)]
    put(bucket, {}, {}, {})
    assert bucket.run(*DAY).complete()["load_songplays"]["inserted"] == 3


def test_warning_does_not_fail_the_run(bucket):
    put(bucket, {"song": "BjÃ¶rk"})
    run = bucket.run(*DAY)
    assert run.complete()["load_songplays"]["inserted"] == 1
    assert (TEXT, "warned") in bucket.query(RESULTS, run=run.run_id)


@pytest.mark.parametrize(
    "load",
    ["load_songplays", *(pytest.param(load, marks=LIKE_ANOTHER) for load in ("load_users", "load_time"))],
)
def test_file_replaced_by_an_invalid_one_before_the_load_is_not_loaded(bucket, load):
    put(bucket, {})
    run = bucket.run(*DAY)
    run.execute("stage_events")
    put(bucket, {"length": -1})
    with pytest.raises(AirflowFailException, match=r"1 of 3 checks failed\. Nothing was loaded\."):
        run.execute(load)
    assert loaded(bucket) == 0


def test_load_that_stages_after_the_clean_up_runs_the_checks(bucket):
    put(bucket, {})
    run = bucket.run(*DAY)
    run.complete()
    for table in TARGETS:
        bucket.execute(f"delete from {table}")
    put(bucket, {"level": "gold"})
    with pytest.raises(AirflowFailException, match=LEVEL):
        run.execute("load_songplays")
    assert loaded(bucket) == 0


def test_checks_are_skipped_if_nothing_is_staged(bucket):
    put(bucket, {})
    run = bucket.run("2018-12-01T00:00:00", "2018-12-01T01:00:00")
    assert run.execute("stage_events")["objects"] == 0
    assert bucket.query(RESULTS, run=run.run_id) == []


def test_hour_without_a_file_is_normal(warehouse, data):
    warehouse.upload(data)
    results = warehouse.run("2019-05-01T00:00:00", "2019-05-01T01:00:00").complete()
    assert results["stage_events"]["objects"] == results["stage_events"]["rows"] == 0
    assert warehouse.query("select count(*) from songplays") == [(0,)]


def test_only_new_and_changed_song_files_are_staged_again(loaded, data):
    day = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    assert loaded.run(*day).complete()["stage_songs"]["objects"] == 0
    file = min((data / "song_data").rglob("*.json"))
    song = json.loads(file.read_text())
    loaded.put(str(file.relative_to(data)), json.dumps({**song, "year": 1234}).encode())
    results = loaded.run(*day).complete()
    assert results["stage_songs"]["objects"] == 1
    assert results["load_songs"]["updated"] == 1
    assert loaded.query("select year from songs where song_id = %(song)s", song=song["song_id"]) == [(1234,)]
    assert loaded.run(*day).complete()["stage_songs"]["objects"] == 0


def test_invalid_line_fails_without_retry_and_changes_nothing(loaded, data, expected):
    lines = (data / KEY).read_text().split("\n")
    bad = json.dumps({**json.loads(lines[4]), "itemInSession": "many"})
    loaded.put(KEY, "\n".join([*lines[:4], bad, *lines[5:]]).encode())
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00")
    with pytest.raises(AirflowFailException) as failure:
        run.execute("stage_events")
    message = str(failure.value)
    assert KEY in message
    assert "line 5" in message
    assert "item_in_session" in message
    assert "Invalid digit, Value 'm'" in message
    assert loaded.tables_of_runs() == []
    assert comparable_tables(loaded.star_schema()) == expected


def test_full_load_without_objects_fails_and_does_not_change_the_tables(loaded, expected):
    run = loaded.run(full_load=True, song_prefix="song-data/")
    with pytest.raises(AirflowFailException, match="No objects were found at s3://sparkify-tests/song-data/"):
        run.execute("stage_songs")
    assert comparable_tables(loaded.star_schema()) == expected


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"log_prefix": "log-data/"}, "No objects were found at s3://sparkify-tests/log-data/"),
        pytest.param({"bucket": "sparkify-test"}, "The bucket 'sparkify-test' does not exist", marks=LIKE_ANOTHER),
        pytest.param(
            {"log_paths_key": "paths.json"},
            "The JSONPaths file s3://sparkify-tests/paths.json does not exist",
            marks=LIKE_ANOTHER,
        ),
    ],
)
def test_wrong_name_is_not_mistaken_for_an_hour_without_events(loaded, expected, params, words):
    run = loaded.run("2018-11-01T00:00:00", "2018-11-02T00:00:00", **params)
    with pytest.raises(AirflowFailException, match=words):
        run.execute("stage_events")
    assert comparable_tables(loaded.star_schema()) == expected


def test_last_role_of_a_chain_reads_the_bucket(bucket, monkeypatch):
    """The cluster assumes its own role, and that role assumes one that reads the bucket, say of another account."""
    iam = boto3.client("iam")
    first = iam.get_role(RoleName="sparkify-copy")["Role"]["Arn"]
    trust = policy("sts:AssumeRole", Principal={"AWS": first})
    last = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    read = policy("s3:Get*", "s3:List*", Resource="*")
    iam.put_role_policy(RoleName="reader", PolicyName="read", PolicyDocument=read)
    put(bucket, {}, {})
    monkeypatch.setattr(bucket.dag.get_task("stage_events"), "iam_role", f"{first},{last}")
    with pytest.raises(Exception, match=r"is not authorized to assume IAM Role .*role/reader"):
        bucket.run(*DAY).execute("stage_events")
    assume = policy("sts:AssumeRole", Resource=last)
    iam.put_role_policy(RoleName="sparkify-copy", PolicyName="assume", PolicyDocument=assume)
    # The permissions boundary does not allow it either.
    with pytest.raises(Exception, match=r"is not authorized to assume IAM Role .*role/reader"):
        bucket.run(*DAY).execute("stage_events")
    boundary = iam.get_role(RoleName="sparkify-copy")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=assume, SetAsDefault=True)
    try:
        assert bucket.run(*DAY).execute("stage_events")["rows"] == 2
    finally:
        iam.set_default_policy_version(PolicyArn=boundary, VersionId="v1")
        iam.delete_role_policy(RoleName="sparkify-copy", PolicyName="assume")
        iam.delete_role_policy(RoleName="reader", PolicyName="read")
        iam.delete_role(RoleName="reader")


def policy(*actions: str, **fields: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, **fields}]})
