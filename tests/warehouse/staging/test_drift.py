"""Fields of new objects that the staging table does not have, or has in another form."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from pyarrow import parquet

from redshift_elt import Csv, Delimited, FixedWidth, Json, Parquet
from redshift_elt.loading.merge_rows import MergeRows
from redshift_elt.operators.load_dimension import LoadDimensionOperator
from redshift_elt.operators.stage_to_redshift import StageToRedshiftOperator
from redshift_elt.run.names import staging_table
from redshift_elt.staging.formats.file_format import FileFormat
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

TABLE = (
    "create table staging_readings (reading_id integer, taken_at timestamp, celsius double precision, room varchar(20))"
)
READING = {"reading_id": 1, "taken_at": "2018-11-01 08:00:00", "celsius": 19.5, "room": "attic"}
# The role that COPY uses in these tests may read below this prefix.
PREFIX = "log_data/"
FINDINGS = "select kind, field_name, column_name from etl.schema_drift order by found_at, kind, field_name"

SELECT = "select reading_id, room from {{ staging_table('staging_readings', dag_run) }}"
COLUMNS = """\
select table_name::varchar(127), column_name::varchar(127), data_type::varchar(127), character_maximum_length
from svv_columns
where table_name in ('staging_readings', 'readings') and column_name in ('humidity', 'note')
order by column_name, table_name desc"""

NewRun = Callable[..., Run]


@pytest.fixture
def new_run(warehouse: WarehouseUnderTest) -> Iterator[NewRun]:
    """Return a function that returns a new run of a DAG that stages readings."""
    warehouse.execute(TABLE)
    warehouse.execute("create table readings (reading_id integer not null, room varchar(20))")
    runs = []

    def new(select: str = SELECT, **arguments: Any) -> Run:
        source = {"prefix": PREFIX} if "key_pattern" not in arguments else {}
        with DAG("readings", user_defined_macros={"staging_table": staging_table}) as dag:
            stage = StageToRedshiftOperator(
                task_id="stage", table="staging_readings", **{"bucket": BUCKET, **source, **arguments}
            )
            LoadDimensionOperator(
                task_id="load",
                table="readings",
                key="reading_id",
                select=select,
                strategy=MergeRows(identical_rows=True),
                staged_by=[stage],
            )
        runs.append(dag)
        window = {"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"}
        return Run(dag, f"test-{len(runs)}", window, warehouse._hook, warehouse._s3_hook)

    yield new
    for table in ("staging_readings", "readings", "etl.lock_readings"):
        warehouse.execute(f"drop table if exists {table}")


@pytest.fixture
def requests(warehouse: WarehouseUnderTest) -> Iterator[list[dict[str, Any]]]:
    """The requests for the content of an object."""
    found: list[dict[str, Any]] = []
    events = warehouse._s3_hook.get_conn().meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        found.append(dict(params))

    events.register("provide-client-params.s3.GetObject", note)
    yield found
    events.unregister("provide-client-params.s3.GetObject", note)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return a function that returns the warnings."""
    return lambda: [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def lines(*records: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def renamed(old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in READING.items()}


def test_fields_that_are_those_of_the_table_are_silent(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json", lines(READING, {**READING, "celsius": None}))
    assert new_run().execute("stage")["rows"] == 2
    assert warnings() == []
    assert warehouse.query(FINDINGS) == [("none", "", None)]


@pytest.mark.parametrize(
    ("record", "finding", "words"),
    [
        ({**READING, "humidity": 40}, ("new", "humidity", None), "the field 'humidity' (integer) has no column"),
        (renamed("room", "Room"), ("case", "Room", "room"), "'Room' (text) differs only in upper and lower case"),
        (renamed("room", "place"), ("new", "place", None), "the field 'place' (text) has no column"),
        (renamed("room", "place"), ("missing", "room", "room"), "no record has the field 'room'"),
    ],
)
def test_field_that_is_not_loaded_is_logged_and_recorded(warehouse, new_run, warnings, record, finding, words):
    warehouse.put("log_data/1.json", lines(READING | {"room": "hall"}))
    new_run().execute("stage")
    warehouse.put("log_data/1.json", lines(record))
    assert new_run().execute("stage")["rows"] == 1
    assert any(message.startswith(f"s3://{BUCKET}/log_data/1.json: ") and words in message for message in warnings())
    assert finding in warehouse.query(FINDINGS)


@pytest.mark.parametrize(
    ("field", "value", "types"),
    [
        ("reading_id", "first", "text"),
        ("reading_id", 1.5, "number"),
        ("celsius", {"value": 19.5}, "nested"),
        ("taken_at", True, "boolean"),
    ],
)
def test_field_of_another_type_is_reported_before_copy_refuses_it(warehouse, new_run, warnings, field, value, types):
    warehouse.put("log_data/1.json", lines({**READING, field: value}))
    with pytest.raises(AirflowFailException, match="COPY found records that it cannot load"):
        new_run().execute("stage")
    assert any(
        f"the values of the field {field!r} ({types}) do not fit the column {field}" in one for one in warnings()
    )


def test_single_value_that_does_not_fit_is_a_reject_and_not_drift(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json", lines(READING, {**READING, "reading_id": "first"}))
    assert new_run(max_rejects=1).execute("stage")["rejected"] == 1
    assert not any("do not fit" in message for message in warnings())


def test_new_field_fails_before_copy_until_it_has_a_column(warehouse, new_run):
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 40}))
    run = new_run(on_new_field="fail")
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"humidity.*has no column") as failure:
            run.execute("stage")
        assert "Add the columns to the table or remove the fields, then clear this task." in str(failure.value)
        assert warehouse.tables_of_runs() == []
        assert warehouse.query(FINDINGS) == [("new", "humidity", None)]
    warehouse.execute("alter table staging_readings add column humidity integer")
    assert run.execute("stage")["rows"] == 1


