"""Each format with its options: the rows that are staged, the records that are rejected, and what is counted."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import pyarrow
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.sdk import DAG
from pyarrow import orc, parquet

from redshift_elt import Avro, Csv, Delimited, FixedWidth, Json, Orc, Parquet, StageToRedshiftOperator
from tests.support.snippets import block
from tests.support.warehouse import BUCKET, Run, WarehouseUnderTest

TABLE = "create table staging_sales (sale_id integer, item varchar(20), price decimal(5, 2), sold date, at timestamp)"
# The role that COPY uses in these tests may read below this prefix.
PREFIX = "log_data/"
MOMENT = datetime(2018, 11, 1, 8, 30)
ROWS = [(1, "cup", Decimal("2.50"), date(2018, 11, 1), MOMENT), (2, "tea, pot", None, date(2018, 11, 2), MOMENT)]
LINES = [
    {"sale_id": 1, "item": "cup", "price": "2.50", "sold": "2018-11-01", "at": "2018-11-01 08:30:00"},
    {"sale_id": 2, "item": "tea, pot", "price": None, "sold": "2018-11-02", "at": "2018-11-01 08:30:00"},
]

NewRun = Callable[..., Run]


def json_lines(*records: dict[str, Any], indent: int | None = None) -> bytes:
    return "\n".join(json.dumps(record, indent=indent) for record in records).encode()


JSON = json_lines(*LINES)
CSV = b'1,cup,2.50,2018-11-01,2018-11-01 08:30:00\n2,"tea, pot",,2018-11-02,2018-11-01 08:30:00\n'


def columns() -> pyarrow.Table:
    values = {
        "id": pyarrow.array([1, 2], pyarrow.int32()),
        "item": pyarrow.array(["cup", "tea, pot"]),
        "price": pyarrow.array([Decimal("2.50"), None], pyarrow.decimal128(5, 2)),
        "sold": pyarrow.array([date(2018, 11, 1), date(2018, 11, 2)]),
        "at": pyarrow.array([MOMENT, MOMENT], pyarrow.timestamp("ms")),
    }
    return pyarrow.table(values)


def parquet_file(table: pyarrow.Table) -> bytes:
    file = BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def orc_file() -> bytes:
    file = BytesIO()
    orc.write_table(columns(), file)
    return file.getvalue()


def avro_file(*records: dict[str, Any]) -> bytes:
    file = BytesIO()
    fields = [{"name": name, "type": ["null", "string", "int"]} for name in LINES[0]]
    fastavro.writer(file, {"type": "record", "name": "sale", "fields": fields}, records, codec="deflate")
    return file.getvalue()


@pytest.fixture
def new_run(warehouse: WarehouseUnderTest) -> Iterator[NewRun]:
    """Return a function that returns a new run of a DAG that stages sales."""
    warehouse.execute(TABLE)

    def new(file_format: Any, **arguments: Any) -> Run:
        with DAG("sales") as dag:
            StageToRedshiftOperator(
                task_id="stage", table="staging_sales", bucket=BUCKET, prefix=PREFIX, format=file_format, **arguments
            )
        window = {"window_start": "2018-11-01T00:00:00Z", "window_end": "2018-11-02T00:00:00Z"}
        return Run(dag, "formats", window, warehouse._hook, warehouse._s3_hook)

    yield new
    warehouse.execute("drop table staging_sales")


def staged(warehouse: WarehouseUnderTest, run: Run) -> list[tuple[Any, ...]]:
    """Run the task and return the rows of the staging table."""
    result = run.execute("stage")
    rows = warehouse.query(f"select * from {result['table']} order by 1, 2, 3")
    assert result["rows"] == len(rows)
    return rows


# The same two rows in each format, or with another option of it.
SAME_ROWS = {
    "json": (Json(), {"1.json": JSON}),
    "indented json": (Json(), {"1.json": json_lines(*LINES, indent=2)}),
    "json, other case": (
        Json("auto ignorecase"),
        {"1.json": json_lines(*({name.upper(): value for name, value in line.items()} for line in LINES))},
    ),
    "json.gz": (Json(), {"1.json.gz": gzip.compress(JSON)}),
    "json.bz2": (Json(), {"1.json.bz2": bz2.compress(JSON)}),
    "json.zst": (Json(), {"1.json.zst": pyarrow.compress(JSON, codec="zstd", asbytes=True)}),
    "compression without an ending": (Json(compression="gzip"), {"1": gzip.compress(JSON)}),
    "utf16": (Json(encoding="utf16le"), {"1.json": JSON.decode().encode("utf-16-le")}),
    "csv": (Csv(), {"1.csv": CSV}),
    "several csv with headers": (
        Csv(header_lines=1),
        {str(number): b"a,b,c,d,e\n" + line for number, line in enumerate(CSV.splitlines())},
    ),
    "csv, delimiter, quote and null": (
        Csv(delimiter="\t", quote="'", null_as="-", ignoreblanklines=True),
        {"1": b"1\tcup\t2.50\t2018-11-01\t2018-11-01 08:30:00\n\n2\t'tea, pot'\t-\t2018-11-02\t2018-11-01 08:30:00"},
    ),
    "csv, formats of dates and times": (
        Csv(date_format="DD.MM.YYYY", time_format="epochsecs"),
        {"1": b'1,cup,2.50,01.11.2018,1541061000\n2,"tea, pot",,02.11.2018,1541061000\n'},
    ),
    "delimited": (
        Delimited(header_lines=1, escape=True, removequotes=True),
        {"1": b"head\n1|cup|2.50|2018-11-01|2018-11-01 08:30:00\n2|'tea\\, pot'|\\N|2018-11-02|2018-11-01 08:30:00\n"},
    ),
    "delimiter of several characters": (
        Delimited(delimiter="|~|", null_as="none"),
        {
            "1": b"|~|".join([b"2", b"tea, pot", b"none", b"2018-11-02", b"2018-11-01 08:30:00\n1"])
            + b"|~|cup|~|2.50|~|2018-11-01|~|2018-11-01 08:30:00"
        },
    ),
    "fixed width": (
        FixedWidth({"sale_id": 2, "item": 8, "price": 4, "sold": 10, "at": 19}, trimblanks=True),
        {"1": b" 1cup     2.502018-11-012018-11-01 08:30:00\n 2tea, pot    2018-11-022018-11-01 08:30:00\n"},
    ),
    "avro": (Avro(), {"1.avro": avro_file(*LINES)}),
    "avro.gz": (Avro(), {"1.avro.gz": gzip.compress(avro_file(*LINES))}),
    "orc": (Orc(), {"1.orc": orc_file()}),
    "several parquet": (
        Parquet(),
        {f"{n}.parquet": parquet_file(columns().slice(n, 1)) for n in range(2)},
    ),
    "parquet": (Parquet(), {"1.parquet": parquet_file(columns())}),
    "empty object": (Csv(header_lines=1), {"1": b"", "2": b"header\n" + CSV}),
}
LONG = pytest.mark.long("the same rows in each format")


@pytest.mark.parametrize(
    "name", [name if name in ("csv", "avro", "orc") else pytest.param(name, marks=LONG) for name in SAME_ROWS]
)
def test_rows_of_each_format(warehouse, new_run, name):
    file_format, objects = SAME_ROWS[name]
    for key, content in objects.items():
        warehouse.put(PREFIX + key, content)
    assert staged(warehouse, new_run(file_format)) == ROWS


# Rows that an option changes: the columns sale_id, item and price.
CHANGED_ROWS = {
    "columns": (Csv(columns=["item", "sale_id"]), b"cup,1\n", [(1, "cup", None)]),
    "json columns": (Json(columns=["sale_id"]), json_lines(*LINES[:1]), [(1, None, None)]),
    "fillrecord": (Csv(fillrecord=True), b"1\n", [(1, "", None)]),
    "emptyasnull": (Csv(fillrecord=True, emptyasnull=True), b"1\n", [(1, None, None)]),
    "blanksasnull": (Csv(fillrecord=True, blanksasnull=True), b"1,  ,\n", [(1, None, None)]),
    "trimblanks": (Csv(fillrecord=True, trimblanks=True), b"1,cup  ,\n", [(1, "cup", None)]),
    "truncatecolumns": (Csv(fillrecord=True, truncatecolumns=True), b"1," + b"c" * 21, [(1, "c" * 20, None)]),
    "acceptinvchars": (Csv(fillrecord=True, acceptinvchars="^"), b"1,c\xf6p", [(1, "c^p", None)]),
    # COPY truncates without ROUNDEC (AWS page "Data conversion parameters").
    "truncated": (Csv(fillrecord=True), b"1,cup,20.259", [(1, "cup", Decimal("20.25"))]),
    "roundec": (Csv(fillrecord=True, roundec=True), b"1,cup,20.259", [(1, "cup", Decimal("20.26"))]),
    "acceptanydate": (Csv(fillrecord=True, acceptanydate=True), b"1,cup,,soon", [(1, "cup", None)]),
}


@pytest.mark.long("one option each, of the same COPY")
@pytest.mark.parametrize("name", CHANGED_ROWS)
def test_option_changes_the_row(warehouse, new_run, name):
    file_format, content, rows = CHANGED_ROWS[name]
    warehouse.put(PREFIX + "1", content)
    assert [row[:3] for row in staged(warehouse, new_run(file_format))] == rows


def test_records_of_csv_are_counted_with_line_breaks_within_quotes(warehouse, new_run):
    warehouse.put(PREFIX + "1.csv", b'id,item,,,\n1,"tea\npot",,,\nmany,cup,,,\n"2","say ""hi""",,,\n')
    run = new_run(Csv(header_lines=1), max_rejects=1)
    assert [row[:2] for row in staged(warehouse, run)] == [(1, "tea\npot"), (2, 'say "hi"')]
    [(line, column, text)] = warehouse.query("select line_number, column_name, line from etl.rejects")
    assert (line, column, text) == (4, "sale_id", "many,cup,,,")


