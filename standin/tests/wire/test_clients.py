"""The clients that people use, each over TLS with the endpoint's certificate verified."""

from __future__ import annotations

import datetime
import decimal
import shutil
import ssl
import subprocess

import psycopg
import psycopg2.extras
import pytest
import redshift_connector

TYPES = """
create table kinds (
    small smallint,
    number integer,
    big bigint,
    exact numeric(10, 2),
    single real,
    double double precision,
    yes boolean,
    day date,
    moment timestamp,
    text varchar(20)
)
"""
ROW = (
    1,
    2,
    3,
    decimal.Decimal("4.50"),
    0.5,
    0.25,
    True,
    datetime.date(2018, 11, 30),
    datetime.datetime(2018, 11, 30, 23, 59, 59, 796000),
    "Björk 'n' \\ co",
)


def test_redshift_connector_binds_and_returns_every_type(endpoint):
    connection = endpoint.redshift()
    cursor = connection.cursor()
    cursor.execute(TYPES)
    cursor.execute(f"insert into kinds values ({', '.join(['%s'] * len(ROW))})", ROW)
    assert cursor.rowcount == 1
    cursor.execute("select * from kinds where text = %s and moment < %s", (ROW[-1], datetime.datetime(2019, 1, 1)))
    assert tuple(cursor.fetchone()) == ROW
    assert [column[0] for column in cursor.description][:3] == ["small", "number", "big"]


@pytest.mark.parametrize("style", ["psycopg", "psycopg2"])
def test_psycopg_binds_and_returns_every_type(endpoint, style):
    connection = getattr(endpoint, style)()
    cursor = connection.cursor()
    cursor.execute(TYPES)
    cursor.execute(f"insert into kinds values ({', '.join(['%s'] * len(ROW))})", ROW)
    assert cursor.rowcount == 1
    cursor.execute("select * from kinds where text = %s", (ROW[-1],))
    assert cursor.fetchone() == ROW


def test_redshift_connector_inserts_many_rows(endpoint):
    cursor = endpoint.redshift().cursor()
    cursor.execute("create table numbers (n integer)")
    cursor.executemany("insert into numbers values (%s)", [(n,) for n in range(50)])
    cursor.execute("select count(*), sum(n) from numbers")
    assert tuple(cursor.fetchone()) == (50, 1225)


def test_redshift_connector_refuses_an_untrusted_certificate(endpoint, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises((ssl.SSLError, redshift_connector.Error, OSError), match="CERTIFICATE_VERIFY_FAILED"):
        endpoint.redshift()


def test_result_larger_than_every_buffer_arrives_whole(endpoint):
    connection = endpoint.psycopg()
    connection.execute("create table wide (n integer, padding varchar(200))")
    endpoint.connect_to_postgres()
    with connection.cursor() as cursor:
        cursor.execute("insert into wide select 1, repeat('x', 200)")
        for _ in range(15):
            cursor.execute("insert into wide select n, padding from wide")
        rows = cursor.execute("select n, padding from wide").fetchall()
    assert len(rows) == 2**15
    assert set(rows) == {(1, "x" * 200)}


def test_psycopg_runs_a_pipeline(endpoint):
    connection = endpoint.psycopg(autocommit=True)
    connection.execute("create table numbers (n integer)")
    with connection.pipeline():
        for n in range(20):
            connection.execute("insert into numbers values (%s)", (n,))
        total = connection.execute("select sum(n) from numbers")
    assert total.fetchone() == (190,)


def test_psycopg_prepares_statements(endpoint):
    connection = endpoint.psycopg()
    connection.execute("create table numbers (n integer)")
    for n in range(10):
        connection.execute("insert into numbers values (%s)", (n,), prepare=True)
        connection.commit()
    assert connection.execute("select count(*) from numbers").fetchone() == (10,)


def test_psycopg2_reads_through_a_named_cursor(endpoint):
    connection = endpoint.psycopg2()
    connection.cursor().execute("create table numbers (n integer)")
    psycopg2.extras.execute_values(connection.cursor(), "insert into numbers values %s", [(n,) for n in range(100)])
    cursor = connection.cursor("numbers_by_piece")
    cursor.itersize = 7
    cursor.execute("select n from numbers order by n")
    assert [n for (n,) in cursor] == list(range(100))


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql_runs_commands_and_lists_tables(endpoint, monkeypatch):
    endpoint.psycopg(autocommit=True).execute("create table plays (n integer)")
    parameters = endpoint.parameters()
    monkeypatch.setenv("PGPASSWORD", parameters.pop("password"))
    conninfo = " ".join(f"{name}={value}" for name, value in parameters.items())
    commands = ["-c", "select 40 + 2 as answer", "-c", "\\dt"]
    done = subprocess.run(["psql", conninfo, *commands], capture_output=True, text=True, check=True)
    assert "42" in done.stdout
    assert "plays" in done.stdout


def test_several_statements_in_one_message_are_one_transaction(endpoint):
    connection = endpoint.psycopg2()
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("create table numbers (n integer); insert into numbers values (1); insert into numbers values (2)")
    with pytest.raises(psycopg2.Error, match="does not exist"):
        cursor.execute("insert into numbers values (3); select * from missing; insert into numbers values (4)")
    cursor.execute("select n from numbers order by n")
    assert cursor.fetchall() == [(1,), (2,)]


def test_error_position_is_in_the_text_of_the_client(endpoint):
    connection = endpoint.psycopg()
    query = "select nvl(1, 2), sysdate, missing"
    with pytest.raises(psycopg.errors.UndefinedColumn) as caught:
        connection.execute(query)
    assert int(caught.value.diag.statement_position) == query.index("missing") + 1


def test_server_says_that_it_is_redshift(endpoint):
    connection = endpoint.psycopg2()
    assert connection.server_version == 80002
    cursor = connection.cursor()
    cursor.execute("select version(), current_database(), current_user")
    version, database, user = cursor.fetchone()
    assert version.startswith("PostgreSQL 8.0.2 ")
    assert "Redshift 1.0." in version
    assert (database, user) == ("dev", "awsuser")


def test_empty_query_is_answered(endpoint):
    cursor = endpoint.psycopg().execute("-- nothing\n;")
    assert cursor.description is None


def test_sqlalchemy_connects_through_psycopg2(endpoint):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    parameters = endpoint.parameters()
    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        parameters["user"],
        parameters["password"],
        parameters["host"],
        parameters["port"],
        parameters["dbname"],
        {name: parameters[name] for name in ("sslmode", "sslrootcert")},
    )
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table plays (n integer)"))
        connection.execute(sqlalchemy.text("insert into plays values (:n)"), [{"n": 1}, {"n": 2}])
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select sum(n) from plays")).scalar() == 3
    engine.dispose()
