"""UNLOAD end to end: AWS pages "UNLOAD", "UNLOAD examples" and "PG_LAST_UNLOAD_COUNT"."""

from __future__ import annotations

import bz2
import gzip
import json
import sqlite3

import psycopg
import pyarrow as pa
import pytest

from redshift_standin.aws.faults import FAULTS
from standin_support.whole import BUCKET, ROLE, allow

TO = f"to 's3://{BUCKET}/out/venue_'"


@pytest.fixture
def venues(whole):
    """The rows of the examples in the documentation."""
    connection = whole.psycopg()
    connection.execute("create table venue (id integer, name varchar(40), seats integer)")
    connection.execute(
        "insert into venue values (1, 'Pinewood Race|track', 0), (2, 'Columbus \"Crew\" Stadium', null), "
        "(4, 'Community, Ballpark, Arena', 100)"
    )
    return connection


def unload(connection, options="", query="select * from venue order by id", to=TO):
    return connection.execute(f"unload ('{query}') {to} iam_role default {options}")


def test_file_for_each_slice_of_the_cluster(whole, venues):
    # ra3.large has two slices per node; each has its rows in the order of the query.
    notices = []
    venues.add_notice_handler(lambda notice: notices.append((notice.severity, notice.message_primary)))
    cursor = unload(venues)
    assert whole.objects() == {
        "out/venue_0000_part_00": b"1|Pinewood Race|track|0\n4|Community, Ballpark, Arena|100\n",
        "out/venue_0001_part_00": b'2|Columbus "Crew" Stadium|\n',
    }
    assert notices == [("INFO", "UNLOAD completed, 3 record(s) unloaded successfully.")]
    assert cursor.statusmessage == "UNLOAD"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("", '1|Pinewood Race|track|0\n2|Columbus "Crew" Stadium|\n4|Community, Ballpark, Arena|100\n'),
        ("csv", '1,Pinewood Race|track,0\n2,"Columbus ""Crew"" Stadium",\n4,"Community, Ballpark, Arena",100\n'),
        (
            "format as csv delimiter as '|'",
            '1|"Pinewood Race|track"|0\n2|"Columbus ""Crew"" Stadium"|\n4|Community, Ballpark, Arena|100\n',
        ),
        (
            "json",
            '{"id":1,"name":"Pinewood Race|track","seats":0}\n'
            '{"id":2,"name":"Columbus \\"Crew\\" Stadium","seats":null}\n'
            '{"id":4,"name":"Community, Ballpark, Arena","seats":100}\n',
        ),
        (
            "escape null as '@'",
            '1|Pinewood Race\\|track|0\n2|Columbus "Crew" Stadium|@\n4|Community, Ballpark, Arena|100\n',
        ),
        (
            "addquotes escape delimiter ','",
            '"1","Pinewood Race|track","0"\n"2","Columbus \\"Crew\\" Stadium",""\n'
            '"4","Community\\, Ballpark\\, Arena","100"\n',
        ),
        (
            r"header delimiter '\t'",
            'id\tname\tseats\n1\tPinewood Race|track\t0\n2\tColumbus "Crew" Stadium\t\n'
            "4\tCommunity, Ballpark, Arena\t100\n",
        ),
        (
            "addquotes header",
            '"id"|"name"|"seats"\n"1"|"Pinewood Race|track"|"0"\n"2"|"Columbus "Crew" Stadium"|""\n'
            '"4"|"Community, Ballpark, Arena"|"100"\n',
        ),
    ],
)
def test_formats(whole, venues, options, text):
    unload(venues, f"{options} parallel off")
    assert {key: content.decode() for key, content in whole.objects().items()} == {"out/venue_000": text}


@pytest.mark.parametrize(
    ("compression", "ending", "decompress"),
    [
        ("gzip", ".gz", gzip.decompress),
        ("bzip2", ".bz2", bz2.decompress),
        ("zstd", ".zst", lambda content: pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()),
        ("gzip extension 'csv.gz'", ".csv.gz", gzip.decompress),
    ],
)
def test_compressions_and_extensions(whole, venues, compression, ending, decompress):
    unload(venues, f"csv parallel false {compression}", "select id from venue order by 1")
    assert {key: decompress(content) for key, content in whole.objects().items()} == {
        f"out/venue_000{ending}": b"1\n2\n4\n"
    }


