"""The responses of the page for handwritten rows on the stand-in."""

from __future__ import annotations

import json
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest

from redshift_elt.connection.hook import warehouse_hook
from redshift_elt.connection.session import Session
from redshift_elt.connection.transaction import in_transaction
from redshift_elt.loading.history import LoadRecord, record
from redshift_elt.staging.rejects import Reject, insert_rejects
from redshift_standin import SECRET_KEY
from standin_support.waiting import HANGS_AFTER_SECONDS
from tests.warehouse.warehouse_page.conftest import DAG, PAGE
from warehouse_page.month import Month
from warehouse_page.snapshot import SnapshotReader, WarehouseUnreadableError, read_snapshot

FULL = datetime(1970, 1, 1), datetime(9999, 1, 1)
HOSTILE = "</script><img src=x onerror=alert(1)>'\"; drop table songplays --"

Check = namedtuple(
    "Check",
    "dag_id run_id window_start window_end target check_name severity expected actual passed outcome duration_seconds "
    "checked_at",
)
INSERT_CHECK = (
    f"insert into etl.check_results ({', '.join(Check._fields)}) "
    f"values ({', '.join(f'%({name})s' for name in Check._fields)})"
)


def at(day, hour=0, minute=0):
    return datetime(2018, 11, day, hour, minute)


def load(target, start, end, run_id, loaded_at, dag_id=DAG, **counts):
    numbers = dict.fromkeys(("rows_staged", "inserted", "updated", "deleted", "unchanged", "late"), 0) | counts
    started = loaded_at - timedelta(seconds=4)
    full = (start, end) == FULL
    phases = {f"{name}_seconds": 1.5 for name in ("staging", "waiting", "preparing", "writing")}
    not_known = {"rejected": None, "deleted_by_source": None}
    rest = {"objects": 2, "rows_read": 9, **not_known, **phases, "started_at": started, "loaded_at": loaded_at}
    return LoadRecord(dag_id, run_id, f"load_{target}", 1, target, start, end, full, **numbers, **rest)


def check(name, outcome, start, end, checked_at, run_id="r", actual="0", target="songplays", dag_id=DAG):
    passed = outcome == "passed"
    return Check(dag_id, run_id, start, end, target, name, "error", "0", actual, passed, outcome, 0.1, checked_at)


def reject(line_number, rejected_at, line="{}", dag_id=DAG, column="ts", reason="Invalid digit"):
    return Reject(
        dag_id,
        "run-1",
        "staging_events",
        at(15),
        at(16),
        "bucket",
        "log_data/a.json",
        "etag",
        line_number,
        column,
        "int8",
        1207,
        reason,
        line,
        rejected_at,
    )


@pytest.fixture
def write(warehouse):
    """Return a function that inserts rows into the bookkeeping tables."""

    def write(*rows):
        def work(session):
            for row in rows:
                if isinstance(row, LoadRecord):
                    record(session, row)
                elif isinstance(row, Check):
                    session.execute(INSERT_CHECK, row._asdict())
                else:
                    insert_rejects(session, [row])

        in_transaction(warehouse_hook("redshift_default"), work)

    return write


@pytest.fixture
def play(warehouse):
    """Return a function that inserts plays into the fact, at a given time."""

    def play(moment, number=1):
        for index in range(number):
            warehouse.execute(
                "insert into songplays (songplay_id, start_time, user_id, level, session_id, item_in_session) "
                f"values ('{moment:%d%H%M}-{index}', '{moment}', 1, 'free', 1, {index})"
            )

    return play


@pytest.fixture
def ask(client, new_run):
    """Return a function that requests the warehouse's data from a page with an empty cache."""
    return lambda month=None: client(DAG).get("/data/warehouse", params={"month": month} if month else {}).json()


def test_empty_warehouse(warehouse, ask):
    answer = ask()
    assert answer["tables"] == []
    assert answer["loads"] == answer["checks_now"] == answer["rejects"] == answer["drift"] == []
    assert {hour["state"] for hour in answer["hours"]} == {"outside"}
    assert answer["month"] == f"{datetime.now():%Y-%m}"


