"""States of the star schema are compared by their rows, regardless of the storage order."""

from datetime import datetime

import psycopg
import pytest

from local.stack.comparison import fingerprints, fingerprints_of_hours, rows_written
from local.stack.report import STAR_SCHEMA


@pytest.fixture
def tables(standin):
    """Tables with the same names in PostgreSQL."""
    standin.postgres.create_database("comparison")
    with psycopg.connect(**standin.postgres.dsn.parameters("comparison")) as connection:
        for table in STAR_SCHEMA:
            connection.execute(f"create table {table} (id int, start_time timestamp)")
        yield connection
        connection.rollback()


def insert(tables, *rows):
    for row in rows:
        tables.execute("insert into songplays values (%s, %s)", row)


ONE = (1, datetime(2018, 11, 1, 0, 59, 59, 999000))
TWO = (2, datetime(2018, 11, 1, 1))


def test_fingerprint_ignores_the_order_and_depends_on_each_row(tables):
    insert(tables, ONE, TWO)
    both = fingerprints(tables)
    tables.execute("delete from songplays")
    insert(tables, TWO, ONE)
    assert fingerprints(tables) == both
    insert(tables, ONE)
    assert {table for table in STAR_SCHEMA if fingerprints(tables)[table] != both[table]} == {"songplays"}


def test_hour_includes_its_first_and_last_millisecond(tables):
    insert(tables, ONE)
    first = fingerprints_of_hours(tables, [datetime(2018, 11, 1)])
    insert(tables, TWO)
    assert fingerprints_of_hours(tables, [datetime(2018, 11, 1)]) == first
    assert fingerprints_of_hours(tables, [datetime(2018, 11, 1), datetime(2018, 11, 1, 1)]) != first


def test_rows_written_by_a_run_are_the_sum_of_its_loads(tables):
    tables.execute("create schema etl")
    tables.execute(
        "create table etl.loads (dag_id text, run_id text, target text, inserted int, updated int, deleted int)"
    )
    for run_id, target, *counts in [
        ("a", "songs", 1, 2, 3),
        ("a", "songs", 4, 0, 0),
        ("a", "other", 1, 1, 1),
        ("b", "time", 7, 0, 0),
    ]:
        tables.execute("insert into etl.loads values ('dag', %s, %s, %s, %s, %s)", (run_id, target, *counts))
    assert rows_written(tables, "dag", "a") == {"songs": 10}
    assert rows_written(tables, "dag", "c") == {}