def test_values(whole):
    connection = whole.psycopg()
    unload(
        connection,
        "parallel off",
        "select true, false, 1.50::numeric(5,2), ''2024-02-29''::date, "
        "''2024-02-29 12:30:00.5''::timestamp, ''''::varchar, null::varchar, ''äö''",
    )
    assert whole.objects()["out/venue_000"].decode() == "t|f|1.50|2024-02-29|2024-02-29 12:30:00.5|||äö\n"


def test_escaped_characters(whole):
    """A backslash in a literal of the query is unescaped twice: in the UNLOAD statement and in the query itself."""
    connection = whole.psycopg()
    unload(connection, "escape parallel off", r"select ''a\\\\b'', ''c\\nd'', 7")
    assert whole.objects()["out/venue_000"] == b"a\\\\b|c\\\nd|7\n"


@pytest.mark.parametrize(
    "query",
    [r"'select name from venue where name like \'Pine%\''", "$$select name from venue where name like 'Pine%'$$"],
)
def test_quotes_of_the_query(whole, venues, query):
    venues.execute(f"unload ({query}) {TO} iam_role '{ROLE}'")
    assert whole.objects() == {"out/venue_0000_part_00": b"Pinewood Race|track\n"}


def test_alias_within_the_query(whole, venues):
    unload(venues, "parallel off", "select id * 2 as twice, twice + 1 from venue where twice = 8")
    assert whole.objects() == {"out/venue_000": b"8|9\n"}


def test_manifest(whole, venues):
    unload(venues, "manifest")
    assert json.loads(whole.objects()["out/venue_manifest"]) == {
        "entries": [
            {"url": f"s3://{BUCKET}/out/venue_0000_part_00"},
            {"url": f"s3://{BUCKET}/out/venue_0001_part_00"},
        ]
    }


def test_verbose_manifest_counts_header_lines(whole, venues):
    unload(venues, "manifest verbose header parallel off", "select id, name, id::numeric(6,2) as price from venue")
    content = whole.objects()
    size = len(content["out/venue_000"])
    assert json.loads(content["out/venue_manifest"]) == {
        "entries": [
            {"url": f"s3://{BUCKET}/out/venue_000", "meta": {"content_length": size, "record_count": 4}},
        ],
        "schema": {
            "elements": [
                {"name": "id", "type": {"base": "integer"}},
                {"name": "name", "type": {"base": "character varying", "max_length": 40}},
                {"name": "price", "type": {"base": "numeric", "precision": 6, "scale": 2}},
            ]
        },
        "meta": {"content_length": size, "record_count": 4},
        "author": {"name": "Amazon Redshift", "version": "1.0.0"},
    }


def test_empty_result_writes_nothing(whole, venues):
    unload(venues, "manifest", "select * from venue where id = 0")
    assert whole.objects() == {}
    assert venues.execute("select pg_last_unload_count()").fetchone() == (0,)


def test_it_sees_its_own_transaction_and_temporary_tables(whole, venues):
    connection = whole.psycopg(autocommit=False)
    connection.execute("create temp table mine (id integer)")
    connection.execute("insert into mine values (7)")
    connection.execute("delete from venue where id > 1")
    unload(connection, "parallel off", "select v.id, m.id from venue v cross join mine m")
    connection.rollback()
    # S3 is not part of the transaction.
    assert whole.objects() == {"out/venue_000": b"1|7\n"}
    assert connection.execute("select count(*) from venue").fetchone() == (3,)


def test_destination_that_is_not_empty(whole, venues):
    whole.put("out/venue_other", b"kept")
    with pytest.raises(psycopg.errors.InternalError_, match=r"destination on S3 is not empty.*ALLOWOVERWRITE"):
        unload(venues)
    assert whole.objects() == {"out/venue_other": b"kept"}
    unload(venues, "allowoverwrite parallel off", "select 1")
    unload(venues, "allowoverwrite parallel off", "select 2")
    assert whole.objects() == {"out/venue_000": b"2\n", "out/venue_other": b"kept"}