def test_each_table_has_its_rows_last_load_and_latest_data(warehouse, ask, write, play):
    play(at(15, 16, 30), 3)
    warehouse.execute("insert into users (user_id, level, level_as_of) values (1, 'free', '2018-11-15')")
    write(
        load("songplays", at(15, 16), at(15, 17), "a", at(20, 1)),
        load("songplays", at(15, 10), at(15, 11), "b", at(20, 2)),
        load("users", *FULL, "c", at(20, 3)),
        # Placeholders have an empty window: they are not a load of their dimension.
        load("users", at(15, 17), at(15, 17), "a", at(20, 5), inserted=1),
        load("orders_of_old", at(1), at(2), "d", at(20, 4)),
        load("songplays", at(25), at(26), "e", at(26), dag_id="another_dag"),
    )
    assert {table.pop("name"): table for table in ask()["tables"]} == {
        "songplays": {
            "rows": 3,
            "loaded_at": "2018-11-20T02:00:00Z",
            "reaches": "2018-11-15T17:00:00Z",
            "rebuilt_at": None,
            "newest": "2018-11-15T16:30:00Z",
        },
        "users": {
            "rows": 1,
            "loaded_at": "2018-11-20T03:00:00Z",
            "reaches": None,
            "rebuilt_at": "2018-11-20T02:59:56Z",
            "newest": None,
        },
        # A target that no longer exists.
        "orders_of_old": {
            "rows": None,
            "loaded_at": "2018-11-20T04:00:00Z",
            "reaches": "2018-11-02T00:00:00Z",
            "rebuilt_at": None,
            "newest": None,
        },
    }


def test_user_tables_are_shown_without_configuration_with_their_schemas(warehouse, ask, write):
    tables = ("orders", "shop_dev.orders", "shop_prod.orders")
    for schema in ("shop_dev", "shop_prod"):
        warehouse.execute(f"create schema {schema}")
    for rows, table in enumerate(tables, 1):
        warehouse.execute(f"create table {table} (n integer)")
        for _ in range(rows):
            warehouse.execute(f"insert into {table} values (1)")
    try:
        write(*(load(table, at(15), at(16), "a", at(20)) for table in tables))
        assert [(table["name"], table["rows"]) for table in ask()["tables"]] == list(
            zip(tables, (1, 2, 3), strict=True)
        )
    finally:
        for table in tables:
            warehouse.execute(f"drop table {table}")
        for schema in ("shop_dev", "shop_prod"):
            warehouse.execute(f"drop schema {schema}")


def test_tables_with_unusual_names_are_ignored(warehouse, ask, write, play):
    play(at(15))
    write(load("songplays", at(15), at(16), "a", at(20)))
    warehouse.execute("create table public.rejects (n integer)")
    warehouse.execute('create schema "Of Others"')
    warehouse.execute('create table "Of Others".songplays (n integer)')
    try:
        assert [(table["name"], table["rows"]) for table in ask()["tables"]] == [("songplays", 1)]
    finally:
        warehouse.execute("drop table public.rejects")
        warehouse.execute('drop table "Of Others".songplays')
        warehouse.execute('drop schema "Of Others"')


def test_loads_of_the_shown_runs(warehouse, ask, write, new_run):
    new_run("early", ("2018-11-15T10:00", "2018-11-15T11:00"), begun="2018-11-20T00:00")
    new_run("late", ("2018-11-15T11:00", "2018-11-15T12:00"), begun="2018-11-20T01:00")
    write(
        load("songplays", at(15, 10), at(15, 11), "early", at(20, 0, 1), rows_staged=5, inserted=4, unchanged=1),
        load("users", at(15, 11), at(15, 12), "late", at(20, 1, 1), updated=2),
        load("users", at(14), at(15), "gone-from-airflow", at(20, 1, 2)),
        load("users", at(13), at(14), "long-ago", at(19)),
    )
    found = {(one["run_id"], one["target"]): one for one in ask()["loads"]}
    assert set(found) == {("early", "songplays"), ("late", "users")}
    early = found["early", "songplays"]
    assert (early["rows_staged"], early["inserted"], early["unchanged"]) == (5, 4, 1)
    assert (early["objects"], early["rejected"], early["waiting_seconds"]) == (2, None, 1.5)
    assert (early["started_at"], early["loaded_at"]) == ("2018-11-20T00:00:56Z", "2018-11-20T00:01:00Z")