def test_reject_of_a_line_of_column_names_says_what_to_write(warehouse, new_run, caplog):
    hint = "The line has the names of the columns: write header_lines=1 in format, such as Csv(header_lines=1)"
    warehouse.put(PREFIX + "1.csv", b'"SALE_ID",item,,,\n1,cup,,,\nmany,pot,,,\n')
    with pytest.raises(AirflowFailException, match=rf"1\.csv, line 1, column sale_id .*{re.escape(hint)}"):
        staged(warehouse, new_run(Csv()))
    caplog.clear()
    assert [row[0] for row in staged(warehouse, new_run(Csv(), max_rejects=2))] == [1]
    rejected = [message for message in caplog.messages if message.startswith("Rejected: ")]
    assert [hint in message for message in rejected] == [True, False]


@pytest.mark.parametrize(
    ("file_format", "auto", "content"),
    [
        (Csv(), Csv(time_format="auto"), CSV.replace(b" 08:30:00", b"T08:30:00Z")),
        (Json(), Json(time_format="auto"), JSON.replace(b" 08:30:00", b"T08:30:00Z")),
    ],
)
@pytest.mark.parametrize("max_rejects", [0, 10])
def test_time_of_iso_8601_says_what_to_write(warehouse, new_run, file_format, auto, content, max_rejects):
    warehouse.put(PREFIX + "1", content)
    with pytest.raises(AirflowFailException, match=r'Invalid timestamp format.*write time_format="auto" in format'):
        staged(warehouse, new_run(file_format, max_rejects=max_rejects))
    assert staged(warehouse, new_run(auto)) == ROWS