def test_clean_path_removes_what_is_under_the_prefix(whole, venues):
    whole.put("out/venue_other", b"gone")
    whole.put("out/elsewhere", b"kept")
    unload(venues, "cleanpath parallel off", "select 1")
    assert whole.objects() == {"out/elsewhere": b"kept", "out/venue_000": b"1\n"}


def test_files_have_a_largest_size(whole):
    connection = whole.psycopg()
    connection.execute("create table t (n integer, filler varchar(65535))")
    # Each line has 2 + 65,535 + 1 bytes: 79 of them are 5,177,502 bytes, and 80 more than 5 MB.
    for number in range(4):
        connection.execute("insert into t select %s, repeat('x', 65535) from pg_catalog.pg_class limit 40", (number,))
    unload(connection, "parallel off maxfilesize 5", "select n, filler from t order by n")
    assert {key: len(content) for key, content in whole.objects().items()} == {
        "out/venue_000": 79 * 65538,
        "out/venue_001": 79 * 65538,
        "out/venue_002": 2 * 65538,
    }


def test_last_unload_count_of_the_session(whole, venues):
    def count():
        return venues.execute("select pg_last_unload_count()").fetchone()[0]

    assert count() == 0
    unload(venues)
    assert count() == 3
    # An invalid statement and a forbidden one do not change the count; a failure while unloading does.
    with pytest.raises(psycopg.Error):
        unload(venues, "frobnicate")
    with pytest.raises(psycopg.Error, match="not empty"):
        unload(venues)
    assert count() == 3
    with pytest.raises(psycopg.Error):
        unload(venues, "allowoverwrite", "select 1/(id-1) from venue")
    assert count() == 0
    assert whole.psycopg().execute("select pg_last_unload_count()").fetchone() == (0,)


def test_system_views(whole, venues):
    """AWS pages "SYS_UNLOAD_HISTORY", "SYS_UNLOAD_DETAIL" and "STL_UNLOAD_LOG"."""
    unload(venues, "gzip")
    pid = venues.info.backend_pid
    history = venues.execute(
        "select status, file_format, compression_type, unloaded_location, unloaded_rows, unloaded_files_count, "
        f"unloaded_files_size, error_message from sys_unload_history where session_id = {pid}"
    ).fetchall()
    sizes = [len(content) for content in whole.objects().values()]
    location = f"s3://{BUCKET}/out/venue_"
    assert history == [("completed", "Text", "gzip", location, 3, 2, sum(sizes), "")]
    log = venues.execute(
        f"select trim(path), line_count, transfer_size, trim(file_format) from stl_unload_log where pid = {pid} "
        "order by path"
    ).fetchall()
    assert log == [
        (f"{location}0000_part_00.gz", 2, sizes[0], "Text"),
        (f"{location}0001_part_00.gz", 1, sizes[1], "Text"),
    ]
    detail = venues.execute(
        f"select trim(file_name), line_count from sys_unload_detail where session_id = {pid} order by 1"
    ).fetchall()
    assert detail == [row[:2] for row in log]


def test_history_survives_a_rollback(whole, venues):
    connection = whole.psycopg(autocommit=False)
    unload(connection)
    connection.rollback()
    assert connection.execute("select pg_last_unload_count()").fetchone() == (3,)
    connection.rollback()
    with pytest.raises(psycopg.Error):
        unload(connection, "allowoverwrite", "select 1/(id-1) from venue")
    connection.rollback()
    assert connection.execute(
        f"select status, unloaded_rows from sys_unload_history where session_id = {connection.info.backend_pid} "
        "order by query_id"
    ).fetchall() == [("completed", 3), ("aborted", 0)]


def test_written_objects_are_persisted(whole, venues):
    """The stand-in can be killed at any time."""
    unload(venues, "parallel off")
    with sqlite3.connect(whole.settings.state / "aws" / "state.sqlite") as state:
        keys = state.execute("select key from objects").fetchall()
    state.close()
    assert ("out/venue_000",) in keys