def states(answer, day):
    cells = answer["hours"][24 * (day - 1) : 24 * day]
    assert [cell["start"] for cell in cells] == [f"2018-11-{day:02}T{hour:02}:00:00Z" for hour in range(24)]
    return [cell["state"] for cell in cells]


def test_hours_of_a_month(warehouse, ask, write, play, new_run):
    new_run("first", ("2018-11-15T01:00", "2018-11-15T02:00"), begun="2018-11-20T00:00")
    new_run("second", ("2018-11-15T02:00", "2018-11-15T03:00"), begun="2018-11-20T00:01")
    new_run("third", ("2018-11-15T03:00", "2018-11-15T04:00"), begun="2018-11-20T00:02", state="failed")
    new_run("fifth", ("2018-11-15T05:00", "2018-11-15T06:00"), begun="2018-11-20T00:03", state="running", seconds=None)
    write(
        load("songplays", at(15, 1), at(15, 2), "first", at(20)),
        load("songplays", at(15, 2), at(15, 3), "second", at(20)),
        # The third hour's users were loaded before its run failed, the fact was not.
        load("users", at(15, 3), at(15, 4), "third", at(20)),
    )
    play(at(15, 1, 59), 2)
    answer = ask("2018-11")
    assert len(answer["hours"]) == 720
    assert states(answer, 15)[:7] == ["outside", "loaded", "empty", "failed", "missing", "running", "missing"]
    assert set(states(answer, 14)) == {"outside"}
    assert set(states(answer, 30)) == {"missing"}
    loaded = answer["hours"][14 * 24 + 1]
    assert (loaded["rows"], loaded["run_id"]) == (2, "first")
    assert (answer["first_month"], answer["last_month"]) == ("2018-11", f"{datetime.now():%Y-%m}")


def test_hours_of_a_full_load_end_at_its_start(warehouse, ask, write, play):
    play(at(10, 12))
    write(load("songplays", *FULL, "full", at(20, 1)))
    answer = ask()
    assert answer["month"] == "2018-11"
    # There is nothing before the first play; a full load covers the hour before its start, but not its own.
    assert states(answer, 10)[11:14] == ["empty", "loaded", "empty"]
    assert states(answer, 19)[23] == "empty"
    assert states(answer, 20)[0] == "missing"


def test_default_month_is_that_of_the_latest_rows(warehouse, ask, write, play):
    play(at(10))
    write(load("songplays", at(10), at(11), "a", at(20)))
    write(load("songplays", datetime(2019, 3, 1), datetime(2019, 3, 2), "b", at(20)))
    assert ask()["month"] == "2018-11"
    assert ask("2019-03")["month"] == "2019-03"


def by_day(answer, name):
    found = [one for one in answer["checks_by_day"] if one["check"] == name]
    return {int(one["day"][8:10]): (one["windows"], one["warned"], one["failed"]) for one in found}


def test_check_results_by_day(warehouse, ask, write):
    hours = [(at(15, hour), at(15, hour + 1)) for hour in range(3)]
    write(
        check("nulls", "passed", *hours[0], at(20)),
        check("nulls", "failed", *hours[1], at(20)),
        # The same window again, now correct, so the earlier result no longer counts.
        check("nulls", "failed", *hours[2], at(20)),
        check("nulls", "passed", *hours[2], at(20, 1)),
        check("nulls", "warned", at(28), datetime(2018, 12, 2), at(20)),
        check("nulls", "failed", *FULL, at(20)),
        check("nulls", "failed", datetime(2018, 12, 5), datetime(2018, 12, 6), at(20)),
        check("nulls", "failed", *hours[0], at(20, 2), dag_id="another_dag"),
    )
    assert by_day(ask("2018-11"), "nulls") == {15: (3, 0, 1), 28: (1, 1, 0), 29: (1, 1, 0), 30: (1, 1, 0)}
    assert by_day(ask("2018-12"), "nulls") == {1: (1, 1, 0), 5: (1, 0, 1)}