def test_column_is_added_to_the_table_and_the_target(warehouse, new_run, requests):
    note = "x" * 100
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 40, "note": note}))
    run = new_run(on_new_field="add")
    assert run.execute("stage")["rows"] == 1
    assert warehouse.query(COLUMNS) == [
        ("staging_readings", "humidity", "bigint", None),
        ("readings", "humidity", "bigint", None),
        ("staging_readings", "note", "character varying", 1024),
        ("readings", "note", "character varying", 1024),
    ]
    assert warehouse.query(FINDINGS) == [("added", "humidity", "humidity"), ("added", "note", "note")]
    assert run.execute("load")["inserted"] == 1
    read = len(requests)
    later = new_run(select=SELECT.replace("room", "room, humidity, note"), on_new_field="add")
    later.params.clear()
    later.params["full_load"] = True
    later.execute("stage")
    assert later.execute("load")["updated"] == 1
    assert warehouse.query("select humidity, note from readings") == [(40, note)]
    assert len(requests) == read


@pytest.mark.parametrize(("field", "value"), [("Humidity in %", 40), ("humidity", None)])
def test_field_without_a_possible_column_is_recorded_once(warehouse, new_run, requests, field, value):
    warehouse.put("log_data/1.json", lines({**READING, field: value}))
    for _ in range(2):
        assert new_run(on_new_field="add").execute("stage")["rows"] == 1
    assert warehouse.query(FINDINGS) == [("not_added", field, None)]
    assert len(requests) == 1


def test_policy_can_be_changed_later(warehouse, new_run):
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 40}))
    new_run().execute("stage")
    new_run(on_new_field="add").execute("stage")
    assert [column for _, column, *_ in warehouse.query(COLUMNS)] == ["humidity", "humidity"]


def test_load_that_stages_again_leaves_new_columns_to_the_next_run(warehouse, new_run):
    warehouse.put("log_data/1.json", lines(READING))
    run = new_run(on_new_field="add")
    run.execute("stage")
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 40}))
    assert run.execute("load")["inserted"] == 1
    assert warehouse.query(COLUMNS) == []
    new_run(on_new_field="add").execute("stage")
    assert len(warehouse.query(COLUMNS)) == 2


def test_run_that_began_before_a_column_was_added_can_stage_again(warehouse, new_run, caplog):
    caplog.set_level(logging.INFO)
    day = {"key_pattern": "log_data/%Y-%m-%d.json", "window_column": "taken_at", "on_new_field": "add"}
    warehouse.put("log_data/2018-11-01.json", lines(READING))
    earlier = new_run(**day)
    earlier.execute("stage")
    warehouse.put("log_data/2018-11-01.json", lines({**READING, "humidity": 40}, {**READING, "reading_id": 2}))
    new_run(**day).execute("stage")
    assert earlier.execute("load")["inserted"] == 2
    assert "The staging table" not in caplog.text


def test_what_was_compared_is_not_read_again(warehouse, new_run, requests, warnings):
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 40}))
    new_run().execute("stage")
    assert [one["Range"] for one in requests] == ["bytes=0-65535"]
    assert len(warnings()) == 1
    new_run().execute("stage")
    assert len(requests) == len(warnings()) == 1
    warehouse.put("log_data/1.json", lines({**READING, "humidity": 41}))
    new_run().execute("stage")
    assert len(requests) == len(warnings()) == 2