def test_unloaded_files_can_be_copied_back(whole, venues):
    unload(venues, "json manifest gzip")
    venues.execute("create table copied (like venue)")
    venues.execute(f"copy copied from 's3://{BUCKET}/out/venue_manifest' iam_role default json gzip manifest")
    assert venues.execute("select * from copied except select * from venue").fetchall() == []
    assert venues.execute("select count(*) from copied").fetchone() == (3,)


@pytest.mark.parametrize("client", ["psycopg", "redshift"])
def test_clients_of_the_extended_protocol(whole, venues, client):
    cursor = getattr(whole, client)().cursor()
    cursor.execute(f"unload ('select id from venue order by id') {TO} iam_role default parallel off")
    assert whole.objects() == {"out/venue_000": b"1\n2\n4\n"}


LIST = allow("s3:ListBucket", resource=f"arn:aws:s3:::{BUCKET}")
PUT = allow("s3:PutObject", resource=f"arn:aws:s3:::{BUCKET}/out/*")


@pytest.mark.parametrize(
    ("name", "statements", "options", "allowed"),
    [
        ("writer", (LIST, PUT), "", True),
        ("reader", (LIST, allow("s3:GetObject")), "", False),
        ("blind", (PUT,), "", False),
        ("elsewhere", (LIST, allow("s3:PutObject", resource=f"arn:aws:s3:::{BUCKET}/in/*")), "", False),
        ("keeper", (LIST, PUT), "cleanpath", False),
        ("cleaner", (LIST, PUT, allow("s3:DeleteObject")), "cleanpath", True),
    ],
)
def test_role_must_be_allowed_to(whole, venues, name, statements, options, allowed):
    role = whole.make_role(name, *statements)
    if options:
        whole.put("out/venue_old", b"")
    statement = f"unload ('select 1') {TO} iam_role '{role}' parallel off {options}"
    if allowed:
        venues.execute(statement)
        assert whole.objects() == {"out/venue_000": b"1\n"}
    else:
        with pytest.raises(psycopg.errors.InternalError_, match="S3ServiceException:Access Denied,Status 403"):
            venues.execute(statement)
        assert "out/venue_000" not in whole.objects()


def test_permissions_boundary_limits_the_role(whole, venues):
    role = whole.make_role("bounded", LIST, PUT)
    iam = whole.client("iam")
    boundary = iam.create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [LIST]})
    )["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    with pytest.raises(psycopg.errors.InternalError_, match="AccessDenied"):
        venues.execute(f"unload ('select 1') {TO} iam_role '{role}'")


def test_role_that_the_cluster_does_not_have(whole, venues):
    with pytest.raises(psycopg.errors.InternalError_, match="is not authorized to assume IAM Role"):
        venues.execute(f"unload ('select 1') {TO} iam_role 'arn:aws:iam::123456789012:role/other'")


def test_missing_bucket(whole, venues):
    with pytest.raises(psycopg.errors.InternalError_, match="NoSuchBucket"):
        unload(venues, to="to 's3://no-such-bucket/x'")


def test_outage_of_s3_fails_it(whole, venues):
    FAULTS.set("copy", "SlowDown", 1)
    try:
        with pytest.raises(psycopg.errors.InternalError_, match="Status 503,Error SlowDown"):
            unload(venues)
    finally:
        FAULTS.clear()
    assert whole.objects() == {}
    unload(venues)
    assert len(whole.objects()) == 2


def test_user_needs_select_privilege(whole, venues):
    whole.client("redshift").get_cluster_credentials(
        ClusterIdentifier="shop", DbUser="guest", DbName="dev", AutoCreate=True
    )
    credentials = whole.client("redshift").get_cluster_credentials(
        ClusterIdentifier="shop", DbUser="guest", DbName="dev"
    )
    guest = whole.psycopg(user=credentials["DbUser"], password=credentials["DbPassword"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        unload(guest)
    assert whole.objects() == {}