def test_last_result_of_each_check_and_its_failures(warehouse, ask, write):
    write(
        check("nulls", "failed", at(15), at(16), at(20), "run-1", actual="7"),
        check("nulls", "passed", at(15), at(16), at(20, 1), "run-2"),
        check("rows", "warned", *FULL, at(20, 2), "run-3", actual="nothing"),
        check("of old", "failed", at(1), at(2), at(10), "run-0"),
    )
    answer = ask("2018-11")
    now = {one["check"]: (one["outcome"], one["actual"]) for one in answer["checks_now"]}
    # A check whose last result is more than seven days older than the DAG's last one counts as removed.
    assert now == {"nulls": ("passed", "0"), "rows": ("warned", "nothing")}
    assert [(one["check"], one["run_id"], one["full_load"]) for one in answer["checks_not_passed"]] == [
        ("rows", "run-3", True),
        ("nulls", "run-1", False),
        ("of old", "run-0", False),
    ]


def test_rejects_with_any_content_have_file_line_and_reason(warehouse, client, new_run, write):
    write(
        reject(3, at(20), line=HOSTILE, reason=HOSTILE),
        reject(9, at(21), column=None),
        reject(1, at(22), dag_id="another_dag"),
    )
    answer = client(DAG, role="editor").get("/data/warehouse").json()
    assert answer["rejects_count"] == 2
    assert [(one["line_number"], one["column"]) for one in answer["rejects"]] == [(9, None), (3, "ts")]
    hostile = answer["rejects"][1]
    # Unchanged: the page displays it as text, see the tests of the static files.
    assert (hostile["line"], hostile["reason"]) == (HOSTILE, HOSTILE)
    assert (hostile["bucket"], hostile["object_key"]) == ("bucket", "log_data/a.json")


def test_only_users_who_may_edit_the_dag_see_rejected_lines(warehouse, client, new_run, write):
    write(reject(3, at(20), line='{"firstName": "Hanna"}', reason="Invalid timestamp"))
    page = client(DAG)
    editor, viewer = client(DAG, role="editor").get("/data/warehouse"), page.get("/data/warehouse")
    assert "Hanna" in editor.text
    assert "Hanna" not in viewer.text
    [shown] = viewer.json()["rejects"]
    assert (shown["object_key"], shown["line_number"], shown["reason"]) == ("log_data/a.json", 3, "Invalid timestamp")
    assert (viewer.json()["rejects_count"], viewer.json()["rejects_with_lines"]) == (1, False)


DRIFT = """\
insert into etl.schema_drift
values (
    '{dag}', '{run}', 'staging_events', 'bucket', '{key}', 'etag', '{kind}', '{field}', {column}, 'text', '{found}'
)"""


def drift(kind, field, found, run="run-1", key="log_data/a.json", column="null", dag=DAG):
    return DRIFT.format(dag=dag, run=run, key=key, kind=kind, field=field, column=column, found=found)


def test_fields_that_differ_are_shown_once_with_the_latest_file(warehouse, ask):
    for statement in (
        drift("new", "device", at(20), run="run-1", key="log_data/a.json"),
        drift("new", "device", at(21), run="run-2", key="log_data/b.json"),
        drift("type", "ts", at(20, 1), column="'ts'"),
        drift("none", "", at(22)),
        drift("new", "device", at(23), dag="another_dag"),
    ):
        warehouse.execute(statement)
    found = ask()["drift"]
    assert [(one["kind"], one["field"], one["column"], one["object_key"], one["run_id"]) for one in found] == [
        ("new", "device", None, "log_data/b.json", "run-2"),
        ("type", "ts", "ts", "log_data/a.json", "run-1"),
    ]


