"""How clients bind and fetch: parameter styles, binary results, pipelines."""

from __future__ import annotations

import datetime
import decimal

import psycopg
import pytest
import redshift_connector

ROW = (1, "it's :a %s ?", decimal.Decimal("4.50"), datetime.date(2018, 11, 30), None)


@pytest.fixture
def table(endpoint):
    connection = endpoint.psycopg(autocommit=True)
    connection.execute(
        "create table styles (id integer not null primary key, name varchar(20), price numeric(10, 2), day date, "
        "big bigint) sortkey (id)"
    )
    return endpoint


@pytest.mark.parametrize(
    ("style", "places", "values"),
    [
        ("format", "%s, %s, %s, %s, %s", ROW),
        ("qmark", "?, ?, ?, ?, ?", ROW),
        ("numeric", ":1, :2, :3, :4, :5", ROW),
        ("named", ":a, :b, :c, :d, :e", dict(zip("abcde", ROW, strict=True))),
        ("pyformat", "%(a)s, %(b)s, %(c)s, %(d)s, %(e)s", dict(zip("abcde", ROW, strict=True))),
    ],
)
def test_every_parameter_style_of_redshift_connector(table, monkeypatch, style, places, values):
    monkeypatch.setattr(redshift_connector, "paramstyle", style)
    cursor = table.redshift().cursor()
    cursor.paramstyle = style
    cursor.execute(f"insert into styles values ({places})", values)
    cursor.execute("select * from styles")
    assert tuple(cursor.fetchone()) == ROW


def test_psycopg_fetches_binary_results(table):
    connection = table.psycopg(autocommit=True)
    connection.execute("insert into styles values (%s, %s, %s, %s, %s)", ROW)
    cursor = connection.cursor(binary=True)
    cursor.execute("select *, true, 0.5::float8, timestamp '2018-11-30 23:59:59.796' from styles where id = %b", (1,))
    moment = datetime.datetime(2018, 11, 30, 23, 59, 59, 796000)
    assert cursor.fetchone() == (*ROW, True, 0.5, moment)


def test_error_in_a_pipeline_ends_it(table):
    connection = table.psycopg(autocommit=True)

    def run():
        with connection.pipeline() as pipeline:
            connection.execute("insert into styles (id) values (1)")
            pipeline.sync()
            connection.execute("insert into styles (id) values (2)")
            connection.execute("select * from nowhere")
            connection.execute("insert into styles (id) values (3)")

    with pytest.raises(psycopg.errors.UndefinedTable):
        run()
    # The statements before the first sync are a separate transaction.
    assert connection.execute("select id from styles").fetchall() == [(1,)]
