"""Invalid input: one message with the location and the reason, and no silent loss."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from datetime import datetime

import boto3
import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from redshift_connector import ProgrammingError

from local.datagen import Options, generate
from redshift_elt.connection.transaction import in_transaction, without_transaction
from redshift_elt.staging import copy_errors, rejects, s3_content
from redshift_elt.staging.copy_errors import errors_of_failure
from redshift_elt.staging.copy_failure import explain_copy
from redshift_elt.staging.copy_statement import CopyStatement
from redshift_elt.staging.formats.json_format import Json
from redshift_elt.staging.reconcile import Copied, ReadObjects, reconcile
from redshift_elt.staging.s3_objects import S3Object
from tests.model.star_schema import comparable, star_schema
from tests.support.warehouse import BUCKET, TARGETS, WarehouseUnderTest

PATHS_KEY = "log_json_path.json"
KEYS = [f"log_data/2018/11/2018-11-0{day}-events.json" for day in (1, 2)]
EXTRA_KEYS = ("song_data/A/", "log_data/one.json")
DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
BOTH_DAYS = ("2018-11-01T00:00:00", "2018-11-03T00:00:00")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=2, users=5, songs=8, seed=11))
    return directory


@pytest.fixture(scope="module")
def uploaded(created_warehouse: WarehouseUnderTest, data):
    created_warehouse.empty()
    created_warehouse.upload(data)
    return created_warehouse


@pytest.fixture
def source(uploaded: WarehouseUnderTest, data):
    """The warehouse without staged or loaded rows, and its bucket with the data, for tests that only stage."""
    yield uploaded
    for key in (*KEYS, PATHS_KEY, song_key(data)):
        uploaded.put(key, (data / key).read_bytes())
    for key in EXTRA_KEYS:
        uploaded.s3.delete_object(Bucket=BUCKET, Key=key)
    for schema, table in uploaded.tables_of_runs():
        uploaded.execute(f'drop table {schema}."{table}"')
    uploaded.execute("delete from etl.rejects")


def lines_of(data, key=KEYS[0]) -> list[bytes]:
    return (data / key).read_bytes().split(b"\n")


def song_key(data) -> str:
    return str(min((data / "song_data").rglob("*.json")).relative_to(data))


def changed(event: dict, **fields) -> bytes:
    return json.dumps({**event, **fields}).encode()


def without(event: dict, field: str) -> bytes:
    return json.dumps({name: value for name, value in event.items() if name != field}).encode()


# An invalid line, made from a valid one: its column, its code and reason from AWS page "Load error reference", and
# the data in the message.
BAD_LINES = {
    "no JSON": (lambda _: b"This is no JSON", "", 1216, "", "This is no JSON"),
    "cut short": (lambda event: json.dumps(event).encode()[:70], "", 1216, "", '{"artist": '),
    "no object": (lambda _: b"[1, 2]", "", 1216, "", "[1, 2]"),
    "does not fit": (
        lambda event: changed(event, itemInSession=2**31), "item_in_session (int4)", 1222, "", "2147483648"
    ),
    "too long in bytes": (
        lambda event: json.dumps({**event, "level": "ü" * 9}, ensure_ascii=False).encode(),
        "level (varchar)", 1204, "String length exceeds DDL length", "ü" * 9,
    ),
    "field is missing": (lambda event: without(event, "page"), "page (varchar)", 1213, "not-null", '{"artist": '),
    "field is null": (lambda event: changed(event, ts=None), "ts (timestamp)", 1213, "not-null", '{"artist": '),
    "wrong type": (lambda event: changed(event, ts="yesterday"), "ts (timestamp)", 1206, "timestamp", "yesterday"),
    "invalid UTF-8": (
        lambda event: changed(event, location="Malm~").replace(b"~", b"\xf6"),
        "location (varchar)", 1220, "Bad UTF-8 hex sequence: f6", "Malm",
    ),
    "control characters": (
        lambda event: changed(event, sessionId="7\n\u001b[2J"), "session_id (int4)", 1207, "digit", r"7\n\x1b[2J"
    ),
    "much text": (
        lambda event: changed(event, sessionId="n" * 500), "session_id (int4)", 1207, "digit", '"' + "n" * 100 + '…"'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LINES)
def test_invalid_line_fails_the_task_with_its_location_reason_and_text(source, data, name):
    make, column, code, reason, text = BAD_LINES[name]
    lines = lines_of(data)
    lines[2] = make(json.loads(lines[2]))
    source.put(KEYS[0], b"\n".join(lines))
    with pytest.raises(AirflowFailException) as failure:
        source.run(*DAY).execute("stage_events")
    [message] = str(failure.value).split("\n")[1:]
    assert message.startswith(f"s3://{BUCKET}/{KEYS[0]}, line 3" + (f", column {column}: " if column else ": "))
    assert reason in message
    assert f"(code {code})" in message
    assert text in message
    assert message.isprintable()
    assert len(message) < 450
    assert source.tables_of_runs() == []


@pytest.mark.parametrize(("limit", "passes"), [(3, False), (4, True)])
def test_reject_limit_applies_to_all_files_of_a_run_together(source, data, limit, passes):
    for key in KEYS:
        source.put(key, b"\n".join([*lines_of(data, key), b"bad", b"worse"]))
    run = source.run(*BOTH_DAYS, max_rejects=limit)
    if passes:
        assert run.execute("stage_events")["rejected"] == 4
        assert len(rows_of(source, run.run_id)) == 4
        return
    with pytest.raises(AirflowFailException) as failure:
        run.execute("stage_events")
    assert "more bad records than the 3 that max_rejects allows" in str(failure.value)
    assert [key for key in KEYS for _ in range(str(failure.value).count(key))] == [KEYS[0]] * 2 + [KEYS[1]] * 2
    assert source.tables_of_runs() == []
    assert source.query("select * from etl.rejects") == []


def test_retry_without_a_limit_removes_the_earlier_rejects_of_the_run(source, data):
    source.put(KEYS[0], b"\n".join([*lines_of(data), b"bad"]))
    run = source.run(*DAY, max_rejects=1)
    run.execute("stage_events")
    assert len(rows_of(source, run.run_id)) == 1
    source.put(KEYS[0], b"\n".join(lines_of(data)))
    run.params["max_rejects"] = 0
    run.execute("stage_events")
    assert rows_of(source, run.run_id) == []


@pytest.mark.parametrize("limit", [0, 5])
@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\r\n \n\n"],
    ids=["zero bytes", "empty line", "blank lines"],
)
def test_file_without_records_is_logged_and_loads_nothing(source, caplog, content, limit):
    source.put(KEYS[0], content)
    staged = source.run(*DAY, max_rejects=limit).execute("stage_events")
    assert (staged["objects"], staged["rows"], staged["rejected"]) == (1, 0, 0)
    assert f"s3://{BUCKET}/{KEYS[0]} contains no record" in caplog.text


def test_folder_marker_is_logged_and_not_loaded(source, data, caplog):
    source.put("song_data/A/", b"")
    staged = source.run(*DAY).execute("stage_songs")
    assert staged["rows"] == len(list((data / "song_data").rglob("*.json")))
    assert f"s3://{BUCKET}/song_data/A/ is a folder marker" in caplog.text


@pytest.mark.parametrize("limit", [0, 5])
def test_blank_lines_and_multiline_records_are_not_counted_as_lost(source, data, limit):
    lines = lines_of(data)
    wide = json.dumps(json.loads(lines[1]), indent=2).encode()
    source.put(KEYS[0], b"\n\n".join([lines[0], wide, *lines[2:]]) + b"\n")
    run = source.run(*DAY, max_rejects=limit)
    assert run.execute("stage_events")["rows"] == len(lines)
    key = song_key(data)
    source.put(key, json.dumps(json.loads((data / key).read_bytes()), indent=4).encode())
    assert run.execute("stage_songs")["rows"] == len(list((data / "song_data").rglob("*.json")))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"jsonpaths": ["$.artist", "$.auth"]}', "JSONPath size: 2, Number of columns in table or column list: 18"),
        (b'{"jsonpaths": ["$.artist", 7]}', "Invalid JSONPath format"),
        (b"[]", "Invalid JSONPath format"),
    ],
)
def test_invalid_jsonpaths_file_fails_without_retry_despite_a_limit(source, content, words):
    source.put(PATHS_KEY, content)
    with pytest.raises(AirflowFailException) as failure:
        source.run(*DAY, max_rejects=100).execute("stage_events")
    assert f"COPY cannot read s3://{BUCKET}/{PATHS_KEY}; nothing was loaded." in str(failure.value)
    assert words in str(failure.value)
    assert source.tables_of_runs() == []


@pytest.mark.parametrize("cut", [slice(0, -9), slice(0, 40)])
def test_truncated_compressed_file_fails_without_retry(source, data, monkeypatch, cut):
    task = source.dag.get_task("stage_events")
    monkeypatch.setattr(task, "format", replace(task.format, compression="gzip"))
    whole = gzip.compress((data / KEYS[0]).read_bytes())
    source.put(KEYS[0], whole)
    assert source.run(*DAY).execute("stage_events")["rows"] == len(lines_of(data))
    source.put(KEYS[0], whole[cut])
    with pytest.raises(AirflowFailException) as failure:
        source.run(*DAY, max_rejects=100).execute("stage_events")
    assert f"COPY cannot read s3://{BUCKET}/{KEYS[0]}; nothing was loaded. The object is truncated" in str(
        failure.value
    )


def test_rejects_of_a_compressed_file_have_their_lines(source, data, monkeypatch):
    task = source.dag.get_task("stage_events")
    monkeypatch.setattr(task, "format", replace(task.format, compression="gzip"))
    source.put(KEYS[0], gzip.compress(b"\n".join([*lines_of(data), b"", b"bad"])))
    run = source.run(*DAY, max_rejects=1)
    run.execute("stage_events")
    assert rows_of(source, run.run_id) == [(KEYS[0], len(lines_of(data)) + 2, None, 1216, "bad")]


def test_unreadable_object_fails_without_retry_and_is_named(source):
    iam = boto3.client("iam")
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/{KEYS[0]}"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName="sparkify-copy", PolicyName="deny", PolicyDocument=policy)
    try:
        with pytest.raises(AirflowFailException) as failure:
            source.run(*DAY, max_rejects=100).execute("stage_events")
    finally:
        iam.delete_role_policy(RoleName="sparkify-copy", PolicyName="deny")
    assert f"COPY cannot read s3://{BUCKET}/{KEYS[0]}; nothing was loaded. The role" in str(failure.value)
    assert "Access Denied" in str(failure.value)
    assert source.run(*DAY).execute("stage_events")["rows"]


@pytest.mark.parametrize(
    ("message", "detail", "kind", "words"),
    [
        (
            "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey,Rid 1,ExtRid 2,CanRetry 1",
            "\n  error:  S3ServiceException\n  code:      8001\n  context:   S3 key being read : s3://b/k k.json\n",
            AirflowException,
            "s3://b/k k.json was deleted",
        ),
        (
            "S3ServiceException:The bucket you are attempting to access must be addressed using the specified endpoint."
            ",Status 301,Error PermanentRedirect,Rid 1",
            "  context:   S3 key being read : s3://b/k",
            AirflowFailException,
            "another region",
        ),
        (
            "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,CanRetry 1",
            "",
            ProgrammingError,
            "SlowDown",
        ),
    ],
)
def test_temporary_error_allows_a_retry(message, detail, kind, words):
    error = ProgrammingError({"S": "ERROR", "C": "XX000", "M": message, "D": detail})
    explained = explain_copy(None, error)
    assert type(explained) is kind
    assert words in str(explained)


def copy_numbers(url, max_rejects=0):
    """Return a COPY of one object into the table numbers."""
    return str(CopyStatement(name="numbers", url=url, bucket=BUCKET, format=Json(), max_rejects=max_rejects))


def test_rejects_without_stored_line_text_are_reported(source):
    """Redshift Serverless has no stl_load_errors."""
    source.put("log_data/one.json", b'{"n": 1}\n{"n": "many"}')
    messages = []

    def copy(session):
        session.execute("create temporary table numbers (n integer)")
        session.execute(copy_numbers(f"s3://{BUCKET}/log_data/one.json"))

    def explain(session, error):
        messages.extend(
            str(found[0]) for found in (errors_of_failure(session, 9, with_texts=texts) for texts in (0, 1))
        )
        return error

    with pytest.raises(ProgrammingError):
        in_transaction(source.run().hook, copy, explain)
    place = f"s3://{BUCKET}/log_data/one.json, line 2, column n (int4): Invalid digit, Value 'm', Pos 0, Type: Integer"
    assert messages == [f"{place} (code 1207)", f'{place} (code 1207). It reads: "many"']


@pytest.mark.parametrize(
    ("after", "records", "kind", "words"),
    [
        ("select 1", 3, None, None),
        (
            "select 1",
            4,
            AirflowFailException,
            "4 records were read from 1 objects, but 2 rows were loaded and 1 records rejected: 1 are not",
        ),
        (
            "delete from numbers where n = 1",
            3,
            AirflowException,
            "has 1 new rows from 1 objects, and 1 load errors are known. But COPY",
        ),
    ],
)
def test_unaccounted_record_fails_the_task(source, after, records, kind, words):
    """A retry of the same objects gives the same numbers, but a history that is incomplete may be complete by then."""
    # A blank line is not a record, so records are counted instead of lines.
    source.put("log_data/one.json", b'{"n": 1}\n\n{"n": "many"}\n{"n": 3}')
    item = S3Object(BUCKET, "log_data/one.json", "", 0, datetime(2018, 11, 1))

    def work(session):
        session.execute("create temporary table numbers (n integer)")
        session.execute(copy_numbers(item.url, max_rejects=1))
        session.execute(after)
        return reconcile(session, "numbers", ReadObjects([item], lambda _: records), tolerant=True)

    if words is None:
        copied = in_transaction(source.run().hook, work)
        assert (copied.rows, copied.rejected) == (2, 1)
        return
    with pytest.raises(kind, match=re.escape(words)) as failure:
        in_transaction(source.run().hook, work)
    assert type(failure.value) is kind


@pytest.mark.parametrize(("after", "agree"), [("select 1", True), ("delete from numbers where n = 1", False)])
def test_rows_of_a_copy_that_the_load_history_does_not_show_yet_are_reconciled(source, postgres_admin, after, agree):
    source.put("log_data/one.json", b'{"n": 1}\n{"n": 3}')
    item = S3Object(BUCKET, "log_data/one.json", "", 0, datetime(2018, 11, 1))

    def work(session):
        session.execute("create temporary table numbers (n integer)")
        session.execute(copy_numbers(item.url))
        postgres_admin.execute("delete from standin.load_history")
        session.execute(after)
        return reconcile(session, "numbers", ReadObjects([item], None), tolerant=False)

    if agree:
        assert without_transaction(source.run().hook, work) == Copied(rows=2, rejected=0, query=None)
        return
    with pytest.raises(AirflowException, match=r"has 1 new rows from 1 objects.* COPY reports 2 rows"):
        without_transaction(source.run().hook, work)


@pytest.mark.parametrize("tolerant", [True, False])
def test_records_of_large_objects_are_not_counted_and_a_warning_says_so(source, caplog, tolerant):
    source.put("log_data/one.json", b'{"n": 1}\n\n{"n": 3}')
    item = S3Object(BUCKET, "log_data/one.json", "", (64 << 20) + 1, datetime(2018, 11, 1))

    def work(session):
        session.execute("create temporary table numbers (n integer)")
        session.execute(copy_numbers(item.url, max_rejects=int(tolerant)))
        return reconcile(session, "numbers", ReadObjects([item], pytest.fail), tolerant=tolerant)

    assert in_transaction(source.run().hook, work).rows == 2
    assert "The records of the 1 objects in numbers (67,108,865 bytes) were not counted" in caplog.text
    assert "agree on 2 rows, and the load history on 0 rejected records" in caplog.text
    assert "COPY has read 3 lines" in caplog.text


def test_rejects_of_many_lines_are_stored_in_batches(source, data, monkeypatch):
    """Their order and their number do not depend on how many are read or written at a time."""
    monkeypatch.setattr(copy_errors, "_ERRORS_PER_QUERY", 3)
    monkeypatch.setattr(rejects, "ROWS_PER_INSERT", 2)
    for key in KEYS:
        source.put(key, b"\n".join([*(b"bad %d" % number for number in range(7)), *lines_of(data, key)]))
    run = source.run(*BOTH_DAYS, max_rejects=14)
    expected = [(key, n + 1, None, 1216, f"bad {n}") for key in KEYS for n in range(7)]
    for _ in range(2):
        assert run.execute("stage_events")["rejected"] == 14
        assert rows_of(source, run.run_id) == expected


def test_gzip_bomb_ends_with_a_clear_message_and_changes_nothing(source, data, monkeypatch):
    monkeypatch.setattr(s3_content, "_ALWAYS_ALLOWED", 0)
    task = source.dag.get_task("stage_events")
    monkeypatch.setattr(task, "format", replace(task.format, compression="gzip"))
    source.put(KEYS[0], gzip.compress(b"\n".join([*lines_of(data), b" " * 3_000_000 + b"bad"])))
    with pytest.raises(AirflowFailException, match=r"expands to more than .*Nothing was loaded"):
        source.run(*DAY, max_rejects=1).execute("stage_events")
    assert source.tables_of_runs() == []
    assert source.query("select * from etl.rejects") == []


@pytest.fixture
def loadable(warehouse: WarehouseUnderTest, data):
    """The same for tests that also load."""
    warehouse.upload(data)
    return warehouse


def test_within_the_limit_invalid_lines_are_rejected_and_the_rest_loads(loadable, data):
    lines = lines_of(data)
    good = lines.copy()
    expected = []
    for number, (make, column, code, _, _) in enumerate(BAD_LINES.values()):
        place = number * 2
        bad = make(json.loads(lines[place]))
        lines.insert(place, bad)
        expected.append(
            (KEYS[0], place + 1, column.split(" (")[0] or None, code, bad.decode(errors="backslashreplace"))
        )
    loadable.put(KEYS[0], b"\n".join(lines))
    run = loadable.run(*BOTH_DAYS, max_rejects=len(expected))
    results = run.complete()
    assert rows_of(loadable, run.run_id) == expected
    etag = loadable.s3.head_object(Bucket=BUCKET, Key=KEYS[0])["ETag"].strip('"')
    assert loadable.query("select distinct bucket, etag, staging, window_start, window_end from etl.rejects") == [
        (BUCKET, etag, "staging_events", datetime(2018, 11, 1), datetime(2018, 11, 3))
    ]
    assert results["stage_events"]["rejected"] == len(expected)
    assert results["stage_events"]["rows"] == len(good) + len(lines_of(data, KEYS[1]))
    assert rows_of_targets(loadable) == rows_of_model(data)

    found_at = loadable.query("select rejected_at from etl.rejects order by line_number")
    run.execute("stage_events")
    assert rows_of(loadable, run.run_id) == expected
    assert loadable.query("select rejected_at from etl.rejects order by line_number") == found_at
    loadable.put(KEYS[0], b"\n".join(good))
    assert run.complete()["stage_events"]["rejected"] == 0
    assert loadable.query("select * from etl.rejects") == []
    assert rows_of_targets(loadable) == rows_of_model(data)


def test_song_file_without_a_title_is_rejected_and_the_others_load(loadable, data):
    key = song_key(data)
    song = json.loads((data / key).read_bytes())
    loadable.put(key, without(song, "title"))
    with pytest.raises(AirflowFailException, match=rf"{re.escape(key)}, line 1, column title \(varchar\): Missing"):
        loadable.run(*DAY).execute("stage_songs")
    run = loadable.run(*DAY, max_rejects=1)
    songs = {row[0] for row in rows_of_model(data)["songs"]}
    rejected = [(key, 1, "title", 1213, without(song, "title").decode())]
    # The second time, the ledger has the file, so it is not read again; its rejects are kept.
    for staged in (len(songs), 0):
        assert load_songs(run)["objects"] == staged
        assert rows_of(loadable, run.run_id) == rejected
        assert {row[0] for row in loadable.query("select song_id from songs")} == songs - {song["song_id"]}
    loadable.put(key, (data / key).read_bytes())
    assert load_songs(run)["objects"] == 1
    assert rows_of(loadable, run.run_id) == []
    assert {row[0] for row in loadable.query("select song_id from songs")} == songs


def load_songs(run) -> dict:
    staged = run.execute("stage_songs")
    for task in ("load_songs", "load_artists"):
        run.execute(task)
    return staged


def rows_of(warehouse: WarehouseUnderTest, run_id: str) -> list[tuple]:
    return warehouse.query(
        "select object_key, line_number, column_name, error_code, line from etl.rejects where run_id = %(run)s "
        "order by object_key, line_number",
        run=run_id,
    )


def rows_of_targets(warehouse: WarehouseUnderTest):
    return {table: comparable(rows) for table, rows in warehouse.star_schema().items()}


def rows_of_model(data):
    model = star_schema(data)
    return {table: comparable(model[table]) for table in TARGETS}