@pytest.mark.parametrize(
    "month", ["2018-13", "2018-1", "0000-01", "9999-12", "now", "2018-11'; drop table songplays --"]
)
def test_invalid_month_is_refused(client, new_run, month):
    assert client(DAG).get("/data/warehouse", params={"month": month}).status_code == 422


class Counting(Session):
    """Counts the statements and the rows that they return."""

    def __init__(self, session):
        super().__init__(session._connection)
        self.statements, self.rows = 0, []

    def execute(self, statement, parameters=()):
        self.statements += 1
        return super().execute(statement, parameters)

    def fetch(self, query, parameters=()):
        found = super().fetch(query, parameters)
        self.statements += 1
        self.rows.append(len(found))
        return found


def counted(month):
    def work(session):
        counting = Counting(session)
        read_snapshot(counting, PAGE, month, datetime(2019, 1, 2))
        return counting

    return in_transaction(warehouse_hook("redshift_default"), work, read_only=True)


YEAR = """\
insert into etl.loads (
    dag_id, run_id, task_id, try_number, target, window_start, window_end,
    full_load, rows_staged, inserted, updated, deleted, unchanged, late, started_at, loaded_at
)
select '{dag}', 'run-' || n, 'load', 1, target, dateadd(hour, n, '2018-01-01'), dateadd(hour, n + 1, '2018-01-01'),
    false, 1, 1, 0, 0, 0, 0, dateadd(hour, n + 1, '2018-01-01'), dateadd(hour, n + 1, '2018-01-01')
from numbers
cross join (select 'songplays' as target union all select 'users' union all select 'time') as targets
where n < {hours}"""
CHECKS = """\
insert into etl.check_results
select '{dag}', 'run-' || n, dateadd(hour, n, '2018-01-01'), dateadd(hour, n + 1, '2018-01-01'), 'songplays',
    'check ' || m, 'error', '0', '1', false, dateadd(hour, n + 1, '2018-01-01'), 'failed', 0.1
from numbers
cross join (select n as m from numbers where n < 8) as checks
where n < {hours}"""
REJECTS = """\
insert into etl.rejects
select '{dag}', 'run-' || n, 'staging_events', '2018-01-01', '2018-01-02', 'bucket', 'key', 'etag', n, 'ts', 'int8',
    1207, 'reason', 'line', dateadd(hour, n, '2018-01-01')
from numbers
where n < {hours}"""


def history(warehouse, hours):
    """Insert the rows that this number of hourly runs leaves."""

    def work(session):
        session.execute("create temporary table numbers (n integer)")
        session.execute("insert into numbers values (0)")
        for doubling in range(14):
            session.execute(f"insert into numbers select n + {2**doubling} from numbers")
        for statement in (YEAR, CHECKS, REJECTS):
            session.execute(statement.format(dag=DAG, hours=hours))

    in_transaction(warehouse_hook("redshift_default"), work)


def test_reads_are_bounded_for_any_length_of_history(warehouse):
    """Hours and windows of a month, and 31 days of each check: no more after a year than after a month."""
    history(warehouse, 31 * 24)
    month = counted(Month(2018, 1))
    warehouse.empty()
    history(warehouse, 365 * 24)
    year = counted(Month(2018, 1))
    assert warehouse.query("select count(*) from etl.loads") == [(3 * 8760,)]
    assert year.statements == month.statements <= 13
    assert sorted(year.rows) == sorted(month.rows)
    assert max(year.rows) <= 31 * 24
    assert sum(year.rows) <= 31 * 24 + 31 * 8 + 100 + 100