def test_few_of_many_objects_are_read(warehouse, new_run, requests):
    for number in range(12):
        warehouse.put(f"log_data/{number:02}.json", lines(READING))
    assert new_run().execute("stage")["objects"] == 12
    assert len(requests) == 5
    new_run().execute("stage")
    assert len(requests) == 5


def test_beginning_of_a_large_object_is_enough(warehouse, new_run, requests, warnings):
    wide = {**READING, "humidity": 40}
    body = lines(*[wide] * 2000)
    assert len(body) > 2 * 65536
    warehouse.put("log_data/1.json", body)
    new_run().execute("stage")
    assert len(requests) == 1
    assert ["humidity" in message for message in warnings()] == [True]


def test_compressed_object(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json.gz", gzip.compress(lines(*[{**READING, "humidity": 40}] * 5000)))
    assert new_run().execute("stage")["rows"] == 5000
    assert ["humidity" in message for message in warnings()] == [True]


def test_jsonpaths_file_decides_which_fields_are_loaded(warehouse, new_run, warnings):
    paths = ["$['id']", "$['at']", "$['measured']['celsius']", "$['room']"]
    warehouse.put("log_json_path.json", json.dumps({"jsonpaths": paths}).encode())
    record = {"id": 1, "at": READING["taken_at"], "measured": {"celsius": 19.5}, "room": "attic"}
    warehouse.put("log_data/1.json", lines(record))
    warehouse.put("log_data/2.json", lines({**record, "celsius": 19.5, "Room": "attic"}))
    new_run(format=Json("log_json_path.json")).execute("stage")
    assert warehouse.query(FINDINGS) == [("case", "Room", "room"), ("new", "celsius", None), ("none", "", None)]
    assert len(warnings()) == 2


CSV_NAMES = "reading_id,taken_at,celsius,room"
CSV = "Reading ID,taken_at,celsius,room\n1,2018-11-01 08:00:00,19.5,attic\n2,2018-11-01 09:00:00,,\\N\n"


@pytest.mark.parametrize(
    ("header", "findings"),
    [
        ("Reading ID,taken_at,celsius,room", [("none", "", None)]),
        # The table has other names than the files, which is common.
        ("a,b,c,d", [("none", "", None)]),
        ("Reading ID,taken_at,humidity,room", [("new", "humidity", "celsius")]),
    ],
)
def test_header_of_csv(warehouse, new_run, header, findings):
    warehouse.put("log_data/1.csv", CSV.replace("Reading ID,taken_at,celsius,room", header).encode())
    assert new_run(format=Csv(header_lines=1)).execute("stage")["rows"] == 2
    assert warehouse.query(FINDINGS) == findings


@pytest.mark.parametrize("file_format", [Csv(header_lines=1), Delimited(header_lines=1, delimiter=",")])
def test_field_after_the_last_column_is_refused_until_it_has_one(warehouse, new_run, warnings, file_format: FileFormat):
    warehouse.put("log_data/1.csv", f"{CSV_NAMES},battery\n1,2018-11-01 08:00:00,19.5,attic,80\n".encode())
    with pytest.raises(AirflowFailException, match=r"Extra column.*add a column to the end of the table"):
        new_run(format=file_format).execute("stage")
    [warning] = warnings()
    assert "'battery' (text with an integer) is after the last column that COPY fills. COPY refuses" in warning
    assert "not loaded" not in warning
    with pytest.raises(AirflowFailException, match="has fields that staging_readings has no column for"):
        new_run(format=file_format, on_new_field="fail").execute("stage")
    assert warehouse.query(FINDINGS) == [("extra", "battery", None)]
    warehouse.execute("alter table staging_readings add column battery integer")
    assert new_run(format=file_format, on_new_field="fail").execute("stage")["rows"] == 1


def test_parquet_field_after_the_last_column_is_refused(warehouse, new_run, warnings):
    warehouse.put("log_data/1.parquet", parquet_file())
    with pytest.raises(AirflowFailException, match="COPY cannot load a columnar file"):
        new_run(format=Parquet(columns=["reading_id", "taken_at", "celsius"])).execute("stage")
    assert ["'room' (text) is after the last column that COPY fills" in one for one in warnings()] == [True]


def test_values_of_csv(warehouse, new_run, warnings):
    warehouse.put("log_data/1.csv", CSV.replace("19.5", "warm").encode())
    with pytest.raises(AirflowFailException, match="COPY found records that it cannot load"):
        new_run(format=Csv(header_lines=1)).execute("stage")
    assert any("'celsius' (text) do not fit the column celsius" in message for message in warnings())


RECORD = "1,2018-11-01 08:00:00,19.5,attic"
CASES = pytest.mark.long("more cases of the same comparison of a header")
WIDTHS = {"reading_id": 1, "taken_at": 19, "celsius": 4, "room": 5}


@pytest.mark.parametrize(
    ("file_format", "text", "line"),
    [
        (Csv(header_lines=1), f"{RECORD}\n2,2018-11-01 09:00:00,18,hall\n", 1),
        # The only record of the file, and no line break.
        (Csv(header_lines=1), RECORD, 1),
        pytest.param(Csv(header_lines=2), f"a,b,c,d\n{RECORD}\n", 2, marks=CASES),
        pytest.param(
            Csv(header_lines=1, fillrecord=True),
            "1,2018-11-01 08:00:00\n2,2018-11-01 09:00:00\n",
            1,
            marks=CASES,
        ),
        pytest.param(Delimited(header_lines=1), RECORD.replace(",", "|"), 1, marks=CASES),
        (Delimited(header_lines=1, removequotes=True, delimiter=","), RECORD.replace("attic", "'attic, left'"), 1),
        (FixedWidth(WIDTHS, header_lines=1), RECORD.replace(",", ""), 1),
    ],
)
def test_record_instead_of_a_header_is_not_skipped(warehouse, new_run, file_format: FileFormat, text, line):
    warehouse.put("log_data/1.csv", text.encode())
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="COPY would skip a record") as failure:
            new_run(format=file_format).execute("stage")
        message = str(failure.value)
        assert f"s3://{BUCKET}/log_data/1.csv: line {line} is a record and not a header" in message
        assert "It reads: 1, 2018-11-01 08:00:00" in message
        assert f"such as header_lines={line - 1}; then clear this task." in message
        assert warehouse.tables_of_runs() == []
        # The line is data, which the page shows only to some of its readers.
        assert warehouse.query(FINDINGS) == [("record", f"line {line}", "reading_id")]


