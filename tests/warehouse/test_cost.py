"""The cost of an hourly run: its statements, S3 requests and writes are the same after ten times as much history."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from bench.history import History
from bench.measures import FIRST, NEW, REPEATED, SONG, Bench
from bench.meter import Meter
from local.stack.environment import CLUSTER, DATABASE
from redshift_standin.engine.databases import database_name
from tests.support.faults import before_each_statement
from tests.support.warehouse import LOADS, STAGING, TARGETS

SHORT, LONG = 1, 10
USERS, SONGS, HOURS = 12, 101, 1
KEYS_A_LISTING = 1000

# Not users and songs: the rows of an hour are compared with all of them.
GROW_BY_THE_HOUR = ("songplays", "time", "user_records", "loads", "check_results", "loaded_files")

# A run has nine tasks, whose sessions begin with their own limits.
MOST_STATEMENTS = {REPEATED: 69, NEW: 89, SONG: 131}
# One for each task, except those of one statement: the clean-up and, without new songs, the loads of songs and artists.
COMMITS = {REPEATED: 6, NEW: 6, SONG: 8}


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    return History(tmp_path_factory.mktemp("history") / "data", USERS, SONGS)


@pytest.fixture(scope="module")
def costs(standin, created_warehouse, history):
    """The cost of each kind of run after a short and after a long history."""
    created_warehouse.empty()
    parameters = standin.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
    with psycopg.connect(**parameters, autocommit=True) as database:
        bench = Bench(created_warehouse, history, database, HOURS)
        with preferring_indexes(database):
            return {length: bench.measure(length, lambda _: None) for length in (SHORT, LONG)}


@contextmanager
def preferring_indexes(database):
    """PostgreSQL scans small tables despite their indexes; Redshift skips blocks by the sort key at any size."""
    name = sql.Identifier(database.info.dbname)
    database.execute(sql.SQL("alter database {} set enable_seqscan = off").format(name))
    yield
    database.execute(sql.SQL("alter database {} reset enable_seqscan").format(name))


@pytest.mark.parametrize("run", [FIRST, NEW, REPEATED, SONG])
def test_statement_count_does_not_grow(costs, run):
    assert len(costs[LONG][run].statements) == len(costs[SHORT][run].statements)


@pytest.mark.parametrize("run", [NEW, REPEATED])
def test_s3_request_count_does_not_grow(costs, run):
    short, long = costs[SHORT][run], costs[LONG][run]
    assert long.requests == short.requests
    assert (long.objects_copied, long.bytes_copied) == (short.objects_copied, short.bytes_copied)
    assert long.bytes_received == short.bytes_received


def test_catalogue_is_listed_once_a_day(costs):
    """S3 lists a thousand keys per request. This is the only cost that grows, in only one run per day."""
    for length in (SHORT, LONG):
        listings = -(-length * SONGS // KEYS_A_LISTING)
        first, again = costs[length][FIRST].requests, costs[length][REPEATED].requests
        assert first["LIST"] - again["LIST"] == listings


def test_written_row_count_does_not_grow(costs):
    short, long = costs[SHORT][NEW].rows_written, costs[LONG][NEW].rows_written
    assert short["songplays"] > 0
    assert long == short


@pytest.mark.parametrize("run", [NEW, REPEATED])
@pytest.mark.parametrize("table", GROW_BY_THE_HOUR)
def test_read_row_count_hardly_grows_for_growing_tables(costs, run, table):
    """A few more rows are read, next to the window."""
    short, long = costs[SHORT][run].rows_read[table], costs[LONG][run].rows_read[table]
    assert long <= 1.1 * short


def test_hour_of_an_unchanged_day_reads_its_own_rows(standin, created_warehouse, history):
    """Every other hour of the day was loaded too, and the file is the same."""
    created_warehouse.empty()
    for key, body in [history.paths(), history.day(), *history.songs(0)]:
        created_warehouse.put(key, body)
    [hour] = history.busiest_hours(1)
    day = hour.replace(hour=0)
    created_warehouse.run(day.isoformat(), (day + timedelta(days=1)).isoformat()).complete()
    parameters = standin.postgres.dsn.parameters(database_name(CLUSTER, DATABASE))
    with psycopg.connect(**parameters, autocommit=True) as database, preferring_indexes(database):
        # The index still has the rows that were deleted before.
        database.execute("vacuum analyze")
        with Meter(database).measure() as cost:
            again = created_warehouse.run(hour.isoformat(), (hour + timedelta(hours=1)).isoformat(), "scheduled")
            for task_id in (*STAGING, *LOADS):
                again.execute(task_id)
    for table, column in (("songplays", "start_time"), ("time", "start_time"), ("etl.user_records", "level_as_of")):
        in_hour = f"select count(*) from {table} where {column} >= %(start)s and {column} < %(end)s"
        [(own,)] = created_warehouse.query(in_hour, start=hour, end=hour + timedelta(hours=1))
        [(all_rows,)] = created_warehouse.query(f"select count(*) from {table}")
        # The rows of the hour are read once to find those that are stale, once to find those that are new, and once
        # to count them.
        assert 0 < cost.rows_read[table.removeprefix("etl.")] <= 3 * (own + 1) < all_rows


@pytest.mark.parametrize("length", [SHORT, LONG])
def test_hour_without_changes_writes_only_its_load_record(costs, length):
    again = costs[length][REPEATED]
    assert {table for table, rows in again.rows_written.items() if rows} == {"loads", "check_results"}
    assert again.rows_written["loads"] == len(TARGETS)


@pytest.mark.parametrize("run", MOST_STATEMENTS)
def test_statements_of_an_hour_are_limited_and_each_task_commits_at_most_once(costs, run):
    statements = [statement for statement, _ in costs[SHORT][run].statements]
    assert statements.count("begin transaction") == statements.count("commit") == COMMITS[run]
    assert len(statements) <= MOST_STATEMENTS[run]


@pytest.mark.parametrize("length", [SHORT, LONG])
def test_new_song_changes_the_plays_that_it_matches_and_no_others(costs, history, length):
    song = json.loads(history.missing_song()[1])
    days = [history.day_until(history.busiest_hours(HOURS + 1)[-1] + timedelta(hours=1))]
    days += [history.day(ago + 1) for ago in range(length)]
    events = [json.loads(line) for _, lines in days for line in lines.splitlines()]
    wanted = (song["title"], song["artist_name"], song["duration"])
    played = [event for event in events if (event["song"], event["artist"], event["length"]) == wanted]
    written = costs[length][SONG].rows_written
    assert (written["songs"], written["artists"], written["songplays"]) == (1, 1, len(played))
    assert len(played) >= length


def test_each_period_of_a_run_is_copied_into_a_new_table(created_warehouse, history):
    """Rows that DELETE removes stay until VACUUM, so in a table that is emptied, every period reads all before it."""
    created_warehouse.empty()
    for key, body in [history.paths(), *(history.day(ago) for ago in range(3))]:
        created_warehouse.put(key, body)
    sent: list[str] = []
    with before_each_statement(lambda _, statement: sent.append(statement)):
        created_warehouse.run("2018-11-28T00:00:00Z", "2018-12-01T00:00:00Z").execute("stage_events")
    copied = [statement.split('"')[1] for statement in sent if statement.startswith("copy ")]
    assert len(set(copied)) == len(copied) == 3
    assert not [statement for statement in sent if statement.startswith("delete from") and "incoming" in statement]
    dropped = [statement for statement in sent if statement.startswith("drop table") and "incoming" in statement]
    assert [name in statement for name, statement in zip(copied[:-1], dropped, strict=True)] == [True, True]