def test_record_of_avro_is_rejected_without_its_text(warehouse, new_run):
    warehouse.put(PREFIX + "1.avro", avro_file({**LINES[0], "sale_id": "many"}, *LINES))
    assert staged(warehouse, new_run(Avro(), max_rejects=1)) == ROWS
    rejects = warehouse.query("select line_number, column_name, line from etl.rejects")
    assert rejects == [(1, "sale_id", "")]


def test_escaped_line_breaks_are_part_of_a_record(warehouse, new_run):
    warehouse.put(PREFIX + "1", b"1|tea\\\npot|||\nmany|cup|||\n")
    assert [row[:2] for row in staged(warehouse, new_run(Delimited(escape=True), max_rejects=1))] == [(1, "tea\npot")]


@pytest.mark.parametrize(("limit", "passes"), [("25%", True), ("24.9%", False)])
def test_share_of_rejected_records(warehouse, new_run, limit, passes):
    warehouse.put(PREFIX + "1.csv", b"1,a,,,\n2,b,,,\nmany,c,,,\n")
    warehouse.put(PREFIX + "2.csv", b"3,d,,,\n")
    run = new_run(Csv(), max_rejects=limit)
    if passes:
        assert len(staged(warehouse, run)) == 3
        assert run.xcoms["stage"]["rejected"] == 1
        return
    with pytest.raises(
        AirflowFailException, match=r"1 of 4 records were rejected, more than the 24\.9% that max_rejects"
    ):
        run.execute("stage")
    assert warehouse.query("select * from etl.rejects") == []
    assert warehouse.tables_of_runs() == []