@pytest.mark.parametrize(
    ("file_format", "header"),
    [
        (Csv(header_lines=1), "a,b,c,d"),
        (Delimited(header_lines=1, delimiter=","), "a,b,c,d"),
        # A number, but in a column of texts.
        pytest.param(Csv(header_lines=1), "a,b,c,2018", marks=CASES),
        # A title, which has fewer values than the records.
        (Csv(header_lines=1), "1,2018-11-01"),
        pytest.param(Csv(header_lines=1, fillrecord=True), "1,2018-11-01", marks=CASES),
        # A number, but the name of a column shows that it is a header.
        pytest.param(Csv(header_lines=1), "reading_id,b,2018,d", marks=CASES),
    ],
)
def test_header_that_does_not_have_the_names_of_the_table_is_skipped(warehouse, new_run, file_format, header):
    warehouse.put("log_data/1.csv", f"{header}\n{RECORD}\n".encode())
    assert new_run(format=file_format).execute("stage")["rows"] == 1


def test_title_of_a_file_is_not_taken_for_names_of_fields(warehouse, new_run, warnings):
    warehouse.put("log_data/1.csv", f"Readings of 2018\n{RECORD}\n".encode())
    assert new_run(format=Csv(header_lines=1)).execute("stage")["rows"] == 1
    assert warnings() == []


def test_record_in_columns_of_texts_cannot_be_told_from_a_header(warehouse, new_run):
    warehouse.put("log_data/1.csv", b"hall\nattic\n")
    assert new_run(format=Csv(header_lines=1, columns=["room"])).execute("stage")["rows"] == 1


def test_file_without_a_header_is_loaded_once_header_lines_is_right(warehouse, new_run):
    warehouse.put("log_data/1.csv", RECORD.encode())
    with pytest.raises(AirflowFailException, match="COPY would skip a record"):
        new_run(format=Csv(header_lines=1)).execute("stage")
    assert new_run(format=Csv()).execute("stage")["rows"] == 1


def test_csv_without_a_header_is_not_compared(warehouse, new_run):
    warehouse.put("log_data/1.csv", CSV.partition("\n")[2].encode())
    assert new_run(format=Csv()).execute("stage")["rows"] == 2
    assert warehouse.query(FINDINGS) == [("none", "", None)]