def test_many_viewers_share_one_query(client, warehouse, new_run, monkeypatch):
    looks = []

    def counting(*arguments):
        looks.append(arguments)
        return read_snapshot(*arguments)

    monkeypatch.setattr("warehouse_page.snapshot.read_snapshot", counting)
    page = client(DAG)
    answers = [page.get("/data/warehouse").json() for _ in range(3)]
    assert len(looks) == 1
    # The response has the time of its snapshot.
    assert answers[0]["read_at"] == answers[2]["read_at"]


def test_too_many_months_at_once_are_refused(warehouse, monkeypatch):
    gate = Event()

    def held(*arguments):
        gate.wait(HANGS_AFTER_SECONDS)
        return read_snapshot(*arguments)

    monkeypatch.setattr("warehouse_page.snapshot.read_snapshot", held)
    page = SnapshotReader(PAGE)
    since = datetime(2018, 11, 1)
    try:
        first, *others = (page.snapshot(Month(2018, number), since) for number in range(1, 13))
        # Requests for the same month wait for the same response.
        assert page.snapshot(Month(2018, 1), since) is first
        refused = [answer for answer in others if answer.done()]
        assert len(refused) == 12 - 8
        with pytest.raises(WarehouseUnreadableError, match="Too many months"):
            refused[0].result()
    finally:
        gate.set()
    assert first.result(HANGS_AFTER_SECONDS).month == Month(2018, 1)


def test_unreadable_warehouse_is_a_message_and_the_runs_are_shown(client, warehouse, new_run, monkeypatch):
    new_run("first", ("2018-11-15T01:00", "2018-11-15T02:00"))
    connection = {"conn_type": "redshift", "extra": {"iam": True, "cluster_identifier": "nowhere"}, "login": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_REDSHIFT_DEFAULT", json.dumps(connection))
    page = client(DAG)
    answer = page.get("/data/warehouse").json()
    assert set(answer) == {"message"}
    assert "nowhere" in answer["message"]
    assert [run["run_id"] for run in page.get("/data/runs").json()["runs"]] == ["first"]


@pytest.mark.long("a statement that runs into the page's timeout of ten seconds")
def test_warehouse_that_does_not_answer_in_time_is_a_message_and_the_runs_are_shown(
    client, warehouse, new_run, postgres_admin
):
    new_run("first", ("2018-11-15T01:00", "2018-11-15T02:00"))
    page = client(DAG)
    with postgres_admin.locked("etl.loads"), ThreadPoolExecutor(1) as pool:
        slow = pool.submit(page.get, "/data/warehouse")
        postgres_admin.wait_for_blocked_session()
        assert [run["run_id"] for run in page.get("/data/runs").json()["runs"]] == ["first"]
        answer = slow.result().json()
    assert set(answer) == {"message"}
    assert answer["message"].startswith("The warehouse cancelled a query of the page after 10 seconds.")


def test_missing_connection_is_a_message(client, warehouse, new_run, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_REDSHIFT_DEFAULT")
    message = client(DAG).get("/data/warehouse").json()["message"]
    assert message == "There is no Airflow connection 'redshift_default'. Create one that names the warehouse."


def test_missing_tables_are_a_message(client, warehouse, new_run):
    warehouse.execute("alter table etl.rejects rename to rejects_elsewhere")
    try:
        message = client(DAG).get("/data/warehouse").json()["message"]
    finally:
        warehouse.execute("alter table etl.rejects_elsewhere rename to rejects")
    assert "no table etl.rejects" in message
    assert "Create the tables first." in message


def test_page_changes_nothing(warehouse):
    def work(session):
        read_snapshot(session, PAGE, None, datetime(2018, 1, 1))
        session.execute("delete from etl.loads")

    with pytest.raises(Exception, match="read-only"):
        in_transaction(warehouse_hook("redshift_default"), work, read_only=True)


def test_no_response_contains_a_secret(client, warehouse, new_run, write):
    write(load("songplays", at(15), at(16), "a", at(20)))
    page = client(DAG)
    texts = [page.get(path).text for path in ("/", "/data/runs", "/data/warehouse", "/data/report")]
    assert not [text for text in texts if SECRET_KEY in text or "password" in text.lower()]
