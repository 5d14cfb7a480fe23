"""The record of a load in ``etl.loads``: its inputs and its phases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from redshift_connector import ProgrammingError

from local.datagen import Options, generate
from local.stack.environment import CLUSTER
from redshift_elt.ddl import migrate
from redshift_elt.loading import phases
from redshift_standin.engine.databases import database_name
from tests.support.faults import before_each_statement
from tests.support.postgres_admin import PostgresAdmin
from tests.support.warehouse import ROOT, STAGING, TARGETS, Run, WarehouseUnderTest

LIKE_ANOTHER = pytest.mark.long("a fact whose statements are like those of another")

KEYS = [f"log_data/2018/11/2018-11-0{day}-events.json" for day in (1, 2)]
FIRST_DAY = ("2018-11-01T00:00:00", "2018-11-02T00:00:00")
BOTH_DAYS = ("2018-11-01T00:00:00", "2018-11-03T00:00:00")
SONGS = 8
OF_EVENTS, OF_SONGS = {"songplays", "users", "time"}, {"songs", "artists"}
NEW_COLUMNS = [
    "objects",
    "rows_read",
    "rejected",
    "staging_seconds",
    "waiting_seconds",
    "preparing_seconds",
    "writing_seconds",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("generated") / "data"
    generate(directory, Options(days=2, users=5, songs=SONGS, seed=11))
    return directory


@pytest.fixture
def postgres_admin(standin, created_warehouse) -> Iterator[PostgresAdmin]:
    postgres_admin = PostgresAdmin(standin.postgres.dsn.parameters(database_name(CLUSTER, "dev")))
    yield postgres_admin
    postgres_admin.close()


@pytest.fixture
def statements(monkeypatch) -> Iterator[list[str]]:
    """The statements that are sent, in order. The clock of the loads advances by a second with each statement."""
    sent: list[str] = []
    monkeypatch.setattr(phases, "time", SimpleNamespace(monotonic=lambda: float(len(sent))))
    with before_each_statement(lambda _, statement: sent.append(statement)):
        yield sent


def staged(run: Run) -> Run:
    for task_id in STAGING:
        run.execute(task_id)
    return run


def add_bad_lines(warehouse: WarehouseUnderTest, data: Path, key: str, number: int) -> None:
    warehouse.put(key, b"\n".join([(data / key).read_bytes().rstrip(b"\n"), *[b"no JSON"] * number]))


def load_history(warehouse: WarehouseUnderTest, run: Run, columns: str) -> dict[str, tuple]:
    """Return some columns of the last load of each target by a run."""
    rows = warehouse.query(
        f"select target, {columns} from etl.loads where run_id = %(run)s order by loaded_at", run=run.run_id
    )
    return {target: tuple(values) for target, *values in rows}


def seconds_of(warehouse: WarehouseUnderTest, run: Run, target: str) -> SimpleNamespace:
    names = [name for name in NEW_COLUMNS if name.endswith("seconds")]
    return SimpleNamespace(**dict(zip(names, load_history(warehouse, run, ", ".join(names))[target], strict=True)))


def test_objects_records_and_rejects_are_those_that_the_run_staged_for_the_target(uploaded, data):
    add_bad_lines(uploaded, data, KEYS[0], 2)
    add_bad_lines(uploaded, data, KEYS[1], 1)
    run = uploaded.run(*BOTH_DAYS, max_rejects=3)
    run.complete()
    first, second = (len((data / key).read_text("utf-8").splitlines()) for key in KEYS)
    assert load_history(uploaded, run, "objects, rows_read, rejected") == {
        **dict.fromkeys(OF_EVENTS, (2, first + second + 3, 3)),
        **dict.fromkeys(OF_SONGS, (SONGS, SONGS, 0)),
    }
    rerun = uploaded.run(*FIRST_DAY, run_type="scheduled", max_rejects=3)
    rerun.complete()
    # No song is new, so no object was staged for these two.
    assert load_history(uploaded, rerun, "objects, rows_read, rejected") == {
        **dict.fromkeys(OF_EVENTS, (1, first + 2, 2)),
        **dict.fromkeys(OF_SONGS, (0, 0, 0)),
    }


def test_staging_seconds_come_from_the_staging_task_of_the_load(uploaded):
    run = uploaded.run(*FIRST_DAY)
    run.complete()
    assert all(run.xcoms[task_id]["seconds"] > 0 for task_id in STAGING)
    assert load_history(uploaded, run, "staging_seconds") == {
        **dict.fromkeys(OF_EVENTS, (run.xcoms["stage_events"]["seconds"],)),
        **dict.fromkeys(OF_SONGS, (run.xcoms["stage_songs"]["seconds"],)),
    }


def test_repeated_staging_replaces_the_earlier_counts(uploaded, data, statements):
    add_bad_lines(uploaded, data, KEYS[0], 2)
    uploaded.s3.delete_object(Bucket="sparkify-tests", Key=KEYS[1])
    run = staged(uploaded.run(*BOTH_DAYS, max_rejects=3))
    seconds = run.xcoms["stage_events"]["seconds"]
    uploaded.put(KEYS[0], (data / KEYS[0]).read_bytes())
    add_bad_lines(uploaded, data, KEYS[1], 1)
    statements.clear()
    run.execute("load_users")
    assert any(statement.startswith("copy") for statement in statements)
    records = sum(len((data / key).read_text("utf-8").splitlines()) for key in KEYS) + 1
    assert load_history(uploaded, run, "objects, rows_read, rejected, staging_seconds") == {
        "users": (2, records, 1, seconds)
    }
    first_write = position(statements, 'insert into "etl"."user_records"')
    # BEGIN and LOCK come first; then the files are listed, copied and checked again before anything is written.
    assert seconds_of(uploaded, run, "users").preparing_seconds >= first_write - 2


def test_cleared_load_counts_what_it_stages_itself(uploaded, data):
    add_bad_lines(uploaded, data, KEYS[0], 2)
    run = uploaded.run(*FIRST_DAY, max_rejects=3)
    run.complete()
    add_bad_lines(uploaded, data, KEYS[0], 1)
    run.execute("load_time")
    assert load_history(uploaded, run, "objects, rejected, staging_seconds")["time"] == (1, 1, 0.0)
    assert load_history(uploaded, run, "objects, rejected, staging_seconds")["users"][:2] == (1, 2)


def test_staging_task_without_xcom_leaves_the_counts_null(uploaded):
    run = staged(uploaded.run(*FIRST_DAY))
    run.xcoms.clear()
    run.execute("load_users")
    assert load_history(uploaded, run, "objects, rows_read, rejected, staging_seconds") == {"users": (None,) * 4}


def test_wait_for_a_lock_is_measured(uploaded, postgres_admin):
    """While one load waits, another one runs from start to end, so the first one waits longer than that."""
    run = staged(uploaded.run(*FIRST_DAY))
    with ThreadPoolExecutor(1) as pool:
        with postgres_admin.locked("etl.lock_users"):
            waiting = pool.submit(run.execute, "load_users")
            postgres_admin.wait_for_blocked_session()
            run.execute("load_time")
        assert waiting.result()["inserted"] > 0
    meanwhile, users = seconds_of(uploaded, run, "time"), seconds_of(uploaded, run, "users")
    assert users.waiting_seconds > meanwhile.waiting_seconds + meanwhile.preparing_seconds + meanwhile.writing_seconds


def position(statements: list[str], beginning: str) -> int:
    return next(number for number, statement in enumerate(statements) if statement.startswith(beginning))


@pytest.mark.parametrize(
    ("target", "first_write"),
    [
        ("songplays", 'insert into "songplays"'),
        pytest.param("time", 'insert into "time"', marks=LIKE_ANOTHER),
        ("songs", 'merge into "songs"'),
    ],
)
def test_every_statement_is_counted_in_its_phase(uploaded, statements, target, first_write):
    run = staged(uploaded.run(*FIRST_DAY))
    statements.clear()
    run.execute(f"load_{target}")
    assert statements[2].startswith("lock table")
    written = position(statements, first_write)
    row = position(statements, "insert into etl.loads")
    found = seconds_of(uploaded, run, target)
    # BEGIN and LOCK; the statements up to the first change; the statements up to the row itself.
    assert (found.waiting_seconds, found.preparing_seconds, found.writing_seconds) == (2, written - 2, row - written)


def test_records_are_written_before_the_delta_is_computed(uploaded, statements):
    run = staged(uploaded.run(*FIRST_DAY))
    statements.clear()
    run.execute("load_users")
    records = position(statements, 'insert into "etl"."user_records"')
    merged, row = position(statements, 'merge into "users"'), position(statements, "insert into etl.loads")
    found = seconds_of(uploaded, run, "users")
    assert found.writing_seconds == 1 + row - merged
    assert found.preparing_seconds == records - 2 + merged - (records + 1)


def test_log_has_the_phases_in_one_line(uploaded, data, statements, capsys):
    run = staged(uploaded.run(*FIRST_DAY))
    statements.clear()
    run.execute("load_time")
    written, row = position(statements, 'insert into "time"'), position(statements, "insert into etl.loads")
    # Two statements for the lock, and the row and COMMIT at the end.
    phases_logged = f"waiting 2.0 s, preparing {written - 2}.0 s, writing {row + 1 - written}.0 s, committing 1.0 s"
    [line] = [line for line in capsys.readouterr().out.splitlines() if "unchanged" in line]
    seconds = run.xcoms["stage_events"]["seconds"]
    records = len((data / KEYS[0]).read_text("utf-8").splitlines())
    staging = f"staged in {seconds:.1f} s (objects: 1, records: {records})"
    assert f"in {len(statements)}.0 s ({phases_logged}); {staging}." in line


def test_repeated_transaction_adds_to_the_phases(uploaded, statements):
    run = staged(uploaded.run(*FIRST_DAY))
    statements.clear()
    conflict = {"S": "ERROR", "C": "XX000", "M": "1023: Serializable isolation violation on table in Redshift"}
    waiting = [conflict]

    def refuse(_, statement: str) -> None:
        if waiting and statement.startswith('insert into "time"'):
            raise ProgrammingError(waiting.pop())

    with before_each_statement(refuse):
        assert run.execute("load_time")["inserted"] > 0
    assert len([statement for statement in statements if statement.startswith("lock table")]) == 2
    assert seconds_of(uploaded, run, "time").waiting_seconds == 2 + 2


@pytest.mark.long("a migration in the middle of the hours of a day")
def test_earlier_history_table_is_migrated_and_keeps_its_rows(uploaded):
    run = uploaded.run(*FIRST_DAY)
    run.complete()
    for column in (*NEW_COLUMNS, "deleted_by_source"):
        uploaded.execute(f"alter table etl.loads drop column {column}")
    uploaded.execute("alter table etl.staged_files drop column period_start")
    uploaded.execute("drop table etl.schema_versions")
    assert {"0009_loads_objects_and_seconds.sql", "0010_loads_rows_read.sql"} <= set(migrate("redshift_default"))
    assert load_history(uploaded, run, ", ".join(NEW_COLUMNS)) == dict.fromkeys(TARGETS, (None,) * len(NEW_COLUMNS))
    # The window still counts as loaded: a late event of it is loaded by the next run of its day.
    event = json.loads(next(line for line in lines(uploaded) if json.loads(line)["page"] == "NextSong"))
    late = json.dumps({**event, "itemInSession": 999})
    uploaded.put(KEYS[0], "\n".join([*lines(uploaded), late]).encode())
    hour = uploaded.run("2018-11-01T23:00:00", "2018-11-02T00:00:00")
    assert hour.complete()["load_songplays"]["late"] == 1
    assert load_history(uploaded, hour, "objects, rejected")["songplays"] == (1, 0)


def test_query_in_the_docs_shows_where_the_time_went(uploaded):
    run = uploaded.run(*FIRST_DAY)
    run.complete()
    page = (ROOT / "docs" / "history.md").read_text("utf-8")
    [question] = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    seconds = load_history(uploaded, run, "waiting_seconds, preparing_seconds, writing_seconds, staging_seconds")
    assert uploaded.query(question) == [(target, 1, *seconds[target]) for target in sorted(TARGETS)]


def test_every_load_is_recorded_with_its_window_and_its_rows(loaded, expected):
    recorded = loaded.query("select target, full_load, inserted, deleted, unchanged from etl.loads")
    assert sorted(recorded) == sorted((table, True, len(expected[table]), 0, 0) for table in TARGETS)


def lines(warehouse: WarehouseUnderTest) -> list[str]:
    return warehouse.s3.get_object(Bucket="sparkify-tests", Key=KEYS[0])["Body"].read().decode().strip().split("\n")