def parquet_file(**renamed_to: str) -> bytes:
    columns = {
        "reading_id": pyarrow.array([1], pyarrow.int32()),
        "taken_at": pyarrow.array([datetime(2018, 11, 1, 8)], pyarrow.timestamp("ms")),
        "celsius": pyarrow.array([19.5]),
        "room": pyarrow.array(["attic"]),
    }
    buffer = BytesIO()
    table = pyarrow.table({renamed_to.get(name, name): values for name, values in columns.items()})
    parquet.write_table(table, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("names", "findings"),
    [
        ({}, [("none", "", None)]),
        ({"room": "place"}, [("new", "place", "room")]),
    ],
)
def test_footer_of_parquet(warehouse, new_run, requests, names, findings):
    warehouse.put("log_data/1.parquet", parquet_file(**names))
    assert new_run(format=Parquet()).execute("stage")["rows"] == 1
    assert warehouse.query(FINDINGS) == findings
    assert [one["Range"] for one in requests] == ["bytes=-65536"]


ORDER = "reading_id, taken_at, celsius, room"


@pytest.mark.parametrize("policy", ["warn", pytest.param("fail", marks=CASES)])
@pytest.mark.parametrize(
    ("file_format", "content", "order"),
    [
        (
            Csv(header_lines=1),
            b"Reading ID,taken_at,room,celsius\n1,2018-11-01 08:00:00,41,20\n",
            "Reading ID, taken_at, room, celsius",
        ),
        (
            Delimited(header_lines=1),
            b"reading_id|taken_at|room|celsius\n1|2018-11-01 08:00:00|41|20\n",
            "reading_id, taken_at, room, celsius",
        ),
        (Parquet(), parquet_file(celsius="room", room="celsius"), "reading_id, taken_at, room, celsius"),
    ],
)
def test_fields_in_another_order_fail_whatever_the_policy_is(
    warehouse, new_run, file_format: FileFormat, content, order, policy
):
    warehouse.put("log_data/1", content)
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="are not in the order of the columns") as failure:
            new_run(format=file_format, on_new_field=policy).execute("stage")
        message = str(failure.value)
        assert f"log_data/1: the file has {order}; COPY loads {ORDER}." in message
        assert "write columns=['reading_id', 'taken_at', 'room', 'celsius'] in format" in message
        assert "has no column for" not in message
        assert warehouse.tables_of_runs() == []
        assert warehouse.query(FINDINGS) == [("moved", "celsius", "room"), ("moved", "room", "celsius")]


def test_what_the_message_about_the_order_says_loads_the_file(warehouse, new_run):
    warehouse.put("log_data/1.csv", b"reading_id,humidity,room,celsius\n1,40,41,20\n")
    with pytest.raises(AirflowFailException, match="Add a column to staging_readings for each of these fields: humid"):
        new_run(format=Csv(header_lines=1)).execute("stage")
    warehouse.execute("alter table staging_readings add column humidity integer")
    columns = ["reading_id", "humidity", "room", "celsius"]
    table = new_run(format=Csv(header_lines=1, columns=columns)).execute("stage")["table"]
    assert warehouse.query(f"select celsius, room, humidity from {table}") == [(20.0, "41", 40)]


def test_case_does_not_matter_if_copy_ignores_it(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json", lines(renamed("room", "Room")))
    new_run(format=Json("auto ignorecase")).execute("stage")
    assert warnings() == []


def test_missing_field_is_one_that_no_object_has(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json", lines(READING))
    warehouse.put("log_data/2.json", lines({"reading_id": 2}))
    new_run().execute("stage")
    assert warnings() == []


def test_object_without_records_is_read_once(warehouse, new_run, requests):
    warehouse.put("log_data/1.json", b"\n")
    for _ in range(2):
        assert new_run().execute("stage")["rows"] == 0
    assert len(requests) == 1


def test_object_that_the_task_may_not_read_is_staged_all_the_same(warehouse, new_run, warnings):
    warehouse.put("log_data/1.json", lines(READING))
    events = warehouse._s3_hook.get_conn().meta.events

    def refuse(request: Any, **_: Any) -> None:
        request.headers["If-Match"] = '"another version"'

    events.register("before-sign.s3.GetObject", refuse)
    try:
        assert new_run().execute("stage")["rows"] == 1
    finally:
        events.unregister("before-sign.s3.GetObject", refuse)
    assert ["cannot be read" in message for message in warnings()] == [True]


def test_generated_events_and_songs_are_silent(warehouse, data):
    warehouse.upload(data)
    run = warehouse.run(full_load=True)
    for task_id in ("stage_events", "stage_songs"):
        run.execute(task_id)
    assert warehouse.query("select distinct staging, kind from etl.schema_drift order by staging") == [
        ("staging_events", "none"),
        ("staging_songs", "none"),
    ]