def test_mixed_compressions_fail_without_retry(warehouse, new_run):
    warehouse.put(PREFIX + "1.json", JSON)
    warehouse.put(PREFIX + "2.json.gz", gzip.compress(JSON))
    with pytest.raises(AirflowFailException, match=r"2\.json\.gz \(gzip\), log_data/1\.json \(none\)"):
        new_run(Json()).execute("stage")


def test_columnar_file_that_does_not_fit_fails_without_retry(warehouse, new_run):
    warehouse.put(PREFIX + "1.parquet", parquet_file(columns().select(["id"])))
    with pytest.raises(AirflowFailException, match=r"Table columns: 5, Data columns: 1, File name: .*1\.parquet"):
        new_run(Parquet()).execute("stage")


def test_file_that_is_not_avro_fails_without_retry(warehouse, new_run):
    warehouse.put(PREFIX + "1.avro", JSON)
    with pytest.raises(AirflowFailException, match=r"log_data/1\.avro; .* The object is not an Avro file"):
        new_run(Avro(), max_rejects=1).execute("stage")


def test_value_error_in_an_indented_record_is_one_reject(warehouse, new_run):
    warehouse.put(PREFIX + "1.json", json_lines(LINES[0], {**LINES[1], "sale_id": "many"}, indent=2))
    assert staged(warehouse, new_run(Json(), max_rejects=100)) == ROWS[:1]
    assert warehouse.query("select column_name from etl.rejects") == [("sale_id",)]


def test_malformed_indented_record_fails_without_retry_and_shows_where(warehouse, new_run):
    """COPY reports an error on each line of the record, so the records cannot be accounted for one by one."""
    broken = json_lines(LINES[1], indent=2).replace(b'"tea, pot",', b'"tea, pot"')
    warehouse.put(PREFIX + "1.json", json_lines(LINES[0], indent=2) + b"\n" + broken)
    with pytest.raises(AirflowFailException) as failure:
        new_run(Json(), max_rejects=100).execute("stage")
    message = str(failure.value)
    assert "A malformed record on several lines causes an error on each of them" in message
    assert f"s3://{BUCKET}/{PREFIX}1.json, line 8: " in message
    assert warehouse.query("select * from etl.rejects") == []


def test_nested_fields_are_loaded_by_the_paths_of_the_documentation(warehouse, new_run):
    paths = block("docs/formats.md", "{").text
    warehouse.put("log_json_path.json", paths.encode())
    sale = {"id": 1, "day": "2018-11-01"}
    items = [{"name": "cup", "price": "2.50"}, {"name": "saucer", "price": "1.50"}]
    records = [
        {"sale": sale, "items": items, "at": "2018-11-01 08:30:00"},
        {"sale": sale, "items": [{"name": "cup"}]},
        {"sale": sale, "items": [{"name": ["tea", "pot"]}]},
        {"sale": sale, "items": []},
    ]
    warehouse.put("log_data/1.json", json_lines(*records))
    run = new_run(Json("log_json_path.json"), max_rejects=1)
    assert staged(warehouse, run) == [
        (1, '["tea","pot"]', None, date(2018, 11, 1), None),
        (1, "cup", Decimal("2.50"), date(2018, 11, 1), MOMENT),
        (1, "cup", None, date(2018, 11, 1), None),
    ]
    assert warehouse.query("select reason, line from etl.rejects where line_number = 4") == [
        ("Invalid JSONPath format: Not an array or index out of range.", json.dumps(records[3]))
    ]
